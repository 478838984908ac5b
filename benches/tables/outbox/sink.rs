//! A server in this process, on a thread of its own, that tells when requests arrive.

use std::error::Error;
use std::io;
use std::net::Ipv4Addr;
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::note;
use crate::send::server::{ANSWER, request_length};

/// How long an arrival is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server, which answers every request but those to `/hang`.
pub(crate) struct Sink {
    port: u16,
    arrivals: UnboundedReceiver<Arrival>,
}

/// A request that has come.
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    /// The number of `/hooks/1`; `None` for what hangs.
    pub(crate) hook: Option<usize>,
    /// The number of the note in it.
    pub(crate) note: Option<usize>,
}

impl Sink {
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let (tell, arrivals) = mpsc::unbounded_channel();
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
        thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener is bound");
                while let Ok((connection, _)) = listener.accept().await {
                    tokio::spawn(serve(connection, tell.clone()));
                }
            });
        });
        Ok(Self { port, arrivals })
    }

    /// The URL of one of the endpoints that answer.
    pub(crate) fn hook(&self, number: usize) -> String {
        format!("http://127.0.0.1:{}/hooks/{number}", self.port)
    }

    /// The URL of one that never answers.
    pub(crate) fn hang(&self) -> String {
        format!("http://127.0.0.1:{}/hang", self.port)
    }

    /// The next arrival of a kind.
    pub(crate) async fn next(
        &mut self,
        is_wanted: impl Fn(&Arrival) -> bool,
    ) -> Result<Arrival, Box<dyn Error>> {
        let found = async {
            while let Some(arrival) = self.arrivals.recv().await {
                if is_wanted(&arrival) {
                    return Some(arrival);
                }
            }
            None
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        found.ok().flatten().ok_or_else(|| "an event did not arrive".into())
    }

    /// Waits for so many arrivals of a kind, and gives the time of the last.
    pub(crate) async fn wait(
        &mut self,
        count: usize,
        is_wanted: impl Fn(&Arrival) -> bool,
    ) -> Result<Instant, Box<dyn Error>> {
        let mut last = Instant::now();
        for _ in 0..count {
            last = self.next(&is_wanted).await?.at;
        }
        Ok(last)
    }

    /// Forgets what has arrived.
    pub(crate) fn clear(&mut self) {
        while self.arrivals.try_recv().is_ok() {}
    }
}

/// Answers each request of a connection, until the client closes it.
async fn serve(mut connection: TcpStream, tell: UnboundedSender<Arrival>) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut bytes = Vec::with_capacity(4096);
    while connection.read_buf(&mut bytes).await? > 0 {
        let at = Instant::now();
        while let Some(length) = request_length(&bytes) {
            let request = &bytes[..length];
            let (hook, note) = (hook(request), note::number(request));
            bytes.drain(..length);
            let _ = tell.send(Arrival { at, hook, note });
            if hook.is_some() {
                connection.write_all(ANSWER).await?;
            }
        }
    }
    Ok(())
}

fn hook(request: &[u8]) -> Option<usize> {
    let path = request.strip_prefix(b"POST /hooks/")?;
    let end = path.iter().position(|byte| !byte.is_ascii_digit())?;
    str::from_utf8(&path[..end]).ok()?.parse().ok()
}
