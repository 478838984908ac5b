//! Receivers that answer whatever they like.

use std::collections::BTreeMap;
use std::net::TcpListener;

use sqlx::Row;

use crate::clock::until;
use crate::place::Place;
use crate::process::LIMIT;

const EVENTS: usize = 3;
/// The deadline of every endpoint, in milliseconds, and how late it may be.
const DEADLINE: i64 = 2000;
const TOLERANCE: i64 = 500;

/// What the log of attempts says of an endpoint: the outcome (0 is delivered, 1 is failed), and the
/// kind of failure.
const EXPECTED: [(&str, i64, &str); 23] = [
    // The head has said that it was taken.
    ("/endless", 0, ""),
    ("/drip", 0, ""),
    ("/reset/body", 0, ""),
    // What is compressed stays so.
    ("/bomb", 0, ""),
    ("/bomb/endless", 0, ""),
    ("/endless/500", 1, "status"),
    ("/endless/head", 1, "transport"),
    ("/drip/head", 1, "timeout"),
    ("/hang", 1, "timeout"),
    ("/reset", 1, "transport"),
    ("/reset/request", 1, "transport"),
    ("/reset/head", 1, "transport"),
    ("/malformed/status", 1, "transport"),
    ("/malformed/version", 1, "transport"),
    ("/malformed/header", 1, "transport"),
    ("/malformed/length", 1, "transport"),
    ("/malformed/lengths", 1, "transport"),
    ("/malformed/zeros", 1, "transport"),
    ("/malformed/smtp", 1, "transport"),
    ("/malformed/tls", 1, "transport"),
    ("/malformed/many", 1, "transport"),
    ("/malformed/nothing", 1, "transport"),
    // Of a listener that hangs up before a byte was written.
    ("/hung-up", 1, "transport"),
];

/// Each attempt ends at a limit or at the deadline, and the dispatcher goes on in little memory.
pub(crate) async fn answers(place: Place) {
    let sink = place.sink(&[]);
    let mut dispatcher = place.dispatcher(&["--schedule-ms", ""]);
    // What every dispatcher needs.
    place.load(300, &[sink.url("/ok")], &[]).await.success().await;
    place.until_delivered().await;
    let memory = dispatcher.peak_memory();

    let hung_up = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = hung_up.local_addr().expect("an address");
    std::thread::spawn(move || hung_up.incoming().for_each(drop));
    let endpoints: Vec<String> = EXPECTED
        .iter()
        .map(|(path, ..)| match *path {
            "/hung-up" => format!("http://{address}{path}"),
            path => sink.url(path),
        })
        .collect();
    place.load(EVENTS, &endpoints, &["--deadline", "2"]).await.success().await;
    until("every delivery has ended", LIMIT, async || place.backlog().await == 0).await;
    let grown = dispatcher.peak_memory() - memory;

    let mut found: BTreeMap<String, (i64, String)> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut longest = 0;
    for row in place.rows(ATTEMPTS).await {
        let url: String = row.get(0);
        let (_, path) = url.trim_start_matches("http://").split_once('/').expect("a path");
        let path = format!("/{path}");
        let (outcome, error): (i64, String) = (row.get(1), row.get(2));
        let answer: Option<Vec<u8>> = row.get(4);
        if path.starts_with("/bomb") && !answer.unwrap_or_default().starts_with(b"\x1f\x8b") {
            wrong.push(format!("{path}: the answer is not kept as it came"));
        }
        longest = longest.max(row.get::<i64, _>(3) / 1000);
        if let Some(first) = found.get(&path)
            && *first != (outcome, error.clone())
        {
            wrong.push(format!("{path}: {first:?}, and then {outcome} {error}"));
        }
        found.insert(path, (outcome, error));
    }
    for (path, outcome, error) in EXPECTED {
        let expected = (outcome, error.to_owned());
        if found.get(path) != Some(&expected) {
            wrong.push(format!("{path}: {:?} in place of {expected:?}", found.get(path)));
        }
    }
    println!(
        "{} kinds of answers, {EVENTS} times each: the longest took {longest} ms, memory grew by {grown} KiB",
        EXPECTED.len()
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(longest <= DEADLINE + TOLERANCE, "{longest} ms");
    assert!(grown < 8 * 1024, "{grown} KiB");
    dispatcher.terminate().await;
    assert!(!dispatcher.complaints().contains("panicked"), "{}", dispatcher.complaints());
    let report = place.check(&sink, 0).await;
    assert_eq!(report["missing"], 0);
    place.close().await;
}

const ATTEMPTS: &str = "SELECT e.url, a.outcome, coalesce(a.error, ''), a.duration, a.answer \
     FROM hookwright_attempt AS a JOIN hookwright_endpoint AS e ON e.id = a.endpoint";
