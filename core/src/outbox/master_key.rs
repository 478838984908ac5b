//! Secrets at rest: sealed under a master key that is not in the database.

use std::env;
use std::error::Error;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The key that endpoints' secrets and header values are encrypted with at rest: 32 bytes, by
/// XChaCha20-Poly1305.
///
/// `Debug` shows nothing of it, and its memory is overwritten when it is dropped.
///
/// # Examples
///
/// ```
/// use hookwright::MasterKey;
///
/// let key = MasterKey::generate();
/// let same = MasterKey::from_base64(&key.to_base64())?;
/// assert_eq!(format!("{same:?}"), "MasterKey([redacted])");
///
/// let error = MasterKey::from_base64("c2hvcnQ=").unwrap_err();
/// assert_eq!(error.to_string(), "a master key is 32 bytes in base64, 44 characters: make one with `openssl rand -base64 32`");
/// # Ok::<(), hookwright::KeyError>(())
/// ```
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// The environment variable that holds a master key, and the one that names a file with it.
const VARIABLE: &str = "HOOKWRIGHT_MASTER_KEY";
const FILE_VARIABLE: &str = "HOOKWRIGHT_MASTER_KEY_FILE";

/// What begins everything that is sealed: the version of the format, the key's id, the nonce.
const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const NONCE: usize = 24;

impl MasterKey {
    /// Makes a key of random bytes.
    #[must_use]
    pub fn generate() -> Self {
        Self(Zeroizing::new(rand::random()))
    }

    /// Reads a key: 32 bytes, as base64.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when it is something else.
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        let bytes = STANDARD.decode(text.trim()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| KeyError::NotAKey)?;
        let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyError::NotAKey)?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// The key as base64, to be kept where the database is not.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_slice()))
    }

    /// The key that the environment names: in `HOOKWRIGHT_MASTER_KEY`, or in the file of
    /// `HOOKWRIGHT_MASTER_KEY_FILE`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when both are set, or what they hold is not a key.
    pub fn from_environment() -> Result<Option<Self>, KeyError> {
        match (env::var(VARIABLE), env::var_os(FILE_VARIABLE)) {
            (Ok(_), Some(_)) => Err(KeyError::Two),
            (Ok(text), None) => Self::from_base64(&text).map(Some),
            (Err(env::VarError::NotUnicode(_)), _) => Err(KeyError::NotAKey),
            (Err(env::VarError::NotPresent), Some(path)) => {
                Self::from_file(Path::new(&path)).map(Some)
            }
            (Err(env::VarError::NotPresent), None) => Ok(None),
        }
    }

    /// The key in a file.
    pub(super) fn from_file(path: &Path) -> Result<Self, KeyError> {
        let text = fs::read_to_string(path).map(Zeroizing::new);
        let text = text.map_err(|source| KeyError::File { path: path.to_owned(), source })?;
        Self::from_base64(&text).map_err(|_not_a_key| {
            let why = "it holds no key of 32 bytes in base64: restore it from its backup";
            let source = io::Error::new(io::ErrorKind::InvalidData, why);
            KeyError::File { path: path.to_owned(), source }
        })
    }

    /// What tells this key from others, and tells nothing of it.
    pub(super) fn id(&self) -> [u8; KEY_ID] {
        let digest =
            Sha256::new().chain_update(b"hookwright key id").chain_update(self.0.as_slice());
        *digest.finalize().first_chunk().expect("a digest has 32 bytes")
    }

    /// Encrypts what belongs to `owner`, and can be opened as its only.
    pub(super) fn seal(&self, owner: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload { msg: plain, aad: owner.as_bytes() };
        let cipher = XChaCha20Poly1305::new((&*self.0).into());
        let sealed = cipher.encrypt(&nonce.into(), payload).expect("far less than 256 GiB");
        [&[VERSION][..], &self.id(), &nonce, &sealed].concat()
    }

    /// Decrypts what [`seal`](Self::seal) gave for the same owner.
    pub(super) fn open(&self, owner: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let Some((&[VERSION, ref id @ ..], rest)) = sealed.split_first_chunk::<{ 1 + KEY_ID }>()
        else {
            return Err(KeyError::Sealed);
        };
        if *id != self.id() {
            return Err(KeyError::Other);
        }
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(KeyError::Sealed)?;
        let payload = Payload { msg: sealed, aad: owner.as_bytes() };
        let cipher = XChaCha20Poly1305::new((&*self.0).into());
        let plain = cipher.decrypt(&(*nonce).into(), payload).map_err(|_| KeyError::Sealed)?;
        Ok(Zeroizing::new(plain))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey([redacted])")
    }
}

/// Why there is no master key, or not the right one.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeyError {
    /// A text is not 32 bytes in base64.
    NotAKey,
    /// Both environment variables are set.
    Two,
    /// A file of a key cannot be read.
    #[non_exhaustive]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// None is set, and this database cannot do without.
    Missing,
    /// The database has been there before, and the file with its key is gone.
    #[non_exhaustive]
    Lost {
        /// Where the key was.
        path: PathBuf,
    },
    /// The database's secrets were sealed with another key.
    Other,
    /// What was sealed has been changed, or belongs to something else.
    Sealed,
    /// What an application had sealed has been changed, or was sealed in another context.
    Context,
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAKey => formatter.write_str(
                "a master key is 32 bytes in base64, 44 characters: make one with `openssl rand -base64 32`",
            ),
            Self::Two => write!(formatter, "{VARIABLE} and {FILE_VARIABLE} are both set: keep one"),
            Self::File { path, .. } => {
                write!(formatter, "the master key's file {} cannot be read", path.display())
            }
            Self::Missing => write!(
                formatter,
                "endpoints' secrets are encrypted, and there is no master key: make one with `openssl rand -base64 32`, and set {VARIABLE}, or {FILE_VARIABLE} to a file with it"
            ),
            Self::Lost { path } => write!(
                formatter,
                "the master key of this database is not in {}: put the file back, or set {VARIABLE}",
                path.display()
            ),
            Self::Other => write!(
                formatter,
                "the master key is not the one of this database: set {VARIABLE} to the one that it was made with"
            ),
            Self::Sealed => formatter.write_str(
                "an endpoint's secrets cannot be decrypted: they were changed, or belong to another endpoint",
            ),
            Self::Context => formatter.write_str(
                "what is to be unsealed was changed, or sealed in another context: name the context that it was sealed in",
            ),
        }
    }
}

impl Error for KeyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_by_its_owner_and_key_only() {
        let key = MasterKey::generate();
        let sealed = key.seal("one", b"secret");
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(key.open("one", &sealed).expect("its own").as_slice(), b"secret");
        assert!(matches!(key.open("two", &sealed), Err(KeyError::Sealed)));
        assert!(matches!(MasterKey::generate().open("one", &sealed), Err(KeyError::Other)));
        for length in 0..sealed.len() {
            assert!(key.open("one", &sealed[..length]).is_err(), "{length}");
        }
        for byte in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[byte] ^= 1;
            assert!(key.open("one", &changed).is_err(), "{byte}");
        }
    }

    #[test]
    fn the_same_text_is_sealed_differently_each_time() {
        let key = MasterKey::generate();
        assert_ne!(key.seal("one", b"secret"), key.seal("one", b"secret"));
    }
}
