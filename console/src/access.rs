//! Who may do what: API keys, their scopes and tenants, and the sessions of people who signed in.

mod guard;
mod keys;
mod principal;
mod scope;
mod sessions;
mod token;

pub(crate) use self::guard::{
    Access, AdminScope, ReadScope, ReplayScope, WriteScope, authenticate, is_of_other_site,
};
pub use self::keys::NewApiKey;
pub(crate) use self::keys::{ApiKey, ApiKeys};
pub use self::principal::Principal;
pub use self::scope::Scope;
pub use self::scope::UnknownScope;
pub(crate) use self::sessions::{Session, Sessions};

/// A random token of 64 hexadecimal digits.
pub(crate) fn random_token() -> String {
    token::generate("")
}
