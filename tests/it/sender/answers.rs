//! What an endpoint answers is hostile input.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hookwright::{Endpoint, Secret, WebhookObject};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::{alice, endpoint, local_sender, refusal_of};
use crate::server::{Connection, Server};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn every_status_of_200_to_299_is_a_success_and_no_other() {
    for status in [200, 201, 202, 204, 206, 299] {
        let server = Server::with_status(status).await;
        let receipt = local_sender().send(&endpoint(&server, "/"), &alice().created()).await;
        assert_eq!(receipt.expect("a receipt").status(), status);
    }
    for status in
        [300, 301, 302, 304, 307, 308, 400, 401, 404, 408, 410, 422, 429, 500, 502, 503, 599]
    {
        let error = refusal_of(&Server::with_status(status).await).await;
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
        assert!(!error.is_timeout() && !error.is_refused_address());
        assert_eq!(error.is_retryable(), status != 410, "{status}");
    }
}

#[tokio::test]
async fn retry_after_is_told_on_429_and_503() {
    async fn check(status: u16, value: &str, expected: Option<u64>) {
        let answer =
            format!("HTTP/1.1 {status} Later\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n");
        let error = refusal_of(&Server::answering(answer).await).await;
        assert_eq!(error.retry_after().map(|wait| wait.as_secs()), expected, "{status} {value}");
    }
    check(429, "120", Some(120)).await;
    check(503, "Fri, 01 Jan 1999 00:00:00 GMT", Some(0)).await;
    check(503, "99999999999999999999999", Some(86_400)).await;
    check(503, "soon", None).await;
    check(500, "120", None).await;
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let canary = Server::with_status(204).await;
    let answer = format!(
        "HTTP/1.1 307 Elsewhere\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
        canary.url("/")
    );
    let error = refusal_of(&Server::answering(answer).await).await;
    assert_eq!(error.status().map(|status| status.as_u16()), Some(307));
    assert_eq!(canary.connections(), 0);
}

async fn silent(mut connection: Connection<TcpStream>) -> io::Result<()> {
    connection.read_request().await?;
    sleep(60 * SECOND).await;
    Ok(())
}

