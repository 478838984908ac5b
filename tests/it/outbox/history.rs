//! What is read back: by every condition, and a page at a time.

use std::collections::HashSet;

use chrono::{TimeDelta, Utc};
use hookwright::{
    AttemptOutcome, Cursor, DeliveryState, EndpointId, EventId, Page, Query, StoredDelivery,
    WebhookObject,
};

use super::fixture::{Fixture, company, person, schedule, settings, until};
use super::receiver::{Receiver, status};
use super::store::TestStore;

fn key(delivery: &StoredDelivery) -> (String, String, DeliveryState) {
    (delivery.event_id().to_string(), delivery.endpoint().to_string(), delivery.state())
}

/// Reads page after page of `limit`, and gives everything in order.
pub(super) async fn pages<T, F>(limit: usize, read: impl Fn(Query) -> F, query: &Query) -> Vec<T>
where
    F: Future<Output = Page<T>>,
{
    let mut all = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        let query = query.clone().limit(limit);
        let query = cursor.map_or(query.clone(), |cursor| query.after(cursor));
        let page = read(query).await;
        assert!(page.items().len() <= limit);
        let next = page.next();
        // A cursor goes over a URL and back.
        cursor = next.map(|cursor| cursor.to_string().parse().expect("a cursor"));
        all.extend(page.into_items());
        if cursor.is_none() {
            return all;
        }
    }
}

/// What there is to be asked for.
struct Past {
    /// The newest first.
    events: Vec<EventId>,
    fine: EndpointId,
    dying: EndpointId,
    held: EndpointId,
}

/// The sizes of pages: with none left over, with one, and more than there is.
const LIMITS: [usize; 10] = [1, 2, 3, 5, 7, 8, 23, 24, 25, 500];

/// Eight events, each delivered to one endpoint, dead at another, and held for a third.
async fn past<S: TestStore>(fixture: &Fixture<S>) -> Past {
    let receiver =
        Receiver::answering(|arrival| status(if arrival.path == "/dying" { 500 } else { 200 }))
            .await;
    let fine = fixture.endpoint(&receiver, "/fine").await;
    let dying = settings(&receiver, "/dying").schedule(schedule(1, 0));
    let dying = fixture.endpoint_of(dying).await;
    let held = fixture.endpoint(&receiver, "/held").await;
    fixture.outbox.endpoints().disable(&held).await.expect("it is there");
    let running = fixture.start().await;
    let mut events: Vec<EventId> = Vec::new();
    for round in 0..4 {
        events.push(fixture.emit(&person(round).created()).await);
        events.push(fixture.emit(&company(round).deleted()).await);
    }
    let dead = "SELECT count(*) FROM hookwright_delivery WHERE state = 1";
    let attempts = "SELECT count(*) FROM hookwright_attempt";
    until("all are tried", || async {
        fixture.number(dead).await == Some(8) && fixture.number(attempts).await == Some(16)
    })
    .await;
    // One is delivered twice, and one is on its way again.
    let deliveries = fixture.outbox.deliveries();
    deliveries.resend(&events[3], &fine).await.expect("both are there");
    until("another attempt", || async { fixture.number(attempts).await == Some(17) }).await;
    running.end().await;
    deliveries.resend(&events[5], &fine).await.expect("both are there");
    events.reverse();
    // What was told of those that died is not asked for here.
    fixture.execute("DELETE FROM hookwright_event WHERE object = 'webhookDelivery'").await;
    Past { events, fine, dying, held }
}

fn soon() -> Query {
    Query::new().since(Utc::now() + TimeDelta::hours(1))
}

fn long_ago() -> Query {
    Query::new().until(Utc::now() - TimeDelta::hours(1))
}

fn named(name: &str) -> Query {
    Query::new().name(&name.parse().expect("a name"))
}

pub(super) async fn events_are_read_a_page_at_a_time<S: TestStore>(fixture: Fixture<S>) {
    let past = past(&fixture).await;
    let history = &fixture.outbox.history();
    let read = |query: Query| async move { history.events(&query).await.expect("a page") };
    for limit in LIMITS {
        let events = pages(limit, read, &Query::new()).await;
        let ids: Vec<EventId> = events.iter().map(|event| event.id().clone()).collect();
        assert_eq!(ids, past.events, "{limit}");
        for (query, expected) in [
            (Query::new().object("company"), 4),
            (Query::new().object_id("1"), 2),
            (Query::new().event(&past.events[0]), 1),
            (named("person.created"), 4),
            (soon(), 0),
            (long_ago(), 0),
        ] {
            assert_eq!(pages(limit, read, &query).await.len(), expected, "{limit} {query:?}");
        }
    }
    // Texts that are SQL are texts.
    let odd = Query::new().object("' OR 1 = 1 --").object_id("\\'; DROP TABLE hookwright_event");
    assert!(read(odd).await.items().is_empty());
    // More than there may be on a page is taken for the most, and none for one.
    assert_eq!(read(Query::new().limit(0)).await.items().len(), 1);
    assert_eq!(read(Query::new().limit(usize::MAX)).await.items().len(), 8);
}

