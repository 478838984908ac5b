use std::array;
use std::fmt;
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ctutils::CtEq;
use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Secret, Signature, Signing};

type HmacSha256 = Hmac<Sha256>;

/// A secret, prepared: cloning the keyed state is cheaper than hashing the key again.
#[derive(Clone)]
pub(crate) struct Key {
    /// Keyed with the secret's text.
    text: HmacSha256,
    /// Keyed with what stands behind `whsec_`.
    standard: Option<HmacSha256>,
}

impl Key {
    pub(crate) fn new(secret: &Secret) -> Self {
        Self {
            text: keyed(secret.as_bytes()),
            standard: secret.standard_key().map(|key| keyed(&key)),
        }
    }

    /// Whether the secret is one of Standard Webhooks.
    pub(crate) fn is_standard(&self) -> bool {
        self.standard.is_some()
    }

    pub(crate) fn sign(&self, signing: Signing, timestamp: &str, body: &[u8]) -> Signature {
        Signature(
            self.documented(signing, timestamp.as_bytes(), body).finalize().into_bytes().into(),
        )
    }

    /// Whether these are the hex digits of the signature, in constant time. A signature has one
    /// spelling, so that one that is remembered is known again.
    pub(crate) fn verify(
        &self,
        signing: Signing,
        timestamp: &[u8],
        body: &[u8],
        digits: &[u8; 64],
    ) -> bool {
        let expected = self.documented(signing, timestamp, body).finalize();
        let expected = Signature(expected.into_bytes().into()).hex();
        words(&expected).ct_eq(&words(digits)).to_bool()
    }

    pub(crate) fn sign_standard(
        &self,
        id: &str,
        timestamp: &str,
        body: &[u8],
    ) -> Option<Signature> {
        let mac = self.standard(id.as_bytes(), timestamp.as_bytes(), body)?;
        Some(Signature(mac.finalize().into_bytes().into()))
    }

    /// Whether one of the signatures is right, in constant time. The body is hashed once, since
    /// the signatures are anybody's.
    pub(crate) fn verify_standard(
        &self,
        id: &[u8],
        timestamp: &[u8],
        body: &[u8],
        signatures: &[[u8; 32]],
    ) -> bool {
        let Some(mac) = self.standard(id, timestamp, body) else {
            return false;
        };
        let expected = mac.finalize();
        signatures.iter().fold(false, |matched, signature| {
            matched | (expected == CtOutput::new((*signature).into()))
        })
    }

    /// `{timestamp}:{body}`
    fn documented(&self, signing: Signing, timestamp: &[u8], body: &[u8]) -> HmacSha256 {
        let mut mac = self.text.clone();
        mac.update(timestamp);
        mac.update(b":");
        match signing {
            Signing::Documented => mac.update(body),
            Signing::DoubleEncoded => update_with_json_string(&mut mac, body),
        }
        mac
    }

    /// `{id}.{timestamp}.{body}`
    fn standard(&self, id: &[u8], timestamp: &[u8], body: &[u8]) -> Option<HmacSha256> {
        let mut mac = self.standard.clone()?;
        mac.update(id);
        mac.update(b".");
        mac.update(timestamp);
        mac.update(b".");
        mac.update(body);
        Some(mac)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key([redacted])")
    }
}

/// The same bytes eight at a time, which compare in less time.
fn words(digits: &[u8; 64]) -> [u64; 8] {
    let (words, _) = digits.as_chunks();
    array::from_fn(|index| u64::from_ne_bytes(words[index]))
}

fn keyed(key: &[u8]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// The body as a JSON string, escaped as `JSON.stringify` does. What is not UTF-8 is replaced, as
/// a receiver does that reads the body as text.
fn update_with_json_string(mac: &mut HmacSha256, body: &[u8]) {
    struct MacWriter<'a>(&'a mut HmacSha256);

    impl io::Write for MacWriter<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let text = String::from_utf8_lossy(body);
    serde_json::to_writer(MacWriter(mac), &text)
        .expect("a string is written, and the writer takes all");
}

/// The bytes of a signature in base64; `None` when it is anything else.
pub(crate) fn decode_base64(text: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 33];
    let length = STANDARD.decode_slice(text, &mut bytes).ok()?;
    bytes[..length].try_into().ok()
}
