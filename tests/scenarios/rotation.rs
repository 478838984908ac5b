//! Secrets that are replaced under load.

use std::time::Duration;

use hookwright::{Outbox, OutboxBuilder, Secret, Store};

use crate::clock::{now, until};
use crate::key::master_key;
use crate::place::{Place, SECRET};
use crate::process::LIMIT;

const EVENTS: usize = 1500;
const ROTATIONS: usize = 3;
const OVERLAP: Duration = Duration::from_secs(1);
/// From when a request is signed until it is logged.
const ON_ITS_WAY: u64 = 250;

/// A receiver that knows the old key and the new one refuses nothing; one that knows the old key
/// alone accepts until the overlap ends.
pub(crate) async fn three_times(place: Place) {
    let builder = OutboxBuilder::new().master_key(master_key().expect("a key"));
    if place.is_sqlite() {
        let outbox = builder.sqlite(&place.outbox).await.expect("an outbox");
        rotate(place, outbox).await;
    } else {
        let outbox = builder.postgres(&place.outbox).await.expect("an outbox");
        rotate(place, outbox).await;
    }
}

async fn rotate<S: Store>(place: Place, outbox: Outbox<S>) {
    let secrets: Vec<Secret> = (0..ROTATIONS).map(|_| Secret::generate()).collect();
    let known: Vec<&str> =
        secrets.iter().flat_map(|secret| ["--secret", secret.expose()]).collect();
    let mut sink = place.sink(&known);
    let mut load = place.load(EVENTS, &[sink.url("/ok")], &["--rate", "200"]).await;
    let mut dispatcher = place.dispatcher(&[]);
    let endpoints = outbox.endpoints().list().await.expect("the endpoints");
    let id = endpoints[0].id();

    // When each secret was replaced.
    let mut replaced = Vec::new();
    for secret in &secrets {
        let count = sink.arrivals().len();
        sink.until(count + place.random(50..150)).await;
        let before = now();
        outbox.endpoints().rotate_secret(id, secret.clone(), OVERLAP).await.expect("it is rotated");
        replaced.push((before, now()));
        // The next when the overlap has ended, so that no more than two are valid at a time.
        let end = now() + 1000 + 2 * ON_ITS_WAY;
        until("the overlap ends", LIMIT, async || now() > end).await;
    }
    load.success().await;
    place.until_delivered().await;
    dispatcher.terminate().await;

    let mut both = [0; ROTATIONS];
    for arrival in sink.arrivals() {
        for (old, (before, after)) in replaced.iter().enumerate() {
            let accepts_old = arrival.secrets.contains(&old);
            let accepts_new = arrival.secrets.contains(&(old + 1));
            if arrival.time < *before {
                assert!(!accepts_new, "signed with a key that was not there: {arrival:?}");
            }
            if arrival.time > after + 1000 + ON_ITS_WAY {
                assert!(
                    !accepts_old,
                    "signed with {old}, {} ms after it was replaced",
                    arrival.time - after
                );
            }
            both[old] += usize::from(accepts_old && accepts_new);
        }
    }
    let report = place.check(&sink, 0).await;
    println!(
        "{EVENTS} events, {ROTATIONS} rotations of {} bytes: {} refused, {both:?} accepted by either key, 0 by the old one after the overlap",
        SECRET.len(),
        report["wrong_signatures"]
    );
    assert_eq!(report["arrived"], EVENTS);
    assert!(both.iter().all(|count| *count > 0), "no overlap: {both:?}");
    place.close().await;
}
