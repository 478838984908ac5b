//! A PostgreSQL server that dies.

use std::time::Duration;

use xtask::postgres::Server;

use crate::clock::now;
use crate::killed::REPEATS;
use crate::place::Place;
use crate::process::Process;

const EVENTS: usize = 3000;
const ENDPOINTS: usize = 2;
const KILLS: usize = 2;
/// How long the server is away.
const AWAY: Duration = Duration::from_secs(3);

/// Two dispatchers and an application lose their server, and go on when it is back.
pub(crate) async fn server((place, mut server): (Place, Server)) {
    let mut sink = place.sink(&[]);
    let endpoints = sink.urls("/ok", ENDPOINTS);
    let mut load = place.load(EVENTS, &endpoints, &["--rate", "400"]).await;
    let mut dispatchers = [place.dispatcher(&[]), place.dispatcher(&[])];
    let (mut waits, mut shares) = (Vec::new(), Vec::new());
    for kill in 0..KILLS {
        let share = EVENTS * ENDPOINTS / (KILLS + 1);
        sink.until(place.random(kill * share + 1..(kill + 1) * share)).await;
        server.kill().expect("the server can be killed");
        let before = dispatchers.each_ref().map(Process::processor_time);
        // What is measured is this time itself.
        tokio::time::sleep(AWAY).await;
        for (dispatcher, before) in dispatchers.iter().zip(before) {
            let used = dispatcher.processor_time().saturating_sub(before);
            shares.push(used.as_millis() * 100 / AWAY.as_millis());
        }
        server.restart().expect("the server starts again");
        waits.push(sink.first_after(now()).await);
    }
    load.success().await;
    place.until_delivered().await;
    for dispatcher in &mut dispatchers {
        dispatcher.terminate().await;
    }
    let report = place.check(&sink, KILLS * 2 * REPEATS).await;
    println!(
        "{EVENTS} events, {KILLS} kills of the server, 2 dispatchers, {shares:?} % of a processor while it was away, \
         first arrivals {waits:?} ms after it was back: {} lost, {} phantoms, {} repeats",
        report["missing"], report["phantoms"], report["repeats"]
    );
    assert_eq!(report["events"], EVENTS);
    assert!(shares.iter().all(|share| *share < 20), "a busy loop: {shares:?} %");
    assert!(waits.iter().all(|wait| *wait <= 5000), "{waits:?} ms");
    place.close().await;
}
