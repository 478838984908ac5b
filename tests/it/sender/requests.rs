//! What is written to the endpoint.

use std::collections::HashSet;

use hookwright::{
    Endpoint, Event, Secret, Sender, Signing, Verifier, VerifyError, WebhookObject, receiver,
};
use http::HeaderMap;

use super::{Person, alice, endpoint, local_sender};
use crate::server::{Request, Server};

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers[name].to_str().expect("a header of ASCII")
}

async fn request_to(endpoint: &Endpoint, server: &Server, sender: &Sender) -> Request {
    sender.send(endpoint, &alice().created()).await.expect("a receipt");
    server.requests().pop().expect("a request")
}

fn secret() -> Secret {
    Secret::new("a secret of 16 bytes or more").expect("a secret")
}

#[tokio::test]
async fn a_request_is_a_post_of_the_body_with_the_documented_headers() {
    let server = Server::with_status(204).await;
    let endpoint = endpoint(&server, "/hooks/crm?token=t0k3n").secret(secret());
    let person = alice();
    let event = person.created();
    let before = chrono::Utc::now().timestamp_millis();
    let receipt = local_sender().send(&endpoint, &event).await.expect("a receipt");
    let after = chrono::Utc::now().timestamp_millis();

    let request = &server.requests()[0];
    assert_eq!(request.line, "POST /hooks/crm?token=t0k3n HTTP/1.1");
    assert_eq!(request.body, serde_json::to_vec(&event).expect("a body"));
    assert_eq!(header(request, "content-type"), "application/json");
    assert_eq!(header(request, "user-agent"), concat!("hookwright/", env!("CARGO_PKG_VERSION")));
    assert_eq!(header(request, "accept-encoding"), "identity");
    assert_eq!(header(request, "host"), server.address.to_string());
    assert_eq!(header(request, "webhook-id"), event.id().expect("an id").to_string());
    assert_eq!(header(request, "webhook-attempt"), "1");
    assert_eq!(receipt.event_id(), event.id().expect("an id"));
    assert_eq!(receipt.status(), 204);

    let timestamp = header(request, "x-twenty-webhook-timestamp");
    assert_eq!(timestamp.len(), 13);
    assert!((before..=after).contains(&timestamp.parse().expect("a number")));
    let nonce = header(request, "x-twenty-webhook-nonce");
    assert!(nonce.len() == 32 && nonce.bytes().all(|byte| b"0123456789abcdef".contains(&byte)));
    let signature = header(request, "x-twenty-webhook-signature");
    assert_eq!(signature.len(), 64);
    assert_eq!(signature, signature.to_lowercase());
    Verifier::new(&secret()).verify(&request.headers, &request.body).expect("a right signature");
}

#[tokio::test]
async fn a_receiver_reads_the_event_with_its_id() {
    let server = Server::with_status(200).await;
    let endpoint = endpoint(&server, "/").secret(secret());
    let person = alice();
    let event = person.created();
    local_sender().send(&endpoint, &event).await.expect("a receipt");

    let request = &server.requests()[0];
    let received: Event<Person> =
        receiver::verify(&Verifier::new(&secret()), &request.headers, &request.body)
            .expect("an event");
    assert_eq!(received.id(), event.id());
    assert_eq!(received.name(), event.name());
    assert_eq!(received.timestamp(), event.timestamp());
    assert_eq!(received.data().email, "alice@example.com");
}

#[tokio::test]
async fn without_a_secret_nothing_is_signed() {
    let server = Server::with_status(204).await;
    let request = request_to(&endpoint(&server, "/"), &server, &local_sender()).await;
    let names: HashSet<&str> = request.headers.keys().map(http::HeaderName::as_str).collect();
    let expected = [
        "content-type",
        "content-length",
        "user-agent",
        "accept-encoding",
        "accept",
        "host",
        "webhook-id",
        "webhook-attempt",
    ];
    assert_eq!(names, HashSet::from(expected));
}

#[tokio::test]
async fn the_nonce_is_new_at_each_request() {
    let server = Server::with_status(204).await;
    let endpoint = endpoint(&server, "/").secret(secret());
    let sender = local_sender();
    for _ in 0..10 {
        sender.send(&endpoint, &alice().created()).await.expect("a receipt");
    }
    let requests = server.requests();
    let nonces: HashSet<&str> =
        requests.iter().map(|request| header(request, "x-twenty-webhook-nonce")).collect();
    assert_eq!(nonces.len(), 10);
}

