//! Dispatchers that die.

use crate::clock::now;
use crate::place::Place;

const EVENTS: usize = 2000;
const ENDPOINTS: usize = 4;
const KILLS: usize = 2;
/// What may be sent twice at each kill: all that is under way, and the results that are not
/// written yet.
pub(crate) const REPEATS: usize = 256 + 128;

/// `kill -9` under load loses nothing.
pub(crate) async fn dispatcher(place: Place) {
    let mut sink = place.sink(&["--delay-after-log", "20"]);
    let endpoints = sink.urls("/ok", ENDPOINTS);
    let mut load = place.load(EVENTS, &endpoints, &["--concurrency", "64"]).await;
    // On SQLite the leases of one that is dead are void at once, however long they are.
    let lease: &[&str] = if place.is_sqlite() { &["--lease", "20"] } else { &[] };
    let mut dispatcher = place.dispatcher(lease);
    let mut waits = Vec::new();
    for kill in 0..KILLS {
        let share = EVENTS * ENDPOINTS / (KILLS + 1);
        sink.until(place.random(kill * share + 1..(kill + 1) * share)).await;
        dispatcher.kill();
        let restart = now();
        dispatcher = place.dispatcher(lease);
        waits.push(sink.first_repeat_after(restart).await);
    }
    load.success().await;
    place.until_delivered().await;
    dispatcher.terminate().await;
    let report = place.check(&sink, KILLS * REPEATS).await;
    println!(
        "{EVENTS} events, {KILLS} kills, first repeats after {waits:?} ms: {} lost, {} phantoms, {} repeats",
        report["missing"], report["phantoms"], report["repeats"]
    );
    assert_eq!(report["events"], EVENTS);
    assert_eq!(report["arrived"], EVENTS * ENDPOINTS);
    if place.is_sqlite() {
        assert!(waits.iter().all(|wait| *wait <= 2000), "{waits:?}");
    }
    place.close().await;
}
