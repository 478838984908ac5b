//! How far the time of a request may be from the clock, and how it is written.

use std::time::Duration;

use chrono::Utc;
use hookwright::{EventId, Nonce, Signer, Verifier, VerifyError};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{SECRET, TIMESTAMP, documented, imported, standard, verifier};

const WHSEC: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const BODY: &[u8] = b"{}";

/// Checks a request of `TIMESTAMP` when the clock says otherwise.
fn check(
    set: impl Fn(Verifier) -> Verifier,
    ahead_ms: i64,
    expected: impl Into<Option<VerifyError>>,
) {
    let signature = Signer::new(&imported(SECRET)).sign(TIMESTAMP, BODY).to_string();
    let verifier = set(verifier(SECRET, TIMESTAMP + ahead_ms));
    let headers = documented(&TIMESTAMP.to_string(), &signature);
    assert_eq!(
        verifier.verify(&headers, BODY).err(),
        expected.into(),
        "the clock is {ahead_ms} ms ahead"
    );
}

#[test]
fn a_request_may_be_300_seconds_old_or_early_to_the_millisecond() {
    for ahead in [0, 1, -1, 299_999, -299_999, 300_000, -300_000] {
        check(|verifier| verifier, ahead, None);
    }
    for ahead in [300_001, 300_999, 301_000, 86_400_000, TIMESTAMP * 3] {
        check(|verifier| verifier, ahead, VerifyError::TooOld);
        check(|verifier| verifier, -ahead, VerifyError::FromTheFuture);
    }
    assert_eq!(Verifier::DEFAULT_TOLERANCE, Duration::from_mins(5));
}

#[test]
fn the_tolerance_can_be_set() {
    for (tolerance, edge) in [
        (Duration::ZERO, 0),
        (Duration::from_micros(1999), 1),
        (Duration::from_millis(1), 1),
        (Duration::from_hours(1), 3_600_000),
    ] {
        let set = |verifier: Verifier| verifier.tolerance(tolerance);
        check(set, edge, None);
        check(set, -edge, None);
        check(set, edge + 1, VerifyError::TooOld);
        check(set, -edge - 1, VerifyError::FromTheFuture);
    }
    for tolerance in [Duration::MAX, Duration::from_millis(u64::MAX)] {
        for ahead in [TIMESTAMP * 3, -TIMESTAMP * 3] {
            check(|verifier| verifier.tolerance(tolerance), ahead, None);
        }
    }
}

#[test]
fn any_time_is_accepted_only_when_that_is_asked_for() {
    for ahead in [0, TIMESTAMP * 3, -TIMESTAMP * 3] {
        check(Verifier::dangerously_accept_any_time, ahead, None);
    }
    let again = |verifier: Verifier| {
        verifier.dangerously_accept_any_time().tolerance(Verifier::DEFAULT_TOLERANCE)
    };
    check(again, 300_001, VerifyError::TooOld);
}

#[test]
fn standard_webhooks_has_the_same_edges_in_seconds() {
    let id: EventId = "msg_1".parse().expect("visible");
    let seconds = TIMESTAMP / 1000;
    let signed = Signer::new(&imported(WHSEC)).headers(&id, TIMESTAMP, Nonce::from(1), BODY);
    let (_, signature) = signed.standard.expect("the secret is one of `whsec_`");
    let headers = standard("msg_1", &seconds.to_string(), signature.to_str().expect("it is ASCII"));
    for (now, expected) in [
        (seconds * 1000, Ok(())),
        (seconds * 1000 + 300_000, Ok(())),
        (seconds * 1000 - 300_000, Ok(())),
        (seconds * 1000 + 300_001, Err(VerifyError::TooOld)),
        (seconds * 1000 - 300_001, Err(VerifyError::FromTheFuture)),
    ] {
        assert_eq!(verifier(WHSEC, now).verify(&headers, BODY), expected, "at {now}");
    }
}

