//! What is sent again: one delivery, or the past.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use hookwright::{
    DeliveryState, EndpointId, EventId, OutboxError, Query, ReplayId, ReplayKind, ReplayProgress,
    ReplayState, RetrySchedule, StoredReplay, WebhookObject,
};

use super::fixture::{Fixture, company, emit, person, schedule, settings, until};
use super::receiver::{Arrival, Receiver, status};
use super::store::TestStore;

pub(super) async fn a_delivery_of_any_state_can_be_sent_again<S: TestStore>(fixture: Fixture<S>) {
    let codes = Arc::new(Mutex::new(200));
    let told = codes.clone();
    let receiver =
        Receiver::answering(move |_| status(*told.lock().expect("no test panicked"))).await;
    let set = |code| *codes.lock().expect("no test panicked") = code;
    let created = settings(&receiver, "/")
        .wants("person.created".parse().expect("a pattern"))
        .schedule(schedule(1, 0));
    let endpoint = fixture.endpoint_of(created).await;
    let _running = fixture.start().await;
    let resend = |id: EventId| {
        let outbox = fixture.outbox.clone();
        async move { outbox.deliveries().resend(&id, &endpoint).await.expect("both are there") }
    };

    // Delivered.
    let id = fixture.emit(&person(1).created()).await;
    fixture.settled().await;
    resend(id.clone()).await;
    let arrivals = receiver.wait_for(2).await;
    fixture.settled().await;
    assert_eq!(arrivals[0].id(), arrivals[1].id());
    assert_eq!(arrivals[0].body, arrivals[1].body);
    assert_eq!(fixture.delivery().await.state(), DeliveryState::Delivered);

    // Delivered, and dead by that.
    set(500);
    resend(id.clone()).await;
    until("it is dead", || async { fixture.delivery().await.state() == DeliveryState::Dead }).await;
    set(200);
    resend(id.clone()).await;
    receiver.wait_for(4).await;
    fixture.settled().await;
    assert_eq!(fixture.delivery().await.state(), DeliveryState::Delivered);

    // Not wanted.
    let unwanted = fixture.emit(&person(1).deleted()).await;
    fixture.settled().await;
    assert_eq!(receiver.arrivals().len(), 4);
    resend(unwanted.clone()).await;
    let arrivals = receiver.wait_for(5).await;
    assert_eq!(arrivals[4].id(), unwanted.to_string());
    fixture.settled().await;

    // Pending, for an hour more: at once, and once.
    set(500);
    let slow = settings(&receiver, "/").schedule(RetrySchedule::new([Duration::from_hours(1); 3]));
    fixture.outbox.endpoints().update(&endpoint, slow).await.expect("it is there");
    let id = fixture.emit(&person(2).created()).await;
    receiver.wait_for(6).await;
    until("it waits", || async { fixture.count("hookwright_attempt").await == 6 }).await;
    set(200);
    for _ in 0..3 {
        resend(id.clone()).await;
    }
    fixture.settled().await;
    let again: Vec<Arrival> =
        receiver.arrivals().into_iter().filter(|arrival| arrival.id() == id.to_string()).collect();
    assert!((2..=4).contains(&again.len()), "{}", again.len());
    assert_eq!(again[1].attempt(), 2);
}

pub(super) async fn a_resend_that_waits_is_not_made_twice<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let endpoint = fixture.endpoint(&receiver, "/").await;
    let running = fixture.start().await;
    let id = fixture.emit(&person(1).created()).await;
    fixture.settled().await;
    running.end().await;
    let deliveries = fixture.outbox.deliveries();
    for _ in 0..3 {
        deliveries.resend(&id, &endpoint).await.expect("both are there");
    }
    assert_eq!(fixture.count("hookwright_delivery").await, 1);
    let running = fixture.start().await;
    fixture.settled().await;
    assert_eq!(receiver.arrivals().len(), 2);
    running.end().await;

    // One that is under way is left alone.
    let taken = "INSERT INTO hookwright_delivery (event, endpoint, due, token, lease_until, attempt) \
         SELECT e.id, p.id, 1, 5, 9999999999999, 3 FROM hookwright_event AS e, hookwright_endpoint AS p";
    fixture.execute(taken).await;
    deliveries.resend(&id, &endpoint).await.expect("both are there");
    let same =
        "SELECT count(*) FROM hookwright_delivery WHERE due = 1 AND token = 5 AND attempt = 3";
    assert_eq!(fixture.number(same).await, Some(1));
}

