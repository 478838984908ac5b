//! The master key of every program here.

use hookwright::{KeyError, MasterKey};

/// A key for data of tests alone.
const TEST_KEY: &str = "aG9va3dyaWdodCBzY2VuYXJpb3M6IG5vIHNlY3JldC4=";

/// The environment's key, or else one that everybody knows.
pub(crate) fn master_key() -> Result<MasterKey, KeyError> {
    match MasterKey::from_environment()? {
        Some(key) => Ok(key),
        None => MasterKey::from_base64(TEST_KEY),
    }
}
