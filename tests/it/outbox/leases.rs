//! Leases: what is lost with one, and who takes over.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use hookwright::{AttemptOutcome, DeliveryState, EndpointState, Notice, Query, WebhookObject};
use tokio::sync::Semaphore;

use super::attempts::{Notices, attempts_of};
use super::fixture::{Fixture, Running, dispatcher, person, schedule, settings, until};
use super::receiver::{Arrival, Receiver, status};
use super::store::TestStore;

/// The row of the one delivery, but for what a heartbeat changes.
const ROW: &str = "SELECT state || '/' || attempt || '/' || due || '/' || token || '/' || lease_until \
     FROM hookwright_delivery";

pub(super) async fn a_finish_with_a_lost_lease_changes_nothing<S: TestStore>(fixture: Fixture<S>) {
    for code in [200, 500, 410] {
        let gate = Arc::new(Semaphore::new(0));
        let receiver = {
            let gate = gate.clone();
            Receiver::playing(move |_| {
                let gate = gate.clone();
                async move {
                    gate.acquire().await.expect("it is never closed").forget();
                    status(code)
                }
            })
            .await
        };
        let endpoint = fixture.endpoint(&receiver, "/").await;
        let notices = Notices::default();
        let once = fixture.dispatcher().schedule(schedule(1, 0)).on_notice(notices.keep());
        let running = Running::start(once).await;
        let id = fixture.emit(&person(code).created()).await;
        receiver.wait_for(1).await;

        // Another dispatcher has it now, for long.
        let until_late = Utc::now().timestamp_millis() + 3_600_000;
        fixture
            .execute(&format!(
                "UPDATE hookwright_delivery SET token = 999999, lease_until = {until_late}, due = 7"
            ))
            .await;
        let row = fixture.texts(ROW).await;
        gate.add_permits(10);
        let query = Query::new().endpoint(&endpoint);
        until("a late attempt", || async { !attempts_of(&fixture, &query).await.is_empty() }).await;
        assert_eq!(fixture.texts(ROW).await, row);
        assert_eq!(row, [Some(format!("0/1/7/999999/{until_late}"))]);
        let attempts = attempts_of(&fixture, &query).await;
        let [attempt] = &attempts[..] else { panic!("{attempts:?}") };
        assert_eq!(attempt.outcome(), AttemptOutcome::Late);
        assert_eq!(attempt.event_id(), &id);
        assert_eq!(attempt.status().map(|status| status.as_u16()), Some(code));
        running.end().await;
        assert_eq!(fixture.texts(ROW).await, row);
        assert_eq!(receiver.arrivals().len(), 1);
        // It is the other's to say that a delivery has died, or that an endpoint is gone.
        assert!(notices.all().is_empty(), "{:?}", notices.all());
        let stored = fixture.outbox.endpoints().get(&endpoint).await.expect("it is there");
        assert_eq!(stored.state(), EndpointState::Active);
        fixture.execute("DELETE FROM hookwright_delivery").await;
        fixture.outbox.endpoints().delete(&endpoint).await.expect("it is there");
    }
}

pub(super) async fn a_delivery_whose_attempts_all_die_with_their_process_is_dead<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    leave_leased(&fixture, &receiver, 1).await;
    let start = async |attempt: usize| {
        let last = format!("UPDATE hookwright_delivery SET token = 1, attempt = {attempt}");
        assert_eq!(fixture.execute(&last).await, 1);
        let notices = Notices::default();
        let three = fixture.dispatcher().schedule(schedule(3, 10)).on_notice(notices.keep());
        (Running::start(three).await, notices)
    };
    let (running, notices) = start(3).await;
    let told = notices.wait_for(1).await;
    let [Notice::DeliveryExhausted { attempts: 4, .. }] = told[..] else { panic!("{told:?}") };
    running.end().await;
    assert!(receiver.arrivals().is_empty());
    assert_eq!(fixture.delivery().await.state(), DeliveryState::Dead);
    let attempts = attempts_of(&fixture, &Query::new()).await;
    assert_eq!(attempts[0].error(), Some("unfinished"));

    // One of which the attempts came to an end may have more of them, when it is sent again.
    fixture.execute("UPDATE hookwright_delivery SET state = 0, died_at = NULL, due = 1").await;
    let (_running, _) = start(4).await;
    receiver.wait_for(1).await;
    fixture.settled().await;
}

/// Emits an event whose delivery is leased by a dispatcher that is no more.
async fn leave_leased<S: TestStore>(fixture: &Fixture<S>, receiver: &Receiver, until: i64) {
    let endpoint = fixture.endpoint(receiver, "/").await;
    fixture.outbox.endpoints().disable(&endpoint).await.expect("it is there");
    let running = fixture.start().await;
    fixture.emit(&person(1).created()).await;
    fixture.fanned_out().await;
    running.end().await;
    let lease =
        format!("UPDATE hookwright_delivery SET token = 1, lease_until = {until}, attempt = 1");
    assert_eq!(fixture.execute(&lease).await, 1);
    fixture.outbox.endpoints().enable(&endpoint).await.expect("it is there");
}

pub(super) async fn leases_of_earlier_runs_are_void_where_there_is_one_dispatcher<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let until = Utc::now().timestamp_millis() + 4_000;
    let hour = if S::HAS_ONE_DISPATCHER { 3_600_000 } else { 0 };
    leave_leased(&fixture, &receiver, until + hour).await;
    let _running = fixture.start().await;
    let arrivals = receiver.wait_for(1).await;
    fixture.settled().await;
    assert_eq!(receiver.arrivals().len(), 1);
    assert_eq!(arrivals[0].attempt(), 2);
    if !S::HAS_ONE_DISPATCHER {
        assert!(arrivals[0].at.timestamp_millis() >= until);
    }
}

