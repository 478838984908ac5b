//! A dispatcher that is told to end with requests under way.

use std::time::{Duration, Instant};

use crate::clock::now;
use crate::place::Place;

const EVENTS: usize = 300;
const ENDPOINTS: usize = 4;
const IN_FLIGHT: usize = ENDPOINTS * 64;

/// To receivers that answer in three seconds: they are waited for, and nothing new is begun.
pub(crate) async fn with_answers(place: Place) {
    let mut sink = place.sink(&[]);
    let endpoints = sink.urls("/delay/3000", ENDPOINTS);
    place.load(EVENTS, &endpoints, &["--concurrency", "64"]).await.success().await;
    let mut dispatcher = place.dispatcher(&[]);
    sink.until(IN_FLIGHT).await;
    dispatcher.signal("TERM");
    let told = now();
    dispatcher.success().await;
    let took = now() - told;
    let new = sink.arrivals().iter().filter(|arrival| arrival.time > told + 100).count();
    let delivered = place.number("SELECT count(*) FROM hookwright_attempt WHERE outcome = 0").await;
    println!(
        "{IN_FLIGHT} in flight for 3 s: ended in {took} ms, {delivered} delivered, {new} begun after 100 ms"
    );
    assert_eq!((new, delivered), (0, 256));
    assert!(took < 5000, "{took} ms");
    assert_eq!(place.number(LEASED).await, 0, "leases were not released");
    let report = place.check(&sink, 0).await;
    assert_eq!(report["pending"], EVENTS * ENDPOINTS - IN_FLIGHT);
    place.close().await;
}

/// To receivers that never answer: they are broken off at the limit.
pub(crate) async fn without_answers(place: Place) {
    const DRAIN: Duration = Duration::from_secs(2);
    let mut sink = place.sink(&[]);
    let endpoints = sink.urls("/hang", ENDPOINTS);
    place.load(EVENTS, &endpoints, &["--concurrency", "64"]).await.success().await;
    let mut dispatcher = place.dispatcher(&["--drain", "2"]);
    sink.until(IN_FLIGHT).await;
    dispatcher.signal("TERM");
    let start = Instant::now();
    dispatcher.success().await;
    let took = start.elapsed();
    let leased = place.number(LEASED).await;
    println!("{IN_FLIGHT} in flight to nobody: ended in {took:?}, {leased} leases left");
    assert!(took > DRAIN && took < DRAIN + Duration::from_secs(2), "{took:?}");
    assert_eq!(leased, 0);
    let report = place.check(&sink, 0).await;
    assert_eq!(report["pending"], EVENTS * ENDPOINTS);
    place.close().await;
}

const LEASED: &str = "SELECT count(*) FROM hookwright_delivery WHERE lease_until <> 0";
