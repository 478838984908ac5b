//! The figures of a span of time: beside the same counted one by one.

use std::fmt::Write;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hookwright::{EndpointId, Figures, Outbox, Stats, StatsQuery, Tally};

use super::fixture::{Fixture, settings};
use super::receiver::Receiver;
use super::store::TestStore;

/// An attempt: to the endpoint of this number, by milliseconds since the start.
#[derive(Clone, Copy)]
struct Made {
    endpoint: i64,
    at: i64,
    micros: i64,
    outcome: i64,
}

/// More attempts than are looked at without a search, one a second, each written up to 35 seconds
/// after it was begun, so that their numbers are in another order.
fn attempts() -> Vec<Made> {
    (0..6000)
        .map(|number| Made {
            endpoint: 1 + number % 3 / 2,
            at: number * 1000 - number * 7919 % 35_000,
            micros: 100 + (number * 7919 % 1000) * (number * 7919 % 1000),
            outcome: [0, 0, 1, 0, 2, 0, 0][usize::try_from(number % 7).expect("small")],
        })
        .collect()
}

async fn write<S: TestStore>(fixture: &Fixture<S>, start: DateTime<Utc>, attempts: &[Made]) {
    for attempts in attempts.chunks(500) {
        let mut insert = "INSERT INTO hookwright_attempt \
             (event, endpoint, event_id, attempt, at, duration, outcome) VALUES"
            .to_owned();
        for (number, Made { endpoint, at, micros, outcome }) in attempts.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            let at = start.timestamp_millis() + at;
            write!(insert, "{comma} (1, {endpoint}, 'x', 1, {at}, {micros}, {outcome})")
                .expect("a text takes all");
        }
        fixture.execute(&insert).await;
    }
}

async fn read<S: TestStore>(outbox: &Outbox<S>, query: &StatsQuery) -> Stats {
    outbox.history().stats(query).await.expect("figures")
}

/// What should have been counted of these attempts.
fn check(tally: &Tally, made: &[Made], what: &str) {
    let count = |outcome| made.iter().filter(|made| made.outcome == outcome).count() as u64;
    assert_eq!((tally.delivered(), tally.failed()), (count(0), count(1)), "{what}");
    let mut micros: Vec<i64> =
        made.iter().filter(|made| made.outcome < 2).map(|made| made.micros).collect();
    micros.sort_unstable();
    for (told, percent) in [(tally.p50(), 50), (tally.p99(), 99)] {
        let rank = (micros.len() * percent).div_ceil(100);
        let exact = rank.checked_sub(1).map(|index| micros[index]);
        match (told, exact) {
            (Some(told), Some(exact)) => {
                let told = i64::try_from(told.as_micros()).expect("small");
                assert!((told - exact).abs() * 100 <= exact, "{what}: {told} for {exact}");
            }
            (told, exact) => assert_eq!((told, exact), (None, None), "{what}"),
        }
    }
    let [failed, all] = [count(1), micros.len() as u64].map(|count| count.to_string());
    let [failed, all]: [f64; 2] = [failed, all].map(|count| count.parse().expect("a number"));
    match tally.failure_share() {
        Some(share) => assert!((share * all - failed).abs() < 1e-6, "{what}"),
        None => assert!(micros.is_empty(), "{what}"),
    }
}

/// Compares figures with the attempts of these endpoints, bucket by bucket.
fn check_all(figures: &Figures, made: &[Made], endpoints: &[i64], span: (i64, i64, usize)) {
    let (since, bucket, buckets) = span;
    let of = |range: std::ops::Range<i64>| -> Vec<Made> {
        let is_in = |made: &&Made| endpoints.contains(&made.endpoint) && range.contains(&made.at);
        made.iter().filter(is_in).copied().collect()
    };
    assert_eq!(figures.buckets().len(), buckets);
    let mut start = since;
    for tally in figures.buckets() {
        check(tally, &of(start..start + bucket), &format!("{span:?} at {start}"));
        start += bucket;
    }
    check(figures.all(), &of(since..start), &format!("{span:?}"));
}

