//! An outbox in whichever store it is.

use hookwright::{Outbox, OutboxError};

use crate::problem::Problem;

/// An outbox in SQLite or PostgreSQL: what a console works on.
#[derive(Debug, Clone)]
pub enum AnyOutbox {
    /// In a file of SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(Outbox<hookwright::Sqlite>),
    /// In PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(Outbox<hookwright::Postgres>),
}

/// Evaluates an expression with the outbox of the store that it is in.
macro_rules! on_store {
    ($any:expr, $outbox:ident => $expression:expr) => {
        match $any {
            #[cfg(feature = "sqlite")]
            $crate::outbox::AnyOutbox::Sqlite($outbox) => $expression,
            #[cfg(feature = "postgres")]
            $crate::outbox::AnyOutbox::Postgres($outbox) => $expression,
        }
    };
}
pub(crate) use on_store;

impl AnyOutbox {
    /// The same outbox for one tenant: see [`Outbox::tenant`].
    ///
    /// # Errors
    ///
    /// As [`Outbox::tenant`].
    pub fn tenant(&self, id: &str) -> Result<Self, OutboxError> {
        Ok(match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(outbox) => Self::Sqlite(outbox.tenant(id)?),
            #[cfg(feature = "postgres")]
            Self::Postgres(outbox) => Self::Postgres(outbox.tenant(id)?),
        })
    }
}

impl AnyOutbox {
    pub(crate) fn tenant_id(&self) -> Option<&str> {
        on_store!(self, outbox => outbox.tenant_id())
    }

    /// The outbox of the tenant that a request names, of whom nobody else's key may speak.
    pub(crate) fn narrowed(&self, tenant: Option<&str>) -> Result<Self, Problem> {
        match (self.tenant_id(), tenant) {
            (_, None) => Ok(self.clone()),
            (Some(own), Some(tenant)) if own != tenant => {
                Err(Problem::of_field("tenant", "your key is of another tenant"))
            }
            (_, Some(tenant)) => {
                self.tenant(tenant).map_err(|error| Problem::of_field("tenant", error))
            }
        }
    }
}

#[cfg(feature = "sqlite")]
impl From<Outbox<hookwright::Sqlite>> for AnyOutbox {
    fn from(outbox: Outbox<hookwright::Sqlite>) -> Self {
        Self::Sqlite(outbox)
    }
}

#[cfg(feature = "postgres")]
impl From<Outbox<hookwright::Postgres>> for AnyOutbox {
    fn from(outbox: Outbox<hookwright::Postgres>) -> Self {
        Self::Postgres(outbox)
    }
}
