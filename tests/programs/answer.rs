//! How a request is answered, as its path says.

use std::fmt::Write;
use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// What is done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Status {
        status: u16,
        headers: String,
    },
    Delay(Duration),
    Hang,
    Drip {
        begins: Part,
    },
    Endless {
        status: u16,
        begins: Part,
    },
    Reset(Phase),
    Malformed(String),
    /// What is small, and is large when it is decompressed; or without an end.
    Bomb {
        is_endless: bool,
    },
}

/// Of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Head,
    Body,
}

/// When a connection is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// When the head of the request has come, and its body has not been read.
    Request,
    /// Before the answer.
    Answer,
    Head,
    Body,
}

/// What is left of a connection after an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Request,
    End,
}

impl Answer {
    /// Reads a path; `random` is a number below 100.
    pub(crate) fn of_path(target: &str, random: u64) -> Option<Self> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut segments = path.trim_start_matches('/').split('/');
        let kind = segments.next()?;
        let argument = segments.next().unwrap_or_default();
        let plain = |status| Self::Status { status, headers: String::new() };
        Some(match kind {
            "ok" | "redirected" => plain(200),
            "status" => Self::Status { status: argument.parse().ok()?, headers: headers(query) },
            "delay" => Self::Delay(Duration::from_millis(argument.parse().ok()?)),
            "hang" => Self::Hang,
            "drip" if argument == "head" => Self::Drip { begins: Part::Head },
            "drip" => Self::Drip { begins: Part::Body },
            "endless" if argument == "head" => Self::Endless { status: 200, begins: Part::Head },
            "endless" => {
                Self::Endless { status: argument.parse().unwrap_or(200), begins: Part::Body }
            }
            "reset" => Self::Reset(match argument {
                "request" => Phase::Request,
                "head" => Phase::Head,
                "body" => Phase::Body,
                _ => Phase::Answer,
            }),
            "bomb" => Self::Bomb { is_endless: argument == "endless" },
            "malformed" => Self::Malformed(argument.to_owned()),
            "redirect" => {
                Self::Status { status: 302, headers: "Location: /redirected\r\n".to_owned() }
            }
            "gone" => plain(410),
            "flaky" => plain(if random < argument.parse().ok()? { 503 } else { 200 }),
            _ => return None,
        })
    }

    /// What the log has: the status that is about to be answered.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } | Self::Endless { status, begins: Part::Body } => {
                Some(*status)
            }
            Self::Delay(_)
            | Self::Drip { begins: Part::Body }
            | Self::Reset(Phase::Body)
            | Self::Bomb { .. } => Some(200),
            _ => None,
        }
    }

    pub(crate) async fn give(&self, stream: &mut TcpStream) -> io::Result<Next> {
        match self {
            Self::Status { status, headers } => {
                let head =
                    format!("HTTP/1.1 {status} Whatever\r\n{headers}Content-Length: 0\r\n\r\n");
                stream.write_all(head.as_bytes()).await?;
                return Ok(Next::Request);
            }
            Self::Delay(wait) => {
                sleep(*wait).await;
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?;
                return Ok(Next::Request);
            }
            // Until the other side has enough.
            Self::Hang => drop(stream.readable().await),
            Self::Drip { begins } => {
                if *begins == Part::Body {
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await?;
                }
                for byte in b"HTTP/1.1 200 OK\r\nX-Slow: ".iter().chain(std::iter::repeat(&b'a')) {
                    stream.write_all(&[*byte]).await?;
                    sleep(Duration::from_secs(1)).await;
                }
            }
            Self::Endless { status, begins } => {
                let head = format!("HTTP/1.1 {status} Whatever\r\n");
                stream.write_all(head.as_bytes()).await?;
                let chunk = match begins {
                    Part::Head => format!("X-More: {}\r\n", "a".repeat(1000)),
                    Part::Body => {
                        stream.write_all(b"Transfer-Encoding: chunked\r\n\r\n").await?;
                        format!("1000\r\n{}\r\n", "a".repeat(0x1000))
                    }
                };
                loop {
                    stream.write_all(chunk.as_bytes()).await?;
                }
            }
            Self::Reset(phase) => {
                match phase {
                    Phase::Request | Phase::Answer => {}
                    Phase::Head => stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Le").await?,
                    Phase::Body => {
                        let half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
                        stream.write_all(half).await?;
                    }
                }
                // What was written is read before the reset comes.
                sleep(Duration::from_millis(20)).await;
                stream.set_zero_linger()?;
            }
            Self::Bomb { is_endless } => {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n").await?;
                let gzip = bomb();
                if !is_endless {
                    let length = format!("Content-Length: {}\r\n\r\n", gzip.len());
                    stream.write_all(length.as_bytes()).await?;
                    stream.write_all(&gzip).await?;
                    return Ok(Next::Request);
                }
                stream.write_all(b"Transfer-Encoding: chunked\r\n\r\n").await?;
                // The same eight matches again and again.
                for bytes in std::iter::once(&gzip[..])
                    .chain(std::iter::repeat(&gzip[gzip.len() - 13_000..]))
                {
                    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
                    stream.write_all(bytes).await?;
                    stream.write_all(b"\r\n").await?;
                }
            }
            Self::Malformed(kind) => stream.write_all(&malformed(kind)).await?,
        }
        Ok(Next::End)
    }
}

/// Headers of a query, such as `Retry-After=5&X-One=%0C`.
fn headers(query: &str) -> String {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.fold(String::new(), |mut headers, (name, value)| {
        // Writing to a String does not fail.
        let _ = write!(headers, "{name}: {}\r\n", decoded(value));
        headers
    })
}

/// Undoes the percent-encoding of ASCII.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut decoded, part| {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(byte.map_or('%', char::from));
        decoded.push_str(if byte.is_some() { &part[2..] } else { part });
        decoded
    })
}

/// The beginning of a gzip stream of zeros (RFC 1951 and 1952): of each byte it has, 158 come out.
fn bomb() -> Vec<u8> {
    /// So many times eight matches, of 13 bits each: 16 MiB of zeros in all.
    const MATCHES: usize = 8 * 8_192;
    let mut bomb = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
    // A block of fixed codes that is not the last, the literal 0, and then "258 bytes as the one before".
    let bits = "010".chars().chain("00110000".chars());
    let bits = bits.chain("1100010100000".chars().cycle().take(13 * MATCHES));
    let bits: Vec<bool> = bits.map(|bit| bit == '1').collect();
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    bomb.extend(bits.chunks_exact(8).map(byte));
    bomb
}

fn malformed(kind: &str) -> Vec<u8> {
    match kind {
        "status" => b"HTTP/1.1 two hundred OK\r\n\r\n".to_vec(),
        "version" => b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec(),
        "header" => b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n".to_vec(),
        "length" => b"HTTP/1.1 500 No\r\nContent-Length: minus one\r\n\r\n".to_vec(),
        "lengths" => {
            b"HTTP/1.1 500 No\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".to_vec()
        }
        "zeros" => vec![0; 10_000],
        "smtp" => b"220 mail.example.com ESMTP\r\n".to_vec(),
        "tls" => b"\x15\x03\x01\x00\x02\x02\x46".to_vec(),
        "many" => {
            let headers = "X-Many: a\r\n".repeat(200);
            format!("HTTP/1.1 200 OK\r\n{headers}\r\n").into_bytes()
        }
        _ => Vec::new(),
    }
}