async fn dripping_head(mut connection: Connection<TcpStream>) -> io::Result<()> {
    connection.read_request().await?;
    connection.write(b"HTTP/1.1 200 OK\r\n").await?;
    loop {
        connection.write(b"X").await?;
        sleep(SECOND / 10).await;
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_ends_at_the_deadline() {
    for server in [Server::playing(silent).await, Server::playing(dripping_head).await] {
        let endpoint = endpoint(&server, "/").deadline(SECOND).expect("a deadline");
        let start = Instant::now();
        let error = local_sender().send(&endpoint, &alice().created()).await.unwrap_err();
        assert!(error.is_timeout() && error.is_retryable(), "{error}");
        assert_eq!(error.to_string(), "127.0.0.1 did not answer in time");
        assert!(start.elapsed() >= SECOND, "it waits until the deadline");
        assert!(start.elapsed() < 20 * SECOND, "it does not wait for ever");
    }
}

async fn dripping_body(mut connection: Connection<TcpStream>) -> io::Result<()> {
    connection.read_request().await?;
    connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").await?;
    loop {
        connection.write(b"x").await?;
        sleep(SECOND / 10).await;
    }
}

async fn body_without_an_end(mut connection: Connection<TcpStream>) -> io::Result<()> {
    connection.read_request().await?;
    connection.write(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    sleep(60 * SECOND).await;
    Ok(())
}

async fn broken_body(mut connection: Connection<TcpStream>) -> io::Result<()> {
    connection.read_request().await?;
    connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this").await
}

async fn malformed_chunk(mut connection: Connection<TcpStream>) -> io::Result<()> {
    connection.read_request().await?;
    connection.write(b"HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n").await
}

#[tokio::test]
async fn what_becomes_of_the_body_of_a_success_changes_nothing() {
    let servers = [
        Server::playing(dripping_body).await,
        Server::playing(body_without_an_end).await,
        Server::playing(broken_body).await,
        Server::playing(malformed_chunk).await,
    ];
    for server in servers {
        let endpoint = endpoint(&server, "/").deadline(30 * SECOND).expect("a deadline");
        let receipt = local_sender().send(&endpoint, &alice().created()).await.expect("a receipt");
        assert!(receipt.duration() < 20 * SECOND, "the body is not waited for until the deadline");
        assert_eq!(server.requests().len(), 1);
    }
}

/// Counts what it can write until the sender hangs up.
#[tokio::test]
async fn a_body_that_drips_past_the_deadline_is_dropped_at_the_deadline() {
    let dripped = Arc::new(AtomicUsize::new(0));
    let counter = dripped.clone();
    let server = Server::playing(move |mut connection: Connection<TcpStream>| {
        let counter = counter.clone();
        async move {
            connection.read_request().await?;
            // The deadline is a second, and a body is waited for as long.
            sleep(SECOND * 8 / 10).await;
            connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").await?;
            loop {
                connection.write(b".").await?;
                counter.fetch_add(1, Ordering::Relaxed);
                sleep(SECOND / 50).await;
            }
        }
    })
    .await;
    let endpoint = endpoint(&server, "/").deadline(SECOND).expect("a deadline");
    let receipt = local_sender().send(&endpoint, &alice().created()).await;
    receipt.expect("the head has told that it was taken");
    // 10 until the deadline; 50 if the body had a second of its own.
    let dripped = dripped.load(Ordering::Relaxed);
    assert!(dripped <= 30, "{dripped} bytes");
}

#[tokio::test]
async fn of_an_endless_body_a_bounded_part_is_read() {
    let (told, mut heard) = tokio::sync::mpsc::channel(1);
    let server = Server::playing(move |mut connection: Connection<TcpStream>| {
        let told = told.clone();
        async move {
            connection.read_request().await?;
            connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n").await?;
            let mut written = 0_usize;
            while connection.write(&[b'x'; 4096]).await.is_ok() {
                written += 4096;
            }
            told.send(written).await.map_err(io::Error::other)
        }
    })
    .await;
    local_sender().send(&endpoint(&server, "/"), &alice().created()).await.expect("a receipt");
    // The kernel's buffers hold a few megabytes more than was read.
    let written = heard.recv().await.expect("the server was hung up on");
    assert!(written < 64 * 1024 * 1024, "{written} bytes");
}

#[tokio::test]
async fn the_head_of_an_answer_is_bounded() {
    let line = format!("X-Filler: {}\r\n", "y".repeat(1000));
    let head = format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", line.repeat(20));
    let error = refusal_of(&Server::answering(head).await).await;
    assert_eq!(error.to_string(), "the head of the answer of 127.0.0.1 is too large");
    assert!(error.is_retryable());

    // `Content-Length` is one of the 64 that there may be.
    let headers = |count| {
        format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", "X-A: b\r\n".repeat(count))
    };
    let server = Server::answering(headers(63)).await;
    local_sender().send(&endpoint(&server, "/"), &alice().created()).await.expect("a receipt");
    let error = refusal_of(&Server::answering(headers(64)).await).await;
    assert_eq!(error.to_string(), "the connection to 127.0.0.1 broke");
    assert!(error.is_retryable());
}

async fn endless_head(mut connection: Connection<TcpStream>) -> io::Result<()> {
    connection.read_request().await?;
    connection.write(b"HTTP/1.1 200 OK\r\nX-Endless: ").await?;
    loop {
        connection.write(&[b'x'; 4096]).await?;
    }
}

#[tokio::test]
async fn answers_that_are_no_http_are_errors() {
    let mut servers = vec![Server::playing(endless_head).await];
    for bytes in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    ] {
        servers.push(Server::answering(bytes).await);
    }
    for server in servers {
        let error = refusal_of(&server).await;
        assert!(error.status().is_none() && !error.is_timeout(), "{error:?}");
        assert_eq!(error.to_string(), "the connection to 127.0.0.1 broke");
        assert!(error.is_retryable());
    }
}

#[tokio::test]
async fn a_connection_that_is_closed_without_an_answer_is_an_error() {
    let server = Server::playing(|mut connection: Connection<TcpStream>| async move {
        connection.read_request().await.map(|_| ())
    })
    .await;
    let error = refusal_of(&server).await;
    assert_eq!(error.to_string(), "the connection to 127.0.0.1 broke");
    // It may have been taken, so that it is not sent again unasked.
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_event_takes_a_new_connection_when_the_kept_one_is_closed() {
    let server = Server::playing(|mut connection: Connection<TcpStream>| async move {
        connection.read_request().await?;
        connection.write(b"HTTP/1.1 204 Fine\r\n\r\n").await
    })
    .await;
    let sender = local_sender();
    for _ in 0..20 {
        sender.send(&endpoint(&server, "/"), &alice().created()).await.expect("a receipt");
    }
    assert_eq!(server.requests().len(), 20);
}

#[tokio::test]
async fn a_compressed_answer_is_not_unpacked() {
    // A gzip header, and nothing that could be unpacked.
    let mut answer =
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n".to_vec();
    answer.extend([0x1f, 0x8b, 0x08, 0xff]);
    let server = Server::answering(answer).await;
    let sender = local_sender();
    sender.send(&endpoint(&server, "/"), &alice().created()).await.expect("a receipt");
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_an_error_that_may_pass() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    let endpoint = Endpoint::new(&url).expect("an endpoint");
    let error = local_sender().send(&endpoint, &alice().created()).await.unwrap_err();
    assert_eq!(error.to_string(), "no connection to 127.0.0.1");
    assert!(error.is_retryable() && !error.is_timeout() && !error.is_refused_address());
}

#[tokio::test]
async fn an_error_shows_of_the_url_the_host_only_and_nothing_secret() {
    let secret = Secret::new("s3cr3t s3cr3t s3cr3t").expect("a secret");
    let servers =
        [Server::with_status(500).await, Server::answering("not http at all t0k3n\r\n\r\n").await];
    for server in servers {
        let endpoint = endpoint(&server, "/p4th?token=t0k3n")
            .secret(secret.clone())
            .header("Authorization", "Bearer t0k3n")
            .expect("a header");
        let error = local_sender().send(&endpoint, &alice().created()).await.unwrap_err();
        let errors = std::iter::successors(Some(&error as &dyn Error), |&error| error.source());
        let errors: Vec<String> = errors.map(|error| format!("{error} {error:?}")).collect();
        let shown = format!("{} {endpoint:?}", errors.join(" "));
        for hidden in ["p4th", "t0k3n", "s3cr3t", "alice", "Bearer"] {
            assert!(!shown.contains(hidden), "{hidden} in {shown}");
        }
        assert!(shown.contains("127.0.0.1"));
    }
}
