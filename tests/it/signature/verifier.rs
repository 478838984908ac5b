//! What a verifier looks at, and what its errors say.

use std::error::Error;

use hookwright::{EventId, Secret, Signer, Verifier, VerifyError};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{DOCUMENTED, SECRET, SIGNATURE, TIMESTAMP, documented, imported, standard, verifier};

const WHSEC: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn missing(header: &str, headers: &HeaderMap, verifier: &Verifier) {
    let error = verifier.verify(headers, b"{}").expect_err(header);
    assert!(matches!(&error, VerifyError::MissingHeader { header: name, .. } if name == header));
    assert_eq!(error.to_string(), format!("the header `{header}` is missing"));
    assert!(error.source().is_none());
}

#[test]
fn a_header_that_is_missing_is_named() {
    let verifier = verifier(SECRET, TIMESTAMP);
    missing("x-twenty-webhook-timestamp", &HeaderMap::new(), &verifier);
    for (removed, expected) in [
        ("x-twenty-webhook-timestamp", "x-twenty-webhook-timestamp"),
        ("x-twenty-webhook-signature", "x-twenty-webhook-signature"),
    ] {
        let mut headers = documented("1735066639761", SIGNATURE);
        headers.remove(removed);
        missing(expected, &headers, &verifier);
    }
    let standard = standard("msg_1", "1735066639", "v1,x");
    missing("x-twenty-webhook-timestamp", &standard, &verifier);
}

#[test]
fn a_header_of_standard_webhooks_that_is_missing_is_named_to_who_has_such_a_secret() {
    let verifier = verifier(WHSEC, TIMESTAMP);
    missing("x-twenty-webhook-timestamp", &HeaderMap::new(), &verifier);
    for removed in ["webhook-id", "webhook-timestamp"] {
        let mut headers = standard("msg_1", "1735066639", "v1,x");
        headers.remove(removed);
        missing(removed, &headers, &verifier);
    }
    let mut headers = standard("msg_1", "1735066639", "v1,x");
    headers.remove("webhook-signature");
    missing("x-twenty-webhook-timestamp", &headers, &verifier);
}

fn check_signature(signature: &[u8], accepted: bool) {
    let expected = if accepted { Ok(()) } else { Err(VerifyError::Mismatch) };
    let mut headers = documented("1735066639761", SIGNATURE);
    let value = HeaderValue::from_bytes(signature).expect("it can stand in a header");
    headers.insert(HeaderName::from_static("x-twenty-webhook-signature"), value);
    let found = verifier(SECRET, TIMESTAMP).verify(&headers, DOCUMENTED.as_bytes());
    assert_eq!(found, expected, "{:?}", String::from_utf8_lossy(signature));
}

#[test]
fn a_signature_is_64_small_hex_digits_and_nothing_else() {
    check_signature(SIGNATURE.as_bytes(), true);
    check_signature(SIGNATURE.to_uppercase().as_bytes(), false);
    for end in 0..SIGNATURE.len() {
        check_signature(&SIGNATURE.as_bytes()[..end], false);
        check_signature(&SIGNATURE.as_bytes()[end + 1..], false);
    }
    for wrong in [
        format!("{SIGNATURE}0"),
        format!("{SIGNATURE}00"),
        format!("sha256={SIGNATURE}"),
        format!("0x{SIGNATURE}"),
        format!("{SIGNATURE} "),
        format!(" {SIGNATURE}"),
        format!("{SIGNATURE},{SIGNATURE}"),
        format!("\"{SIGNATURE}\""),
        SIGNATURE.repeat(2),
        SIGNATURE.replace('f', "ｆ"),
        "z".repeat(64),
        "0".repeat(64),
        "+vjajr==".into(),
    ] {
        check_signature(wrong.as_bytes(), false);
    }
    check_signature(&[0xff; 64], false);
}

