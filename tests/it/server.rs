//! A server on loopback that answers as it is told, byte by byte.

pub(crate) mod tls;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) line: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    log: Arc<Log>,
}

#[derive(Debug, Default)]
struct Log {
    connections: Mutex<usize>,
    requests: Mutex<Vec<Request>>,
}

impl Server {
    /// Answers every request with the same bytes, and keeps the connection open.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::playing(move |mut connection: Connection<TcpStream>| {
            let answer = answer.clone();
            async move {
                while connection.read_request().await? {
                    connection.write(&answer).await?;
                }
                Ok(())
            }
        })
        .await
    }

    /// Answers every request with a status and no body.
    pub(crate) async fn with_status(status: u16) -> Self {
        Self::answering(format!("HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n")).await
    }

    /// Plays `script` on every connection.
    pub(crate) async fn playing<F>(
        script: impl Fn(Connection<TcpStream>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server =
            Self { address: listener.local_addr().expect("an address"), log: Arc::default() };
        let log = server.log.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(script(Connection::new(stream, &log)));
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        *self.log.connections.lock().expect("no test panicked")
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.log.requests.lock().expect("no test panicked").clone()
    }

    /// A log for connections that are accepted elsewhere, such as by a TLS server.
    pub(crate) fn over<S>(&self, stream: S) -> Connection<S> {
        Connection::new(stream, &self.log)
    }
}

pub(crate) struct Connection<S> {
    stream: S,
    read: Vec<u8>,
    log: Arc<Log>,
}

impl<S> Connection<S> {
    fn new(stream: S, log: &Arc<Log>) -> Self {
        *log.connections.lock().expect("no test panicked") += 1;
        Self { stream, read: Vec::new(), log: log.clone() }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Reads one request and logs it; `false` at the end of the connection.
    pub(crate) async fn read_request(&mut self) -> io::Result<bool> {
        let head = loop {
            if let Some(end) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break self.read.drain(..end + 4).collect::<Vec<u8>>();
            }
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Ok(false);
            }
        };
        let head = String::from_utf8(head).expect("a head of ASCII");
        let mut lines = head.trim_end().split("\r\n");
        let line = lines.next().expect("a request line").to_owned();
        let headers: HeaderMap = lines
            .map(|line| {
                let (name, value) = line.split_once(": ").expect("a header");
                let name: HeaderName = name.parse().expect("a header's name");
                (name, HeaderValue::from_str(value).expect("a header's value"))
            })
            .collect();
        let length: usize = headers["content-length"]
            .to_str()
            .ok()
            .and_then(|length| length.parse().ok())
            .expect("a length");
        while self.read.len() < length {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Ok(false);
            }
        }
        let body = self.read.drain(..length).collect();
        let request = Request { line, headers, body };
        self.log.requests.lock().expect("no test panicked").push(request);
        Ok(true)
    }

    /// Says that nothing more comes, and gives how much comes from the other side from then on.
    pub(crate) async fn hang_up(&mut self) -> io::Result<usize> {
        self.stream.shutdown().await?;
        let before = self.read.len();
        while self.stream.read_buf(&mut self.read).await? > 0 {}
        Ok(self.read.len() - before)
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }
}
