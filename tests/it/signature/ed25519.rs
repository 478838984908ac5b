//! Signatures of ed25519, by Standard Webhooks: private keys sign, and public ones verify.

use hookwright::{
    EventId, HeaderPrefix, Jwks, Nonce, PublicKey, Secret, SecretError, Signer, Verifier,
    VerifyError,
};
use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::{at, imported, standard};

/// A known answer, which Standard Webhooks' own library for Go gives.
const PRIVATE: &str = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SECONDS: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str =
    "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==";

const SHARED: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn public(secret: &Secret) -> PublicKey {
    secret.public_key().expect("it is one of ed25519")
}

/// The headers of an attempt.
fn sent(signer: &Signer) -> HeaderMap {
    let id: EventId = ID.parse().expect("visible");
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", (&id).into());
    let attempt = signer.headers(&id, SECONDS * 1000, Nonce::from(1), BODY);
    attempt.insert_into(&mut headers, &HeaderPrefix::default());
    headers
}

fn judge(verifier: Verifier, headers: &HeaderMap, body: &[u8]) -> Result<(), VerifyError> {
    verifier.clock(|| at(SECONDS * 1000)).verify(headers, body)
}

#[test]
fn the_signer_gives_the_known_answer_and_the_public_key_accepts_it() {
    let secret = imported(PRIVATE);
    let headers = sent(&Signer::new(&secret));
    assert_eq!(headers["webhook-signature"], SIGNATURE);
    assert_eq!(headers["webhook-timestamp"], "1614265330");

    let verifier = Verifier::from_public_key(&public(&secret));
    assert_eq!(judge(verifier.clone(), &headers, BODY), Ok(()));
    assert_eq!(judge(verifier.clone(), &headers, b"{}"), Err(VerifyError::Mismatch));
    let other = Verifier::from_public_key(&public(&Secret::generate_ed25519()));
    assert_eq!(judge(other.clone(), &headers, BODY), Err(VerifyError::Mismatch));
    assert_eq!(judge(other.and_public_key(&public(&secret)), &headers, BODY), Ok(()));
    assert_eq!(judge(Verifier::new(&secret), &headers, BODY), Ok(()));

    // The time counts as with every signature.
    let late = verifier.clock(|| at(SECONDS * 1000 + 300_001));
    assert_eq!(late.verify(&headers, BODY), Err(VerifyError::TooOld));
}

#[test]
fn nothing_is_signed_by_what_no_receiver_has() {
    let headers = sent(&Signer::new(&imported(PRIVATE)));
    assert!(!headers.contains_key("x-twenty-webhook-signature"));
    // Somebody who signs with the public key's text, or with the private one's, is not believed.
    for text in [public(&imported(PRIVATE)).to_string(), PRIVATE.to_owned()] {
        let forged = super::documented("1614265330000", &hmac(&text, "1614265330000"));
        let verifier = Verifier::new(&imported(PRIVATE));
        assert_eq!(judge(verifier, &forged, BODY), Err(VerifyError::Mismatch));
        let verifier = Verifier::from_public_key(&public(&imported(PRIVATE)));
        assert_eq!(judge(verifier, &forged, BODY), Err(VerifyError::Mismatch));
    }
}

/// The documented signature with a text that `Secret` does not take, or does not sign by.
fn hmac(text: &str, timestamp: &str) -> String {
    let message = [timestamp.as_bytes(), b":", BODY].concat();
    // HMAC by RFC 2104: a key of at most 64 bytes is filled up with zeros.
    let pad = |with: u8| -> Vec<u8> {
        let mut key = [0; 64];
        key[..text.len()].copy_from_slice(text.as_bytes());
        key.iter().map(|byte| byte ^ with).collect()
    };
    let inner = Sha256::digest([pad(0x36), message].concat());
    hex::encode(Sha256::digest([pad(0x5c), inner.to_vec()].concat()))
}

#[test]
fn both_kinds_sign_side_by_side_while_one_is_rotated_in() {
    let (private, shared) = (imported(PRIVATE), imported(SHARED));
    let headers = sent(&Signer::new(&private).and(&shared));
    let signatures = headers["webhook-signature"].to_str().expect("ASCII");
    let kinds: Vec<&str> = signatures
        .split(' ')
        .map(|signature| &signature[..signature.find(',').unwrap_or(0)])
        .collect();
    assert_eq!(kinds, ["v1a", "v1"]);
    // The documented scheme goes on with the newest secret that is shared.
    assert!(headers.contains_key("x-twenty-webhook-signature"));
    for verifier in [
        Verifier::from_public_key(&public(&private)),
        Verifier::new(&shared),
        Verifier::new(&shared).standard_webhooks_only(),
        Verifier::new(&shared).and_public_key(&public(&private)),
    ] {
        assert_eq!(judge(verifier, &headers, BODY), Ok(()));
    }
}