pub(super) async fn a_resend_of_what_is_not_there_is_not_found<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let [acme, other] = ["acme", "other"].map(|id| fixture.outbox.tenant(id).expect("an id"));
    let none = fixture.endpoint(&receiver, "/none").await;
    let of_acme = *acme.endpoints().create(settings(&receiver, "/acme")).await.expect("made").id();
    let of_other =
        *other.endpoints().create(settings(&receiver, "/other")).await.expect("made").id();
    let running = fixture.start().await;
    let event = emit(&acme, &person(1).created()).await;
    let untenanted = fixture.emit(&person(2).created()).await;
    fixture.settled().await;
    let unknown: EventId = "evt_unknown".parse().expect("an id");

    let all = fixture.outbox.deliveries();
    not_found(all.resend(&unknown, &none).await);
    not_found(all.resend(&event, &none).await);
    not_found(all.resend(&untenanted, &of_acme).await);
    not_found(all.resend(&event, &of_other).await);
    not_found(other.deliveries().resend(&event, &of_other).await);
    not_found(other.deliveries().resend(&event, &of_acme).await);
    not_found(acme.deliveries().resend(&event, &of_other).await);
    not_found(acme.deliveries().resend(&untenanted, &of_acme).await);
    let now = Utc::now();
    not_found(other.deliveries().recover(&of_acme, now).await);
    not_found(other.deliveries().replay(&of_acme, now..now).await);
    let replay = acme.deliveries().replay(&of_acme, now..now).await.expect("a replay");
    not_found(other.deliveries().progress(replay).await);
    assert_eq!(fixture.count("hookwright_delivery").await, 0);

    acme.deliveries().resend(&event, &of_acme).await.expect("its own");
    receiver.wait_for_at("/acme", 2).await;
    fixture.settled().await;
    running.end().await;
    assert!(receiver.arrivals_at("/other").is_empty());
    assert_eq!(receiver.arrivals_at("/none").len(), 1);
}

fn not_found<T: std::fmt::Debug>(result: Result<T, OutboxError>) {
    let error = result.expect_err("it is not there");
    assert!(error.is_not_found(), "{error:?}");
}

async fn ended<S: TestStore>(fixture: &Fixture<S>, replay: ReplayId) -> ReplayProgress {
    let deliveries = fixture.outbox.deliveries();
    until("the replay's end", || async {
        deliveries.progress(replay).await.expect("it is there").state() != ReplayState::Running
    })
    .await;
    deliveries.progress(replay).await.expect("it is there")
}

pub(super) async fn a_replay_sends_what_a_new_endpoint_wants_of_a_time_range<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/first").await;
    let _running = fixture.start().await;
    fixture.emit(&person("too early").created()).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let start = Utc::now();
    fixture.emit(&person("in time").created()).await;
    fixture.emit(&company("unwanted").created()).await;
    let tenant = fixture.outbox.tenant("acme").expect("an id");
    emit(&tenant, &person("of a tenant").created()).await;
    let mut all = vec!["in time".to_owned()];
    fixture.emit_people(0..300).await;
    all.extend((0..300).map(|id| id.to_string()));
    tokio::time::sleep(Duration::from_millis(5)).await;
    let end = Utc::now();
    fixture.emit(&person("too late").created()).await;
    fixture.settled().await;

    let late = settings(&receiver, "/late").wants("person.*".parse().expect("a pattern"));
    let late = fixture.endpoint_of(late).await;
    let rate = NonZeroU32::new(1000).expect("not zero");
    let deliveries = fixture.outbox.deliveries().per_second(rate);
    let replay = deliveries.replay(&late, start..end).await.expect("a replay");
    let progress = ended(&fixture, replay).await;
    assert_eq!((progress.queued(), progress.state()), (301, ReplayState::Done));
    fixture.settled().await;

    let arrivals = receiver.arrivals_at("/late");
    let mut ids: Vec<String> = arrivals.iter().map(Arrival::object_id).collect();
    ids.sort();
    all.sort();
    assert_eq!(ids, all);
    for arrival in arrivals {
        let first = receiver.arrivals_at("/first");
        let first = first.iter().find(|first| first.id() == arrival.id()).expect("the same");
        assert_eq!(first.body, arrival.body);
        assert_eq!(arrival.attempt(), 1);
    }

    // A time range that ends before it begins, and one of nothing.
    for range in [end..start, start..start, end + TimeDelta::days(1)..end + TimeDelta::days(2)] {
        let replay = deliveries.replay(&late, range).await.expect("a replay");
        assert_eq!(ended(&fixture, replay).await.queued(), 0);
    }
}

