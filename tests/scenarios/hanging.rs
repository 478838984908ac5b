//! An endpoint that takes requests and never answers.

use std::time::{Duration, Instant};

use crate::clock::until;
use crate::place::Place;
use crate::process::LIMIT;

const EVENTS: usize = 150;
const OTHERS: usize = 19;
/// What an endpoint may hold.
const SLOTS: usize = 8;

/// The others receive everything while it holds its own slots, and no more.
pub(crate) async fn one_of_twenty(place: Place) {
    let mut sink = place.sink(&[]);
    let mut endpoints = sink.urls("/ok", OTHERS);
    endpoints.push(sink.url("/hang"));
    let mut load = place.load(EVENTS, &endpoints, &["--deadline", "30"]).await;
    let start = Instant::now();
    let mut dispatcher = place.dispatcher(&["--drain", "0"]);
    until("the others have everything", LIMIT, async || sink.arrivals_at("/ok") >= EVENTS * OTHERS)
        .await;
    let seconds = start.elapsed().as_secs_f64();
    load.success().await;
    let held = sink.arrivals_at("/hang");
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let rate = (EVENTS * OTHERS) as f64 / seconds;
    println!(
        "{EVENTS} events to {OTHERS} endpoints beside one that hangs: {rate:.0} a second; it holds {held}"
    );
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "its deadline has passed, so that it held nothing"
    );
    assert_eq!(held, SLOTS);
    dispatcher.terminate().await;
    let report = place.check(&sink, 0).await;
    assert_eq!(report["arrived"], EVENTS * OTHERS);
    assert_eq!(report["pending"], EVENTS);
    place.close().await;
}
