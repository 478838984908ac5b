use std::str::FromStr;
use std::{error, fmt};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a key may do. Each scope also lets its holder read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// See webhooks, events, deliveries and attempts.
    Read,
    /// Make, change, test and delete webhooks, and send events.
    Write,
    /// Send again what was sent, or should have been.
    Replay,
    /// All of it, and API keys.
    Admin,
}

impl Scope {
    /// Every scope, the least first.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Replay, Self::Admin];

    /// Its name, such as `read`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Replay => "replay",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.name() == text).ok_or(UnknownScope)
    }
}

/// What is no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownScope;

impl fmt::Display for UnknownScope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the scopes are read, write, replay and admin")
    }
}

impl error::Error for UnknownScope {}

/// The scopes of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scopes(Vec<Scope>);

impl Scopes {
    pub(crate) fn new(scopes: &[Scope]) -> Self {
        let mut scopes = scopes.to_vec();
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }

    pub(crate) fn allow(&self, wanted: Scope) -> bool {
        self.0.contains(&Scope::Admin)
            || self.0.contains(&wanted)
            || wanted == Scope::Read && !self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Scope> {
        self.0.iter().copied()
    }
}

/// As they are stored: `read,write`.
impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            write!(formatter, "{}{scope}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let scopes: Vec<Scope> =
            text.split(',').map(|scope| scope.trim().parse()).collect::<Result<_, _>>()?;
        Ok(Self::new(&scopes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_reads_and_admin_does_all() {
        for scope in Scope::ALL {
            let scopes = Scopes::new(&[scope]);
            assert!(scopes.allow(Scope::Read), "{scope}");
            for wanted in Scope::ALL {
                let expected = scope == Scope::Admin || scope == wanted || wanted == Scope::Read;
                assert_eq!(scopes.allow(wanted), expected, "{scope} for {wanted}");
            }
        }
        assert!(!Scopes::new(&[]).allow(Scope::Read));
    }

    #[test]
    fn scopes_are_read_as_they_are_written() {
        let scopes = Scopes::new(&[Scope::Replay, Scope::Read, Scope::Replay]);
        assert_eq!(scopes.to_string(), "read,replay");
        assert_eq!(scopes.to_string().parse(), Ok(scopes));
        assert_eq!("read,all".parse::<Scopes>(), Err(UnknownScope));
    }
}