pub(super) async fn a_replay_that_runs_is_not_begun_twice_and_can_be_cancelled<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    fixture.endpoint(&receiver, "/first").await;
    let running = fixture.start().await;
    let start = Utc::now() - TimeDelta::seconds(1);
    fixture.emit_people(0..100).await;
    fixture.settled().await;
    running.end().await;
    let late = fixture.endpoint(&receiver, "/late").await;
    let range = start..Utc::now() + TimeDelta::seconds(1);

    // While nothing runs: the same replay, the same number.
    let deliveries = fixture.outbox.deliveries().per_second(2.try_into().expect("not zero"));
    let first = deliveries.replay(&late, range.clone()).await.expect("a replay");
    let same = deliveries.replay(&late, range.clone()).await.expect("a replay");
    assert_eq!(first, same);
    let progress = deliveries.progress(first).await.expect("it is there");
    assert_eq!((progress.queued(), progress.state()), (0, ReplayState::Running));
    let listed = deliveries.replays(&Query::new()).await.expect("a page").into_items();
    assert_eq!(listed[0].reached(), None, "it looked at no event yet");

    // Slowly: one in half a second.
    let running = fixture.start().await;
    receiver.wait_for_at("/late", 2).await;
    deliveries.cancel(first).await.expect("it runs");
    let progress = ended(&fixture, first).await;
    assert_eq!(progress.state(), ReplayState::Cancelled);
    fixture.settled().await;
    let queued = deliveries.progress(first).await.expect("it is there").queued();
    assert!((2..100).contains(&queued), "{queued}");
    assert_eq!(receiver.arrivals_at("/late").len() as u64, queued);
    running.end().await;

    // One that is over can be made again, and sends again what it sent.
    let fast = fixture.outbox.deliveries().per_second(1000.try_into().expect("not zero"));
    let again = fast.replay(&late, range).await.expect("a replay");
    assert_ne!(again, first);
    let _running = fixture.start().await;
    assert_eq!(ended(&fixture, again).await.queued(), 100);
    let listed = fast.replays(&Query::new()).await.expect("a page").into_items();
    let reached = listed[0].reached().expect("it looked at events");
    assert!(listed[0].since() <= reached && Some(reached) < listed[0].until());
    fixture.settled().await;
    assert_eq!(receiver.arrivals_at("/late").len() as u64, queued + 100);
}