pub(super) async fn attempts_are_counted_by_endpoint_and_by_time<S: TestStore>(
    fixture: Fixture<S>,
) {
    let receiver = Receiver::new().await;
    let acme = fixture.outbox.tenant("acme").expect("an id");
    let other = fixture.outbox.tenant("other").expect("an id");
    let first = *acme.endpoints().create(settings(&receiver, "/1")).await.expect("made").id();
    let second = fixture.endpoint(&receiver, "/2").await;
    let numbers = "SELECT count(*) FROM hookwright_endpoint WHERE id IN (1, 2)";
    assert_eq!(fixture.number(numbers).await, Some(2));
    let start = DateTime::from_timestamp_millis(1_700_000_000_000).expect("a time");

    // Of nothing.
    let nothing = StatsQuery::new(start, Duration::from_mins(1), 3).endpoints([first]);
    let nothing = read(&fixture.outbox, &nothing).await;
    check_all(nothing.total(), &[], &[], (0, 60_000, 3));

    let made = attempts();
    write(&fixture, start, &made).await;
    // What retention has deleted leaves numbers that are not there.
    fixture.execute("DELETE FROM hookwright_attempt WHERE id BETWEEN 2500 AND 3499").await;
    let made: Vec<Made> = [&made[..2499], &made[3499..]].concat();
    for (since, bucket, buckets) in [
        (0, 100_000, 60),
        (-5_000_000, 1_000_000, 20),
        (1_234_567, 61_003, 24),
        (2_600_000, 10_000, 50),
        (5_990_000, 1000, 400),
        (3_000_000, 1, 400),
        (-9_000_000, 1000, 10),
        (90_000_000, 1000, 10),
    ] {
        let span = (since, bucket, buckets);
        let length = Duration::from_millis(bucket.try_into().expect("not less than 0"));
        let of = StatsQuery::new(start + TimeDelta::milliseconds(since), length, buckets);
        let all = read(&fixture.outbox, &of).await;
        assert_eq!(all.endpoints().count(), 0);
        check_all(all.total(), &made, &[1, 2], span);

        let both = read(&fixture.outbox, &of.clone().endpoints([second, first, second])).await;
        let told: Vec<EndpointId> = both.endpoints().map(|(id, _)| *id).collect();
        assert_eq!(told, [second, first]);
        check_all(both.total(), &made, &[1, 2], span);
        check_all(both.endpoint(&first).expect("it was asked for"), &made, &[1], span);
        check_all(both.endpoint(&second).expect("it was asked for"), &made, &[2], span);

        // A tenant's are counted without the others, whomever it names.
        check_all(read(&acme, &of).await.total(), &made, &[1], span);
        let both = read(&acme, &of.clone().endpoints([second, first])).await;
        assert!(both.endpoint(&second).is_none());
        check_all(both.total(), &made, &[1], span);
        check_all(read(&other, &of).await.total(), &made, &[], span);
        let none = read(&fixture.outbox, &of.endpoints([])).await;
        check_all(none.total(), &made, &[], span);
    }
}

pub(super) async fn what_waits_is_counted_by_endpoint<S: TestStore>(fixture: Fixture<S>) {
    let receiver = Receiver::new().await;
    let acme = fixture.outbox.tenant("acme").expect("an id");
    let first = *acme.endpoints().create(settings(&receiver, "/1")).await.expect("made").id();
    let [second, held, deleted] = [
        fixture.endpoint(&receiver, "/2").await,
        fixture.endpoint(&receiver, "/3").await,
        fixture.endpoint(&receiver, "/4").await,
    ];
    fixture.outbox.endpoints().disable(&held).await.expect("it is there");
    let deliveries = "INSERT INTO hookwright_delivery (event, endpoint, state, due, died_at) VALUES \
         (1, 1, 0, 7000, NULL), (2, 1, 0, 5000, NULL), (3, 1, 1, 1000, 1), (1, 2, 0, 6000, NULL), \
         (1, 3, 0, 2000, NULL), (2, 3, 1, 1000, 1), (3, 3, 1, 1000, 1), (1, 4, 0, 3000, NULL)";
    assert_eq!(fixture.execute(deliveries).await, 8);
    fixture.outbox.endpoints().delete(&deleted).await.expect("it is there");

    let of = StatsQuery::new(Utc::now(), Duration::from_mins(1), 1);
    let told = |figures: &Figures| {
        let backlog = figures.backlog();
        let due = backlog.oldest_due().map(|due| due.timestamp());
        (backlog.pending(), backlog.held(), backlog.dead(), due)
    };
    let stats = read(&fixture.outbox, &of.clone().endpoints([first, second, held, deleted])).await;
    let of_each = |id| told(stats.endpoint(&id).expect("it was asked for"));
    assert_eq!(of_each(first), (2, 0, 1, Some(5)));
    assert_eq!(of_each(second), (1, 0, 0, Some(6)));
    assert_eq!(of_each(held), (0, 1, 2, None));
    assert_eq!(of_each(deleted), (0, 0, 0, None));
    assert_eq!(told(stats.total()), (3, 1, 3, Some(5)));
    assert_eq!(told(read(&fixture.outbox, &of).await.total()), (3, 1, 3, Some(5)));
    assert_eq!(told(read(&acme, &of).await.total()), (2, 0, 1, Some(5)));

    let many: Vec<EndpointId> = (0..=StatsQuery::MAX_ENDPOINTS)
        .map(|number| format!("{number:032x}").parse().expect("an id"))
        .collect();
    let error = fixture.outbox.history().stats(&of.clone().endpoints(many.clone())).await;
    let error = error.expect_err("too many");
    assert!(error.to_string().contains("500 endpoints at most"), "{error}");
    let most = read(&fixture.outbox, &of.endpoints(many[1..].iter().copied())).await;
    assert_eq!(most.endpoints().count(), 0);
}
