//! The least that can answer HTTP/1.1 over connections that are kept.

use std::io::{self, Write};
use std::process;
use std::thread;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;

pub(crate) const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";

/// Prints the port, and answers until the process that asked for it ends or closes the input.
pub(crate) fn run() {
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    let runtime = runtime::Builder::new_current_thread().enable_io().build();
    runtime.expect("a runtime can be made").block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        println!("{}", listener.local_addr().expect("a bound listener has a port").port());
        io::stdout().flush().expect("the port can be printed");
        loop {
            let (connection, _) = listener.accept().await.expect("a connection comes");
            tokio::spawn(serve(connection));
        }
    });
}

/// Answers each request of a connection, until the client closes it; but none to `/hang`.
async fn serve(mut connection: TcpStream) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut bytes = Vec::with_capacity(4096);
    while connection.read_buf(&mut bytes).await? > 0 {
        while let Some(length) = request_length(&bytes) {
            let hangs = bytes.starts_with(b"POST /hang");
            bytes.drain(..length);
            if hangs {
                continue;
            }
            connection.write_all(ANSWER).await?;
        }
    }
    Ok(())
}

/// The length of the first request, if all of it is there.
pub(crate) fn request_length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let body = bytes[..head]
        .split(|byte| *byte == b'\n')
        .find_map(|line| {
            let (name, value) = line.split_at_checked("content-length:".len())?;
            name.eq_ignore_ascii_case(b"content-length:").then_some(value)
        })
        .and_then(|value| str::from_utf8(value).ok()?.trim().parse().ok())
        .unwrap_or(0);
    (bytes.len() >= head + body).then_some(head + body)
}
