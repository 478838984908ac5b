//! Deliveries: attempts until the event is acknowledged.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hookwright::{Endpoint, RetrySchedule, WebhookObject};
use tokio::net::TcpStream;

use super::{alice, endpoint, local_sender};
use crate::server::{Connection, Server};

/// Three attempts, one after the other.
fn schedule() -> RetrySchedule {
    RetrySchedule::new([Duration::from_millis(1); 2])
}

/// Answers with these heads in turn, and with the last one for ever.
async fn answering_in_turn(heads: &'static [&'static str]) -> Server {
    let turn = Arc::new(AtomicUsize::new(0));
    Server::playing(move |mut connection: Connection<TcpStream>| {
        let turn = turn.clone();
        async move {
            while connection.read_request().await? {
                let turn = turn.fetch_add(1, Ordering::Relaxed).min(heads.len() - 1);
                let answer = format!("HTTP/1.1 {}\r\nContent-Length: 0\r\n\r\n", heads[turn]);
                connection.write(answer.as_bytes()).await?;
            }
            io::Result::Ok(())
        }
    })
    .await
}

#[tokio::test]
async fn a_failed_attempt_is_followed_by_another_of_the_same_id_and_body() {
    let server = answering_in_turn(&["503 Later", "500 Oops", "204 Fine"]).await;
    let person = alice();
    let event = person.created();
    let endpoint = endpoint(&server, "/");
    let receipt = local_sender().deliver(&endpoint, &event, &schedule()).await.expect("a receipt");
    assert_eq!(receipt.attempt(), 3);
    assert_eq!(receipt.event_id(), event.id().expect("an id"));

    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    for (index, request) in requests.iter().enumerate() {
        assert_eq!(request.headers["webhook-attempt"], (index + 1).to_string().as_str());
        assert_eq!(request.headers["webhook-id"], event.id().expect("an id").to_string().as_str());
        assert_eq!(request.body, requests[0].body);
    }
}

#[tokio::test]
async fn it_ends_with_the_error_of_the_last_attempt() {
    let server = answering_in_turn(&["503 Later", "500 Oops", "502 Away", "204 Fine"]).await;
    let endpoint = endpoint(&server, "/");
    let error =
        local_sender().deliver(&endpoint, &alice().created(), &schedule()).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(502));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn what_cannot_succeed_is_not_tried_again() {
    let gone = answering_in_turn(&["410 Gone", "204 Fine"]).await;
    let error = local_sender()
        .deliver(&endpoint(&gone, "/"), &alice().created(), &schedule())
        .await
        .unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(410));
    assert_eq!(gone.requests().len(), 1);

    // A day would pass before the second attempt.
    let schedule = RetrySchedule::new([Duration::from_hours(24)]);
    let refused = Endpoint::new("http://10.0.0.1/").expect("an endpoint");
    let error = local_sender().deliver(&refused, &alice().created(), &schedule).await.unwrap_err();
    assert!(error.is_refused_address());
}

#[tokio::test]
async fn an_endpoint_that_asks_for_time_gets_it() {
    let server = answering_in_turn(&["503 Later\r\nRetry-After: 1", "204 Fine"]).await;
    let start = std::time::Instant::now();
    let endpoint = endpoint(&server, "/");
    let receipt = local_sender().deliver(&endpoint, &alice().created(), &schedule()).await;
    assert_eq!(receipt.expect("a receipt").attempt(), 2);
    assert!(start.elapsed() >= Duration::from_secs(1));
}
