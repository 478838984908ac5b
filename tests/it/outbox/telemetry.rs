//! What is counted and traced, under names that never change.

mod counts;
mod spans;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use hookwright::{RetrySchedule, WebhookObject};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;

use self::counts::Counts;
use self::spans::Spans;
use super::fixture::{Fixture, Running, dispatcher, person, schedule, settings, until};
use super::receiver::{Receiver, status};
use super::store::TestStore;

const HOUR: Duration = Duration::from_hours(1);

/// Runs something on a thread of its own, where alone it is counted and traced.
async fn alone<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let handle = tokio::task::spawn_blocking(move || {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(test());
    });
    handle.await.expect("no panic");
}

pub(super) async fn everything_that_is_counted_has_its_name<S: TestStore>(fixture: Fixture<S>) {
    alone(move || async move {
        let counts = Counts::default();
        let _guard = metrics::set_default_local_recorder(&counts);
        count(&fixture, &counts).await;
    })
    .await;
}

async fn count<S: TestStore>(fixture: &Fixture<S>, counts: &Counts) {
    // In this runtime.
    let outbox = fixture.open_again().await.expect("the same database");
    let gate = Arc::new(Semaphore::new(0));
    let receiver = {
        let gate = gate.clone();
        Receiver::playing(move |arrival| {
            let gate = gate.clone();
            async move {
                match arrival.path.as_str() {
                    "/fine" => status(200),
                    "/late" => {
                        gate.acquire().await.expect("it is never closed").forget();
                        status(200)
                    }
                    _ => status(500),
                }
            }
        })
        .await
    };
    let of = |path: &str| settings(&receiver, path);
    fixture.endpoint_of(of("/fine")).await;
    fixture.endpoint_of(of("/failing").schedule(schedule(3, 1))).await;
    let late = fixture.endpoint_of(of("/late")).await;
    let held = fixture.endpoint_of(of("/held")).await;
    fixture.outbox.endpoints().disable(&held).await.expect("it is there");
    let waiting = fixture.endpoint_of(of("/waiting").schedule(RetrySchedule::new([HOUR]))).await;
    let running = Running::start(dispatcher(&outbox)).await;
    fixture.emit(&person(1).created()).await;
    receiver.wait_for_at("/late", 1).await;
    receiver.wait_for_at("/waiting", 1).await;
    until("two retries and an end", || async {
        counts.counter("hookwright_failed_total") == 1
            && counts.counter("hookwright_retried_total") == 3
            && counts.counter("hookwright_delivered_total") == 1
    })
    .await;
    assert_eq!(counts.counter("hookwright_accepted_total"), 5);
    assert_eq!(counts.counter("hookwright_fenced_total"), 0);
    assert_eq!(counts.gauge("hookwright_in_flight"), Some(1.0));

    // Another dispatcher has what is under way now, for long.
    let long = Utc::now().timestamp_millis() + 3_600_000;
    let lost = format!(
        "UPDATE hookwright_delivery SET token = 999999, lease_until = {long} WHERE lease_until > 0 AND token > 0 AND state = 0"
    );
    assert_eq!(fixture.execute(&lost).await, 1);
    gate.add_permits(1);
    until("a result that is fenced", || async { counts.counter("hookwright_fenced_total") == 1 })
        .await;
    assert_eq!(counts.counter("hookwright_delivered_total"), 1);
    assert_eq!(counts.gauge("hookwright_in_flight"), Some(0.0));
    running.end().await;

    // What waits is counted at the start, when one delivery has been due for an hour or so.
    fixture.execute("UPDATE hookwright_delivery SET due = due - 7200000").await;
    let snapshot = if S::HAS_ONE_DISPATCHER {
        None
    } else {
        let mut connection = fixture.outbox.pool().acquire().await.expect("a connection");
        for sql in ["BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT 1"] {
            S::run_sql(&mut connection, sql).await.expect(sql);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        Some(connection)
    };
    let running = Running::start(dispatcher(&outbox)).await;
    let backlog = |endpoint| counts.gauge(&format!("hookwright_backlog endpoint={endpoint}"));
    until("a count", || async { backlog(held) == Some(1.0) }).await;
    assert_eq!(backlog(late), Some(1.0));
    assert!(backlog(waiting).is_none_or(|deliveries| deliveries <= 1.0));
    until("what is overdue", || async {
        counts.highest("hookwright_oldest_due_seconds").is_some_and(|age| age > 2000.0)
    })
    .await;
    if let Some(connection) = snapshot {
        until("the age of the snapshot", || async {
            counts.gauge("hookwright_snapshot_age_seconds").is_some_and(|age| age >= 0.05)
        })
        .await;
        drop(connection);
    }
    running.end().await;

    let mut names = vec![
        "hookwright_accepted_total",
        "hookwright_backlog",
        "hookwright_delivered_total",
        "hookwright_failed_total",
        "hookwright_fenced_total",
        "hookwright_in_flight",
        "hookwright_oldest_due_seconds",
        "hookwright_retried_total",
    ];
    if !S::HAS_ONE_DISPATCHER {
        names.push("hookwright_snapshot_age_seconds");
    }
    assert_eq!(counts.names(), names);
}

pub(super) async fn an_attempt_is_a_span_with_its_fields<S: TestStore>(fixture: Fixture<S>) {
    alone(move || async move {
        let spans = Spans::default();
        let _guard = tracing::subscriber::set_default(spans.clone());
        trace(&fixture, &spans).await;
    })
    .await;
}

async fn trace<S: TestStore>(fixture: &Fixture<S>, spans: &Spans) {
    let outbox = fixture.open_again().await.expect("the same database");
    let receiver = Receiver::with_statuses(&[503, 200]).await;
    let endpoint = fixture.endpoint(&receiver, "/hooks").await;
    let running = Running::start(dispatcher(&outbox)).await;
    let id = fixture.emit(&person(1).created()).await;
    fixture.settled().await;
    running.end().await;

    let spans = spans.all();
    let [first, second] = &spans[..] else { panic!("{spans:?}") };
    for (span, attempt, status, error) in
        [(first, "1", "503", Some("status")), (second, "2", "200", None)]
    {
        assert_eq!(span.name, "hookwright.attempt");
        assert_eq!(
            span.names,
            [
                "event.id",
                "event.name",
                "endpoint.id",
                "endpoint.host",
                "attempt",
                "status",
                "error"
            ]
        );
        let mut expected = BTreeMap::from([
            ("event.id", id.to_string()),
            ("event.name", "person.created".to_owned()),
            ("endpoint.id", endpoint.to_string()),
            ("endpoint.host", "127.0.0.1".to_owned()),
            ("attempt", attempt.to_owned()),
            ("status", status.to_owned()),
        ]);
        expected.extend(error.map(|error| ("error", error.to_owned())));
        assert_eq!(span.fields, expected);
    }
}