pub(super) async fn replays_and_recoveries_are_listed_a_page_at_a_time<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let acme = fixture.outbox.tenant("acme").expect("an id");
    let of_acme = *acme.endpoints().create(settings(&receiver, "/acme")).await.expect("made").id();
    let other = fixture.endpoint(&receiver, "/other").await;
    let deliveries = fixture.outbox.deliveries();
    assert!(deliveries.replays(&Query::new()).await.expect("a page").items().is_empty());
    let start = Utc::now();
    let mut begun = Vec::new();
    for hours in 0..3 {
        let range = start - TimeDelta::hours(hours + 1)..start - TimeDelta::hours(hours);
        begun.push(deliveries.replay(&of_acme, range).await.expect("a replay"));
        let since = start - TimeDelta::hours(hours);
        begun.push(deliveries.recover(&other, since).await.expect("a recovery"));
    }
    begun.reverse();
    deliveries.cancel(begun[0]).await.expect("it runs");

    let outbox = &fixture.outbox;
    let read = |query: Query| async move {
        outbox.deliveries().replays(&query).await.expect("a page").into_items()
    };
    let list = |query: Query| async move {
        read(query).await.iter().map(StoredReplay::id).collect::<Vec<_>>()
    };
    assert_eq!(list(Query::new()).await, begun);
    let mut paged = Vec::new();
    let mut query = Query::new().limit(4);
    loop {
        let page = fixture.outbox.deliveries().replays(&query).await.expect("a page");
        paged.extend(page.items().iter().map(StoredReplay::id));
        let Some(next) = page.next() else { break };
        query = query.after(next);
    }
    assert_eq!(paged, begun);
    let of = |id: &EndpointId| list(Query::new().endpoint(id));
    assert_eq!(of(&other).await, [begun[0], begun[2], begun[4]]);
    assert_eq!(of(&of_acme).await, [begun[1], begun[3], begun[5]]);
    assert_eq!(list(Query::new().since(start)).await.len(), 6);
    assert!(list(Query::new().until(start)).await.is_empty());
    let its_own = acme.deliveries().replays(&Query::new()).await.expect("a page");
    assert!(its_own.items().iter().all(|replay| *replay.endpoint() == of_acme));
    assert_eq!(its_own.items().len(), 3);

    let replays = read(Query::new()).await;
    for replay in &replays {
        let alone = deliveries.stored_replay(replay.id()).await.expect("it is there");
        assert_eq!(format!("{alone:?}"), format!("{replay:?}"));
    }
    not_found(acme.deliveries().stored_replay(begun[0]).await);
    let told: Vec<_> = replays[..2]
        .iter()
        .map(|replay| (replay.kind(), replay.progress().state(), replay.until().is_some()))
        .collect();
    assert_eq!(
        told,
        [
            (ReplayKind::Recovery, ReplayState::Cancelled, false),
            (ReplayKind::Replay, ReplayState::Running, true),
        ]
    );
    let (since, until) = (start - TimeDelta::hours(3), start - TimeDelta::hours(2));
    assert_eq!(replays[1].since().timestamp_millis(), since.timestamp_millis());
    let is = replays[1].until().map(|until| until.timestamp_millis());
    assert_eq!(is, Some(until.timestamp_millis()));
    assert!(replays[1].created_at() >= start - TimeDelta::milliseconds(1));
    assert_eq!(replays[1].id().to_string().parse(), Ok(replays[1].id()));

    // What has ended is listed with what was queued.
    let _running = fixture.start().await;
    for id in &begun {
        ended(&fixture, *id).await;
    }
    let states: Vec<_> =
        read(Query::new()).await.iter().map(|replay| replay.progress().state()).collect();
    assert_eq!(states[0], ReplayState::Cancelled);
    assert!(states[1..].iter().all(|state| *state == ReplayState::Done), "{states:?}");
}

pub(super) async fn a_replay_begins_anew_what_is_dead_and_leaves_what_waits<S: TestStore>(
    fixture: Fixture<S>,
) {
    let code = Arc::new(Mutex::new(500));
    let told = code.clone();
    let receiver =
        Receiver::answering(move |_| status(*told.lock().expect("no test panicked"))).await;
    let once = settings(&receiver, "/").schedule(schedule(1, 0));
    let endpoint = fixture.endpoint_of(once).await;
    let _running = fixture.start().await;
    let start = Utc::now() - TimeDelta::seconds(1);
    let dead = fixture.emit_people(0..3).await;
    fixture.settled().await;
    assert_eq!(fixture.count("hookwright_delivery WHERE state = 1").await, 3);
    let slow = settings(&receiver, "/").schedule(RetrySchedule::new([Duration::from_hours(1); 3]));
    fixture.outbox.endpoints().update(&endpoint, slow).await.expect("it is there");
    fixture.emit_people(3..5).await;
    let failed = "hookwright_attempt";
    until("five failures", || async { fixture.count(failed).await == 5 }).await;

    *code.lock().expect("no test panicked") = 200;
    let range = start..Utc::now() + TimeDelta::seconds(1);
    let replay = fixture.outbox.deliveries().replay(&endpoint, range).await.expect("a replay");
    let progress = ended(&fixture, replay).await;
    assert_eq!((progress.queued(), progress.state()), (3, ReplayState::Done));
    let left = "hookwright_delivery";
    until("two that wait", || async { fixture.count(left).await == 2 }).await;
    let waiting = "hookwright_delivery WHERE state = 0 AND attempt = 1 AND died_at IS NULL";
    assert_eq!(fixture.count(waiting).await, 2);
    let arrivals = receiver.arrivals();
    let mut again: Vec<String> = arrivals[5..].iter().map(Arrival::id).collect();
    again.sort();
    let mut dead = dead;
    dead.sort();
    assert_eq!(again, dead);
    assert!(arrivals.iter().all(|arrival| arrival.attempt() == 1));
}

