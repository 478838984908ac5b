//! Dispatchers that share the work, and are restarted one after the other.

use std::time::Instant;

use crate::place::Place;

const EVENTS: usize = 2000;
const ENDPOINTS: usize = 4;

/// Several dispatchers without a fault: each delivery is sent once.
pub(crate) async fn none_of(place: Place, dispatchers: usize) {
    let sink = place.sink(&[]);
    let endpoints = sink.urls("/ok", ENDPOINTS);
    let mut load = place.load(EVENTS, &endpoints, &["--concurrency", "64"]).await;
    let start = Instant::now();
    let mut running: Vec<_> = (0..dispatchers).map(|_| place.dispatcher(&[])).collect();
    load.success().await;
    place.until_delivered().await;
    let seconds = start.elapsed().as_secs_f64();
    for dispatcher in &mut running {
        dispatcher.terminate().await;
    }
    let report = place.check(&sink, 0).await;
    println!(
        "{EVENTS} events to {ENDPOINTS} endpoints, {dispatchers} dispatchers, {seconds:.1} s: {} lost, {} repeats",
        report["missing"], report["repeats"]
    );
    assert_eq!(report["arrived"], EVENTS * ENDPOINTS);
    assert_eq!(report["late"], 0);
    place.close().await;
}

/// Each dispatcher is told to end and started again, twice, under load.
pub(crate) async fn rolling(place: Place, dispatchers: usize) {
    let mut sink = place.sink(&["--delay-after-log", "20"]);
    let endpoints = sink.urls("/ok", ENDPOINTS);
    let mut load = place.load(EVENTS, &endpoints, &["--concurrency", "64", "--rate", "400"]).await;
    let mut running: Vec<_> = (0..dispatchers).map(|_| place.dispatcher(&[])).collect();
    let restarts = dispatchers * 2;
    for restart in 0..restarts {
        let share = EVENTS * ENDPOINTS / (restarts + 1);
        sink.until(place.random(restart * share + 1..(restart + 1) * share)).await;
        let dispatcher = &mut running[restart % dispatchers];
        dispatcher.terminate().await;
        *dispatcher = place.dispatcher(&[]);
    }
    load.success().await;
    place.until_delivered().await;
    for dispatcher in &mut running {
        dispatcher.terminate().await;
    }
    let report = place.check(&sink, 0).await;
    println!(
        "{EVENTS} events, {restarts} restarts of {dispatchers}: {} lost, {} repeats",
        report["missing"], report["repeats"]
    );
    assert_eq!(report["arrived"], EVENTS * ENDPOINTS);
    place.close().await;
}
