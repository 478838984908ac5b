//! As much of HTTP/1.1 as a sender of webhooks speaks.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest head and the largest body that are read.
const HEAD: usize = 64 * 1024;
const BODY: usize = 16 * 1024 * 1024;

/// A connection, with what was read of the next request.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
}

/// A request as it arrived.
pub(super) struct Arrived {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    /// The next request; `None` when the other side has closed.
    pub(super) async fn read(&mut self) -> io::Result<Option<Arrived>> {
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break end;
            }
            if self.buffer.len() > HEAD {
                return Err(wrong("the head of a request is too long"));
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        };
        let head = self.buffer.split_to(end);
        self.buffer.advance(4);
        let (method, target, headers) =
            read_head(&head).ok_or_else(|| wrong("a request has no head of HTTP/1.1"))?;
        let length = match headers.get(http::header::CONTENT_LENGTH) {
            Some(length) => length.to_str().ok().and_then(|length| length.parse().ok()),
            None if headers.contains_key(http::header::TRANSFER_ENCODING) => None,
            None => Some(0),
        };
        let length: usize = length.ok_or_else(|| wrong("a request does not tell its length"))?;
        if length > BODY {
            return Err(wrong("the body of a request is too large"));
        }
        while self.buffer.len() < length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let body = self.buffer.split_to(length).freeze();
        Ok(Some(Arrived { method, target, headers, body }))
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Breaks it off, so that the other side is told of a reset.
    pub(super) fn reset(self) -> io::Result<()> {
        self.stream.set_zero_linger()
    }
}

fn read_head(head: &[u8]) -> Option<(Method, String, HeaderMap)> {
    let mut lines = str::from_utf8(head).ok()?.split("\r\n");
    let mut request = lines.next()?.split(' ');
    let method = request.next()?.parse().ok()?;
    let target = request.next()?.to_owned();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let name: HeaderName = name.parse().ok()?;
        headers.append(name, HeaderValue::from_str(value.trim()).ok()?);
    }
    Some((method, target, headers))
}

fn wrong(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
