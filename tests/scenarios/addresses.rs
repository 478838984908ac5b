//! Addresses that nobody allowed, and proxies that nobody asked for.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::Row;

use crate::clock::until;
use crate::place::Place;
use crate::process::LIMIT;

/// Counts who connects.
struct Canary {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Canary {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        std::thread::spawn(move || {
            for _ in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A dispatcher that is allowed nothing does not dial this machine, whatever it is called.
pub(crate) async fn that_nobody_allowed(place: Place) {
    let canary = Canary::new();
    let hosts =
        ["127.0.0.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "localhost", "2130706433", "127.1"];
    let endpoints: Vec<String> = ["http", "https"]
        .iter()
        .flat_map(|scheme| hosts.map(|host| format!("{scheme}://{host}:{}/ok", canary.port)))
        .collect();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dispatch"));
    command.args(["--outbox", &place.outbox, "--schedule-ms", "60000"]);
    place.load(1, &endpoints, &[]).await.success().await;
    let mut dispatcher = place.start_command(command);
    let attempts = i64::try_from(endpoints.len()).expect("a few");
    until("each was tried", LIMIT, async || {
        place.number("SELECT count(*) FROM hookwright_attempt").await >= attempts
    })
    .await;
    dispatcher.terminate().await;
    for row in place.rows(ERRORS).await {
        let (url, error): (String, String) = (row.get(0), row.get(1));
        assert_eq!(error, "refused address", "{url}");
    }
    println!("{attempts} URLs of this machine: {} connections to the canary", canary.connections());
    assert_eq!(canary.connections(), 0);
    place.close().await;
}

const ERRORS: &str = "SELECT e.url, coalesce(a.error, '') FROM hookwright_attempt AS a \
     JOIN hookwright_endpoint AS e ON e.id = a.endpoint";

/// Proxies of the environment are ignored.
pub(crate) async fn of_proxies(place: Place) {
    const EVENTS: usize = 50;
    let canary = Canary::new();
    let mut sink = place.sink(&[]);
    let mut command = place.dispatch();
    for scheme in ["http", "https", "all"] {
        for name in [format!("{scheme}_proxy"), format!("{scheme}_proxy").to_uppercase()] {
            command.env(name, format!("http://127.0.0.1:{}", canary.port));
        }
    }
    command.env_remove("no_proxy").env_remove("NO_PROXY");
    place.load(EVENTS, &[sink.url("/ok")], &[]).await.success().await;
    let mut dispatcher = place.start_command(command);
    sink.until(EVENTS).await;
    place.until_delivered().await;
    dispatcher.terminate().await;
    let report = place.check(&sink, 0).await;
    println!(
        "{EVENTS} events with proxies in the environment: {} connections to the canary",
        canary.connections()
    );
    assert_eq!(report["arrived"], EVENTS);
    assert_eq!(canary.connections(), 0);
    place.close().await;
}
