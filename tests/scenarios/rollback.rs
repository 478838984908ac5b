//! Transactions that come to nothing.

use crate::place::Place;

const TRANSACTIONS: usize = 1000;

/// Half of them are rolled back, in five ways: nothing of those is ever seen.
pub(crate) async fn in_five_ways(place: Place) {
    let sink = place.sink(&[]);
    let endpoints = sink.urls("/ok", 2);
    let mut load = place.load(TRANSACTIONS, &endpoints, &["--rollback", "50"]).await;
    let mut dispatcher = place.dispatcher(&[]);
    let said = load.line().unwrap_or_default();
    load.success().await;
    place.until_delivered().await;
    dispatcher.terminate().await;
    let report = place.check(&sink, 0).await;
    println!(
        "{TRANSACTIONS} transactions, {said}: {} lost, {} phantoms",
        report["missing"], report["phantoms"]
    );
    assert_eq!(report["events"], TRANSACTIONS / 2);
    assert_eq!(report["arrived"], TRANSACTIONS);
    let alone = place.number("SELECT count(*) FROM load_person WHERE event_id IS NULL").await;
    assert_eq!(
        usize::try_from(alone),
        Ok(TRANSACTIONS / 10),
        "savepoints whose transaction committed"
    );
    place.close().await;
}
