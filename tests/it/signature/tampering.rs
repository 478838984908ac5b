//! Whatever is changed, be it one bit: the request is refused.

use std::ops::Range;

use hookwright::{Secret, Verifier, VerifyError};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{
    DOCUMENTED, SECRET, SIGNATURE, TIMESTAMP, documented, imported, standard, vectors, verifier,
};

/// The text with each of its bits flipped in turn.
fn flips(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..8 * text.len()).map(|bit| {
        let mut text = text.to_vec();
        text[bit / 8] ^= 1 << (bit % 8);
        text
    })
}

/// A request that is accepted as it stands.
struct Request {
    verifier: Verifier,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Request {
    fn documented() -> Self {
        Self {
            verifier: verifier(SECRET, TIMESTAMP).dangerously_accept_any_time(),
            headers: documented("1735066639761", SIGNATURE),
            body: DOCUMENTED.into(),
        }
    }

    fn double_encoded() -> Self {
        let [vector, _] = &vectors().twenty[..] else { panic!("two vectors") };
        let request = Self::documented();
        Self {
            verifier: request.verifier.accept_double_encoded(),
            headers: documented("1735066639761", &vector.double_encoded_signature),
            ..request
        }
    }

    fn standard() -> Self {
        let [vector] = &vectors().standard[..] else { panic!("one vector") };
        Self {
            verifier: verifier(&vector.secret, 0).dangerously_accept_any_time(),
            headers: standard(&vector.id, &vector.timestamp, &vector.signature),
            body: vector.body.clone().into_bytes(),
        }
    }

    fn verify(&self) -> Result<(), VerifyError> {
        self.verifier.verify(&self.headers, &self.body)
    }

    fn header(&self, name: &'static str) -> Vec<u8> {
        self.headers[name].as_bytes().to_vec()
    }

    /// Verifies it with another header. `None` when no request can have such a one.
    fn with_header(&self, name: &'static str, value: &[u8]) -> Option<Result<(), VerifyError>> {
        let value = HeaderValue::from_bytes(value).ok()?;
        let mut headers = self.headers.clone();
        headers.insert(HeaderName::from_static(name), value);
        Some(self.verifier.verify(&headers, &self.body))
    }
}

const ALL: [fn() -> Request; 3] = [Request::documented, Request::double_encoded, Request::standard];

#[test]
fn the_requests_are_accepted_as_they_stand() {
    for request in ALL {
        assert_eq!(request().verify(), Ok(()));
    }
}

#[test]
fn every_flip_of_a_bit_of_the_body_is_refused() {
    for request in ALL {
        let request = request();
        let mut count = 0;
        for body in flips(&request.body) {
            let found = request.verifier.verify(&request.headers, &body);
            assert_eq!(found, Err(VerifyError::Mismatch), "{:?}", String::from_utf8_lossy(&body));
            count += 1;
        }
        assert_eq!(count, 8 * request.body.len());
    }
}

#[test]
fn every_part_of_the_body_and_every_longer_one_is_refused() {
    for request in ALL {
        let request = request();
        let refused = |body: &[u8]| {
            let found = request.verifier.verify(&request.headers, body);
            assert_eq!(found, Err(VerifyError::Mismatch), "{:?}", String::from_utf8_lossy(body));
        };
        for place in 0..request.body.len() {
            let (before, after) = request.body.split_at(place);
            refused(before);
            refused(&after[1..]);
            refused(&[before, &after[1..]].concat());
            refused(&[before, b" ", after].concat());
        }
        for byte in 0..=255 {
            refused(&[&request.body, &[byte][..]].concat());
        }
    }
}

/// Checks that no header of one bit more or less, and no part of it, is accepted.
fn check_flips(request: &Request, name: &'static str) {
    let value = request.header(name);
    for flipped in flips(&value) {
        let shown = String::from_utf8_lossy(&flipped);
        match request.with_header(name, &flipped) {
            Some(found) => assert!(found.is_err(), "{shown:?} was accepted"),
            None => assert!(!flipped.is_ascii() || flipped.iter().any(u8::is_ascii_control)),
        }
    }
    for end in 0..value.len() {
        for part in [&value[..end], &value[end + 1..]] {
            let found = request.with_header(name, part).expect("it can stand in a header");
            assert!(found.is_err(), "{:?} was accepted", String::from_utf8_lossy(part));
        }
    }
}

#[test]
fn every_flip_of_a_bit_of_the_timestamp_is_refused() {
    check_flips(&Request::documented(), "x-twenty-webhook-timestamp");
    check_flips(&Request::double_encoded(), "x-twenty-webhook-timestamp");
    check_flips(&Request::standard(), "webhook-timestamp");
}

#[test]
fn every_flip_of_a_bit_of_the_id_is_refused_by_standard_webhooks() {
    check_flips(&Request::standard(), "webhook-id");
}

#[test]
fn every_flip_of_a_bit_of_the_signature_is_refused() {
    check_flips(&Request::documented(), "x-twenty-webhook-signature");
    check_flips(&Request::double_encoded(), "x-twenty-webhook-signature");
    check_flips(&Request::standard(), "webhook-signature");
}

/// Checks that no secret of one bit more or less verifies, and counts those that were tried.
fn check_secrets(request: &Request, secret: &str) -> usize {
    assert_eq!(request.verify(), Ok(()));
    let others = flips(secret.as_bytes()).filter_map(|text| String::from_utf8(text).ok());
    let others = others.filter_map(|text| Secret::imported(text).ok());
    let mut count = 0;
    for other in others {
        let verifier = Verifier::new(&other).dangerously_accept_any_time().accept_double_encoded();
        let found = verifier.verify(&request.headers, &request.body);
        assert!(found.is_err(), "{} verifies", other.expose());
        count += 1;
    }
    count
}

#[test]
fn every_flip_of_a_bit_of_the_secret_is_refused() {
    // The highest bit of a byte cannot be flipped: the text would be no UTF-8.
    assert_eq!(check_secrets(&Request::documented(), SECRET), 7 * SECRET.len());
    assert_eq!(check_secrets(&Request::double_encoded(), SECRET), 7 * SECRET.len());
    let [vector] = &vectors().standard[..] else { panic!("one vector") };
    let tried = check_secrets(&Request::standard(), &vector.secret);
    assert!((6 * 7..7 * vector.secret.len()).contains(&tried), "{tried} are secrets");
}

#[test]
fn every_flip_of_a_bit_of_the_key_of_standard_webhooks_is_refused() {
    let [vector] = &vectors().standard[..] else { panic!("one vector") };
    let request = Request::standard();
    let key = hex::decode("0b6155b0140886bb1c0a195020c57e6f9b1262ca686fba03").expect("hex digits");
    assert_eq!(whsec(&key), vector.secret);
    for flipped in flips(&key) {
        let verifier = Verifier::new(&imported(&whsec(&flipped))).dangerously_accept_any_time();
        let found = verifier.verify(&request.headers, &request.body);
        assert_eq!(found, Err(VerifyError::Mismatch), "{}", hex::encode(flipped));
    }
}

/// A key of a multiple of three bytes as a secret.
fn whsec(key: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = key.chunks(3).flat_map(|bytes| {
        let bits = bytes.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63]))
    });
    "whsec_".chars().chain(digits).collect()
}

