//! Reads requests byte by byte, so that any of them can be answered by what is not HTTP.

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hookwright::{Secret, Verifier, VerifyError};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::answer::{Answer, Next, Phase};
use crate::arrival::{Arrival, Verdict};

/// Serves connections, and logs what comes.
#[derive(Debug)]
pub(crate) struct Receiver {
    log: File,
    /// One of all secrets, and one of each.
    verifier: Option<Verifier>,
    each: Vec<Verifier>,
    delay: Duration,
    seed: u64,
    requests: AtomicU64,
}

/// Of a connection: when it came, and how many requests.
struct Visit {
    connected: u64,
    request: usize,
}

struct Head {
    target: String,
    headers: HeaderMap,
    length: usize,
}

impl Receiver {
    pub(crate) fn new(log: &Path, secrets: &[String], seed: u64) -> Result<Self, Box<dyn Error>> {
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let secrets = secrets.iter().map(Secret::imported).collect::<Result<Vec<_>, _>>()?;
        let each: Vec<Verifier> = secrets.iter().map(Verifier::new).collect();
        let verifier = secrets.iter().fold(None, |verifier: Option<Verifier>, secret| {
            Some(verifier.map_or_else(|| Verifier::new(secret), |verifier| verifier.and(secret)))
        });
        let (delay, requests) = (Duration::ZERO, AtomicU64::new(0));
        Ok(Self { log, verifier, each, delay, seed, requests })
    }

    /// Waits between the log and the answer.
    pub(crate) fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Answers the requests of a connection until it ends.
    pub(crate) async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        // It is the other side's to say what went wrong.
        let _ = self.answer_all(&mut stream).await;
    }

    async fn answer_all(&self, stream: &mut TcpStream) -> io::Result<()> {
        let mut visit = Visit { connected: now(), request: 0 };
        stream.set_nodelay(true)?;
        let mut bytes = Vec::with_capacity(4096);
        while let Some(head) = read_head(stream, &mut bytes).await? {
            visit.request += 1;
            let answer = Answer::of_path(&head.target, self.random());
            let Some(answer) = answer else {
                return stream
                    .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    .await;
            };
            if answer == Answer::Reset(Phase::Request) {
                self.write(&visit, &head, b"", &answer)?;
                answer.give(stream).await?;
                return Ok(());
            }
            while bytes.len() < head.length {
                if stream.read_buf(&mut bytes).await? == 0 {
                    return Ok(());
                }
            }
            let body: Vec<u8> = bytes.drain(..head.length).collect();
            self.write(&visit, &head, &body, &answer)?;
            if !self.delay.is_zero() {
                sleep(self.delay).await;
            }
            if answer.give(stream).await? == Next::End {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Logs a request: the line is with the system when this returns.
    fn write(&self, visit: &Visit, head: &Head, body: &[u8], answer: &Answer) -> io::Result<()> {
        let id = head.headers.get("webhook-id").and_then(|id| id.to_str().ok());
        let (signature, secrets) = self.judge(&head.headers, body);
        let arrival = Arrival {
            time: now(),
            connected: visit.connected,
            request: visit.request,
            path: head.target.clone(),
            id: id.unwrap_or_default().to_owned(),
            sha256: hex::encode(Sha256::digest(body)),
            signature,
            secrets,
            status: answer.status(),
        };
        let mut line = serde_json::to_vec(&arrival)?;
        line.push(b'\n');
        // One call for a line, so that those of others do not come between.
        (&self.log).write_all(&line)
    }

    fn judge(&self, headers: &HeaderMap, body: &[u8]) -> (Verdict, Vec<usize>) {
        let Some(verifier) = &self.verifier else {
            return (Verdict::Unchecked, Vec::new());
        };
        let verdict = match verifier.verify(headers, body) {
            Ok(()) => Verdict::Valid,
            Err(VerifyError::MissingHeader { .. }) => Verdict::Unsigned,
            Err(_) => Verdict::Wrong,
        };
        if let [_alone] = self.each.as_slice() {
            return (verdict, if verdict == Verdict::Valid { vec![0] } else { Vec::new() });
        }
        let each = self.each.iter().enumerate();
        let valid = each.filter(|(_, verifier)| verifier.verify(headers, body).is_ok());
        (verdict, valid.map(|(index, _)| index).collect())
    }

    /// A number below 100: the next of those that belong to the seed (splitmix64).
    fn random(&self) -> u64 {
        let count = self.requests.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let mut mixed = self.seed.wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % 100
    }
}

/// The milliseconds since the epoch.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Reads the head of a request; `None` at the end of the connection.
async fn read_head(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<Option<Head>> {
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(bytes).await? == 0 {
            return Ok(None);
        }
    };
    let text: Vec<u8> = bytes.drain(..end).collect();
    let head = String::from_utf8(text).ok().and_then(|text| parse_head(&text));
    head.map(Some).ok_or_else(|| io::Error::other("the request cannot be read"))
}

fn parse_head(text: &str) -> Option<Head> {
    let mut lines = text.trim_end().split("\r\n");
    let target = lines.next()?.split(' ').nth(1)?.to_owned();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        headers.append(name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value.trim()).ok()?);
    }
    let length = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    Some(Head { target, headers, length })
}