pub(super) async fn deliveries_are_read_a_page_at_a_time<S: TestStore>(fixture: Fixture<S>) {
    let past = past(&fixture).await;
    let history = &fixture.outbox.history();
    let read = |query: Query| async move { history.deliveries(&query).await.expect("a page") };
    let all: Vec<_> = read(Query::new()).await.items().iter().map(key).collect();
    let distinct: HashSet<_> = all.iter().map(|(event, at, _)| (event, at)).collect();
    assert_eq!((all.len(), distinct.len()), (24, 24));
    let in_state = |state: DeliveryState| {
        all.iter().filter(|(.., is)| *is == state).cloned().collect::<Vec<_>>()
    };
    let unfinished = [DeliveryState::Pending, DeliveryState::Held, DeliveryState::Dead];
    assert_eq!(unfinished.map(|state| in_state(state).len()), [1, 8, 8]);
    let delivered = in_state(DeliveryState::Delivered);
    assert_eq!(delivered.len(), 7);

    let events = history.events(&Query::new()).await.expect("a page").into_items();
    let since = events[3].emitted_at();
    let newer = events.iter().filter(|event| event.emitted_at() >= since).count();
    let created = "person.created".parse().expect("a name");
    let newer_people = events.iter().filter(|event| event.emitted_at() >= since);
    let newer_people = newer_people.filter(|event| *event.name() == created).count();
    assert!(0 < newer_people && newer_people < newer);
    let people = |endpoint: &EndpointId, state| {
        named("person.created").since(since).endpoint(endpoint).state(state)
    };
    for limit in LIMITS {
        let keys = pages(limit, read, &Query::new()).await;
        assert_eq!(keys.iter().map(key).collect::<Vec<_>>(), all, "{limit}");
        for state in unfinished {
            let keys = pages(limit, read, &Query::new().state(state)).await;
            assert_eq!(keys.iter().map(key).collect::<Vec<_>>(), in_state(state), "{limit}");
        }
        let keys = pages(limit, read, &Query::new().state(DeliveryState::Delivered)).await;
        let keys: Vec<_> = keys.iter().map(key).collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len(), "{limit}");
        // What was acknowledged and is on its way again may be among them.
        assert!(delivered.iter().all(|one| keys.contains(one)), "{limit}");

        for (query, expected) in [
            (Query::new().endpoint(&past.fine), 8),
            (Query::new().endpoint(&past.dying).state(DeliveryState::Dead), 8),
            (Query::new().endpoint(&past.dying).state(DeliveryState::Held), 0),
            (Query::new().event(&past.events[0]), 3),
            (Query::new().object("person"), 12),
            (Query::new().object("person").object_id("2"), 3),
            (Query::new().object_id("2"), 6),
            (named("company.deleted"), 12),
            (named("company.created"), 0),
            (Query::new().since(since).endpoint(&past.held), newer),
            (named("person.created").since(since).endpoint(&past.fine), newer_people),
            (people(&past.dying, DeliveryState::Dead), newer_people),
            (people(&past.held, DeliveryState::Held), newer_people),
            (people(&past.fine, DeliveryState::Delivered), newer_people),
            (people(&past.fine, DeliveryState::Dead), 0),
            (people(&past.dying, DeliveryState::Dead).until(since), 0),
            (soon(), 0),
            (long_ago(), 0),
        ] {
            let keys = pages(limit, read, &query).await;
            let distinct: HashSet<_> = keys.iter().map(key).collect();
            assert_eq!((keys.len(), distinct.len()), (expected, expected), "{limit} {query:?}");
        }
    }
}

pub(super) async fn attempts_are_read_a_page_at_a_time<S: TestStore>(fixture: Fixture<S>) {
    let past = past(&fixture).await;
    let history = &fixture.outbox.history();
    let read = |query: Query| async move { history.attempts(&query).await.expect("a page") };
    let all = read(Query::new()).await.into_items();
    assert_eq!(all.len(), 17);
    let failed = all.iter().filter(|attempt| attempt.outcome() == AttemptOutcome::Failed);
    assert_eq!(failed.count(), 8);
    for limit in LIMITS {
        let attempts = pages(limit, read, &Query::new()).await;
        assert_eq!(format!("{attempts:?}"), format!("{all:?}"), "{limit}");
        for (query, expected) in [
            (Query::new().endpoint(&past.dying), 8),
            (Query::new().event(&past.events[0]), 2),
            (Query::new().object("company"), 9),
            (named("person.created"), 8),
            (Query::new().endpoint(&past.fine).object_id("0"), 2),
            (Query::new().outcome(AttemptOutcome::Failed), 8),
            (Query::new().outcome(AttemptOutcome::Delivered), 9),
            (Query::new().outcome(AttemptOutcome::Late), 0),
            (Query::new().outcome(AttemptOutcome::Failed).endpoint(&past.fine), 0),
            (named("person.created").outcome(AttemptOutcome::Failed).endpoint(&past.dying), 4),
            (soon(), 0),
            (long_ago(), 0),
        ] {
            assert_eq!(pages(limit, read, &query).await.len(), expected, "{limit} {query:?}");
        }
    }
}
