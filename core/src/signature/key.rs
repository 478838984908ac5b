use std::array;
use std::fmt;
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ctutils::CtEq;
use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::ed25519::{PrivateKey, PublicKey};
use super::{Secret, Signature, Signing};

type HmacSha256 = Hmac<Sha256>;

/// A secret, prepared: cloning the keyed state is cheaper than hashing the key again.
#[derive(Clone)]
pub(crate) struct Key {
    /// Keyed with the secret's text; `None` of a public key.
    text: Option<HmacSha256>,
    /// What signs, or verifies, by Standard Webhooks.
    standard: Option<Standard>,
}

/// A key of Standard Webhooks, by what it begins with.
#[derive(Clone)]
enum Standard {
    /// `whsec_`
    Shared(HmacSha256),
    /// `whsk_`
    Private(PrivateKey),
    /// `whpk_`
    Public(PublicKey),
}

/// What a header of Standard Webhooks holds, each signature by its scheme.
#[derive(Default)]
pub(crate) struct StandardSignatures {
    /// `v1`
    pub(crate) shared: Vec<[u8; 32]>,
    /// `v1a`
    pub(crate) ed25519: Vec<[u8; 64]>,
}

impl Key {
    pub(crate) fn new(secret: &Secret) -> Self {
        let shared = secret.standard_key().map(|key| Standard::Shared(keyed(&key)));
        Self {
            text: Some(keyed(secret.as_bytes())),
            standard: shared.or_else(|| secret.private_key().map(Standard::Private)),
        }
    }

    /// A key that verifies, and signs nothing.
    pub(crate) fn public(key: PublicKey) -> Self {
        Self { text: None, standard: Some(Standard::Public(key)) }
    }

    /// Whether the receiver has the same key, and not only a public one.
    pub(crate) fn is_shared(&self) -> bool {
        !matches!(self.standard, Some(Standard::Private(_) | Standard::Public(_)))
    }

    /// Whether it is one of Standard Webhooks.
    pub(crate) fn is_standard(&self) -> bool {
        self.standard.is_some()
    }

    /// The documented signature. It is of no use where the key is not shared.
    pub(crate) fn sign(&self, signing: Signing, timestamp: &str, body: &[u8]) -> Signature {
        let mac = self.documented(signing, timestamp.as_bytes(), body);
        Signature(mac.expect("a secret has a text").finalize().into_bytes().into())
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
        let Some(mac) = self.documented(signing, timestamp, body).filter(|_| self.is_shared())
        else {
            return false;
        };
        let expected = Signature(mac.finalize().into_bytes().into()).hex();
        words(&expected).ct_eq(&words(digits)).to_bool()
    }

    /// The signature with a key that is shared.
    pub(crate) fn sign_standard(
        &self,
        id: &str,
        timestamp: &str,
        body: &[u8],
    ) -> Option<Signature> {
        let Some(Standard::Shared(mac)) = &self.standard else {
            return None;
        };
        let mac = standard(mac.clone(), id.as_bytes(), timestamp.as_bytes(), body);
        Some(Signature(mac.finalize().into_bytes().into()))
    }

    /// What stands in the header for this key: `v1,` or `v1a,` and base64.
    pub(crate) fn standard_signature(
        &self,
        id: &str,
        timestamp: &str,
        body: &[u8],
    ) -> Option<String> {
        if let Some(Standard::Private(key)) = &self.standard {
            let message = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
            return Some(format!("v1a,{}", STANDARD.encode(key.sign(&message))));
        }
        let signature = self.sign_standard(id, timestamp, body)?;
        Some(format!("v1,{}", STANDARD.encode(signature.as_bytes())))
    }

    /// Whether one of the signatures is right. With a shared key it is told in constant time, and the
    /// body is hashed once, since the signatures are anybody's.
    pub(crate) fn verify_standard(
        &self,
        id: &[u8],
        timestamp: &[u8],
        body: &[u8],
        signatures: &StandardSignatures,
    ) -> bool {
        let public = match &self.standard {
            None => return false,
            Some(Standard::Shared(_)) if signatures.shared.is_empty() => return false,
            Some(Standard::Shared(mac)) => {
                let expected = standard(mac.clone(), id, timestamp, body).finalize();
                return signatures.shared.iter().fold(false, |matched, signature| {
                    matched | (expected == CtOutput::new((*signature).into()))
                });
            }
            Some(Standard::Private(key)) => key.public_key(),
            Some(Standard::Public(key)) => key.clone(),
        };
        let message = [id, b".", timestamp, b".", body];
        signatures.ed25519.iter().any(|signature| public.verifies(&message, signature))
    }

    /// `{timestamp}:{body}`
    fn documented(&self, signing: Signing, timestamp: &[u8], body: &[u8]) -> Option<HmacSha256> {
        let mut mac = self.text.clone()?;
        mac.update(timestamp);
        mac.update(b":");
        match signing {
            Signing::Documented => mac.update(body),
            Signing::DoubleEncoded => update_with_json_string(&mut mac, body),
        }
        Some(mac)
    }
}

/// `{id}.{timestamp}.{body}`
fn standard(mut mac: HmacSha256, id: &[u8], timestamp: &[u8], body: &[u8]) -> HmacSha256 {
    mac.update(id);
    mac.update(b".");
    mac.update(timestamp);
    mac.update(b".");
    mac.update(body);
    mac
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

impl StandardSignatures {
    /// How many are looked at: a header may hold more.
    const MOST: usize = 10;

    /// Reads a header. What is of another scheme, or no signature, is passed over.
    pub(crate) fn read(header: &[u8]) -> Self {
        let mut signatures = Self::default();
        for signature in header.split(|byte| *byte == b' ').take(Self::MOST) {
            if let Some(base64) = signature.strip_prefix(b"v1,") {
                signatures.shared.extend(decode_base64::<32>(base64));
            } else if let Some(base64) = signature.strip_prefix(b"v1a,") {
                signatures.ed25519.extend(decode_base64::<64>(base64));
            }
        }
        signatures
    }
}

/// Bytes in base64, exactly so many; `None` when it is anything else.
fn decode_base64<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    // The longest that is asked for has 64 bytes. One more tells what is too long.
    let mut bytes = [0; 67];
    let length = STANDARD.decode_slice(text, &mut bytes).ok()?;
    bytes[..length].try_into().ok()
}
