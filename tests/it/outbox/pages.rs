//! Pages of deliveries: beside all that there are, and with what they cost.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use hookwright::{Cursor, DeliveryState, EndpointId, Outbox, Query, Sqlite, StoredDelivery};

use super::fixture::{Fixture, settings};
use super::history::pages;
use super::receiver::Receiver;
use super::store::TestStore;

const STATES: [DeliveryState; 4] =
    [DeliveryState::Pending, DeliveryState::Held, DeliveryState::Dead, DeliveryState::Delivered];

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_700_000_000_000).expect("a time")
}

fn event_id(event: i64) -> String {
    format!("00000000-0000-7000-8000-{event:012}")
}

/// Numbers that look like chance, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: i64) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

struct Attempt {
    written: i64,
    at: i64,
    event: i64,
    endpoint: i64,
    outcome: i64,
}

/// What there is: by event and endpoint, the state and the time of each delivery.
#[derive(Default)]
struct Past {
    attempts: Vec<Attempt>,
    /// The state, and when it is due.
    unfinished: BTreeMap<(i64, i64), (i64, i64)>,
}

const EVENTS: i64 = 400;
/// Events are so many milliseconds apart: all together, more than clocks may differ.
const APART: i64 = 20_000;
/// Retention has deleted the events up to this one, and kept their attempts.
const GONE: i64 = 20;
const DISABLED: i64 = 4;

/// Endpoints: 1 gets everything, 2 little, 3 nothing since long, 4 is disabled, 5 is failing, and 6
/// gets nothing at all.
fn wants(chance: &mut Chance, event: i64, endpoint: i64) -> bool {
    match endpoint {
        1 => true,
        2 => chance.below(12) == 0,
        3 => event < EVENTS / 4,
        4 | 5 => chance.below(2) == 0,
        _ => false,
    }
}

impl Past {
    fn new(chance: &mut Chance) -> Self {
        let mut past = Self::default();
        for event in 1..=EVENTS {
            for endpoint in 1..=6 {
                if wants(chance, event, endpoint) {
                    past.deliver(chance, event, endpoint);
                }
            }
        }
        past.attempts.sort_by_key(|attempt| attempt.written);
        past
    }

    fn deliver(&mut self, chance: &mut Chance, event: i64, endpoint: i64) {
        let emitted = event * APART;
        let mut at = emitted + chance.below(3000);
        let mut log = |at, outcome, late| {
            self.attempts.push(Attempt { written: at + late, at, event, endpoint, outcome });
        };
        // Retries that come long after, so that attempts are in another order than events.
        while chance.below(4) == 0 {
            log(at, 1, chance.below(60_000));
            at += chance.below(2_000_000);
        }
        let ends = if endpoint >= DISABLED { chance.below(3) } else { 3 + chance.below(12) };
        match ends {
            0 | 3 => drop(self.unfinished.insert((event, endpoint), (0, at))),
            1 => drop(self.unfinished.insert((event, endpoint), (1, at))),
            4 => {
                log(at, 0, chance.below(60_000));
                log(at + 5_000_000, 0, 0);
            }
            5 => {
                log(at, 0, 0);
                self.unfinished.insert((event, endpoint), (0, at + 6_000_000));
            }
            _ => log(at, 0, chance.below(60_000)),
        }
    }

    async fn write<S: TestStore>(&self, fixture: &Fixture<S>) {
        let start = start().timestamp_millis();
        let mut events = "INSERT INTO hookwright_event \
             (id, event_id, object, operation, object_id, time, data, emitted_at) VALUES"
            .to_owned();
        for event in GONE + 1..=EVENTS {
            let (id, emitted) = (event_id(event), start + event * APART);
            let object = if event % 7 == 0 { "company" } else { "person" };
            let comma = if event == GONE + 1 { "" } else { "," };
            write!(
                events,
                "{comma} ({event}, '{id}', '{object}', 'created', '{}', 0, '', {emitted})",
                event % 5
            )
            .expect("a text takes all");
        }
        fixture.execute(&events).await;
        let mut attempts = "INSERT INTO hookwright_attempt \
             (event, endpoint, event_id, attempt, at, duration, outcome) VALUES"
            .to_owned();
        for (number, attempt) in self.attempts.iter().enumerate() {
            let Attempt { at, event, endpoint, outcome, .. } = attempt;
            let (at, id) = (start + at, event_id(*event));
            let comma = if number == 0 { "" } else { "," };
            write!(attempts, "{comma} ({event}, {endpoint}, '{id}', 1, {at}, 1, {outcome})")
                .expect("a text takes all");
        }
        fixture.execute(&attempts).await;
        for ((event, endpoint), (state, due)) in &self.unfinished {
            let (due, died) =
                (start + due, if *state == 1 { due.to_string() } else { "NULL".into() });
            let row = format!(
                "INSERT INTO hookwright_delivery (event, endpoint, state, due, died_at) \
                 VALUES ({event}, {endpoint}, {state}, {due}, {died})"
            );
            fixture.execute(&row).await;
        }
    }

