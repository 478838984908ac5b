//! Several secrets: while one is rotated out, both sides know two.

use hookwright::{EventId, Nonce, Signer, Verifier, VerifyError};
use http::HeaderMap;

use super::{TIMESTAMP, at, imported, standard};

const BODY: &[u8] = br#"{"event":"person.created"}"#;
const TEXTS: [&str; 3] = ["the first secret", "the second secret", "the third secret"];
const WHSECS: [&str; 3] = [
    "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    "whsec_dGhlIHNlY29uZCBzZWNyZXQgb2YgYWxs",
    "whsec_dGhlIHRoaXJkIHNlY3JldCBvZiBhbGwu",
];

fn signer(secrets: &[&str]) -> Signer {
    let (newest, previous) = secrets.split_first().expect("at least one");
    let signer = Signer::new(&imported(newest));
    previous.iter().fold(signer, |signer, secret| signer.and(&imported(secret)))
}

fn receiver(secrets: &[&str]) -> Verifier {
    let (first, rest) = secrets.split_first().expect("at least one");
    let verifier = Verifier::new(&imported(first)).clock(|| at(TIMESTAMP));
    rest.iter().fold(verifier, |verifier, secret| verifier.and(&imported(secret)))
}

/// All headers of an attempt.
fn sent(secrets: &[&str]) -> HeaderMap {
    let id: EventId = "msg_1".parse().expect("visible");
    let signed = signer(secrets).headers(&id, TIMESTAMP, Nonce::from(1), BODY);
    let mut headers = HeaderMap::new();
    headers.insert("x-twenty-webhook-timestamp", signed.timestamp);
    headers.insert("x-twenty-webhook-signature", signed.signature);
    headers.insert("webhook-id", "msg_1".parse().expect("visible"));
    if let Some((timestamp, signature)) = signed.standard {
        headers.insert("webhook-timestamp", timestamp);
        headers.insert("webhook-signature", signature);
    }
    headers
}

fn check(sender: &[&str], receiving: &[&str], accepted: bool) {
    let found = receiver(receiving).verify(&sent(sender), BODY);
    let expected = if accepted { Ok(()) } else { Err(VerifyError::Mismatch) };
    assert_eq!(found, expected, "from {sender:?} to {receiving:?}");
}

#[test]
fn a_verifier_accepts_each_of_its_secrets_and_no_other() {
    let [first, second, third] = TEXTS;
    for secret in TEXTS {
        check(&[secret], &TEXTS, true);
    }
    check(&[third], &[first, second], false);
    check(&[first], &[second, third], false);
}

#[test]
fn the_documented_scheme_signs_with_the_newest_secret() {
    let [new, old, _] = TEXTS;
    check(&[new, old], &[new], true);
    check(&[new, old], &[old], false);
    check(&[new, old], &[old, new], true);
    assert_eq!(
        signer(&[new, old]).sign(TIMESTAMP, BODY).to_string(),
        signer(&[new]).sign(TIMESTAMP, BODY).to_string()
    );
}

#[test]
fn standard_webhooks_signs_with_every_secret_so_that_either_is_enough() {
    let [new, old, other] = WHSECS;
    let headers = sent(&[new, old]);
    let signatures = headers["webhook-signature"].to_str().expect("it is ASCII");
    assert_eq!(signatures.split(' ').count(), 2);
    assert!(signatures.split(' ').all(|signature| signature.starts_with("v1,")));
    check(&[new, old], &[new], true);
    check(&[new, old], &[old], true);
    check(&[new, old], &[other, old], true);
    check(&[new, old], &[other], false);
    check(&[new], &[old, new], true);
    check(&[new], &[old], false);
}

#[test]
fn secrets_of_both_kinds_may_be_mixed() {
    let (text, whsec) = (TEXTS[0], WHSECS[0]);
    // To the text secret the documented scheme is left, to the other Standard Webhooks.
    check(&[text, whsec], &[text], true);
    check(&[text, whsec], &[whsec], true);
    check(&[whsec, text], &[whsec], true);
    check(&[whsec, text], &[text], false);
    check(&[whsec, text], &[text, whsec], true);
    assert!(sent(&[text, whsec]).contains_key("webhook-signature"));
    assert!(!sent(&TEXTS).contains_key("webhook-signature"));
}

#[test]
fn at_most_ten_signatures_are_looked_at() {
    let headers = sent(&WHSECS[..1]);
    let right = headers["webhook-signature"].to_str().expect("it is ASCII");
    let wrong = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let check = |before: usize, filler: &str, expected| {
        let mut signatures = vec![filler; before];
        signatures.push(right);
        let headers = standard("msg_1", &(TIMESTAMP / 1000).to_string(), &signatures.join(" "));
        let found = receiver(&WHSECS).verify(&headers, BODY);
        assert_eq!(found, expected, "after {before} of {filler:?}");
    };
    for filler in [wrong, "v1a,x", "v2,x", "v1,", "x"] {
        for before in 0..=9 {
            check(before, filler, Ok(()));
        }
        for before in [10, 11, 100] {
            check(before, filler, Err(VerifyError::Mismatch));
        }
    }
}

#[test]
fn signatures_of_other_versions_and_forms_are_passed_over() {
    let headers = sent(&WHSECS[..1]);
    let right = headers["webhook-signature"].to_str().expect("it is ASCII");
    let base64 = right.strip_prefix("v1,").expect("it is of version 1");
    let check = |signatures: &str, expected| {
        let headers = standard("msg_1", &(TIMESTAMP / 1000).to_string(), signatures);
        let found = receiver(&WHSECS).verify(&headers, BODY);
        assert_eq!(found, expected, "{signatures:?}");
    };
    check(right, Ok(()));
    check(&format!("v1a,{base64} {right}"), Ok(()));
    check(&format!("{right} v1,not-base64"), Ok(()));
    for wrong in [
        String::new(),
        "v1,".into(),
        base64.into(),
        format!("v2,{base64}"),
        format!("V1,{base64}"),
        format!("v1 {base64}"),
        format!("v1,{}", base64.trim_end_matches('=')),
        format!("v1,{base64}="),
        format!("v1,{base64}AAAA"),
        format!("v1,{}", base64.replace('+', "-").replace('/', "_").replace('=', "")),
        format!("v1,{right}"),
        format!("{right},"),
        right.replace(',', ", "),
        format!("v1,{}", "A".repeat(10_000)),
    ] {
        check(&wrong, Err(VerifyError::Mismatch));
    }
}
