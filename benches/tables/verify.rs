//! Whether a request is the sender's.

use chrono::Utc;
use hmac::Mac;
use hookwright::{Event, Secret, Signer, Verifier, receiver};
use hookwright_benches::{Bound, Case, Cases, Row, Table};
use http::{HeaderMap, HeaderValue};

use crate::add_rows;
use crate::by_hand::{SECRET, keyed};
use crate::records::Person;

/// What the baseline takes on the machine that the README names, in nanoseconds.
const KNOWN: f64 = 281.0;
const BOUND: Bound = Bound::AtMost(1.1);

/// 300 bytes.
pub(crate) const BODY: &str = r#"{"event":"person.created","data":{"id":"01949f5e-3a6c-7d21-8f40-5b2c9e7a1d36","firstName":"Alice","lastName":"Doe of the Northern Coast","email":"alice.doe@mail.example.com","createdAt":"2025-02-10T15:30:45.125Z","createdBy":"01949f5e-11d0-7c44-9a0e-6f2b8d35c7e1"},"timestamp":"2025-02-10T15:30:50Z"}"#;

pub(crate) fn measure() -> Table {
    let mut table =
        Table::new("verify", "a request with a body of 300 bytes and headers of a real one");
    let [cases] = cases();
    let times = add_rows(&mut table, cases, |index, row: Row, ratio| match index {
        0 => row,
        1 => row.ratio(ratio).judged(ratio, BOUND),
        _ => row.ratio(ratio),
    });
    table.expect_baseline(times[0], KNOWN, "ns");
    table
}

pub(crate) fn cases() -> [Cases; 1] {
    assert_eq!(BODY.len(), 300);
    let timestamp_ms = Utc::now().timestamp_millis();
    let secret = Secret::new(SECRET).expect("a long secret");
    let signature = Signer::new(&secret).sign(timestamp_ms, BODY.as_bytes()).to_string();
    let headers = headers(timestamp_ms, &signature);
    let verifier = Verifier::new(&secret);

    let key = keyed();
    let timestamp = timestamp_ms.to_string();
    let baseline = Case::new("HMAC, with the key prepared", move || {
        let mut expected = [0; 32];
        hex::decode_to_slice(&signature, &mut expected).expect("64 digits");
        let mut mac = key.clone();
        mac.update(timestamp.as_bytes());
        mac.update(b":");
        mac.update(BODY.as_bytes());
        mac.verify_slice(&expected).expect("the signature is right");
    });

    let (judge, received) = (verifier.clone(), headers.clone());
    let ours = Case::new("Verifier::verify", move || {
        judge.verify(&received, BODY.as_bytes()).expect("the signature is right");
    });
    let reading = Case::new("receiver::verify, which reads the event too", move || {
        receiver::verify::<Event<Person>>(&verifier, &headers, BODY.as_bytes())
            .expect("the body is an event")
    });
    [Cases::new(baseline, [ours, reading])]
}

/// Those that a receiver behind a proxy gets: 12.
fn headers(timestamp_ms: i64, signature: &str) -> HeaderMap {
    let timestamp = timestamp_ms.to_string();
    let pairs = [
        ("host", "crm.example.com"),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-proto", "https"),
        ("content-length", "300"),
        ("content-type", "application/json"),
        ("user-agent", "hookwright/0.1.0"),
        ("accept", "*/*"),
        ("webhook-id", "01949f5e-4e10-7c3a-9d54-2f6b8c71e0d3"),
        ("webhook-attempt", "1"),
        ("x-twenty-webhook-timestamp", &timestamp),
        ("x-twenty-webhook-signature", signature),
        ("x-twenty-webhook-nonce", "5f1d3c09a2b44e8697d018c36a7eb25f"),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.insert(name, HeaderValue::from_str(value).expect("visible ASCII"));
    }
    headers
}
