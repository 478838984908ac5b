//! Signatures by hand.

use std::fmt::Write;

use crate::program::Folder;

const SECRET: &str = "a secret of 16 bytes or more";
const BODY: &str =
    r#"{"event":"person.created","data":{"id":"a"},"timestamp":"2025-02-10T15:30:50Z"}"#;

#[test]
fn what_is_signed_is_verified_and_why_not_is_told() {
    let folder = Folder::new();
    folder.write("body.json", BODY);
    folder.write("edited.json", format!("{BODY}\n"));
    folder.write("other.json", BODY.replace("\"a\"", "\"b\""));
    let signed = folder.run(&["sign", "--secret", SECRET, "body.json"]);
    assert_eq!(signed.code, Some(0), "{signed:?}");
    folder.write("headers.txt", format!("POST / HTTP/1.1\r\n{}", signed.stdout));
    let verify = |secret: &str, body: &str, more: &[&str]| {
        let arguments = ["verify", "--secret", secret, "--headers", "headers.txt", body];
        let ended = folder.run(&[&arguments, more].concat());
        (ended.code, ended.stdout)
    };
    let (code, said) = verify(SECRET, "body.json", &[]);
    assert_eq!((code, said.starts_with("verified:")), (Some(0), true), "{said}");
    for (secret, body, says) in [
        (SECRET, "edited.json", "save the body exactly as it came"),
        (SECRET, "other.json", "not byte for byte"),
        ("another secret of 16 bytes", "body.json", "the signature does not match"),
    ] {
        let (code, said) = verify(secret, body, &[]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(says), "{said}");
        assert!(!said.contains(secret), "{said}");
    }

    let old =
        folder.run(&["sign", "--secret", SECRET, "--timestamp", "1735066639761", "body.json"]);
    folder.write("headers.txt", &old.stdout);
    let (code, said) = verify(SECRET, "body.json", &[]);
    assert_eq!(code, Some(1));
    assert!(said.contains("too old") && said.contains("--any-time"), "{said}");
    assert_eq!(verify(SECRET, "body.json", &["--any-time"]).0, Some(0));
    let (code, said) =
        verify(SECRET, "body.json", &["--any-time", "--json", "--prefix", "X-Acme-"]);
    assert_eq!(code, Some(1));
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["verified"], false);
    assert!(said["problem"].as_str().unwrap().contains("x-acme-"), "{said}");
}

#[test]
fn how_a_header_is_written_is_told() {
    let folder = Folder::new();
    folder.write("body.json", BODY);
    let hex = "0".repeat(64);
    let verify = |secret: &str, prefix: &str, timestamp: &str, signature: &str| {
        let [timestamp, signature] = [("timestamp", timestamp), ("signature", signature)]
            .map(|(name, value)| format!("{prefix}{name}: {value}"));
        let given = ["verify", "--any-time", "--secret", secret, "-H", "webhook-id: 1"];
        let headers = ["-H", &timestamp, "-H", &signature, "body.json"];
        let ended = folder.run(&[&given[..], &headers[..]].concat());
        assert_eq!(ended.code, Some(1), "{ended:?}");
        ended.stdout
    };
    let (twenty, standard) = ("X-Twenty-Webhook-", "webhook-");
    let whsec = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
    let (seconds, milliseconds) = ("1735066639", "1735066639761");
    let digits = "help: `x-twenty-webhook-signature` is 64 hex digits in lower case";
    let words = "help: `webhook-signature` is `v1,` and base64";
    let other = "help: the secret is another one";
    for (secret, prefix, timestamp, signature, says) in [
        (SECRET, twenty, seconds, hex.as_str(), "-timestamp` is 13 digits, in milliseconds"),
        (SECRET, twenty, milliseconds, "sha256=abc", digits),
        (SECRET, twenty, milliseconds, &"A".repeat(64), digits),
        (SECRET, twenty, milliseconds, &hex, other),
        (whsec, twenty, milliseconds, &hex, other),
        (whsec, standard, milliseconds, "v1,AA==", "`webhook-timestamp` is 10 digits, in seconds"),
        (whsec, standard, seconds, "AA==", words),
        (whsec, standard, seconds, "v1,AA==", other),
    ] {
        let said = verify(secret, prefix, timestamp, signature);
        assert!(said.contains(says), "no `{says}`: {said}");
    }
}

#[test]
fn headers_are_taken_from_flags_and_bodies_from_the_standard_input() {
    let folder = Folder::new();
    let signed = folder.run_with(&["sign", "--secret", SECRET, "--json"], BODY);
    let headers: serde_json::Value = serde_json::from_str(&signed.stdout).unwrap();
    let mut arguments = vec!["verify".to_owned(), "--secret".to_owned(), SECRET.to_owned()];
    for (name, value) in headers.as_object().unwrap() {
        let mut header = name.clone();
        write!(header, ": {}", value.as_str().unwrap()).unwrap();
        arguments.extend(["-H".to_owned(), header]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert_eq!(folder.run_with(&arguments, BODY).code, Some(0));
    assert_eq!(folder.run_with(&arguments, "{}").code, Some(1));
}
