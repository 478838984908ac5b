//! How the settings of an endpoint are stored: as JSON, of which the secrets are sealed.

use std::num::NonZeroU32;
use std::time::Duration;

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{DatedSecret, EndpointSettings, Order};
use crate::endpoint::PrivateCa;
use crate::format::Format;
use crate::outbox::error::OutboxError;
use crate::outbox::pattern::EventPattern;
use crate::retry::RetrySchedule;
use crate::signature::{Secret, Signing};

impl EndpointSettings {
    /// What is stored as it is, and what is stored sealed: both as JSON.
    pub(in crate::outbox::endpoints) fn to_stored(
        &self,
    ) -> Result<(String, Zeroizing<Vec<u8>>), serde_json::Error> {
        let milliseconds =
            |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let schedule = self.schedule.as_ref().map(RetrySchedule::waits);
        let plain = Plain {
            description: self.description.clone(),
            wanted: self.wanted.iter().map(EventPattern::to_string).collect(),
            format: self.chosen_format().clone(),
            double_encoded: self.signing == Signing::DoubleEncoded,
            per_second: self.per_second,
            concurrency: self.concurrency,
            deadline_ms: milliseconds(self.target.time_limit()),
            schedule_ms: schedule.map(|waits| waits.iter().copied().map(milliseconds).collect()),
            private_ca: self
                .target
                .authority()
                .map(|authority| String::from_utf8_lossy(authority.pem()).into_owned()),
            per_object: self.order == Order::PerObject,
        };
        let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let hidden = Hidden {
            secrets: self
                .secrets
                .iter()
                .map(|dated| {
                    (
                        dated.secret.expose().into(),
                        dated.until.map(|until| until.timestamp_millis()),
                    )
                })
                .collect(),
            headers: self
                .target
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), text(value)))
                .collect(),
        };
        Ok((serde_json::to_string(&plain)?, Zeroizing::new(serde_json::to_vec(&hidden)?)))
    }

    pub(in crate::outbox::endpoints) fn from_stored(
        url: &str,
        plain: &str,
        hidden: &[u8],
    ) -> Result<Self, OutboxError> {
        let unreadable = || OutboxError::stored("an endpoint");
        let plain: Plain = serde_json::from_str(plain).map_err(|_| unreadable())?;
        let hidden: Hidden = serde_json::from_slice(hidden).map_err(|_| unreadable())?;
        let mut settings = Self::new(url)?
            .description(plain.description)
            .deadline(Duration::from_millis(plain.deadline_ms))?
            .concurrency(plain.concurrency)
            .format(plain.format);
        for pattern in plain.wanted {
            settings = settings.wants(pattern.parse().map_err(|_| unreadable())?);
        }
        for (name, value) in hidden.headers {
            settings = settings.header(&name, &value)?;
        }
        for (text, until) in hidden.secrets {
            let secret = Secret::imported(text).map_err(|_| unreadable())?;
            let until = until.and_then(DateTime::from_timestamp_millis);
            settings.secrets.push(DatedSecret { secret, until });
        }
        if plain.double_encoded {
            settings.signing = Signing::DoubleEncoded;
        }
        if plain.per_object {
            settings.order = Order::PerObject;
        }
        settings.per_second = plain.per_second;
        settings.schedule = plain
            .schedule_ms
            .map(|waits| RetrySchedule::new(waits.into_iter().map(Duration::from_millis)));
        if let Some(pem) = plain.private_ca {
            let authority = PrivateCa::from_pem(pem.as_bytes()).map_err(|_| unreadable())?;
            settings = settings.private_ca(authority);
        }
        Ok(settings)
    }
}

/// The settings that are no secrets.
#[derive(Serialize, Deserialize)]
struct Plain {
    description: String,
    wanted: Vec<String>,
    format: Format,
    double_encoded: bool,
    per_second: Option<NonZeroU32>,
    concurrency: usize,
    deadline_ms: u64,
    schedule_ms: Option<Vec<u64>>,
    private_ca: Option<String>,
    per_object: bool,
}

/// The settings that are: each secret with the time until which it signs, and headers.
#[derive(Serialize, Deserialize)]
struct Hidden {
    secrets: Vec<(String, Option<i64>)>,
    headers: Vec<(String, String)>,
}
