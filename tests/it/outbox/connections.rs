//! What stands between a dispatcher and its endpoints: TLS, names, connections.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hookwright::{
    AttemptOutcome, EndpointSettings, PrivateCa, Query, Resolve, Sender, Verifier, WebhookObject,
};
use tokio::net::TcpStream;

use super::attempts::attempts_of;
use super::fixture::{Fixture, Running, SECRET, dispatcher, person, schedule};
use super::store::TestStore;
use crate::server::tls::{Authority, authority, params, serve, serve_with};
use crate::server::{Connection, Server};

fn private_ca(authority: &Authority) -> PrivateCa {
    PrivateCa::from_pem(authority.pem().as_bytes()).expect("an authority")
}

fn at(url: &str) -> EndpointSettings {
    let secret = hookwright::Secret::new(SECRET).expect("a secret");
    EndpointSettings::new(url).expect("a URL").secret(secret)
}

pub(super) async fn an_endpoint_of_a_private_authority_is_used_as_it_was_stored<S: TestStore>(
    fixture: Fixture<S>,
) {
    let authority = authority();
    let (server, port) = serve(&authority, "localhost").await;
    let mut settings =
        at(&format!("https://localhost:{port}/hooks")).private_ca(private_ca(&authority));
    // As many headers as there may be, one of them as long as it may be.
    let long = "a".repeat(4096);
    for number in 1..20 {
        let name = format!("X-Custom-{number}");
        settings = settings.header(&name, &format!("value {number}")).expect("a header");
    }
    settings = settings.header("X-Custom-Long", &long).expect("a header");
    fixture.endpoint_of(settings).await;

    // Everything that follows comes from the database.
    let outbox = fixture.open_again().await.expect("the same database");
    let stored = outbox.endpoints().list().await.expect("endpoints").remove(0).into_settings();
    let one_more = stored.header("X-Custom-21", "too many").expect_err("there are 20");
    assert!(one_more.to_string().contains("20"), "{one_more}");
    let running = Running::start(dispatcher(&outbox)).await;
    fixture.emit(&person(1).created()).await;
    fixture.settled().await;
    running.end().await;

    let requests = server.requests();
    let [request] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(request.line, "POST /hooks HTTP/1.1");
    for number in 1..20 {
        let value = &request.headers[format!("x-custom-{number}")];
        assert_eq!(value, format!("value {number}").as_str());
    }
    assert_eq!(request.headers["x-custom-long"], long.as_str());
    let verifier = Verifier::new(&hookwright::Secret::new(SECRET).expect("a secret"));
    verifier.verify(&request.headers, &request.body).expect("a signature");
}

/// What the one attempt at each of some endpoints came to: the kind of failure, or `None` when it
/// was delivered.
async fn outcomes<S: TestStore, const N: usize>(
    fixture: &Fixture<S>,
    sender: Sender,
    endpoints: [EndpointSettings; N],
) -> [Option<String>; N] {
    let mut ids = Vec::new();
    for settings in endpoints {
        ids.push(fixture.endpoint_of(settings.schedule(schedule(1, 0))).await);
    }
    let running = Running::start(fixture.dispatcher().sender(sender)).await;
    fixture.emit(&person(1).created()).await;
    fixture.settled().await;
    running.end().await;
    let mut outcomes = Vec::new();
    for id in ids {
        let attempts = attempts_of(fixture, &Query::new().endpoint(&id)).await;
        let [attempt] = &attempts[..] else { panic!("{attempts:?}") };
        let is_delivered = attempt.outcome() == AttemptOutcome::Delivered;
        assert_eq!(attempt.error().is_none(), is_delivered, "{attempt:?}");
        outcomes.push(attempt.error().map(str::to_owned));
    }
    outcomes.try_into().expect("one for each")
}