#[test]
fn a_signature_is_its_64_bytes_in_base64_and_nothing_else() {
    let check = |signatures: &str, accepted: bool| {
        let expected = if accepted { Ok(()) } else { Err(VerifyError::Mismatch) };
        let verifier = Verifier::from_public_key(&public(&imported(PRIVATE)));
        let found = judge(verifier, &standard(ID, "1614265330", signatures), BODY);
        assert_eq!(found, expected, "{signatures}");
    };
    check(SIGNATURE, true);
    check(&format!("v1,AAAA v2,x {SIGNATURE}"), true);
    check(&format!("{}{SIGNATURE}", "v1a,x ".repeat(9)), true);
    check(&format!("{}{SIGNATURE}", "v1a,x ".repeat(10)), false);
    check(&SIGNATURE.replace("v1a,", "v1,"), false);
    check(&SIGNATURE.replace("v1a,", ""), false);
    for end in 0..SIGNATURE.len() {
        check(&SIGNATURE[..end], false);
    }
    let letters = SIGNATURE.strip_prefix("v1a,").expect("its scheme");
    for index in 0..86 {
        let mut changed = letters.as_bytes().to_vec();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        check(&format!("v1a,{}", String::from_utf8_lossy(&changed)), false);
    }
    check(&format!("{SIGNATURE}AAAA"), false);
    check("v1a,", false);
}

#[test]
fn a_private_key_is_32_bytes_or_these_and_the_public_ones() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let text = |bytes: &[u8]| format!("whsk_{}", STANDARD.encode(bytes));
    let seed = STANDARD.decode(&PRIVATE[5..]).expect("base64");
    let public_bytes = *public(&imported(PRIVATE)).as_bytes();

    let both = text(&[&seed[..], &public_bytes].concat());
    assert_eq!(sent(&Signer::new(&imported(&both)))["webhook-signature"], SIGNATURE);
    for wrong in [
        "whsk_".to_owned(),
        "whsk_?".to_owned(),
        text(&seed[..31]),
        text(&[&seed[..], b"x"].concat()),
        text(&[&seed[..], &seed[..]].concat()),
        text(&[&seed[..], &public_bytes, b"x"].concat()),
    ] {
        assert_eq!(Secret::new(&*wrong).map(drop), Err(SecretError::NotAPrivateKey), "{wrong}");
        assert_eq!(Secret::imported(&*wrong).map(drop), Err(SecretError::NotAPrivateKey));
    }
}

#[test]
fn a_public_key_is_no_secret() {
    let key = public(&imported(PRIVATE)).to_string();
    let error = Secret::imported(&*key).expect_err("anybody could sign");
    assert_eq!(error, SecretError::PublicKey);
    assert_eq!(
        error.to_string(),
        "the secret is a public key, which signs nothing: sign with the one that begins with `whsk_`, and verify with `PublicKey`"
    );
    assert_eq!(imported(SHARED).public_key(), None);
}

#[test]
fn a_public_key_is_read_as_it_is_written_and_nothing_weak_is() {
    let key = public(&Secret::generate_ed25519());
    assert_eq!(key.to_string().parse(), Ok(key.clone()));
    assert_eq!(format!("{key:?}"), format!("PublicKey({key})"));
    for wrong in [
        "",
        "whpk_",
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        "whsec_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQ==",
        // The neutral element, for which anybody can make signatures; and what is no point.
        "whpk_AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "whpk_//////////////////////////////////////////8=",
    ] {
        assert!(wrong.parse::<PublicKey>().is_err(), "{wrong}");
    }
}

#[test]
fn a_document_has_each_key_once() {
    let keys = [Secret::generate_ed25519(), Secret::generate_ed25519()];
    let keys: Vec<PublicKey> = keys.iter().map(public).collect();
    let document: Jwks = keys.iter().chain(&keys).cloned().collect();
    assert_eq!(document.keys(), keys);
    let json: serde_json::Value = serde_json::from_str(&document.to_string()).expect("JSON");
    let listed = json["keys"].as_array().expect("a list");
    assert_eq!(listed.len(), 2);
    assert_ne!(listed[0]["kid"], listed[1]["kid"]);
    assert_eq!(Jwks::default().to_string(), r#"{"keys":[]}"#);
}
