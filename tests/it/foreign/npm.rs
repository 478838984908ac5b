//! The packages of npm: `svix`, `standardwebhooks`, and the SDK of CloudEvents.

mod documents;

use std::sync::LazyLock;

use chrono::Utc;
use hookwright::{
    CloudEvents, Jwks, ObjectEvent, RawEvent, ReadEvent, Secret, Signer, Verifier, WebhookEvents,
    WebhookObject, receiver,
};
use serde_json::{Value, json};

use super::packages::{
    SECRET, body, check_signs, check_verifies, headers, install, requests, secret, sent_records,
};
use super::{Anything, Tool};

static PACKAGES: LazyLock<std::path::PathBuf> = LazyLock::new(|| {
    install(
        "npm",
        &["svix@1.99.1", "standardwebhooks@1.1.1", "cloudevents@10.0.0"],
        "npm",
        &["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"],
    )
});

fn npm() -> Tool {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/foreign/npm.cjs");
    let folder = PACKAGES.join("node_modules");
    let folder = folder.to_str().expect("a path of UTF-8");
    Tool::start("env", &[&format!("NODE_PATH={folder}"), "node", script])
}

#[tokio::test]
async fn svix_accepts_our_requests() {
    check_verifies(&mut npm(), "svix").await;
}

#[tokio::test]
async fn standardwebhooks_accepts_our_requests() {
    check_verifies(&mut npm(), "standardwebhooks").await;
}

#[test]
fn what_svix_and_standardwebhooks_sign_is_accepted() {
    check_signs(&mut npm(), "svix");
    check_signs(&mut npm(), "standardwebhooks");
}

#[tokio::test]
async fn the_sdk_of_cloudevents_reads_our_requests() {
    let mut npm = npm();
    let format = CloudEvents::new("https://crm.example.com/acme").expect("a URI");
    let format = format.schema_base("https://crm.example.com/schemas/").expect("a URI");
    let records = sent_records();
    let sent = requests(&records, &secret(SECRET), format).await;
    for (record, request) in records.iter().zip(&sent) {
        let body = body(request);
        let question = json!({ "task": "cloudevent", "headers": headers(request), "body": body });
        let answer = npm.ask(&question);
        let read: Value =
            serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}: {body}"));
        let ours: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(read["specversion"], "1.0");
        assert_eq!(read["source"], "https://crm.example.com/acme");
        assert_eq!(read["type"], "anything.created");
        assert_eq!(read["id"], request.headers["webhook-id"].to_str().expect("ASCII"));
        assert_eq!(read["dataschema"], "https://crm.example.com/schemas/anything.created");
        assert_eq!(read["datacontenttype"], "application/json");
        assert_eq!(read.get("subject"), ours.get("subject"));
        let time = |value: &Value| -> chrono::DateTime<Utc> {
            value.as_str().expect("a text").parse().expect("a time")
        };
        assert_eq!(time(&read["time"]), time(&ours["time"]));
        assert_eq!(read["data"]["id"], record.id);
        assert_eq!(read["data"]["text"], record.text);
    }
}

