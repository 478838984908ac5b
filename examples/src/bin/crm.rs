//! A day of a CRM: every change of a record is saved with its event, and sent to every endpoint.
//!
//! ```text
//! cargo run --bin crm
//! cargo run --bin crm -- --url http://127.0.0.1:8080/hooks --secret "..." --allow-local
//! cargo run --bin crm -- --database postgres://user@localhost/crm
//! cargo run --bin crm -- catalog --format asyncapi
//! cargo run --bin crm -- --format cloudevents
//! cargo run --bin crm -- --console
//! ```

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand, ValueEnum};
use hookwright::{
    CloudEvents, CloudEventsError, EndpointId, EndpointSettings, Format, Outbox, Secret, Sender,
    Twenty, Verifier, WebhookObject,
};
use hookwright_examples::crm::{Crm, Day, Failure};
use hookwright_examples::day::{self, EVENTS_OF_A_DAY};
use hookwright_examples::model::{self, Company, Person};
use hookwright_examples::receiver::{Counts, Receiver};
use hookwright_examples::records::Records;
use hookwright_examples::report::{Report, Style};
use hookwright_examples::worker::Worker;

/// Plays a day of a CRM: saves its records with their events, and delivers these.
///
/// In the middle of the day its dispatcher is killed; events are committed meanwhile, and another
/// dispatcher delivers them. Without a URL the events go to a receiver of its own, on this machine,
/// which verifies them.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Send to this URL; may be given several times.
    #[arg(long)]
    url: Vec<String>,
    /// Sign with this secret.
    #[arg(long)]
    secret: Option<String>,
    /// Write the bodies so.
    #[arg(long, value_enum, default_value_t = Bodies::Documented)]
    format: Bodies,
    /// Send exactly so many events.
    #[arg(long, default_value_t = EVENTS_OF_A_DAY)]
    events: usize,
    /// Keep the outbox here: the path of a file of SQLite, or a URL of PostgreSQL. Without it a
    /// temporary file is used.
    #[arg(long)]
    database: Option<String>,
    /// Allow endpoints on this machine, which are refused otherwise.
    #[arg(long)]
    allow_local: bool,
    /// Serve the settings page, and play day after day until Ctrl-C.
    #[cfg(feature = "console")]
    #[arg(long)]
    console: bool,
    /// Serve the page at this address.
    #[cfg(feature = "console")]
    #[arg(long, default_value = "127.0.0.1:8600", requires = "console")]
    listen: std::net::SocketAddr,
    /// Print a line of JSON for each event: name, id, status, milliseconds.
    #[arg(long)]
    json: bool,
}

/// What is done in place of a day.
#[derive(Subcommand)]
enum Command {
    /// Prints what the events are, for those who receive them.
    Catalog {
        /// As what.
        #[arg(long, value_enum, default_value_t = CatalogFormat::Markdown)]
        format: CatalogFormat,
    },
}

/// As what a catalogue is written.
#[derive(Clone, Copy, ValueEnum)]
enum CatalogFormat {
    /// A schema of every body.
    JsonSchema,
    #[value(name = "asyncapi", help = "A document of AsyncAPI 3.0")]
    AsyncApi,
    #[value(name = "openapi", help = "A document of OpenAPI 3.1")]
    OpenApi,
    /// Declarations.
    #[value(name = "typescript")]
    TypeScript,
    /// A page for people.
    Markdown,
}

impl CatalogFormat {
    fn write(self) -> String {
        let catalog = model::catalog();
        match self {
            Self::JsonSchema => catalog.json_schema(),
            Self::AsyncApi => catalog.asyncapi(),
            Self::OpenApi => catalog.openapi(),
            Self::TypeScript => catalog.typescript(),
            Self::Markdown => catalog.markdown(),
        }
    }
}

/// The format of the bodies. The receiver is not told which it is.
#[derive(Clone, Copy, ValueEnum)]
enum Bodies {
    /// As Twenty documents them.
    Documented,
    /// As Twenty's server sends them.
    Twenty,
    /// As Standard Webhooks recommends them; signed with a secret of `whsec_` or `whsk_`.
    Standard,
    /// CloudEvents 1.0, structured.
    #[value(name = "cloudevents")]
    CloudEvents,
}

impl Bodies {
    fn format(self) -> Result<Format, CloudEventsError> {
        Ok(match self {
            Self::Documented => Format::Documented,
            Self::Twenty => Twenty::new("872cfcf1-c79f-42bc-877d-5829f06eb3f9")
                .object(Person::NAME, "370985db-22d8-4463-8e5f-2271d30913bd")
                .object(Company::NAME, "5c6b2f3e-8f0e-4a4b-9d8c-0f4f3b0c7a11")
                .into(),
            Self::Standard => Format::Standard,
            Self::CloudEvents => CloudEvents::new("https://crm.example.com")?.into(),
        })
    }
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
    if let Some(Command::Catalog { format }) = options.command {
        return Ok(write!(io::stdout(), "{}", format.write())?);
    }
    match options.database.as_deref() {
        Some(url) if url.starts_with("postgres:") || url.starts_with("postgresql:") => {
            play(Outbox::postgres(url).await?, &options).await
        }
        Some(path) => play(Outbox::sqlite(path).await?, &options).await,
        None => {
            let directory = Temporary::new()?;
            let path = directory.0.join("crm.db");
            play(Outbox::sqlite(&path.to_string_lossy()).await?, &options).await
        }
    }
}

