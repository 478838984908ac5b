//! What the packages of others are asked, and that they are installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::Utc;
use hookwright::{
    Endpoint, EventId, Format, HeaderPrefix, Nonce, Secret, Sender, Signer, Verifier, WebhookObject,
};
use serde_json::{Map, Value, json};

use super::{Anything, Tool, records};
use crate::server::{Request, Server};

/// How many of the records are sent: each is a request of its own.
const RECORDS: usize = 200;

pub(super) const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// The folder of packages that a program installs, once for these versions, in the target directory.
pub(super) fn install(name: &str, packages: &[&str], program: &str, to: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mark = folder.join("installed");
    let wanted = packages.join("\n");
    if fs::read_to_string(&mark).is_ok_and(|text| text == wanted) {
        return folder;
    }
    fs::create_dir_all(&folder).expect("a folder");
    let mut install = Command::new(program);
    install.args(to).arg(&folder).args(packages);
    let output = install.output().expect("the program runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{install:?} needs its registry: {errors}");
    fs::write(&mark, wanted).expect("a file");
    folder
}

pub(super) fn secret(text: &str) -> Secret {
    Secret::new(text).expect("a secret")
}

/// Records that JSON of every language can hold: no number is larger than a double tells exactly.
pub(super) fn sent_records() -> Vec<Anything> {
    let exact = |mut record: Anything| {
        record.big_number %= 1 << 53;
        record.small_number %= 1 << 53;
        record
    };
    records().into_iter().take(RECORDS).map(exact).collect()
}

/// The requests that bring records to an endpoint of this format.
pub(super) async fn requests(
    records: &[Anything],
    secret: &Secret,
    format: impl Into<Format>,
) -> Vec<Request> {
    let server = Server::with_status(204).await;
    let sender = Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
    let sender = sender.build().expect("a sender");
    let endpoint = Endpoint::new(&server.url("/")).expect("an endpoint");
    let endpoint = endpoint.secret(secret.clone()).format(format);
    for record in records {
        sender.send(&endpoint, &record.created()).await.expect("a receipt");
    }
    server.requests()
}

pub(super) fn body(request: &Request) -> &str {
    str::from_utf8(&request.body).expect("UTF-8")
}

pub(super) fn headers(request: &Request) -> Value {
    let text = |value: &http::HeaderValue| Value::from(value.to_str().expect("ASCII"));
    let headers = request.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    Value::Object(headers.collect::<Map<_, _>>())
}

/// A library accepts our requests and parses what was sent, and refuses changed ones.
pub(super) async fn check_verifies(tool: &mut Tool, library: &str) {
    let records = sent_records();
    for request in requests(&records, &secret(SECRET), Format::Standard).await {
        let (headers, body) = (headers(&request), body(&request));
        let ask = |body: &str, secret: &str| json!({ "task": "verify", "library": library, "secret": secret, "headers": headers, "body": body });
        let answer: Value = serde_json::from_str(&tool.ask(&ask(body, SECRET))).expect("JSON");
        let parsed: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(answer["type"], "anything.created");
        assert_eq!(answer["timestamp"], parsed["timestamp"]);
        assert_eq!(answer["data"]["text"], parsed["data"]["text"], "{body}");
        assert_eq!(answer["data"]["bigNumber"], parsed["data"]["bigNumber"]);

        let refused = "WebhookVerificationError: No matching signature found";
        assert_eq!(tool.ask(&ask(&format!("{body} "), SECRET)), refused);
        let other = "whsec_dGhlIHNlY29uZCBzZWNyZXQgb2YgYWxs";
        assert_eq!(tool.ask(&ask(body, other)), refused);
    }
}

/// Our verifier accepts what a library signs, and our signer signs the same.
pub(super) fn check_signs(tool: &mut Tool, library: &str) {
    let verifier = Verifier::new(&secret(SECRET)).standard_webhooks_only();
    for (index, record) in sent_records().iter().enumerate() {
        let body = serde_json::to_string(&record.created()).expect("a body");
        let id: EventId = format!("msg_{index}").parse().expect("visible");
        let now = Utc::now().timestamp();
        let signature = tool.ask(&json!({
            "task": "sign", "library": library, "secret": SECRET,
            "id": id.to_string(), "timestamp": now, "body": body,
        }));
        let mut headers = http::HeaderMap::new();
        headers.insert("webhook-id", (&id).into());
        headers.insert("webhook-timestamp", now.into());
        headers.insert("webhook-signature", signature.parse().expect(&signature));
        verifier.verify(&headers, body.as_bytes()).expect("it is signed");
        let changed = body.replacen("{\"event\":", "{ \"event\":", 1);
        assert!(verifier.verify(&headers, changed.as_bytes()).is_err());

        let mut ours = http::HeaderMap::new();
        let attempt =
            Signer::new(&secret(SECRET)).headers(&id, now * 1000, Nonce::from(1), body.as_bytes());
        attempt.insert_into(&mut ours, &HeaderPrefix::default());
        assert_eq!(ours["webhook-signature"], signature);
    }
}
