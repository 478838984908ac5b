//! A day of a CRM: every change of a record is sent to every endpoint as a signed event.
//!
//! ```text
//! cargo run --bin crm
//! cargo run --bin crm -- --url http://127.0.0.1:8080/hooks --secret "..." --allow-local
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use hookwright::{Endpoint, Secret, Sender, Verifier};
use hookwright_examples::day::{self, EVENTS_OF_A_DAY};
use hookwright_examples::outlet::{Failure, Outlet};
use hookwright_examples::receiver::{Counts, Receiver};
use hookwright_examples::report::Report;

/// Plays a day of a CRM and sends its events.
///
/// Without a URL the events go to a receiver of its own, on this machine, which verifies them.
#[derive(Parser)]
struct Options {
    /// Send to this URL; may be given several times.
    #[arg(long)]
    url: Vec<String>,
    /// Sign with this secret.
    #[arg(long)]
    secret: Option<String>,
    /// Send exactly so many events.
    #[arg(long, default_value_t = EVENTS_OF_A_DAY)]
    events: usize,
    /// Allow endpoints on this machine, which are refused otherwise.
    #[arg(long)]
    allow_local: bool,
    /// Print a line of JSON for each event: name, id, status, milliseconds.
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", with_sources(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let secret = match &options.secret {
        Some(text) => Some(Secret::imported(text)?),
        // Its own receiver is told the secret; nobody else is.
        None => options.url.is_empty().then(Secret::generate),
    };
    let own_receiver = match &secret {
        Some(secret) if options.url.is_empty() => Some(start_receiver(secret).await?),
        _ => None,
    };
    let urls = own_receiver.iter().map(|(url, _)| url).chain(&options.url);
    let endpoints = urls
        .map(|url| {
            let endpoint = Endpoint::new(url)?;
            Ok(match &secret {
                Some(secret) => endpoint.secret(secret.clone()),
                None => endpoint,
            })
        })
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;

    let mut sender = Sender::builder();
    if options.allow_local || own_receiver.is_some() {
        sender = sender.allow("127.0.0.0/8".parse()?).allow("::1/128".parse()?);
    }
    let report =
        if options.json { Report::Json(endpoints.len()) } else { Report::Table(Vec::new()) };
    let mut outlet = Outlet::new(sender.build()?, endpoints, options.events, report);
    day::play(&mut outlet).await;

    let (sent, report, failure) = outlet.finish();
    write!(io::stdout(), "{report}")?;
    if let Some(failure) = failure {
        return Err(explain(&failure, sent, options.allow_local).into());
    }
    let summary = match &own_receiver {
        Some((_, counts)) => {
            format!(
                "{sent} events sent, {} received, {} verified",
                counts.received(),
                counts.verified()
            )
        }
        None => format!("{sent} events sent, and acknowledged by every endpoint"),
    };
    if options.json {
        // Nothing but lines of JSON goes to the output.
        eprintln!("{summary}");
    } else {
        writeln!(io::stdout(), "{summary}")?;
    }
    Ok(())
}

fn explain(failure: &Failure, sent: usize, allow_local: bool) -> String {
    let (cause, help) = match failure {
        Failure::Send(error) if error.is_refused_address() && !allow_local => {
            (with_sources(error), "\nhelp: `--allow-local` allows endpoints on this machine")
        }
        Failure::Send(error) => (with_sources(error), ""),
        Failure::Update(error) => (with_sources(error), ""),
        Failure::Report(error) => (with_sources(error), ""),
    };
    format!("event {} was not acknowledged: {cause}{help}", sent + 1)
}

/// Starts the other example in this process; it works on nothing, since it is only asked to count.
async fn start_receiver(secret: &Secret) -> Result<(String, Arc<Counts>), Box<dyn Error>> {
    let receiver = Receiver::bind(0).await?;
    let (url, counts) = (receiver.url(), receiver.counts());
    tokio::spawn(receiver.serve(Verifier::new(secret), drop));
    Ok((url, counts))
}

/// The error and what led to it, each once.
fn with_sources(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let text = error.to_string();
        if !message.contains(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        source = error.source();
    }
    message
}