async fn play<S: Records>(outbox: Outbox<S>, options: &Options) -> Result<(), Box<dyn Error>> {
    #[cfg(feature = "console")]
    if options.console {
        return hookwright_examples::console::run(outbox, options.listen).await;
    }
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
    let format = options.format.format()?;
    let endpoints = create_endpoints(&outbox, urls, secret.as_ref(), &format).await?;

    let mut sender = Sender::builder();
    if options.allow_local || own_receiver.is_some() {
        sender = sender.allow("127.0.0.0/8".parse()?).allow("::1/128".parse()?);
    }
    let worker = Worker::new(outbox.clone(), sender.build()?);
    let mut crm = Crm::open(outbox.clone(), worker, options.events).await?;
    day::play(&mut crm).await;

    let Day { rows, failure, kills } = crm.finish().await;
    // An outbox that stays is used again: the next day has endpoints of its own.
    for endpoint in &endpoints {
        outbox.endpoints().delete(endpoint).await?;
    }
    let sent = rows.iter().filter(|row| row.is_event()).count();
    if let Some(failure) = failure {
        return Err(explain(&failure, options.allow_local).into());
    }
    let style = if options.json { Style::Json } else { Style::Table };
    write!(io::stdout(), "{}", Report::new(style, rows, endpoints))?;
    let summary = match &own_receiver {
        Some((_, counts)) => {
            let twice = match counts.repeated() {
                0 => "none".to_owned(),
                repeated => repeated.to_string(),
            };
            let (received, verified) = (counts.received(), counts.verified());
            format!("{sent} events sent, {received} received, {verified} verified, {twice} twice")
        }
        None => format!("{sent} events sent, and acknowledged by every endpoint"),
    };
    if options.json {
        // Nothing but lines of JSON goes to the output.
        eprintln!("{summary}");
    } else {
        if kills > 0 {
            writeln!(io::stdout(), "the dispatcher was killed in between, and another took over")?;
        }
        writeln!(io::stdout(), "{summary}")?;
    }
    Ok(())
}

async fn create_endpoints<S: Records>(
    outbox: &Outbox<S>,
    urls: impl Iterator<Item = &String>,
    secret: Option<&Secret>,
    format: &Format,
) -> Result<Vec<EndpointId>, Box<dyn Error>> {
    let mut endpoints = Vec::new();
    for url in urls {
        let settings = EndpointSettings::new(url)?.format(format.clone());
        let settings = match secret {
            Some(secret) => settings.secret(secret.clone()),
            None => settings,
        };
        endpoints.push(*outbox.endpoints().create(settings).await?.id());
    }
    Ok(endpoints)
}

fn explain(failure: &Failure, allow_local: bool) -> String {
    let attempt = match failure {
        Failure::Emit(error) => return with_sources(error),
        Failure::Update(error) => return with_sources(error),
        Failure::Outbox(error) => return with_sources(error),
        Failure::Refused(attempt) => attempt,
    };
    let cause = match (attempt.status(), attempt.error()) {
        (Some(status), _) => format!("the answer was {status}"),
        (None, Some("refused address")) => "its address is refused".to_owned(),
        (None, Some("connect")) => "no connection".to_owned(),
        (None, Some(class)) => class.to_owned(),
        (None, None) => "no answer".to_owned(),
    };
    let help = match attempt.error() {
        Some("refused address") if !allow_local => {
            "\nhelp: `--allow-local` allows endpoints on this machine"
        }
        _ => "",
    };
    format!("event {} was not acknowledged: {cause}{help}", attempt.event_id())
}

/// Starts the other example in this process; it works on nothing, since it is only asked to count.
async fn start_receiver(secret: &Secret) -> Result<(String, Arc<Counts>), Box<dyn Error>> {
    let receiver = Receiver::bind(0).await?;
    let (url, counts) = (receiver.url(), receiver.counts());
    tokio::spawn(receiver.serve(Verifier::new(secret), drop));
    Ok((url, counts))
}

/// A directory that is removed in the end.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> io::Result<Self> {
        let now = chrono::Utc::now().timestamp_micros();
        let name = format!("hookwright-crm-{}-{now}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What stays is in the directory for what is temporary.
        let _ = std::fs::remove_dir_all(&self.0);
    }
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