#[test]
fn the_body_is_verified_as_the_bytes_that_came() {
    let verifier = verifier(SECRET, TIMESTAMP);
    let headers = documented("1735066639761", SIGNATURE);
    let value: serde_json::Value = serde_json::from_str(DOCUMENTED).expect("it is JSON");
    for other in [
        value.to_string(),
        serde_json::to_string_pretty(&value).expect("it can be written"),
        format!("{DOCUMENTED}\n"),
        format!("\u{feff}{DOCUMENTED}"),
        DOCUMENTED.replace(':', ": "),
        DOCUMENTED.replace('@', "\\u0040"),
    ] {
        let found = verifier.verify(&headers, other.as_bytes());
        assert_eq!(found, Err(VerifyError::Mismatch), "{other}");
    }
    for body in [Vec::new(), vec![0xff, 0, b'\n'], vec![b'x'; 1 << 20]] {
        let signature = Signer::new(&imported(SECRET)).sign(TIMESTAMP, &body).to_string();
        let headers = documented("1735066639761", &signature);
        assert_eq!(verifier.verify(&headers, &body), Ok(()), "{} bytes", body.len());
    }
}

#[test]
fn of_a_header_that_stands_twice_the_first_counts() {
    let check = |first: &'static str, second: &'static str, expected| {
        let mut headers = documented("1735066639761", first);
        headers.append("x-twenty-webhook-signature", HeaderValue::from_static(second));
        let found = verifier(SECRET, TIMESTAMP).verify(&headers, DOCUMENTED.as_bytes());
        assert_eq!(found, expected, "{first}, then {second}");
    };
    check(SIGNATURE, "00", Ok(()));
    check("00", SIGNATURE, Err(VerifyError::Mismatch));
}

#[test]
fn one_scheme_that_is_right_is_enough() {
    let body = DOCUMENTED.as_bytes();
    let signer = Signer::new(&imported(WHSEC));
    let id: EventId = "msg_1".parse().expect("visible");
    let hex = signer.sign(TIMESTAMP, body).to_string();
    let attempt = signer.headers(&id, TIMESTAMP, hookwright::Nonce::from(1), body);
    let (_, base64) = attempt.standard.expect("the secret is one of `whsec_`");
    let base64 = base64.to_str().expect("it is ASCII");
    let wrong_hex = SIGNATURE;
    let wrong_base64 = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
    let check = |hex: &str, seconds: &str, base64: &str, expected| {
        let mut headers = documented("1735066639761", hex);
        headers.extend(standard("msg_1", seconds, base64));
        let found = verifier(WHSEC, TIMESTAMP).verify(&headers, body);
        assert_eq!(found, expected, "{hex}, {seconds}, {base64}");
    };
    check(&hex, "1735066639", base64, Ok(()));
    check(&hex, "1735066639", wrong_base64, Ok(()));
    check(&hex, "soon", base64, Ok(()));
    check(&hex, "soon", "", Ok(()));
    check(wrong_hex, "1735066639", base64, Ok(()));
    check("", "1735066639", base64, Ok(()));
    check(wrong_hex, "1735066639", wrong_base64, Err(VerifyError::Mismatch));
    check(wrong_hex, "soon", base64, Err(VerifyError::MalformedTimestamp));
    check(wrong_hex, "1635066639", base64, Err(VerifyError::TooOld));
    check(wrong_hex, "1835066639", base64, Err(VerifyError::FromTheFuture));
}

#[test]
fn a_text_secret_does_not_verify_standard_webhooks() {
    let id: EventId = "msg_1".parse().expect("visible");
    let signer = Signer::new(&imported(WHSEC));
    let attempt = signer.headers(&id, TIMESTAMP, hookwright::Nonce::from(1), b"{}");
    let (timestamp, signature) = attempt.standard.expect("the secret is one of `whsec_`");
    let text = |value: &HeaderValue| value.to_str().expect("it is ASCII").to_owned();
    let headers = standard("msg_1", &text(&timestamp), &text(&signature));
    assert_eq!(verifier(WHSEC, TIMESTAMP).verify(&headers, b"{}"), Ok(()));
    missing("x-twenty-webhook-timestamp", &headers, &verifier(SECRET, TIMESTAMP));
    // The same 24 bytes, as the text of a secret.
    let other = "whsec_QzJGVnNCUUlocnNjQ2hsUUlNVitiNXNTWXNwb2I3b0Q=";
    let found = verifier(other, TIMESTAMP).verify(&headers, b"{}");
    assert_eq!(found, Err(VerifyError::Mismatch));
}