    /// All that should be told, in order: with a state, also what is on its way again.
    fn expected(&self, state: Option<DeliveryState>) -> Vec<(i64, i64, DeliveryState, i64)> {
        let mut all = BTreeMap::new();
        if state.is_none_or(|state| state == DeliveryState::Delivered) {
            for attempt in self.attempts.iter().filter(|attempt| attempt.outcome == 0) {
                let key = (attempt.event, attempt.endpoint);
                all.insert(key, (DeliveryState::Delivered, attempt.at));
            }
        }
        for (key, (number, due)) in &self.unfinished {
            let is = match number {
                1 => DeliveryState::Dead,
                _ if key.1 == DISABLED => DeliveryState::Held,
                _ => DeliveryState::Pending,
            };
            if state.is_none_or(|state| state == is) {
                all.insert(*key, (is, *due));
            }
        }
        let all = all.into_iter().rev().filter(|((event, _), _)| *event > GONE);
        all.map(|((event, endpoint), (state, at))| (event, endpoint, state, at)).collect()
    }
}

/// A condition: the query, and what it is of an event and an endpoint.
type Case = (Query, Box<dyn Fn(i64, i64) -> bool + Send + Sync>);

fn cases(ids: &[EndpointId]) -> Vec<Case> {
    let mut cases: Vec<Case> = vec![(Query::new(), Box::new(|_, _| true))];
    for (number, id) in (1..).zip(ids) {
        cases.push((Query::new().endpoint(id), Box::new(move |_, endpoint| endpoint == number)));
    }
    let at = |event: i64| start() + TimeDelta::milliseconds(event * APART);
    let one = Query::new().event(&event_id(33).parse().expect("an id"));
    cases.push((one.clone(), Box::new(|event, _| event == 33)));
    let of_one = Box::new(|event, endpoint| event == 33 && endpoint == 1);
    cases.push((one.endpoint(&ids[0]), of_one));
    let nothing = Query::new().event(&event_id(EVENTS + 1).parse().expect("an id"));
    cases.push((nothing, Box::new(|_, _| false)));
    let company = Query::new().object("company");
    cases.push((company.clone(), Box::new(|event, _| event % 7 == 0)));
    let of_company = Box::new(|event, endpoint| event % 7 == 0 && event % 5 == 2 && endpoint == 1);
    cases.push((company.object_id("2").endpoint(&ids[0]), of_company));
    cases.push((Query::new().object_id("2"), Box::new(|event, _| event % 5 == 2)));
    let recent = Query::new().since(at(350));
    cases.push((recent.clone(), Box::new(|event, _| event >= 350)));
    cases.push((recent.endpoint(&ids[2]), Box::new(|_, _| false)));
    let between = Query::new().since(at(90)).until(at(110)).endpoint(&ids[2]);
    let is_between = |event, endpoint| (90..110).contains(&event) && endpoint == 3;
    cases.push((between, Box::new(is_between)));
    cases.push((Query::new().until(at(60)), Box::new(|event, _| event < 60)));
    cases
}

async fn check<S: TestStore>(
    outbox: &Outbox<S>,
    ids: &[EndpointId],
    query: &Query,
    limit: usize,
    expected: &[(i64, i64, DeliveryState, i64)],
) {
    let history = &outbox.history();
    let read = |query: Query| async move { history.deliveries(&query).await.expect("a page") };
    let told = pages(limit, read, query).await;
    let told: Vec<_> = told.iter().map(shown).collect();
    let start = start().timestamp_millis();
    let expected = expected.iter().map(|(event, endpoint, state, at)| {
        let id = ids[usize::try_from(endpoint - 1).expect("small")];
        (event_id(*event), id, *state, start + at)
    });
    assert_eq!(told, expected.collect::<Vec<_>>(), "{limit} {query:?}");
}

fn shown(delivery: &StoredDelivery) -> (String, EndpointId, DeliveryState, i64) {
    let at = delivery.at().timestamp_millis();
    (delivery.event_id().to_string(), *delivery.endpoint(), delivery.state(), at)
}

pub(super) async fn no_delivery_is_left_out_or_told_twice<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let acme = fixture.outbox.tenant("acme").expect("an id");
    let mut ids = Vec::new();
    for endpoint in 1..=6 {
        let outbox = if endpoint == 2 { &acme } else { &fixture.outbox };
        let made = outbox.endpoints().create(settings(&receiver, "/")).await.expect("made");
        ids.push(*made.id());
    }
    fixture.outbox.endpoints().disable(&ids[3]).await.expect("it is there");
    let past = Past::new(&mut Chance(7));
    past.write(&fixture).await;
    for state in [None].into_iter().chain(STATES.map(Some)) {
        let all = past.expected(state);
        for (query, is_wanted) in cases(&ids) {
            let query = state.map_or(query.clone(), |state| query.state(state));
            let mut wanted = all.clone();
            wanted.retain(|(event, endpoint, ..)| is_wanted(*event, *endpoint));
            for limit in [3, 17, 500] {
                check(&fixture.outbox, &ids, &query, limit, &wanted).await;
            }
            wanted.retain(|(_, endpoint, ..)| *endpoint == 2);
            check(&acme, &ids, &query, 7, &wanted).await;
        }
    }
}

