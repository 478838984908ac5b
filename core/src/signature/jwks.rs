use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::PublicKey;

/// A document of public keys, for receivers to fetch: a JSON Web Key Set.
///
/// Its text is by RFC 7517; keys are those of RFC 8037, section 2, and each has its thumbprint
/// (RFC 7638) for a name. Its media type is `application/jwk-set+json`.
///
/// # Examples
///
/// ```
/// use hookwright::{Jwks, PublicKey};
///
/// let key: PublicKey = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".parse()?;
/// let document: Jwks = [key].into_iter().collect();
/// assert_eq!(
///     document.to_string(),
///     concat!(
///         r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","#,
///         r#""kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","use":"sig","alg":"EdDSA"}]}"#,
///     ),
/// );
/// # Ok::<(), hookwright::PublicKeyError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Jwks(Vec<PublicKey>);

impl Jwks {
    /// The keys, each once.
    pub fn keys(&self) -> &[PublicKey] {
        &self.0
    }
}

/// Of a key that comes twice, the first counts.
impl FromIterator<PublicKey> for Jwks {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        let mut document = Self::default();
        for key in keys {
            if !document.0.contains(&key) {
                document.0.push(key);
            }
        }
        document
    }
}

/// The document's JSON.
impl fmt::Display for Jwks {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(r#"{"keys":["#)?;
        for (index, key) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let x = URL_SAFE_NO_PAD.encode(key.as_bytes());
            // The members that a thumbprint is of, in the order of their names.
            let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
            let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(members));
            write!(
                formatter,
                r#"{comma}{{"kty":"OKP","crv":"Ed25519","x":"{x}","kid":"{thumbprint}","use":"sig","alg":"EdDSA"}}"#
            )?;
        }
        formatter.write_str("]}")
    }
}
