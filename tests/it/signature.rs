//! Signatures: known answers, and what a signer writes.

mod ed25519;
mod prefix;
mod rotation;
mod secret;
mod tampering;
mod time;
mod verifier;

use chrono::{DateTime, Utc};
use hookwright::{EventId, Nonce, Secret, Signer, Signing, Verifier, VerifyError};
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use sha2::{Digest, Sha256};

const DOCUMENTED: &str = include_str!("../vectors/documented.json");
const TWENTY: &str = include_str!("../vectors/twenty.json");

/// The timestamp of the documented vectors, in milliseconds.
const TIMESTAMP: i64 = 1_735_066_639_761;
const SECRET: &str = "your-secret";
/// The signature of the documented body under that secret at that time.
const SIGNATURE: &str = "faf8daf5e4618d1bf03283cb04bb191107017a357e4854156ed2836b2d9c037b";

#[derive(Deserialize)]
struct Vectors {
    twenty: Vec<Twenty>,
    standard: Vec<Standard>,
}

#[derive(Deserialize)]
struct Twenty {
    body_file: String,
    body_sha256: String,
    secret: String,
    timestamp: String,
    signature: String,
    double_encoded_signature: String,
}

impl Twenty {
    fn body(&self) -> &'static [u8] {
        let body = match &*self.body_file {
            "documented.json" => DOCUMENTED,
            "twenty.json" => TWENTY,
            other => panic!("no such file of vectors: {other}"),
        };
        assert_eq!(hex::encode(Sha256::digest(body)), self.body_sha256, "{}", self.body_file);
        body.as_bytes()
    }
}

#[derive(Deserialize)]
struct Standard {
    secret: String,
    id: String,
    timestamp: String,
    body: String,
    signature: String,
}

fn vectors() -> Vectors {
    let vectors: Vectors = serde_json::from_str(include_str!("../vectors/signatures.json"))
        .expect("the vectors are as they were");
    assert_eq!((vectors.twenty.len(), vectors.standard.len()), (2, 1));
    vectors
}

fn number(text: &str) -> i64 {
    text.parse().expect("a number of the test")
}

fn imported(text: &str) -> Secret {
    Secret::imported(text).expect("a secret of the test")
}

fn at(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(milliseconds).expect("a time of the test")
}

/// A verifier whose clock stands still.
fn verifier(secret: &str, now_ms: i64) -> Verifier {
    Verifier::new(&imported(secret)).clock(move || at(now_ms))
}

fn headers<'a>(pairs: impl IntoIterator<Item = (&'static str, &'a str)>) -> HeaderMap {
    let value = |text| HeaderValue::from_str(text).expect("a header of the test");
    pairs
        .into_iter()
        .map(|(name, text)| (http::HeaderName::from_static(name), value(text)))
        .collect()
}

/// The headers of the documented scheme.
fn documented(timestamp: &str, signature: &str) -> HeaderMap {
    headers([("x-twenty-webhook-timestamp", timestamp), ("x-twenty-webhook-signature", signature)])
}

/// The headers of Standard Webhooks.
fn standard(id: &str, timestamp: &str, signatures: &str) -> HeaderMap {
    headers([
        ("webhook-id", id),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", signatures),
    ])
}

#[test]
fn the_signer_gives_the_known_answers() {
    for vector in vectors().twenty {
        let signer = Signer::new(&imported(&vector.secret));
        let sign =
            |signer: &Signer| signer.sign(number(&vector.timestamp), vector.body()).to_string();
        assert_eq!(sign(&signer), vector.signature);
        assert_eq!(sign(&signer.clone().signing(Signing::Documented)), vector.signature);
        let double_encoded = signer.signing(Signing::DoubleEncoded);
        assert_eq!(sign(&double_encoded), vector.double_encoded_signature);
    }
}

#[test]
fn the_signer_gives_the_known_answers_of_standard_webhooks() {
    for vector in vectors().standard {
        let signer = Signer::new(&imported(&vector.secret));
        let id: EventId = vector.id.parse().expect("visible");
        let (seconds, body) = (number(&vector.timestamp), vector.body.as_bytes());
        for milliseconds in [0, 1, 999] {
            let attempt = signer.headers(&id, seconds * 1000 + milliseconds, Nonce::from(0), body);
            let (timestamp, signature) = attempt.standard.expect("the secret is one of `whsec_`");
            assert_eq!(timestamp, vector.timestamp.as_str());
            assert_eq!(signature, vector.signature.as_str());
        }
        let hex = signer.sign_standard(&id, seconds, body).expect("`whsec_`").to_string();
        assert_eq!(hex, "b59d48e3f843ca000980ee5363189277a49dd240d6ea13de9c37be6d36b72a4c");
    }
}