#[test]
fn errors_are_said_in_words() {
    let check = |error: &VerifyError, expected: &str| {
        assert_eq!(error.to_string(), expected);
        assert!(error.source().is_none());
    };
    check(&VerifyError::MalformedTimestamp, "the timestamp is malformed");
    check(&VerifyError::TooOld, "the timestamp is too old");
    check(&VerifyError::FromTheFuture, "the timestamp is from the future");
    check(&VerifyError::Mismatch, "the signature does not match");
}

#[test]
fn nothing_that_is_shown_tells_a_secret_or_a_body() {
    let secrets = ["swordfish-and-chips", WHSEC, "whsec_c3dvcmRmaXNoIGFuZCBjaGlwcw=="];
    let body = b"a-very-private-body";
    for text in secrets {
        let secret = Secret::new(text).expect("it is long enough");
        let signer = Signer::new(&secret).and(&secret);
        let verifier = verifier(text, TIMESTAMP).and(&secret);
        let mut shown = vec![
            format!("{secret:?} {secret:#?}"),
            format!("{signer:?} {signer:#?}"),
            format!("{verifier:?} {verifier:#?}"),
        ];
        let expected = signer.sign(TIMESTAMP, body).to_string();
        let wrong = [
            HeaderMap::new(),
            documented("1735066639761", SIGNATURE),
            documented("1735066639761", ""),
            documented("soon", SIGNATURE),
            documented("1635066639761", SIGNATURE),
            documented("1835066639761", SIGNATURE),
            standard("msg_1", "1735066639", "v1,x v1,y"),
        ];
        for headers in wrong {
            let error = verifier.verify(&headers, body).expect_err("it is not signed");
            shown.push(format!("{error} {error:?}"));
        }
        for shown in shown {
            let key = text.trim_start_matches("whsec_");
            for hidden in [text, key, "swordfish", "private", SIGNATURE, &expected] {
                assert!(!shown.contains(hidden), "{shown} tells {hidden}");
            }
        }
    }
}

#[test]
fn signers_and_verifiers_can_be_sent_to_other_threads() {
    fn check<T: Send + Sync + Clone + std::fmt::Debug + 'static>() {}

    check::<Secret>();
    check::<Signer>();
    check::<Verifier>();
    check::<VerifyError>();
    check::<hookwright::Signature>();
    check::<hookwright::SignatureHeaders>();
}

#[test]
fn where_only_standard_webhooks_is_accepted_the_id_is_always_covered() {
    let secret = Secret::generate();
    let id = "msg_1".parse().expect("visible");
    let attempt = Signer::new(&secret).headers(&id, TIMESTAMP, 1.into(), b"{}");
    let mut headers = HeaderMap::new();
    attempt.insert_into(&mut headers, &hookwright::HeaderPrefix::default());
    headers.insert("webhook-id", HeaderValue::from_static("forged"));
    let verifier = Verifier::new(&secret).dangerously_accept_any_time();
    assert_eq!(verifier.verify(&headers, b"{}"), Ok(()), "the documented signature covers no id");

    let strict = verifier.standard_webhooks_only();
    assert_eq!(strict.verify(&headers, b"{}"), Err(VerifyError::Mismatch));
    headers.remove("webhook-signature");
    missing("webhook-signature", &headers, &strict);
    signed_again(&mut headers, &secret);
    assert_eq!(strict.verify(&headers, b"{}"), Ok(()));
}

fn signed_again(headers: &mut HeaderMap, secret: &Secret) {
    let id = "msg_1".parse().expect("visible");
    let signed = Signer::new(secret).headers(&id, TIMESTAMP, 2.into(), b"{}");
    signed.insert_into(headers, &hookwright::HeaderPrefix::default());
    headers.insert("webhook-id", HeaderValue::from_static("msg_1"));
}
