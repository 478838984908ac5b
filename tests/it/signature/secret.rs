//! Which texts can be secrets.

use std::collections::HashSet;
use std::error::Error;

use hookwright::{EventId, Secret, SecretError, Signer};

/// Checks a text as a new secret and as an imported one.
fn check(text: &str, new: Result<(), SecretError>, imported: Result<(), SecretError>) {
    assert_eq!(Secret::new(text).map(drop), new, "{text:?}, new");
    assert_eq!(Secret::imported(text).map(drop), imported, "{text:?}, imported");
    if let Ok(secret) = Secret::imported(text) {
        assert_eq!(secret.expose(), text);
    }
}

#[test]
fn a_new_secret_has_16_bytes_or_more_and_an_imported_one_any() {
    check("0123456789abcdef", Ok(()), Ok(()));
    check("0123456789abcde", Err(SecretError::TooShort), Ok(()));
    check("x", Err(SecretError::TooShort), Ok(()));
    check(" ", Err(SecretError::TooShort), Ok(()));
    check("éééééééé", Ok(()), Ok(()));
    check("ééééééé", Err(SecretError::TooShort), Ok(()));
    check(&"x".repeat(100_000), Ok(()), Ok(()));
    assert_eq!(Secret::MIN_LENGTH, 16);
}

#[test]
fn an_empty_secret_is_refused() {
    check("", Err(SecretError::Empty), Err(SecretError::Empty));
    check("whsec_", Err(SecretError::Empty), Err(SecretError::Empty));
}

#[test]
fn the_length_of_a_secret_of_standard_webhooks_is_that_of_its_key() {
    check("whsec_MDEyMzQ1Njc4OWFiY2RlZg==", Ok(()), Ok(()));
    check("whsec_MDEyMzQ1Njc4OWFiY2Rl", Err(SecretError::TooShort), Ok(()));
    check("whsec_AA==", Err(SecretError::TooShort), Ok(()));
}

#[test]
fn what_stands_behind_whsec_is_base64() {
    for text in [
        "whsec_MDEyMzQ1Njc4OWFiY2RlZg",
        "whsec_MDEyMzQ1Njc4OWFiY2RlZg=",
        "whsec_MDEyMzQ1Njc4OWFiY2RlZg== ",
        "whsec_ MDEyMzQ1Njc4OWFiY2RlZg==",
        "whsec_MDEyMzQ1Njc4OWFiY2RlZh==",
        "whsec_----________----________",
        "whsec_====",
        "whsec_é",
        "whsec_whsec_MDEyMzQ1Njc4OWFiY2RlZg==",
    ] {
        check(text, Err(SecretError::NotBase64), Err(SecretError::NotBase64));
    }
}

#[test]
fn only_the_exact_prefix_makes_a_secret_of_standard_webhooks() {
    let id: EventId = "msg_1".parse().expect("visible");
    for (text, is_standard) in [
        ("whsec_MDEyMzQ1Njc4OWFiY2RlZg==", true),
        ("WHSEC_MDEyMzQ1Njc4OWFiY2RlZg==", false),
        (" whsec_MDEyMzQ1Njc4OWFiY2RlZg==", false),
        ("whsec-MDEyMzQ1Njc4OWFiY2RlZg==", false),
        ("MDEyMzQ1Njc4OWFiY2RlZg==", false),
    ] {
        let secret = Secret::new(text).expect(text);
        let signature = Signer::new(&secret).sign_standard(&id, 1_735_066_639, b"{}");
        assert_eq!(signature.is_some(), is_standard, "{text:?}");
    }
}

#[test]
fn a_generated_secret_is_new_each_time_and_of_standard_webhooks() {
    let secrets: HashSet<String> =
        (0..10_000).map(|_| Secret::generate().expose().to_owned()).collect();
    assert_eq!(secrets.len(), 10_000);
    for text in &secrets {
        assert!(text.starts_with("whsec_"), "{text}");
        assert_eq!(text.len(), 50, "32 bytes in base64: {text}");
        assert!(Secret::new(&**text).is_ok(), "{text}");
    }
    let letters: HashSet<char> = secrets.iter().flat_map(|text| text[6..].chars()).collect();
    assert_eq!(letters.len(), 65, "all of base64 is in use");
}

#[test]
fn errors_say_what_to_do_and_not_what_the_secret_was() {
    let check = |text: &str, expected: &str| {
        let error = Secret::new(text).expect_err(text);
        assert_eq!(error.to_string(), expected);
        assert!(error.source().is_none());
        assert!(text.is_empty() || !format!("{error} {error:?}").contains(text));
    };
    check("", "the secret is empty");
    check(
        "swordfish",
        "the secret is shorter than 16 bytes: take a longer one, or `Secret::imported` for one that was made elsewhere",
    );
    check("whsec_swordfish!", "the secret begins with `whsec_`, but what follows is not base64");
}

#[test]
fn debug_shows_nothing_of_a_secret() {
    for text in ["swordfish", "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="] {
        let secret = Secret::imported(text).expect(text);
        assert_eq!(format!("{secret:?}"), "Secret([redacted])");
        assert_eq!(format!("{secret:#?}"), "Secret([redacted])");
        assert_eq!(format!("{:?}", Some(secret.clone())), "Some(Secret([redacted]))");
        assert_eq!(secret.expose(), text);
    }
}
