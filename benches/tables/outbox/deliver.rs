//! A process that emits events, and then delivers them.

use std::error::Error;
use std::future::Future;
use std::time::{Duration, Instant};

use hookwright::{
    Dispatcher, EndpointSettings, Outbox, OutboxError, Secret, Sender, Store, WebhookObject,
};
use sqlx::{Pool, Postgres, Sqlite};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::cpu;
use super::database::{Database, Opened};
use super::figures::Figures;
use super::note::{BODY, Note};
use crate::by_hand::SECRET;
use crate::send::load::cpu_nanoseconds;

/// How many events one transaction emits.
pub(crate) const BATCH: usize = 100;
/// How often it is looked whether all is delivered.
const POLL: Duration = Duration::from_millis(5);

/// What is delivered where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Job<'a> {
    /// A path, or the address of a database of PostgreSQL.
    pub(crate) database: &'a str,
    /// Of the server that answers.
    pub(crate) port: u16,
    pub(crate) endpoints: usize,
    /// Endpoints beside these, which want other events.
    pub(crate) others: usize,
    pub(crate) concurrency: usize,
    /// How many events before the clock starts.
    pub(crate) warm_up: usize,
    pub(crate) events: usize,
    /// The first process of PostgreSQL, or 0.
    pub(crate) postmaster: u32,
}

impl<'a> Job<'a> {
    pub(crate) fn arguments(self) -> Vec<String> {
        let numbers = [self.endpoints, self.others, self.concurrency, self.warm_up, self.events];
        [self.database.to_owned(), self.port.to_string()]
            .into_iter()
            .chain(numbers.map(|number| number.to_string()))
            .chain([self.postmaster.to_string()])
            .collect()
    }