#[test]
fn the_verifier_accepts_the_known_answers() {
    for vector in vectors().twenty {
        let verifier = verifier(&vector.secret, number(&vector.timestamp));
        let headers = documented(&vector.timestamp, &vector.signature);
        assert_eq!(verifier.verify(&headers, vector.body()), Ok(()));
    }
    for vector in vectors().standard {
        let verifier = verifier(&vector.secret, number(&vector.timestamp) * 1000);
        let headers = standard(&vector.id, &vector.timestamp, &vector.signature);
        assert_eq!(verifier.verify(&headers, vector.body.as_bytes()), Ok(()));
    }
}

#[test]
fn a_double_encoded_signature_is_accepted_only_when_that_is_asked_for() {
    for vector in vectors().twenty {
        let verifier = verifier(&vector.secret, number(&vector.timestamp));
        let check = |verifier: &Verifier, signature, expected| {
            let headers = documented(&vector.timestamp, signature);
            assert_eq!(verifier.verify(&headers, vector.body()), expected);
        };
        check(&verifier, &vector.double_encoded_signature, Err(VerifyError::Mismatch));
        let verifier = verifier.accept_double_encoded();
        check(&verifier, &vector.double_encoded_signature, Ok(()));
        check(&verifier, &vector.signature, Ok(()));
    }
}

#[test]
fn double_encoding_escapes_as_json_stringify_does() {
    // The HMACs of Node's `crypto`, over `JSON.stringify(body.toString())`.
    for (body, expected) in [
        (&b"{}"[..], "55b6ed1758ffc62f3eead208dc13fbe254fa969666c57f65b885231102e167c1"),
        (
            b"\"\\/\x08\x0c\n\r\t\x00\x1f\x7f",
            "119457f035760774e52994d34f773f7b08f2cca931c2da44d4a8d2987bca4c21",
        ),
        (
            "é 🦀 \u{2028}".as_bytes(),
            "166ca488310b3514762e0e6e2233ae868dbc046ffe0617402c05b499ef594ab9",
        ),
        (
            b"a\xff\xe2\x82b\xf0\x9f\xa6",
            "b20f4b6c07355337b1f9bd9541cc8ad913f5221fa295725a1600a6e07e22ab73",
        ),
    ] {
        let signer = Signer::new(&imported(SECRET)).signing(Signing::DoubleEncoded);
        assert_eq!(signer.sign(TIMESTAMP, body).to_string(), expected);
    }
}

#[test]
fn a_signer_writes_the_headers_of_one_attempt() {
    let signer = Signer::new(&imported(SECRET));
    let id: EventId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("visible");
    let nonce = Nonce::from(0x0123_4567_89ab_cdef);
    let attempt = signer.headers(&id, TIMESTAMP, nonce, DOCUMENTED.as_bytes());
    assert_eq!(attempt.timestamp, "1735066639761");
    assert_eq!(attempt.signature, SIGNATURE);
    assert_eq!(attempt.nonce, "00000000000000000123456789abcdef");
    assert_eq!(attempt.standard, None, "the secret is not one of `whsec_`");
    assert!(signer.sign_standard(&id, 0, b"").is_none());
}

#[test]
fn a_secret_of_standard_webhooks_signs_by_both_schemes() {
    let text = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let id: EventId = "msg_1".parse().expect("visible");
    let attempt = Signer::new(&imported(text)).headers(&id, TIMESTAMP, Nonce::from(1), b"{}");
    let (timestamp, signature) = attempt.standard.expect("the secret is one of `whsec_`");
    let mut headers = HeaderMap::new();
    headers.insert("x-twenty-webhook-timestamp", attempt.timestamp);
    headers.insert("x-twenty-webhook-signature", attempt.signature);
    let verifier = verifier(text, TIMESTAMP);
    assert_eq!(verifier.verify(&headers, b"{}"), Ok(()), "keyed with the whole text");

    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", HeaderValue::from_static("msg_1"));
    headers.insert("webhook-timestamp", timestamp);
    headers.insert("webhook-signature", signature);
    assert_eq!(verifier.verify(&headers, b"{}"), Ok(()), "keyed with what stands in base64");
}

#[test]
fn a_signature_is_64_small_hex_digits() {
    let signature = Signer::new(&imported(SECRET)).sign(TIMESTAMP, DOCUMENTED.as_bytes());
    assert_eq!(signature.to_string(), SIGNATURE);
    assert_eq!(format!("{signature:?}"), format!("Signature({SIGNATURE})"));
    assert_eq!(signature.as_bytes()[..3], [0xfa, 0xf8, 0xda]);
}

#[test]
fn a_nonce_is_32_small_hex_digits_and_new_each_time() {
    assert_eq!(Nonce::from(0).to_string(), "0".repeat(32));
    assert_eq!(Nonce::from(u128::MAX).to_string(), "f".repeat(32));
    assert_eq!(Nonce::from(1 << 124), Nonce::from(1 << 124));
    let nonces: std::collections::HashSet<_> =
        (0..10_000).map(|_| Nonce::random().to_string()).collect();
    assert_eq!(nonces.len(), 10_000);
    assert!(nonces.iter().all(|nonce| nonce.len() == 32 && !nonce.contains(char::is_uppercase)));
}