pub(super) async fn an_expired_lease_is_taken_over<S: TestStore>(fixture: Fixture<S>) {
    let gate = Arc::new(Semaphore::new(0));
    let receiver = Receiver::behind(&gate).await;
    fixture.endpoint(&receiver, "/").await;
    let lease = Duration::from_secs(2);
    let killed = Running::start(fixture.dispatcher().lease(lease)).await;
    let id = fixture.emit(&person(1).created()).await;
    receiver.wait_for(1).await;
    let leased = fixture.number("SELECT lease_until FROM hookwright_delivery").await;
    assert!(leased > Some(Utc::now().timestamp_millis()));
    killed.kill().await;
    gate.add_permits(10);
    let again = fixture.open_again().await.expect("an outbox");
    let _running = Running::start(dispatcher(&again)).await;
    let arrivals = receiver.wait_for(2).await;
    fixture.settled().await;
    assert!(arrivals.iter().all(|arrival| arrival.id() == id.to_string()));
    assert_eq!(arrivals.iter().map(Arrival::attempt).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(receiver.arrivals().len(), 2);
}

pub(super) async fn a_lease_lasts_while_its_dispatcher_lives<S: TestStore>(fixture: Fixture<S>) {
    let gate = Arc::new(Semaphore::new(0));
    let receiver = Receiver::behind(&gate).await;
    fixture.endpoint(&receiver, "/").await;
    let _running = Running::start(fixture.dispatcher().lease(Duration::from_secs(1))).await;
    fixture.emit(&person(1).created()).await;
    receiver.wait_for(1).await;
    let lease = "SELECT lease_until FROM hookwright_delivery";
    let first = fixture.number(lease).await.expect("it is leased");
    until("three leases have passed", || async { Utc::now().timestamp_millis() > first + 2_000 })
        .await;
    assert!(fixture.number(lease).await.expect("it is leased") > first + 1_000);
    gate.add_permits(1);
    fixture.settled().await;
    assert_eq!(receiver.arrivals().len(), 1);
    let attempts = attempts_of(&fixture, &Query::new()).await;
    assert_eq!(attempts[0].outcome(), AttemptOutcome::Delivered);
}

pub(super) async fn a_second_dispatcher_is_refused_or_shares_the_work<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    for endpoint in 0..4 {
        fixture.endpoint(&receiver, &format!("/{endpoint}")).await;
    }
    let first = fixture.start().await;
    let other = fixture.open_again().await.expect("an outbox");
    if S::HAS_ONE_DISPATCHER {
        let error = dispatcher(&other).run(std::future::pending()).await.expect_err("one is there");
        assert!(error.is_second_dispatcher(), "{error:?}");
        let process = format!("process {}", std::process::id());
        assert!(error.to_string().contains(&process), "{error}");
        first.end().await;
        // And when the first has ended, it is let in.
        Running::start(dispatcher(&other)).await.end().await;
        return;
    }
    let second = Running::start(dispatcher(&other)).await;
    let mut ids = Vec::new();
    for round in 0..20 {
        ids.extend(fixture.emit_people(round * 50..round * 50 + 50).await);
    }
    fixture.settled().await;
    ids.sort();
    for endpoint in 0..4 {
        let arrivals = receiver.arrivals_at(&format!("/{endpoint}"));
        let mut arrived: Vec<String> = arrivals.iter().map(Arrival::id).collect();
        arrived.sort();
        assert_eq!(arrived, ids);
    }
    first.end().await;
    fixture.emit(&person("last").created()).await;
    fixture.settled().await;
    assert_eq!(receiver.arrivals().len(), 4_004);
    second.end().await;
}

pub(super) async fn a_delivery_that_is_there_already_is_not_sent_twice_at_fan_out<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint_of(settings(&receiver, "/")).await;
    let _running = fixture.start().await;
    fixture.emit(&person(1).created()).await;
    fixture.settled().await;
    // As a resend between the commit of an event and its fan-out makes it.
    let mut transaction = fixture.outbox.begin().await.expect("a transaction");
    fixture.outbox.emit(&mut transaction, &person(2).created()).await.expect("room");
    let resent = "INSERT INTO hookwright_delivery (event, endpoint, due) \
         SELECT e.id, p.id, e.emitted_at FROM hookwright_event AS e, hookwright_endpoint AS p \
         WHERE e.object_id = '2'";
    S::run_sql(&mut transaction, resent).await.expect("a row");
    transaction.commit().await.expect("a commit");
    fixture.settled().await;
    until("nothing under way", || async { receiver.under_way() == 0 }).await;
    assert_eq!(receiver.arrivals().len(), 2);
}

pub(super) async fn what_waited_for_a_dispatcher_is_leased_as_it_is_fanned_out<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint_of(settings(&receiver, "/").concurrency(64)).await;
    fixture.emit_people(0..40).await;
    fixture.execute(S::NOTE_UPDATES).await;
    let running = fixture.start().await;
    fixture.settled().await;
    running.end().await;
    assert_eq!(receiver.arrivals().len(), 40);
    assert_eq!(fixture.count("written_again").await, 0);

    // And what waits in the queue already is found by the next one.
    fixture.execute("UPDATE hookwright_event SET id = id + 1000").await;
    let waiting = "INSERT INTO hookwright_delivery (event, endpoint, due) \
         SELECT e.id, p.id, e.emitted_at FROM hookwright_event AS e, hookwright_endpoint AS p";
    fixture.execute(waiting).await;
    let _running = fixture.start().await;
    fixture.settled().await;
    assert_eq!(receiver.arrivals().len(), 80);
}