/// Numbers from 1.
fn numbers(end: i64) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {end})")
}

/// Many events, of which endpoint 1 was delivered all and endpoint 3 the first tenth. The last tenth
/// waits for endpoint 2, and the first tenth has died at endpoint 4.
async fn write_many<S: TestStore>(fixture: &Fixture<S>, events: i64) {
    let (numbers, start, tenth) = (numbers(events), start().timestamp_millis(), events / 10);
    let recently = events - tenth;
    for sql in [
        format!(
            "INSERT INTO hookwright_event (id, event_id, object, operation, object_id, time, data, emitted_at) \
             {numbers} SELECT i, '00000000-0000-7000-8000-' || (100000000000 + i), 'person', 'created', 'x', 0, '', \
             {start} + i * 200 FROM n"
        ),
        format!(
            "INSERT INTO hookwright_attempt (event, endpoint, event_id, attempt, at, duration, outcome) \
             {numbers} SELECT i, 1, '00000000-0000-7000-8000-' || (100000000000 + i), 1, {start} + i * 200 + 50, 1, 0 FROM n"
        ),
        format!(
            "INSERT INTO hookwright_attempt (event, endpoint, event_id, attempt, at, duration, outcome) \
             {numbers} SELECT i, 3, '00000000-0000-7000-8000-' || (100000000000 + i), 1, {start} + i * 200 + 50, 1, 0 FROM n WHERE i <= {tenth}"
        ),
        format!(
            "INSERT INTO hookwright_delivery (event, endpoint, state, due) {numbers} \
             SELECT i, 2, 0, {start} + i * 200 FROM n WHERE i > {recently}"
        ),
        format!(
            "INSERT INTO hookwright_delivery (event, endpoint, state, due, died_at) {numbers} \
             SELECT i, 4, 1, 0, {start} + i * 200 FROM n WHERE i <= {tenth}"
        ),
    ] {
        fixture.execute(&sql).await;
    }
}

/// Pages of every kind, of what [`write_many`] has written.
fn pages_of_many(ids: &[EndpointId], events: i64) -> Vec<(Query, usize)> {
    let of = |number: usize| Query::new().endpoint(&ids[number - 1]);
    let all = Query::new;
    let [pending, held, dead, delivered] = STATES;
    let event = format!("00000000-0000-7000-8000-{}", 100_000_000_000 + events / 2);
    let one = all().event(&event.parse().expect("an id"));
    let middle: Cursor = format!("{}-1", events / 2).parse().expect("a cursor");
    vec![
        (of(1), 50),
        (of(1).state(delivered), 50),
        (of(1).state(pending), 0),
        (of(1).after(middle), 50),
        (of(1).object("person"), 50),
        (of(1).object("company"), 0),
        (of(2), 50),
        (of(2).state(pending), 50),
        (of(2).state(delivered), 0),
        (of(3), 50),
        (of(3).state(dead), 0),
        (of(4), 50),
        (of(4).state(dead), 50),
        (all(), 50),
        (all().after(middle), 50),
        (all().state(pending), 50),
        (all().state(delivered), 50),
        (all().state(held), 0),
        (one.clone(), 1),
        (one.endpoint(&ids[0]), 1),
    ]
}

#[tokio::test]
async fn no_page_costs_as_much_as_the_whole_past() {
    super::fixture::check(|fixture: Fixture<Sqlite>| async move {
        const EVENTS: i64 = 20_000;
        let receiver = Receiver::new().await;
        let mut ids = Vec::new();
        for _ in 1..=4 {
            ids.push(fixture.endpoint(&receiver, "/").await);
        }
        write_many(&fixture, EVENTS).await;
        for is_analyzed in [false, true] {
            if is_analyzed {
                fixture.execute("ANALYZE").await;
            }
            // One connection, whose steps are counted.
            let path = fixture.place.to_str().expect("a path of ASCII");
            let options = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
            let pool = options.connect(path).await.expect("a file");
            let outbox = fixture.builder().sqlite_pool(pool.clone()).await.expect("an outbox");
            let steps = Arc::new(AtomicI64::new(0));
            let count = steps.clone();
            let mut connection = pool.acquire().await.expect("the one");
            let mut handle = connection.lock_handle().await.expect("the one");
            handle.set_progress_handler(100, move || {
                count.fetch_add(100, Ordering::Relaxed);
                true
            });
            drop(handle);
            drop(connection);
            for (query, expected) in pages_of_many(&ids, EVENTS) {
                steps.store(0, Ordering::Relaxed);
                let page = outbox.history().deliveries(&query).await.expect("a page");
                assert_eq!(page.items().len(), expected, "{query:?}");
                let of_page = steps.swap(0, Ordering::Relaxed);
                assert!(of_page < 10 * EVENTS, "{of_page} steps: {query:?}");
            }
        }
    })
    .await;
}
