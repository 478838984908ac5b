//! The application's own names for the headers.

use std::error::Error;

use hookwright::{HeaderPrefix, HeaderPrefixError, VerifyError};

use super::{DOCUMENTED, SECRET, SIGNATURE, TIMESTAMP, documented, headers, verifier};

fn prefix(text: &str) -> HeaderPrefix {
    text.parse().expect("a prefix of the test")
}

fn check(text: &str, expected: Result<&str, HeaderPrefixError>) {
    let found = text.parse::<HeaderPrefix>();
    assert_eq!(
        found.as_ref().map(|prefix| prefix.timestamp().as_str()),
        expected.as_ref().map(|name| *name),
        "{text:?}"
    );
}

#[test]
fn a_prefix_is_letters_digits_and_hyphens_and_ends_with_one() {
    check("X-Acme-", Ok("x-acme-timestamp"));
    check("x-twenty-webhook-", Ok("x-twenty-webhook-timestamp"));
    check("a-", Ok("a-timestamp"));
    check("2-", Ok("2-timestamp"));
    check("Webhook-X-", Ok("webhook-x-timestamp"));
    let longest = format!("{}-", "x".repeat(63));
    check(&longest, Ok(&format!("{longest}timestamp")));
    for wrong in [
        "",
        "-",
        "--",
        "-x-",
        "x",
        "X-Acme",
        "X_Acme-",
        "X Acme-",
        "X-Acme-\n",
        "X-Acmé-",
        "X:-",
        &format!("{}-", "x".repeat(64)),
    ] {
        check(wrong, Err(HeaderPrefixError::NotAName));
    }
    for wrong in ["webhook-", "Webhook-", "WEBHOOK-"] {
        check(wrong, Err(HeaderPrefixError::StandardWebhooks));
    }
}

#[test]
fn a_prefix_begins_all_three_names() {
    let own = prefix("X-Acme-");
    assert_eq!(
        [own.timestamp(), own.signature(), own.nonce()],
        ["x-acme-timestamp", "x-acme-signature", "x-acme-nonce"]
    );
    let default = HeaderPrefix::default();
    assert_eq!(default, prefix("X-Twenty-Webhook-"));
    assert_eq!(
        [default.timestamp(), default.signature(), default.nonce()],
        ["x-twenty-webhook-timestamp", "x-twenty-webhook-signature", "x-twenty-webhook-nonce"]
    );
}

#[test]
fn a_verifier_reads_the_headers_of_its_prefix_and_no_others() {
    let own = headers([("x-acme-timestamp", "1735066639761"), ("x-acme-signature", SIGNATURE)]);
    let default = documented("1735066639761", SIGNATURE);
    let missing = |name: &str| {
        verifier(SECRET, TIMESTAMP)
            .header_prefix(prefix(name))
            .verify(&http::HeaderMap::new(), b"")
            .expect_err("there is no header at all")
    };
    let default_verifier = verifier(SECRET, TIMESTAMP);
    let own_verifier = default_verifier.clone().header_prefix(prefix("X-Acme-"));
    let body = DOCUMENTED.as_bytes();
    assert_eq!(own_verifier.verify(&own, body), Ok(()));
    assert_eq!(own_verifier.verify(&default, body), Err(missing("X-Acme-")));
    assert_eq!(default_verifier.verify(&default, body), Ok(()));
    assert_eq!(default_verifier.verify(&own, body), Err(missing("X-Twenty-Webhook-")));
    assert!(
        matches!(missing("X-Acme-"), VerifyError::MissingHeader { header, .. } if header == "x-acme-timestamp")
    );
}

#[test]
fn the_errors_say_what_to_do() {
    let check = |error: HeaderPrefixError, expected: &str| {
        assert_eq!(error.to_string(), expected);
        assert!(error.source().is_none());
    };
    check(
        HeaderPrefixError::NotAName,
        "a header prefix is at most 64 letters, digits and `-`, and ends with `-`: such as `X-Acme-Webhook-`",
    );
    check(
        HeaderPrefixError::StandardWebhooks,
        "`webhook-` begins the headers of Standard Webhooks: choose another prefix",
    );
}