pub(super) async fn a_replay_is_not_slowed_by_what_is_not_wanted<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let running = fixture.start().await;
    let start = Utc::now() - TimeDelta::seconds(1);
    fixture.emit_people(0..900).await;
    fixture.fanned_out().await;
    for id in 0..12 {
        fixture.emit(&company(id).created()).await;
    }
    fixture.fanned_out().await;
    running.end().await;
    let wanted = settings(&receiver, "/").wants("company.*".parse().expect("a pattern"));
    let endpoint = fixture.endpoint_of(wanted).await;
    let rate = NonZeroU32::new(10).expect("not zero");
    let deliveries = fixture.outbox.deliveries().per_second(rate);
    let range = start..Utc::now() + TimeDelta::seconds(1);
    let replay = deliveries.replay(&endpoint, range).await.expect("a replay");
    let _running = fixture.start().await;
    // Which takes a second, and would take minutes if the others counted; but no less.
    receiver.wait_for(5).await;
    assert!(receiver.arrivals().len() < 12);
    assert_eq!(ended(&fixture, replay).await.queued(), 12);
    fixture.settled().await;
    assert_eq!(receiver.arrivals().len(), 12);
}

pub(super) async fn a_recovery_takes_nothing_that_dies_again<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::answering(|_| status(500)).await;
    let once = settings(&receiver, "/").schedule(schedule(1, 0));
    let endpoint = fixture.endpoint_of(once).await;
    let running = fixture.start().await;
    let start = Utc::now() - TimeDelta::seconds(1);
    fixture.emit_people(0..8).await;
    fixture.settled().await;
    running.end().await;
    // Two in each step, each of which dies before the next one: with no breaker in the way.
    fixture.execute("UPDATE hookwright_endpoint SET failing_since = NULL, failures = 0").await;
    let rate = NonZeroU32::new(4).expect("not zero");
    let deliveries = fixture.outbox.deliveries().per_second(rate);
    let recovery = deliveries.recover(&endpoint, start).await.expect("a recovery");
    let _running = fixture.start().await;
    let progress = ended(&fixture, recovery).await;
    assert_eq!((progress.queued(), progress.state()), (8, ReplayState::Done));
    let listed = deliveries.stored_replay(recovery).await.expect("it is there");
    assert_eq!(listed.reached(), None);
}

pub(super) async fn a_replay_waits_for_an_endpoint_that_cannot_be_read<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let running = fixture.start().await;
    let start = Utc::now() - TimeDelta::seconds(1);
    fixture.emit_people(0..3).await;
    fixture.fanned_out().await;
    running.end().await;
    let [spoiled, gone] =
        [fixture.endpoint(&receiver, "/spoiled").await, fixture.endpoint(&receiver, "/gone").await];
    let deliveries = fixture.outbox.deliveries();
    let range = start..Utc::now() + TimeDelta::seconds(1);
    let waits = deliveries.replay(&spoiled, range.clone()).await.expect("a replay");
    let ends = deliveries.replay(&gone, range).await.expect("a replay");
    let edit = |settings: &'static str| {
        let fixture = &fixture;
        async move {
            let edit = format!("UPDATE hookwright_endpoint SET settings = {settings}");
            fixture.execute(&edit).await;
            let raise = "UPDATE hookwright_meta SET number = number + 1 WHERE name = 'endpoints'";
            fixture.execute(raise).await;
        }
    };
    fixture.outbox.endpoints().delete(&gone).await.expect("it is there");
    edit("'?' || settings").await;
    let _running = fixture.start().await;
    let progress = ended(&fixture, ends).await;
    assert_eq!((progress.queued(), progress.state()), (0, ReplayState::Done));
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    let progress = deliveries.progress(waits).await.expect("it is there");
    assert_eq!((progress.queued(), progress.state()), (0, ReplayState::Running));

    edit("substr(settings, 2)").await;
    assert_eq!(ended(&fixture, waits).await.queued(), 3);
    receiver.wait_for_at("/spoiled", 3).await;
    fixture.settled().await;
}