#[test]
fn the_clock_is_the_systems_unless_another_is_set() {
    let verifier = Verifier::new(&imported(SECRET));
    let check = |ahead_ms: i64, expected| {
        let timestamp = Utc::now().timestamp_millis() + ahead_ms;
        let signature = Signer::new(&imported(SECRET)).sign(timestamp, BODY).to_string();
        let headers = documented(&timestamp.to_string(), &signature);
        assert_eq!(verifier.verify(&headers, BODY), expected, "{ahead_ms} ms ahead");
    };
    check(0, Ok(()));
    check(-290_000, Ok(()));
    check(290_000, Ok(()));
    check(-310_000, Err(VerifyError::TooOld));
    check(310_000, Err(VerifyError::FromTheFuture));
}

/// Timestamps that are not so many digits.
fn malformed(digits: &str) -> Vec<Vec<u8>> {
    let mut all = vec![
        Vec::new(),
        digits[1..].into(),
        digits[..digits.len() - 1].into(),
        format!("0{digits}").into(),
        format!("{digits}0").into(),
        format!("{digits}.0").into(),
        digits.repeat(2).into(),
        "9".repeat(1000).into(),
    ];
    let with_first = |first: &str| [first.as_bytes(), &digits.as_bytes()[1..]].concat();
    for first in ["+", "-", " ", "\t", ".", "a", "x", "\u{661}", "\u{ff11}", "/", ":"] {
        all.push(with_first(first));
        all.push(format!("{first}{digits}").into());
        all.push(format!("{digits}{first}").into());
    }
    // As long as it should be, in bytes and then in characters.
    let arabic = "\u{661}".repeat(digits.len() / 2) + &"1".repeat(digits.len() % 2);
    assert_eq!(arabic.len(), digits.len());
    all.push(arabic.into());
    all.push("\u{661}".repeat(digits.len()).into());
    all.push(vec![0xff; digits.len()]);
    all.push(format!("0x{}", &digits[2..]).into());
    all.push(format!("{}e3", &digits[2..]).into());
    all.push(format!("{}_{}", &digits[..3], &digits[4..]).into());
    all
}

fn with_timestamp(mut headers: HeaderMap, name: &'static str, timestamp: &[u8]) -> HeaderMap {
    let value = HeaderValue::from_bytes(timestamp).expect("it can stand in a header");
    headers.insert(HeaderName::from_static(name), value);
    headers
}

#[test]
fn a_timestamp_is_13_digits_and_nothing_else() {
    let verifier = verifier(SECRET, TIMESTAMP).dangerously_accept_any_time();
    let headers = documented("", super::SIGNATURE);
    for timestamp in malformed(&TIMESTAMP.to_string()) {
        let headers = with_timestamp(headers.clone(), "x-twenty-webhook-timestamp", &timestamp);
        let found = verifier.verify(&headers, BODY);
        let shown = String::from_utf8_lossy(&timestamp);
        assert_eq!(found, Err(VerifyError::MalformedTimestamp), "{shown:?}");
    }
}

#[test]
fn a_timestamp_of_standard_webhooks_is_10_digits_and_nothing_else() {
    let verifier = verifier(WHSEC, TIMESTAMP).dangerously_accept_any_time();
    let headers = standard("msg_1", "", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
    for timestamp in malformed(&(TIMESTAMP / 1000).to_string()) {
        let headers = with_timestamp(headers.clone(), "webhook-timestamp", &timestamp);
        let found = verifier.verify(&headers, BODY);
        let shown = String::from_utf8_lossy(&timestamp);
        assert_eq!(found, Err(VerifyError::MalformedTimestamp), "{shown:?}");
    }
}

#[test]
fn the_first_and_the_last_time_of_13_digits_are_read() {
    for timestamp in [0, 9_999_999_999_999] {
        let text = format!("{timestamp:013}");
        let verifier = verifier(SECRET, timestamp);
        let headers = documented(&text, super::SIGNATURE);
        assert_eq!(verifier.verify(&headers, BODY), Err(VerifyError::Mismatch), "{text}");
    }
}
