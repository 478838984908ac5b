//! Figures of webhooks: what was delivered, how long it took, and what waits.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hookwright::{EndpointId, Figures, StatsQuery, Tally};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::listing::between;
use crate::outbox::{AnyOutbox, on_store};
use crate::problem::Problem;

/// Of what figures are asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Period {
    /// Of these webhooks, by their ids with commas between them: 500 at most. Without it there is
    /// the sum of all.
    pub(crate) webhooks: Option<String>,
    /// From when on: for the last day, unless given.
    pub(crate) since: Option<DateTime<Utc>>,
    /// How long one bucket is, in seconds: an hour, unless given.
    #[param(minimum = 1, maximum = 31_536_000)]
    #[serde(default, deserialize_with = "between::<_, _, 1, 31_536_000>")]
    pub(crate) bucket_seconds: Option<u32>,
    /// How many buckets there are: 24, unless given.
    #[param(minimum = 1, maximum = 400)]
    #[serde(default, deserialize_with = "between::<_, _, 1, 400>")]
    pub(crate) buckets: Option<usize>,
}

/// The figures of a span of time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stats {
    /// When the span begins.
    pub(crate) since: DateTime<Utc>,
    /// How long one bucket is, in seconds.
    pub(crate) bucket_seconds: u64,
    /// The sum of the webhooks that were asked for, or of all.
    pub(crate) total: WebhookFigures,
    /// Each webhook that was asked for.
    pub(crate) webhooks: Vec<WebhookFigures>,
}

/// The figures of a webhook, or of several.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookFigures {
    /// The webhook, where it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_id: Option<String>,
    /// The whole span.
    #[serde(flatten)]
    pub(crate) all: AttemptFigures,
    /// How many attempts were made in a second, of that part of the span which is past.
    pub(crate) per_second: f64,
    /// How many deliveries wait to be made.
    pub(crate) pending: u64,
    /// How many wait until their webhook is enabled.
    pub(crate) held: u64,
    /// How many are dead.
    pub(crate) dead: u64,
    /// Since when the oldest one that waits is due.
    pub(crate) oldest_due: Option<DateTime<Utc>>,
    /// The buckets, the oldest first.
    pub(crate) buckets: Vec<AttemptFigures>,
}

/// The figures of attempts.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttemptFigures {
    /// How many attempts were acknowledged.
    pub(crate) delivered: u64,
    /// How many were not.
    pub(crate) failed: u64,
    /// Which share of the attempts failed, from 0 to 1; `null` where there were none.
    pub(crate) failure_share: Option<f64>,
    /// How long half of the attempts took at most, in milliseconds.
    pub(crate) p50_ms: Option<f64>,
    /// How long 99 of 100 attempts took at most, in milliseconds.
    pub(crate) p99_ms: Option<f64>,
}

impl From<&Tally> for AttemptFigures {
    fn from(tally: &Tally) -> Self {
        let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
        Self {
            delivered: tally.delivered(),
            failed: tally.failed(),
            failure_share: tally.failure_share(),
            p50_ms: tally.p50().map(milliseconds),
            p99_ms: tally.p99().map(milliseconds),
        }
    }
}

impl WebhookFigures {
    fn new(id: Option<&EndpointId>, figures: &Figures, seconds: f64) -> Self {
        let all = AttemptFigures::from(figures.all());
        #[expect(clippy::cast_precision_loss, reason = "a rate is for people")]
        let attempts = (all.delivered + all.failed) as f64;
        Self {
            webhook_id: id.map(ToString::to_string),
            all,
            per_second: attempts / seconds,
            pending: figures.backlog().pending(),
            held: figures.backlog().held(),
            dead: figures.backlog().dead(),
            oldest_due: figures.backlog().oldest_due(),
            buckets: figures.buckets().iter().map(AttemptFigures::from).collect(),
        }
    }
}

pub(crate) async fn stats(outbox: &AnyOutbox, period: &Period) -> Result<Stats, Problem> {
    let bucket =
        Duration::from_secs(period.bucket_seconds.unwrap_or(3600).clamp(1, 31_536_000).into());
    let buckets = period.buckets.unwrap_or(24).clamp(1, StatsQuery::MAX_BUCKETS);
    let span = bucket * u32::try_from(buckets).unwrap_or(1);
    let start = || {
        let now = Utc::now();
        TimeDelta::from_std(span).map_or(now, |span| now - span)
    };
    let since = period.since.unwrap_or_else(start);
    let mut query = StatsQuery::new(since, bucket, buckets);
    if let Some(ids) = &period.webhooks {
        let ids: Vec<EndpointId> =
            ids.split(',').map(|id| id.trim().parse()).collect::<Result<_, _>>().map_err(|_| {
                Problem::bad_request("`webhooks`: one of these is no id of a webhook")
            })?;
        if ids.len() > StatsQuery::MAX_ENDPOINTS {
            let most = StatsQuery::MAX_ENDPOINTS;
            return Err(Problem::bad_request(format!("`webhooks`: {most} at most")));
        }
        query = query.endpoints(ids);
    }
    let stats = on_store!(outbox, outbox => outbox.history().stats(&query).await?);
    let seconds = past(since, span, Utc::now()).as_secs_f64();
    let figures =
        |id: Option<&EndpointId>, figures: &Figures| WebhookFigures::new(id, figures, seconds);
    Ok(Stats {
        since,
        bucket_seconds: bucket.as_secs(),
        total: figures(None, stats.total()),
        webhooks: stats.endpoints().map(|(id, of)| figures(Some(id), of)).collect(),
    })
}

/// How long that part of a span is which is past: a second at least.
fn past(since: DateTime<Utc>, span: Duration, now: DateTime<Utc>) -> Duration {
    let past = (now - since).to_std().unwrap_or_default();
    past.min(span).max(Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_of_what_is_past() {
        let now = Utc::now();
        let check = |began: i64, span: u64, expected: u64| {
            let since = now - TimeDelta::seconds(began);
            let past = past(since, Duration::from_secs(span), now);
            assert_eq!(past, Duration::from_secs(expected), "{span} s that began {began} s ago");
        };
        check(3600, 3600, 3600);
        check(7200, 3600, 3600);
        check(60, 3600, 60);
        check(0, 3600, 1);
        check(-60, 3600, 1);
    }
}
