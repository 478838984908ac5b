//! Rows that several dispatchers write of: none waits for one with others of its own in hand.

use std::sync::Arc;
use std::time::Duration;

use hookwright::WebhookObject;
use tokio::sync::Semaphore;

use super::fixture::{Fixture, company, person, schedule, settings, until};
use super::receiver::{Receiver, status};
use super::store::TestStore;

pub(super) async fn the_health_of_endpoints_is_written_in_their_order<S: TestStore>(
    fixture: Fixture<S>,
) {
    if S::HAS_ONE_WRITER {
        return;
    }
    let gate = Arc::new(Semaphore::new(0));
    let receiver = {
        let gate = gate.clone();
        Receiver::playing(move |_| {
            let gate = gate.clone();
            async move {
                gate.acquire().await.expect("it is never closed").forget();
                status(500)
            }
        })
        .await
    };
    for number in 0..20 {
        let slow = settings(&receiver, &format!("/{number}")).schedule(schedule(2, 3_600_000));
        fixture.endpoint_of(slow).await;
    }
    let _running = fixture.start().await;
    fixture.emit(&person(1).created()).await;
    receiver.wait_for(20).await;

    // As another dispatcher that writes of the first of them, and then of others.
    let mut other = fixture.outbox.begin().await.expect("a transaction");
    let first = "SELECT id FROM hookwright_endpoint WHERE id = \
         (SELECT min(id) FROM hookwright_endpoint) FOR UPDATE";
    S::run_sql(&mut other, first).await.expect("a row");
    gate.add_permits(20);
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
         AND wait_event_type = 'Lock'";
    until("it waits", || async { fixture.number(waiting).await == Some(1) }).await;
    let free = "SELECT id FROM hookwright_endpoint FOR UPDATE SKIP LOCKED";
    assert_eq!(S::run_sql(&mut other, free).await.expect("rows"), 20);
    other.rollback().await.expect("a rollback");
    let written = "SELECT count(*) FROM hookwright_endpoint WHERE failures = 1";
    until("all are written", || async { fixture.number(written).await == Some(20) }).await;
}

pub(super) async fn a_probe_does_not_wait_for_another_dispatcher<S: TestStore>(
    fixture: Fixture<S>,
) {
    if S::HAS_ONE_WRITER {
        return;
    }
    let receiver = Receiver::new().await;
    let of = |path: &str, wants: &str| {
        settings(&receiver, path).wants(wants.parse().expect("a pattern"))
    };
    fixture.endpoint_of(of("/failing", "person.*")).await;
    fixture.endpoint_of(of("/fine", "company.*")).await;
    // It has failed, and is to be probed.
    let open = "UPDATE hookwright_endpoint SET failing_since = 1, failures = 10, paused_until = 1, \
         pause = 30000 WHERE id = (SELECT min(id) FROM hookwright_endpoint)";
    assert_eq!(fixture.execute(open).await, 1);
    let mut other = fixture.outbox.begin().await.expect("a transaction");
    let lock = "SELECT id FROM hookwright_endpoint WHERE failures = 10 FOR UPDATE";
    S::run_sql(&mut other, lock).await.expect("a row");

    let _running = fixture.start().await;
    fixture.emit(&person(1).created()).await;
    fixture.fanned_out().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    fixture.emit(&company(1).created()).await;
    receiver.wait_for_at("/fine", 1).await;
    assert!(receiver.arrivals_at("/failing").is_empty());
    other.rollback().await.expect("a rollback");
    receiver.wait_for_at("/failing", 1).await;
    fixture.settled().await;
}
