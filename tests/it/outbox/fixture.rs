//! A database, an outbox in it, and what every test does with them.

use std::time::{Duration, Instant};

use hookwright::{
    Dispatcher, EndpointId, EndpointSettings, Event, EventId, Health, MasterKey, Outbox,
    OutboxBuilder, OutboxError, Query, RetrySchedule, Secret, Sender, StoredDelivery,
    WebhookObject,
};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::receiver::Receiver;
use super::store::TestStore;

/// How long a condition is waited for before it counts as never.
const NEVER: Duration = Duration::from_secs(15);
/// How long one test may take, so that none hangs.
const LIMIT: Duration = Duration::from_secs(90);

pub(super) const SECRET: &str = "a secret of 16 bytes or more";

#[derive(Debug, Clone, Serialize, Deserialize, WebhookObject)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) email: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, WebhookObject)]
pub(super) struct Company {
    pub(super) id: String,
    pub(super) name: String,
}

#[expect(clippy::needless_pass_by_value, reason = "it is given literals")]
pub(super) fn person(id: impl ToString) -> Person {
    let id = id.to_string();
    Person { email: format!("{id}@example.com"), id }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given literals")]
pub(super) fn company(id: impl ToString) -> Company {
    Company { id: id.to_string(), name: "ACME".into() }
}

pub(super) struct Fixture<S: TestStore> {
    pub(super) outbox: Outbox<S>,
    pub(super) place: S::Place,
    pub(super) key: MasterKey,
}

/// Runs a test on a database of its own, which is removed whatever comes of the test.
pub(super) async fn check<S, F>(test: impl FnOnce(Fixture<S>) -> F)
where
    S: TestStore,
    F: Future<Output = ()> + Send + 'static,
{
    let place = S::make_place().await;
    let fixture = Fixture::<S>::at(place.clone()).await;
    let result = tokio::spawn(tokio::time::timeout(LIMIT, test(fixture))).await;
    S::remove_place(place).await;
    match result {
        Ok(in_time) => in_time.expect("the test ends"),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

impl<S: TestStore> Fixture<S> {
    async fn at(place: S::Place) -> Self {
        let key = MasterKey::generate();
        let builder = OutboxBuilder::new().master_key(key.clone());
        let outbox = S::open(&place, builder).await.expect("an outbox");
        Self { outbox, place, key }
    }

    /// The same database, opened again as another process would.
    pub(super) async fn open_again(&self) -> Result<Outbox<S>, OutboxError> {
        S::open(&self.place, self.builder()).await
    }

    pub(super) fn builder(&self) -> OutboxBuilder {
        OutboxBuilder::new().master_key(self.key.clone())
    }

    /// A dispatcher that tries again soon, and may dial loopback.
    pub(super) fn dispatcher(&self) -> Dispatcher<S> {
        dispatcher(&self.outbox)
    }

    /// Runs a dispatcher.
    pub(super) async fn start(&self) -> Running {
        Running::start(self.dispatcher()).await
    }

    /// Makes an endpoint that is at `path` of a receiver, and wants everything.
    pub(super) async fn endpoint(&self, receiver: &Receiver, path: &str) -> EndpointId {
        self.endpoint_of(settings(receiver, path)).await
    }

    pub(super) async fn endpoint_of(&self, settings: EndpointSettings) -> EndpointId {
        *self.outbox.endpoints().create(settings).await.expect("an endpoint").id()
    }

    /// Emits one event in a transaction of its own.
    pub(super) async fn emit<T: WebhookObject + Sync>(&self, event: &Event<T>) -> EventId {
        emit(&self.outbox, event).await
    }

    /// Emits that people were created, whose ids are numbers, and gives the events' ids in order.
    pub(super) async fn emit_people(&self, ids: std::ops::Range<usize>) -> Vec<String> {
        let people: Vec<Person> = ids.map(person).collect();
        let events: Vec<_> = people.iter().map(Person::created).collect();
        let mut transaction = self.outbox.begin().await.expect("a transaction");
        let count = self.outbox.emit_all(&mut transaction, &events).await.expect("room");
        assert_eq!(count, events.len());
        transaction.commit().await.expect("a commit");
        events.iter().map(|event| event.id().expect("an id").to_string()).collect()
    }

    pub(super) async fn execute(&self, sql: &str) -> u64 {
        let mut connection = self.outbox.pool().acquire().await.expect("a connection");
        S::run_sql(&mut connection, sql).await.expect(sql)
    }

    pub(super) async fn number(&self, sql: &str) -> Option<i64> {
        let mut connection = self.outbox.pool().acquire().await.expect("a connection");
        S::read_number(&mut connection, sql).await
    }

    pub(super) async fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) FROM {table}")).await.expect("a count")
    }

    pub(super) async fn texts(&self, sql: &str) -> Vec<Option<String>> {
        let mut connection = self.outbox.pool().acquire().await.expect("a connection");
        S::read_texts(&mut connection, sql).await
    }

    /// Waits until every event is fanned out, and nothing is pending.
    pub(super) async fn settled(&self) {
        let left = "SELECT (SELECT count(*) FROM hookwright_fresh) \
             + (SELECT count(*) FROM hookwright_delivery WHERE state = 0)";
        until("nothing left to do", || async { self.number(left).await == Some(0) }).await;
    }

    /// Waits until every event is fanned out.
    pub(super) async fn fanned_out(&self) {
        let left = "SELECT count(*) FROM hookwright_fresh";
        until("all fanned out", || async { self.number(left).await == Some(0) }).await;
    }

    /// The one delivery there is.
    pub(super) async fn delivery(&self) -> StoredDelivery {
        let page = self.outbox.history().deliveries(&Query::new()).await.expect("deliveries");
        let [delivery] = page.items() else { panic!("{} deliveries", page.items().len()) };
        delivery.clone()
    }
}

pub(super) async fn emit<S, T>(outbox: &Outbox<S>, event: &Event<T>) -> EventId
where
    S: TestStore,
    T: WebhookObject + Sync,
{
    let mut transaction = outbox.begin().await.expect("a transaction");
    let id = outbox.emit(&mut transaction, event).await.expect("room");
    transaction.commit().await.expect("a commit");
    id
}

pub(super) fn dispatcher<S: TestStore>(outbox: &Outbox<S>) -> Dispatcher<S> {
    let network = "127.0.0.0/8".parse().expect("a network");
    let sender = Sender::builder().allow(network).build().expect("a sender");
    Dispatcher::new(outbox.clone()).sender(sender).schedule(schedule(20, 50))
}

/// A schedule of so many attempts, with as many milliseconds between them.
pub(super) fn schedule(attempts: usize, milliseconds: u64) -> RetrySchedule {
    RetrySchedule::new(vec![Duration::from_millis(milliseconds); attempts - 1])
}

pub(super) fn settings(receiver: &Receiver, path: &str) -> EndpointSettings {
    let secret = Secret::new(SECRET).expect("a secret");
    EndpointSettings::new(&receiver.url(path)).expect("an endpoint").secret(secret)
}

/// A dispatcher in a task, which ends with this value.
pub(super) struct Running {
    shutdown: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), OutboxError>>,
    pub(super) health: Health,
}

impl Running {
    /// Runs a dispatcher, and waits until it works.
    pub(super) async fn start<S: TestStore>(dispatcher: Dispatcher<S>) -> Self {
        let health = dispatcher.health();
        let (shutdown, told) = oneshot::channel();
        let task = tokio::spawn(dispatcher.run(async move { drop(told.await) }));
        let running = Self { shutdown: Some(shutdown), task, health };
        until("a dispatcher that works", || async {
            assert!(!running.task.is_finished(), "the dispatcher has ended");
            running.health.is_ready()
        })
        .await;
        running
    }

    /// Tells it to end, and goes on.
    pub(super) fn tell_to_end(&mut self) {
        drop(self.shutdown.take());
    }

    /// Tells it to end, and waits until it has.
    pub(super) async fn end(mut self) {
        self.tell_to_end();
        let ended = (&mut self.task).await.expect("no panic");
        ended.expect("a regular end");
    }

    /// Ends it as a crash would: nothing is written any more.
    pub(super) async fn kill(mut self) {
        self.task.abort();
        drop((&mut self.task).await);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits until a condition holds.
pub(super) async fn until<F>(what: &str, mut holds: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < NEVER, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
