//! Enums of events where requests are verified.

use axum::Router;
use axum::routing::post;
use chrono::Utc;
use hookwright::receiver::{self, axum::Verified};
use hookwright::{
    Event, ObjectEvent, ReadEvent, ReceiveError, Secret, Signer, Verifier, WebhookEvents,
};
use http::{HeaderMap, StatusCode};

use super::{Person, PersonMerged, body};

#[derive(Debug, WebhookEvents)]
enum CrmEvent {
    Person(ObjectEvent<Person>),
    Merged(Event<PersonMerged>),
}

fn secret() -> Secret {
    Secret::imported("your-secret").expect("a secret")
}

fn signed(body: &str) -> HeaderMap {
    let now = Utc::now().timestamp_millis();
    let signature = Signer::new(&secret()).sign(now, body.as_bytes()).to_string();
    let mut headers = HeaderMap::new();
    headers.insert("x-twenty-webhook-timestamp", now.to_string().parse().expect("digits"));
    headers.insert("x-twenty-webhook-signature", signature.parse().expect("digits"));
    headers.insert("webhook-id", "evt_1".parse().expect("an id"));
    headers
}

fn verify(body: &str) -> Result<CrmEvent, ReceiveError> {
    receiver::verify(&Verifier::new(&secret()), &signed(body), body.as_bytes())
}

const MERGED: &str = r#"{"winner":"p1","loser":"p2"}"#;

#[test]
fn a_verified_request_is_an_event_under_the_id_of_its_header() {
    let event = verify(&body("person.merged", MERGED)).expect("signed");
    assert_eq!(event.id().map(ToString::to_string).as_deref(), Some("evt_1"));
    let CrmEvent::Merged(event) = event else { panic!("{event:?}") };
    assert_eq!(event.id().map(ToString::to_string).as_deref(), Some("evt_1"));
    let event = verify(&body("person.created", r#"{"id":"p1","email":"a"}"#)).expect("signed");
    assert!(matches!(event, CrmEvent::Person(ObjectEvent::Created(_))));
}

#[test]
fn a_request_that_is_not_read_says_what_and_where() {
    for (name, data, expected) in [
        ("deal.won", "{}", "`deal.won` is not read here"),
        ("person.merged", r#"{"winner":"p1"}"#, "`person.merged`: `data.loser` is missing"),
    ] {
        let error = verify(&body(name, data)).expect_err(name);
        assert_eq!(error.status(), StatusCode::BAD_REQUEST);
        assert_eq!(error.to_string(), format!("the event is not taken: {expected}"));
        let ReceiveError::Body(error) = error else { panic!("{error}") };
        assert_eq!(error.to_string(), expected);
    }
}

async fn hook(Verified(event): Verified<CrmEvent>) -> String {
    match event {
        CrmEvent::Person(event) => format!("{} {}", event.name(), event.data().email),
        CrmEvent::Merged(event) => format!("{} into {}", event.data().loser, event.data().winner),
    }
}

#[tokio::test]
async fn a_handler_of_axum_takes_an_enum_of_events() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let app = Router::new().route("/", post(hook)).with_state(Verifier::new(&secret()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    for (name, data, status, expected) in [
        ("person.created", r#"{"id":"p1","email":"a@b.c"}"#, 200, "person.created a@b.c"),
        ("person.merged", MERGED, 200, "p2 into p1"),
        (
            "deal.won",
            "{}",
            400,
            r#"{"error":"the event is not taken: `deal.won` is not read here"}"#,
        ),
    ] {
        let body = body(name, data);
        let request = reqwest::Client::new().post(&url).headers(signed(&body)).body(body);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), status);
        assert_eq!(response.text().await.expect("a text"), expected);
    }
}