#[tokio::test]
async fn the_sdk_of_cloudevents_reads_the_changes_of_an_update() {
    let format = CloudEvents::new("/crm").expect("a URI");
    let server = crate::server::Server::with_status(204).await;
    let sender = hookwright::Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
    let endpoint = hookwright::Endpoint::new(&server.url("/")).expect("an endpoint").format(format);
    let before = sent_records().remove(0);
    let after = Anything { text: "\u{85}\u{ffff}\"new\"".into(), ..before.clone() };
    let older = Anything { text: "\u{85}\u{ffff}\"old\"".into(), ..before };
    let event = after.updated_from(&older).expect("values").expect("a change");
    sender.build().expect("a sender").send(&endpoint, &event).await.expect("a receipt");
    let request = &server.requests()[0];
    let question =
        json!({ "task": "cloudevent", "headers": headers(request), "body": body(request) });
    let answer = npm().ask(&question);
    let read: Value = serde_json::from_str(&answer).expect(&answer);
    assert_eq!(read["updatedfields"], r#"["text"]"#);
    let previous: Value =
        serde_json::from_str(read["previous"].as_str().expect("a text")).expect("JSON");
    assert_eq!(previous["text"], older.text);
}

#[derive(Debug, WebhookEvents)]
enum Theirs {
    Anything(ObjectEvent<Anything>),
    #[webhook(other)]
    Other(RawEvent),
}

#[test]
fn what_the_sdk_of_cloudevents_emits_is_read() {
    let mut npm = npm();
    let secret = secret(SECRET);
    let verifier = Verifier::new(&secret);
    for (index, record) in sent_records().iter().enumerate() {
        let (id, now) = (format!("their-{index}"), Utc::now());
        let old = Anything { text: "\u{85}\"old\"".into(), ..record.clone() };
        let previous = json!({ "text": old.text }).to_string();
        let body = npm.ask(&json!({ "task": "emit", "attributes": {
            "id": id, "source": "/theirs", "type": "anything.updated", "subject": "one of them",
            "time": now, "dataschema": "https://example.com/anything", "priority": 7,
            "updatedfields": r#"["text"]"#, "previous": previous, "data": record,
        } }));
        let mut headers = http::HeaderMap::new();
        let signature = Signer::new(&secret).sign(now.timestamp_millis(), body.as_bytes());
        headers.insert("x-twenty-webhook-timestamp", now.timestamp_millis().into());
        let signature = signature.to_string().parse().expect("digits");
        headers.insert("x-twenty-webhook-signature", signature);
        let event: Theirs = receiver::verify(&verifier, &headers, body.as_bytes())
            .unwrap_or_else(|error| panic!("{error}: {body}"));
        let Theirs::Anything(ObjectEvent::Updated(event)) = event else { panic!("{event:?}") };
        assert_eq!(event.id().map(ToString::to_string), Some(id));
        assert_eq!(event.timestamp().timestamp_millis(), now.timestamp_millis());
        assert_eq!(event.data().id, record.id);
        assert_eq!(event.data().text, record.text);
        assert_eq!(event.data().big_number, record.big_number);
        assert_eq!(event.data().nested, record.nested);
        assert_eq!(event.updated_fields(), ["text"]);
        let previous: Option<String> = event.previous_value("text").expect("a text");
        assert_eq!(previous, Some(old.text));
    }
}

#[test]
fn an_event_of_the_sdk_that_is_not_known_is_kept_and_one_without_data_refused() {
    let mut npm = npm();
    let body = npm.ask(&json!({ "task": "emit", "attributes": {
        "source": "/theirs", "type": "deal.won", "data": [1, { "a": "é" }],
    } }));
    let Ok(Theirs::Other(event)) = Theirs::from_body(body.as_bytes()) else { panic!("{body}") };
    assert_eq!(event.name().to_string(), "deal.won");
    assert_eq!(event.data(), r#"[1,{"a":"é"}]"#);
    // The SDK makes an id where there is none.
    assert!(event.id().is_some());

    for (attributes, expected) in [
        (json!({ "source": "/", "type": "deal.won" }), "`data` is missing"),
        (
            json!({ "source": "/", "type": "com.example.deal.won", "data": 1 }),
            "`type` has a value that is not taken",
        ),
    ] {
        let body = npm.ask(&json!({ "task": "emit", "attributes": attributes }));
        let error = Theirs::from_body(body.as_bytes()).expect_err(&body);
        assert_eq!(error.to_string(), format!("the body is not an event: {expected}"));
    }
}

#[tokio::test]
async fn node_accepts_our_signatures_of_ed25519_by_the_document_of_keys() {
    let mut npm = npm();
    let secret = Secret::generate_ed25519();
    let other = Secret::generate_ed25519();
    let key = |secret: &Secret| secret.public_key().expect("it is one of ed25519");
    let keys: Jwks = [key(&other), key(&secret)].into_iter().collect();
    let without: Jwks = [key(&other)].into_iter().collect();
    let records = sent_records();
    for request in requests(&records, &secret, hookwright::Format::Standard).await {
        let mut ask = |jwks: &Jwks, body: &str| {
            npm.ask(&json!({
                "task": "ed25519", "jwks": jwks.to_string(), "headers": headers(&request), "body": body,
            }))
        };
        assert_eq!(ask(&keys, body(&request)), "v1a true");
        assert_eq!(ask(&keys, &format!("{} ", body(&request))), "v1a false");
        assert_eq!(ask(&without, body(&request)), "v1a false");
        let verifier = Verifier::from_public_key(&key(&secret));
        verifier.verify(&request.headers, &request.body).expect("it is signed");
    }
}
