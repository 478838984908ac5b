//! Receivers of every kind: the path of a request says how it is answered.
//!
//! | path | answer |
//! | --- | --- |
//! | `/ok` | 200 |
//! | `/status/503` | that status; headers by the query, as in `/status/503?Retry-After=5` |
//! | `/delay/MS` | 200 after a while |
//! | `/hang` | none, ever |
//! | `/drip` | 1 byte a second of the body; `/drip/head` of the head |
//! | `/endless` | a body without end; `/endless/500` with that status; `/endless/head` a head without end |
//! | `/reset` | a connection that is reset; `/reset/request`, `/reset/head`, `/reset/body` in that phase |
//! | `/malformed/KIND` | what is not HTTP |
//! | `/bomb`, `/bomb/endless` | 200, with a gzip stream of zeros: 100 KB that are 16 MiB, or without an end |
//! | `/redirect` | 302 to `/redirected` |
//! | `/gone` | 410 |
//! | `/flaky/PERCENT` | so many of a hundred are 503, and else 200 |
//!
//! More segments may follow, so that endpoints can be told apart: `/ok/17`.
//!
//! Each request is logged as a line of JSON before it is answered.

mod answer;
mod arrival;
mod failure;
mod receiver;

use std::error::Error;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio::net::TcpListener;

use self::receiver::Receiver;

/// Receives webhooks, and logs them.
#[derive(Debug, Parser)]
struct Flags {
    /// The port on 127.0.0.1; 0 for a free one.
    #[arg(long)]
    port: u16,
    /// The file for a line of JSON about each request.
    #[arg(long)]
    log: PathBuf,
    /// A secret whose signatures are accepted.
    #[arg(long = "secret")]
    secrets: Vec<String>,
    /// Waits between the log and the answer, in milliseconds: 20 unless said.
    #[arg(long, num_args = 0..=1, default_missing_value = "20", default_value_t = 0)]
    delay_after_log: u64,
    /// What `/flaky` decides by.
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Flags::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::fail(&*error),
    }
}

async fn run(flags: Flags) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, flags.port)).await?;
    let seed = flags.seed.unwrap_or_else(|| std::process::id().into());
    let receiver = Receiver::new(&flags.log, &flags.secrets, seed)?;
    let receiver = Arc::new(receiver.delay(Duration::from_millis(flags.delay_after_log)));
    println!("listening on http://{}", listener.local_addr()?);
    eprintln!("seed {seed}");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(receiver.clone().serve(stream))),
            // Such as too many open files, which pass.
            Err(error) => {
                eprintln!("a connection was not accepted: {error}");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}