pub(super) async fn certificates_that_prove_nothing_are_no_connection<S: TestStore>(
    fixture: Fixture<S>,
) {
    let ours = authority();
    let (valid, valid_port) = serve(&ours, "localhost").await;
    let mut expired = params("localhost");
    expired.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let mut not_yet = params("localhost");
    not_yet.not_before = rcgen::date_time_ymd(4000, 1, 1);
    let servers = [
        serve_with(Some(&ours), params("elsewhere.example.com")).await,
        serve_with(Some(&ours), expired).await,
        serve_with(Some(&ours), not_yet).await,
        serve_with(None, params("localhost")).await,
        serve_with(Some(&authority()), params("localhost")).await,
    ];
    let of = |port: u16| at(&format!("https://localhost:{port}/"));
    let [elsewhere, expired, not_yet, self_signed, stranger] =
        [0, 1, 2, 3, 4].map(|index: usize| of(servers[index].1).private_ca(private_ca(&ours)));
    let endpoints = [
        of(valid_port).private_ca(private_ca(&ours)),
        elsewhere,
        expired,
        not_yet,
        self_signed,
        stranger,
        // The authority of one endpoint is not that of others.
        of(valid_port),
    ];
    let sender = Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
    let sender = sender.allow("::1/128".parse().expect("a network")).build().expect("a sender");
    let [first, others @ ..] = outcomes(&fixture, sender, endpoints).await;
    assert_eq!(first, None);
    for other in others {
        assert_eq!(other.as_deref(), Some("connect"));
    }
    assert_eq!(valid.requests().len(), 1);
    for (server, _) in servers {
        assert_eq!(server.requests().len(), 0);
    }
}

/// Looks up names that say what the answer is.
struct Names;

impl Resolve for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        match host {
            "fine.test" => Ok(vec![loopback]),
            "empty.test" => Ok(vec![]),
            "many.test" => Ok(vec![loopback; 257]),
            "mixed.test" => Ok(vec![loopback, Ipv4Addr::new(10, 0, 0, 1).into()]),
            "fails.test" => Err(io::Error::other("SERVFAIL")),
            "silent.test" => std::future::pending().await,
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

pub(super) async fn names_that_cannot_be_looked_up_are_no_connection<S: TestStore>(
    fixture: Fixture<S>,
) {
    let server = Server::with_status(204).await;
    let port = server.address.port();
    let names = ["fine", "unknown", "fails", "empty", "many", "silent", "mixed"];
    let endpoints = names.map(|name| at(&format!("http://{name}.test:{port}/")));
    let sender = Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
    let sender = sender.resolver(Names).build().expect("a sender");
    let found = outcomes(&fixture, sender, endpoints).await;
    let expected = [
        None,
        Some("connect"),
        Some("connect"),
        Some("connect"),
        Some("connect"),
        Some("timeout"),
        Some("refused address"),
    ];
    let found = found.each_ref().map(Option::as_deref);
    assert_eq!(found, expected);
    assert_eq!(server.connections(), 1);
}

pub(super) async fn a_connection_that_was_closed_while_nobody_used_it_costs_no_attempt<
    S: TestStore,
>(
    fixture: Fixture<S>,
) {
    const EVENTS: usize = 200;
    // Hangs up about when the next request comes: some time before, some after.
    let (unanswered, count) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
    let server = {
        let unanswered = unanswered.clone();
        Server::playing(move |mut connection: Connection<TcpStream>| {
            let unanswered = unanswered.clone();
            let wait = count.fetch_add(1, Ordering::SeqCst) * 37 % 3000;
            async move {
                if !connection.read_request().await? {
                    return Ok(());
                }
                connection.write(b"HTTP/1.1 204 Fine\r\n\r\n").await?;
                // Shorter than Tokio's timer can tell.
                let end = Instant::now() + Duration::from_micros(wait as u64);
                while Instant::now() < end {
                    tokio::task::yield_now().await;
                }
                if !matches!(connection.hang_up().await, Ok(0)) {
                    unanswered.fetch_add(1, Ordering::SeqCst);
                }
                Ok(())
            }
        })
        .await
    };
    let endpoint = fixture.endpoint_of(at(&server.url("/")).concurrency(1)).await;
    let running = fixture.start().await;
    let ids = fixture.emit_people(0..EVENTS).await;
    fixture.settled().await;
    running.end().await;

    // A request of which something was written before the end was seen has failed, and no other.
    let mut failed = 0;
    for id in ids {
        let id = id.parse().expect("an id");
        let attempts = attempts_of(&fixture, &Query::new().endpoint(&endpoint).event(&id)).await;
        let (last, before) = attempts.split_last().expect("an attempt");
        assert_eq!(last.outcome(), AttemptOutcome::Delivered);
        failed += before.len();
    }
    assert_eq!(failed, unanswered.load(Ordering::SeqCst));
    assert_eq!(server.requests().len(), EVENTS);
}