#[test]
fn nothing_can_be_moved_between_the_timestamp_and_the_body() {
    let request = Request::documented();
    let message = format!("1735066639761:{DOCUMENTED}");
    let name = "x-twenty-webhook-timestamp";
    for end in 0..40 {
        for start in end..=end + 1 {
            let (timestamp, body) = (&message[..end], &message[start..]);
            let mut headers = request.headers.clone();
            headers.insert(name, HeaderValue::from_str(timestamp).expect("it is visible"));
            let found = request.verifier.verify(&headers, body.as_bytes());
            assert_eq!(found.is_ok(), (end, start) == (13, 14), "{timestamp:?} and {body:?}");
        }
    }
}

#[test]
fn a_signature_of_one_request_does_not_serve_another() {
    let [first, second] = &vectors().twenty[..] else { panic!("two vectors") };
    let check = |secret: &str, signature: &str, body: &[u8], accepted: bool| {
        let verifier = verifier(secret, TIMESTAMP);
        let found = verifier.verify(&documented("1735066639761", signature), body);
        assert_eq!(found.is_ok(), accepted);
    };
    for (index, secret) in [&first.secret, &second.secret].into_iter().enumerate() {
        for (signer, signature) in [&first.signature, &second.signature].into_iter().enumerate() {
            for (which, body) in [first.body(), second.body()].into_iter().enumerate() {
                check(secret, signature, body, index == signer && signer == which);
            }
        }
    }
}

#[test]
fn the_flips_are_all_bits_and_each_once() {
    let text = b"ab";
    let all: std::collections::BTreeSet<Vec<u8>> = flips(text).collect();
    let bits: Range<usize> = 0..16;
    assert_eq!(all.len(), bits.len());
    assert!(all.iter().all(|flipped| {
        flipped.iter().zip(text).map(|(left, right)| (left ^ right).count_ones()).sum::<u32>() == 1
    }));
}
