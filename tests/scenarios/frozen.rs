//! A dispatcher that stands still until others have taken its leases.

use std::collections::HashSet;
use std::num::NonZero;

use crate::clock::{now, until};
use crate::place::Place;
use crate::process::{LIMIT, Process};
use crate::sink::Sink;

const ENDPOINTS: usize = 4;
const DISPATCHERS: usize = 4;
/// As many as all dispatchers together have under way to an endpoint.
const EVENTS: usize = DISPATCHERS * 8;
/// How many requests a dispatcher has under way to all endpoints.
const SLOTS: usize = ENDPOINTS * 8;

/// It is stopped while all that it has begun waits for an answer, and goes on while another waits
/// for the answer to the same: it begins nothing anew, and what it is told changes nothing.
pub(crate) async fn in_mid_response(place: Place) {
    let mut sink = place.sink(&[]);
    let endpoints = sink.urls("/delay/1500", ENDPOINTS);
    place.load(EVENTS, &endpoints, &[]).await.success().await;
    let mut running: Vec<_> = (0..DISPATCHERS).map(|_| place.dispatcher(&[])).collect();
    sink.until(DISPATCHERS * SLOTS).await;
    let frozen = place.random(0..DISPATCHERS);
    running[frozen].signal("STOP");
    assert_eq!(sink.arrivals().len(), DISPATCHERS * SLOTS, "it was not in mid-response");

    // Others have taken over what it had.
    sink.until((DISPATCHERS + 1) * SLOTS).await;
    // What has arrived until now has an earlier millisecond.
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    let thaw = now();
    running[frozen].signal("CONT");
    until("late attempts are logged", LIMIT, async || late(&place).await == SLOTS).await;
    end(&place, &mut running).await;
    let again = again(&mut sink, thaw);
    let (otherwise, stale) = (place.number(FINISHED_OTHERWISE).await, place.number(STALE).await);
    let report = place.check(&sink, SLOTS).await;
    println!(
        "{EVENTS} events, 1 of {DISPATCHERS} dispatchers frozen in mid-response: {SLOTS} late attempts, \
         {stale} changes of state by them, {again} sent anew, {} lost, {} repeats",
        report["missing"], report["repeats"]
    );
    assert_eq!((otherwise, stale, again), (0, 0, 0));
    assert_eq!(report["arrived"], 2 * EVENTS * ENDPOINTS);
    place.close().await;
}

/// It is stopped at any moment: before it dials, while it waits, before it writes what came of it.
/// What it does later changes nothing, and may be a repeat only of what a thread was handing to the
/// system, having found that the lease held.
pub(crate) async fn at_any_moment(place: Place) {
    const ROUNDS: usize = 2;
    const MORE_EVENTS: usize = 200;
    const ALL: usize = ROUNDS * MORE_EVENTS + EVENTS;
    let mut sink = place.sink(&[]);
    let endpoints = sink.urls("/delay/20", ENDPOINTS);
    place.load(0, &endpoints, &[]).await.success().await;
    let mut running: Vec<_> = (0..DISPATCHERS).map(|_| place.dispatcher(&[])).collect();
    let mut again_in_all = 0;
    for _ in 0..ROUNDS {
        let before = sink.arrivals().len();
        let mut load = place.load(MORE_EVENTS, &[], &[]).await;
        sink.until(before + place.random(1..MORE_EVENTS * ENDPOINTS / 2)).await;
        let frozen = place.random(0..DISPATCHERS);
        running[frozen].signal("STOP");
        load.success().await;
        let thaw = thaw(&place, &running[frozen]).await;
        again_in_all += again(&mut sink, thaw);
    }
    end(&place, &mut running).await;
    let late = late(&place).await;
    let (otherwise, stale) = (place.number(FINISHED_OTHERWISE).await, place.number(STALE).await);
    let report = place.check(&sink, ROUNDS * 2 * SLOTS).await;
    println!(
        "{} events, {ROUNDS} times 1 of {DISPATCHERS} dispatchers frozen: {late} late attempts, \
         {stale} changes of state by them, {again_in_all} requests that were about to be sent, {} lost, {} repeats",
        ALL, report["missing"], report["repeats"]
    );
    assert_eq!((otherwise, stale), (0, 0));
    // As many as the runtime of a dispatcher has.
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    assert!(again_in_all <= ROUNDS * threads, "{again_in_all} requests, {threads} threads");
    assert_eq!(report["arrived"], ALL * ENDPOINTS);
    place.close().await;
}

/// Lets a dispatcher go on when the others have delivered what it had; gives the time.
async fn thaw(place: &Place, frozen: &Process) -> u64 {
    place.until_delivered().await;
    // What has arrived until now has an earlier millisecond.
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    let thaw = now();
    frozen.signal("CONT");
    thaw
}

/// All of them work on, and end as they are told.
async fn end(place: &Place, running: &mut [Process]) {
    place.load(EVENTS, &[], &[]).await.success().await;
    place.until_delivered().await;
    for dispatcher in running {
        dispatcher.terminate().await;
    }
}

async fn late(place: &Place) -> usize {
    let late = place.number("SELECT count(*) FROM hookwright_attempt WHERE outcome = 2").await;
    usize::try_from(late).expect("a number of rows")
}

/// How much arrived after a time that had arrived before.
fn again(sink: &mut Sink, time: u64) -> usize {
    let (before, after): (Vec<_>, Vec<_>) =
        sink.arrivals().iter().partition(|arrival| arrival.time < time);
    let before: HashSet<_> = before.iter().map(|arrival| (&arrival.id, &arrival.path)).collect();
    after.iter().filter(|arrival| before.contains(&(&arrival.id, &arrival.path))).count()
}

/// Deliveries that were not finished by one attempt, and one alone.
const FINISHED_OTHERWISE: &str = "SELECT count(*) FROM (SELECT event, endpoint FROM hookwright_attempt \
     GROUP BY event, endpoint HAVING sum(CASE WHEN outcome = 0 THEN 1 ELSE 0 END) <> 1) AS other";
/// Deliveries that were finished by an attempt whose lease had been taken over by a later one.
const STALE: &str = "SELECT count(*) FROM hookwright_attempt AS late JOIN hookwright_attempt AS done \
     ON done.event = late.event AND done.endpoint = late.endpoint \
     WHERE late.outcome = 2 AND done.outcome = 0 AND late.attempt > done.attempt";
