//! The packages of npm: `svix`, `standardwebhooks`, and the SDK of CloudEvents.

mod documents;

use std::sync::LazyLock;

use hookwright::{CloudEvents, Jwks, Secret, Verifier, WebhookObject};
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
        let time = |value: &Value| -> chrono::DateTime<chrono::Utc> {
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