    pub(crate) fn parse(arguments: &[&'a str]) -> Result<Self, Box<dyn Error>> {
        let [database, port, endpoints, others, concurrency, warm_up, events, postmaster] =
            *arguments
        else {
            return Err("a job has eight arguments".into());
        };
        Ok(Self {
            database,
            port: port.parse()?,
            endpoints: endpoints.parse()?,
            others: others.parse()?,
            concurrency: concurrency.parse()?,
            warm_up: warm_up.parse()?,
            events: events.parse()?,
            postmaster: postmaster.parse()?,
        })
    }

    pub(crate) fn is_postgres(self) -> bool {
        self.database.starts_with("postgres:")
    }

    /// Does it, and says what it took.
    pub(crate) async fn run(self) -> Result<Figures, Box<dyn Error>> {
        if self.is_postgres() {
            self.run_on::<Postgres>().await
        } else {
            self.run_on::<Sqlite>().await
        }
    }

    async fn run_on<S: Database>(self) -> Result<Figures, Box<dyn Error>> {
        let opened = S::open(self.database).await?;
        let outbox = opened.outbox.clone();
        for number in 1..=self.endpoints {
            let url = format!("http://127.0.0.1:{}/hooks/{number}", self.port);
            outbox.endpoints().create(settings(&url, self.concurrency)?).await?;
        }
        for number in 1..=self.others {
            let url = format!("http://127.0.0.1:{}/others/{number}", self.port);
            let other = settings(&url, self.concurrency)?.wants("company.*".parse()?);
            outbox.endpoints().create(other).await?;
        }
        // Milliseconds that are zero are not written.
        let time = "2025-02-10T15:30:50.123Z".parse()?;
        if Note::new(0).created().at(time).body()?.as_bytes().len() != BODY {
            return Err("the body has another length".into());
        }
        let sender = sender()?;
        emit(&outbox, 0, self.warm_up).await?;
        let running = Running::start(&outbox, &sender, |dispatcher| dispatcher);
        self.wait(outbox.pool(), self.warm_up).await?;
        running.end().await?;

        let mut figures = Figures::default();
        let start = self.mark(&opened).await?;
        emit(&outbox, self.warm_up, self.events).await?;
        let emitted = self.mark(&opened).await?;
        emitted.since(&start, "emit", &mut figures);
        let start = self.mark(&opened).await?;
        let running = Running::start(&outbox, &sender, |dispatcher| dispatcher);
        self.wait(outbox.pool(), self.warm_up + self.events).await?;
        let delivered = self.mark(&opened).await?;
        delivered.since(&start, "deliver", &mut figures);
        running.end().await?;

        let deliveries = (self.warm_up + self.events) * self.endpoints;
        let wanted = i64::try_from(deliveries)?;
        let attempts = "SELECT count(*) FROM hookwright_attempt WHERE outcome = 0";
        if S::number(outbox.pool(), attempts).await? != wanted {
            return Err("not every event was delivered once".into());
        }
        if self.is_postgres() {
            let start = self.mark(&opened).await?;
            S::run(outbox.pool(), "VACUUM hookwright_delivery").await?;
            S::run(outbox.pool(), "VACUUM hookwright_event").await?;
            S::run(outbox.pool(), "CHECKPOINT").await?;
            self.mark(&opened).await?.since(&start, "clean", &mut figures);
        }
        outbox.pool().close().await;
        Ok(figures)
    }

    /// Waits until so many events have been delivered to every endpoint.
    async fn wait<S: Database>(self, pool: &Pool<S>, events: usize) -> Result<(), Box<dyn Error>> {
        let wanted = i64::try_from(events * self.endpoints)?;
        wait_until(|| async {
            let sql = "SELECT coalesce(max(id), 0) FROM hookwright_attempt";
            Ok(S::number(pool, sql).await? >= wanted)
        })
        .await
    }

    async fn mark<S: Database>(self, opened: &Opened<S>) -> Result<Mark, Box<dyn Error>> {
        let (mut server, mut wal) = (0.0, 0.0);
        if self.postmaster > 0 {
            let sql = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
            wal = to_float(S::number(opened.outbox.pool(), sql).await?);
            server = cpu::of_server(self.postmaster)?;
        }
        #[expect(clippy::cast_precision_loss, reason = "in nanoseconds, for some seconds")]
        let cpu = cpu_nanoseconds()? as f64 / 1e9;
        Ok(Mark { time: Instant::now(), cpu, server, wal, commits: opened.commits() })
    }
}

/// What was used until now.
struct Mark {
    time: Instant,
    cpu: f64,
    server: f64,
    wal: f64,
    commits: f64,
}

impl Mark {
    fn since(&self, start: &Self, name: &str, figures: &mut Figures) {
        figures.set(&format!("{name}.seconds"), (self.time - start.time).as_secs_f64());
        figures.set(&format!("{name}.cpu"), self.cpu - start.cpu);
        figures.set(&format!("{name}.server"), self.server - start.server);
        figures.set(&format!("{name}.wal"), self.wal - start.wal);
        figures.set(&format!("{name}.commits"), self.commits - start.commits);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure")]
pub(crate) fn to_float(number: i64) -> f64 {
    number as f64
}

/// An endpoint of the server on this machine.
pub(crate) fn settings(url: &str, concurrency: usize) -> Result<EndpointSettings, Box<dyn Error>> {
    Ok(EndpointSettings::new(url)?.secret(Secret::new(SECRET)?).concurrency(concurrency))
}

/// One that may send to this machine.
pub(crate) fn sender() -> Result<Sender, Box<dyn Error>> {
    Ok(Sender::builder().allow("127.0.0.0/8".parse()?).build()?)
}

/// Emits so many events, beginning with the note of this number, a hundred to a transaction.
pub(crate) async fn emit<S: Store>(
    outbox: &Outbox<S>,
    first: usize,
    count: usize,
) -> Result<(), Box<dyn Error>> {
    for start in (first..first + count).step_by(BATCH) {
        let notes = Note::several(start, BATCH.min(first + count - start));
        let mut transaction = outbox.begin().await?;
        outbox.emit_all(&mut transaction, notes.iter().map(Note::created)).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// A dispatcher at work.
pub(crate) struct Running {
    task: JoinHandle<Result<(), OutboxError>>,
    shutdown: oneshot::Sender<()>,
}

impl Running {
    pub(crate) fn start<S: Store>(
        outbox: &Outbox<S>,
        sender: &Sender,
        set: impl FnOnce(Dispatcher<S>) -> Dispatcher<S>,
    ) -> Self {
        let dispatcher = set(Dispatcher::new(outbox.clone()).sender(sender.clone()));
        let (shutdown, told) = oneshot::channel();
        let task = tokio::spawn(dispatcher.run(async { drop(told.await) }));
        Self { task, shutdown }
    }

    pub(crate) async fn end(self) -> Result<(), Box<dyn Error>> {
        let _ = self.shutdown.send(());
        Ok(self.task.await??)
    }
}

/// Asks again and again, for two minutes at most.
pub(crate) async fn wait_until<F, A>(mut is_done: F) -> Result<(), Box<dyn Error>>
where
    F: FnMut() -> A,
    A: Future<Output = Result<bool, Box<dyn Error>>>,
{
    let end = Instant::now() + Duration::from_mins(2);
    while !is_done().await? {
        if Instant::now() > end {
            return Err("it takes more than two minutes".into());
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