#[tokio::test]
async fn a_standard_secret_signs_by_both_schemes() {
    let server = Server::with_status(204).await;
    let secret = Secret::generate();
    let request =
        request_to(&endpoint(&server, "/").secret(secret.clone()), &server, &local_sender()).await;
    assert_eq!(header(&request, "webhook-timestamp").len(), 10);
    assert!(header(&request, "webhook-signature").starts_with("v1,"));

    let verifier = Verifier::new(&secret);
    verifier.verify(&request.headers, &request.body).expect("both");
    let only = |prefix: &str| -> HeaderMap {
        let kept = |(name, _): &(&http::HeaderName, _)| name.as_str().starts_with(prefix);
        request
            .headers
            .iter()
            .filter(kept)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    verifier.verify(&only("webhook-"), &request.body).expect("Standard Webhooks'");
    verifier.verify(&only("x-twenty-"), &request.body).expect("the documented one");
}

#[tokio::test]
async fn while_a_secret_is_rotated_receivers_of_either_verify() {
    let server = Server::with_status(204).await;
    let (new, old) = (Secret::generate(), Secret::generate());
    let endpoint = endpoint(&server, "/").secret(new.clone()).secret(old.clone());
    let request = request_to(&endpoint, &server, &local_sender()).await;
    for secret in [&new, &old] {
        Verifier::new(secret).verify(&request.headers, &request.body).expect("either");
    }
    let stranger = Verifier::new(&Secret::generate()).verify(&request.headers, &request.body);
    assert_eq!(stranger, Err(VerifyError::Mismatch));
}

#[tokio::test]
async fn a_double_encoded_signature_is_accepted_only_when_asked_for() {
    let server = Server::with_status(204).await;
    let endpoint = endpoint(&server, "/").secret(secret()).signing(Signing::DoubleEncoded);
    let request = request_to(&endpoint, &server, &local_sender()).await;
    let verifier = Verifier::new(&secret());
    assert_eq!(verifier.verify(&request.headers, &request.body), Err(VerifyError::Mismatch));
    verifier.accept_double_encoded().verify(&request.headers, &request.body).expect("asked for");
}

#[tokio::test]
async fn the_application_may_have_its_own_header_prefix() {
    let server = Server::with_status(204).await;
    let prefix: hookwright::HeaderPrefix = "X-Acme-".parse().expect("a prefix");
    let sender = Sender::builder()
        .allow("127.0.0.0/8".parse().expect("a network"))
        .header_prefix(prefix.clone())
        .build()
        .expect("a sender");
    let request = request_to(&endpoint(&server, "/").secret(secret()), &server, &sender).await;
    assert!(request.headers.keys().all(|name| !name.as_str().starts_with("x-twenty")));
    let verifier = Verifier::new(&secret()).header_prefix(prefix);
    verifier.verify(&request.headers, &request.body).expect("a right signature");
}

#[tokio::test]
async fn an_endpoint_adds_headers_of_its_own() {
    let server = Server::with_status(204).await;
    let endpoint = endpoint(&server, "/")
        .header("Authorization", "Bearer t0k3n")
        .and_then(|endpoint| endpoint.header("X-Tenant", "acme"))
        .expect("two headers");
    let request = request_to(&endpoint, &server, &local_sender()).await;
    assert_eq!(header(&request, "authorization"), "Bearer t0k3n");
    assert_eq!(header(&request, "x-tenant"), "acme");
}

#[tokio::test]
async fn connections_are_used_again() {
    let server = Server::with_status(204).await;
    let sender = local_sender();
    for _ in 0..50 {
        sender.send(&endpoint(&server, "/"), &alice().created()).await.expect("a receipt");
    }
    assert_eq!(server.requests().len(), 50);
    // One or two: an event that follows at once may find the connection not yet free.
    assert!(server.connections() < 10, "{} connections", server.connections());
}

#[tokio::test]
async fn the_future_borrows_nothing_of_the_event_and_can_be_spawned() {
    let server = Server::with_status(204).await;
    let sender = local_sender();
    let endpoint = endpoint(&server, "/");
    let spawned = tokio::spawn(async move {
        let sending = {
            let person = alice();
            let event: Event<Person> =
                serde_json::from_slice(person.created().body().expect("a body").as_bytes())
                    .expect("an event");
            sender.send(&endpoint, &event)
        };
        sending.await.map(|receipt| receipt.event_id().clone())
    });
    let id = spawned.await.expect("no panic").expect("a receipt");
    // The event was read from a body, which holds no id, and got one on its way.
    assert_eq!(header(&server.requests()[0], "webhook-id"), id.to_string());
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_sent() {
    let server = Server::with_status(204).await;
    let person = Person { email: "x".repeat(300_000), ..alice() };
    let error = local_sender().send(&endpoint(&server, "/"), &person.created()).await.unwrap_err();
    assert!(!error.is_retryable());
    assert_eq!(error.to_string(), "nothing was sent to 127.0.0.1");
    let source = std::error::Error::source(&error).expect("a source").to_string();
    assert!(source.starts_with("the body of `person.created` is over the limit of 262144 bytes"));
    assert_eq!(server.connections(), 0);

    let sender =
        Sender::builder().allow("127.0.0.0/8".parse().expect("a network")).body_limit(400_000);
    let sender = sender.build().expect("a sender");
    sender.send(&endpoint(&server, "/"), &person.created()).await.expect("a receipt");

    let error = Sender::builder().body_limit(1024 * 1024 + 1).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "a body limit of 1048577 bytes is over the highest, 1048576 bytes"
    );
}
