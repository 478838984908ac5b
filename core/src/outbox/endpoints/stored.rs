use chrono::{DateTime, Utc};

use super::id::EndpointId;
use super::settings::EndpointSettings;
use crate::outbox::error::OutboxError;
use crate::outbox::master_key::MasterKey;
use crate::outbox::store::Store;

/// The columns of which [`StoredEndpoint::of_row`] reads an endpoint.
pub(crate) const COLUMNS: &str = "id, endpoint_id, tenant, url, settings, sealed, created_at, \
     updated_at, disabled_at, disabled_reason, failing_since, failures, paused_until, pause, format";

/// An endpoint as it is in the outbox.
#[derive(Debug, Clone)]
pub struct StoredEndpoint {
    /// Its number in the tables.
    number: i64,
    id: EndpointId,
    tenant: Option<String>,
    settings: EndpointSettings,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    state: EndpointState,
    health: StoredHealth,
    /// The number of the format that its next deliveries have.
    format: i64,
}

/// Whether events flow to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointState {
    /// They flow.
    Active,
    /// They are held until it is enabled.
    #[non_exhaustive]
    Disabled {
        /// Since when.
        since: DateTime<Utc>,
        /// Why.
        reason: DisabledReason,
    },
}

/// Why an endpoint is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DisabledReason {
    /// Somebody did it.
    ByHand,
    /// It answered 410, gone.
    Gone,
    /// It has acknowledged nothing for five days.
    Failing,
}

impl DisabledReason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by hand",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    fn of_text(text: Option<&str>) -> Self {
        match text {
            Some("gone") => Self::Gone,
            Some("failing") => Self::Failing,
            _ => Self::ByHand,
        }
    }
}

/// What dispatchers share of an endpoint's failures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StoredHealth {
    pub(crate) failing_since: Option<i64>,
    pub(crate) failures: i64,
    pub(crate) paused_until: i64,
    pub(crate) pause: i64,
}

impl StoredEndpoint {
    pub(crate) fn of_row<S: Store>(row: &S::Row, key: &MasterKey) -> Result<Self, OutboxError> {
        let unreadable = || OutboxError::stored("an endpoint");
        let text = |column| S::string(row, column)?.ok_or_else(unreadable);
        let time =
            |milliseconds| DateTime::from_timestamp_millis(milliseconds).ok_or_else(unreadable);
        let number = |column| S::integer(row, column)?.ok_or_else(unreadable);
        let id = text(1)?;
        let hidden = key.open(&id, &S::bytes(row, 5)?.unwrap_or_default())?;
        let state = match S::integer(row, 8)? {
            None => EndpointState::Active,
            Some(since) => EndpointState::Disabled {
                since: time(since)?,
                reason: DisabledReason::of_text(S::string(row, 9)?.as_deref()),
            },
        };
        Ok(Self {
            number: number(0)?,
            id: id.parse().map_err(|_| unreadable())?,
            tenant: S::string(row, 2)?,
            settings: EndpointSettings::from_stored(&text(3)?, &text(4)?, &hidden)?,
            created_at: time(number(6)?)?,
            updated_at: time(number(7)?)?,
            state,
            health: StoredHealth {
                failing_since: S::integer(row, 10)?,
                failures: number(11)?,
                paused_until: number(12)?,
                pause: number(13)?,
            },
            format: number(14)?,
        })
    }

    /// Its id.
    pub fn id(&self) -> &EndpointId {
        &self.id
    }

    /// Whose events it receives.
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// What it is set to.
    pub fn settings(&self) -> &EndpointSettings {
        &self.settings
    }

    /// What it is set to, to change it and hand it to [`Endpoints::update`](super::Endpoints::update).
    pub fn into_settings(self) -> EndpointSettings {
        self.settings
    }

    /// When it was made.
    pub fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// When it was changed last.
    pub fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    /// Whether events flow to it.
    pub fn state(&self) -> EndpointState {
        self.state
    }

    /// Since when it has acknowledged nothing.
    pub fn failing_since(&self) -> Option<DateTime<Utc>> {
        self.health.failing_since.and_then(DateTime::from_timestamp_millis)
    }

    pub(crate) fn number(&self) -> i64 {
        self.number
    }

    pub(crate) fn format(&self) -> i64 {
        self.format
    }

    pub(crate) fn health(&self) -> StoredHealth {
        self.health
    }
}
