//! Receivers that send elsewhere, ask for time, or are gone.

use std::collections::HashMap;

use sqlx::Row;

use crate::clock::until;
use crate::place::Place;
use crate::process::LIMIT;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// What a receiver says in `Retry-After`, and how long its delivery then waits in milliseconds: the
/// schedule's minute, give or take its jitter, when it says nothing of meaning.
const ASKED: [(&str, i64, i64); 9] = [
    ("120", 2 * MINUTE, 2 * MINUTE),
    ("99999999999999999999999", DAY, DAY),
    ("Fri,%2031%20Dec%209999%2023:59:59%20GMT", DAY, DAY),
    ("-1", MINUTE * 8 / 10, MINUTE * 12 / 10),
    ("1e9", MINUTE * 8 / 10, MINUTE * 12 / 10),
    ("0x10", MINUTE * 8 / 10, MINUTE * 12 / 10),
    ("soon", MINUTE * 8 / 10, MINUTE * 12 / 10),
    ("", MINUTE * 8 / 10, MINUTE * 12 / 10),
    ("Sun,%2099%20Nov%201994%2008:49:37%20GMT", MINUTE * 8 / 10, MINUTE * 12 / 10),
];

/// None is followed, each is logged, and nothing is lost.
pub(crate) async fn of_every_kind(place: Place) {
    let mut sink = place.sink(&[]);
    let mut endpoints = vec![
        sink.url("/redirect"),
        sink.url("/gone"),
        // Nobody listens there.
        "http://127.0.0.1:1/refused".to_owned(),
    ];
    endpoints.extend(ASKED.iter().enumerate().map(|(number, (asked, ..))| {
        sink.url(&format!("/status/503/{number}?Retry-After={asked}"))
    }));
    let mut dispatcher = place.dispatcher(&["--schedule-ms", "60000"]);
    place.load(1, &endpoints, &[]).await.success().await;
    let attempts = i64::try_from(endpoints.len()).expect("a few");
    until("each was tried", LIMIT, async || {
        place.number("SELECT count(*) FROM hookwright_attempt").await >= attempts
    })
    .await;
    // To an endpoint that is gone, nothing is sent any more.
    place.load(2, &[], &[]).await.success().await;
    until("both are fanned out", LIMIT, async || {
        place.number("SELECT count(*) FROM hookwright_fresh").await == 0
    })
    .await;
    dispatcher.terminate().await;

    let mut waits = HashMap::new();
    for row in place.rows(FIRST_ATTEMPTS).await {
        let url: String = row.get(0);
        let (error, location): (String, String) = (row.get(1), row.get(2));
        let (wait, status): (i64, i64) = (row.get(3), row.get(4));
        let path =
            url.rsplit_once("//").and_then(|(_, rest)| rest.find('/').map(|start| &rest[start..]));
        let path = path.expect("a path").to_owned();
        match path.as_str() {
            "/redirect" => assert_eq!((status, location.as_str()), (302, "/redirected")),
            "/gone" => assert_eq!((status, error.as_str()), (410, "status")),
            "/refused" => assert_eq!((status, error.as_str()), (0, "connect")),
            _ => assert_eq!((status, error.as_str()), (503, "status"), "{path}"),
        }
        waits.insert(path, wait);
    }
    for (number, (asked, least, most)) in ASKED.into_iter().enumerate() {
        let wait = waits[&format!("/status/503/{number}?Retry-After={asked}")];
        // From the answer on, while the log has the beginning.
        assert!(wait >= least && wait <= most + 1000, "{asked:?}: {wait} ms");
    }
    let disabled = place
        .number("SELECT count(*) FROM hookwright_endpoint WHERE disabled_reason = 'gone'")
        .await;
    assert_eq!(disabled, 1);
    assert_eq!(sink.arrivals_at("/redirected"), 0, "a redirect was followed");
    assert_eq!(sink.arrivals_at("/gone"), 1);
    let report = place.check(&sink, 0).await;
    println!(
        "{} endpoints that refuse: {} lost, {} held for the one that is gone, {} pending",
        endpoints.len(),
        report["missing"],
        report["held"],
        report["pending"]
    );
    assert_eq!(report["held"], 3);
    place.close().await;
}

const FIRST_ATTEMPTS: &str = "SELECT e.url, coalesce(a.error, ''), coalesce(a.location, ''), d.due - a.at, \
     coalesce(a.status, 0) FROM hookwright_attempt AS a \
     JOIN hookwright_endpoint AS e ON e.id = a.endpoint \
     JOIN hookwright_delivery AS d ON d.event = a.event AND d.endpoint = a.endpoint";
