//! What is sent again, and how far it has come.

use std::num::NonZeroU32;

use chrono::{DateTime, Utc};
use hookwright::{EndpointId, ReplayId, ReplayState, StoredReplay};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::listing::{Listing, Page};
use crate::outbox::{AnyOutbox, on_store};
use crate::problem::Problem;

/// A recovery or a replay.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Replay {
    /// What tells it from all others.
    pub(crate) id: String,
    /// The id of the webhook.
    pub(crate) webhook_id: String,
    /// What it sends.
    pub(crate) kind: ReplayKind,
    /// From when on.
    pub(crate) since: DateTime<Utc>,
    /// Up to when, of a replay.
    pub(crate) until: Option<DateTime<Utc>>,
    /// Up to which time of a replay's span events were looked at.
    pub(crate) reached: Option<DateTime<Utc>>,
    /// How many deliveries were queued so far.
    pub(crate) queued: u64,
    /// Whether it goes on.
    pub(crate) state: Progress,
    /// When it was begun.
    pub(crate) created_at: DateTime<Utc>,
}

/// What is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReplayKind {
    /// What has died.
    Recovery,
    /// All events of a span of time that the webhook wants.
    Replay,
}

/// Whether a replay goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Progress {
    /// Deliveries are being queued.
    Running,
    /// All are queued.
    Done,
    /// It was cancelled. What was queued before is delivered.
    Cancelled,
}

/// What has died since a time is sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Recovery {
    /// From when on.
    pub(crate) since: DateTime<Utc>,
    /// How many deliveries are queued in a second: 200, unless given.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 4_294_967_295_u32)]
    pub(crate) per_second: Option<NonZeroU32>,
}

/// All events of a span of time are sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Span {
    /// From when on.
    pub(crate) since: DateTime<Utc>,
    /// Up to when: now, unless given.
    #[serde(default)]
    pub(crate) until: Option<DateTime<Utc>>,
    /// How many deliveries are queued in a second: 200, unless given.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 4_294_967_295_u32)]
    pub(crate) per_second: Option<NonZeroU32>,
}

impl From<&StoredReplay> for Replay {
    fn from(replay: &StoredReplay) -> Self {
        Self {
            id: replay.id().to_string(),
            webhook_id: replay.endpoint().to_string(),
            kind: match replay.kind() {
                hookwright::ReplayKind::Recovery => ReplayKind::Recovery,
                _ => ReplayKind::Replay,
            },
            since: replay.since(),
            until: replay.until(),
            reached: replay.reached(),
            queued: replay.progress().queued(),
            state: match replay.progress().state() {
                ReplayState::Running => Progress::Running,
                ReplayState::Done => Progress::Done,
                _ => Progress::Cancelled,
            },
            created_at: replay.created_at(),
        }
    }
}

/// Sends to a webhook again what has died since a time.
pub(crate) async fn recover(
    outbox: &AnyOutbox,
    webhook: &EndpointId,
    recovery: Recovery,
) -> Result<Replay, Problem> {
    let id = on_store!(outbox, outbox => {
        let deliveries = outbox.deliveries();
        let deliveries = match recovery.per_second {
            Some(rate) => deliveries.per_second(rate),
            None => deliveries,
        };
        deliveries.recover(webhook, recovery.since).await?
    });
    of_id(outbox, webhook, id).await
}

/// Sends to a webhook again all events of a span of time that it wants.
pub(crate) async fn replay(
    outbox: &AnyOutbox,
    webhook: &EndpointId,
    span: Span,
) -> Result<Replay, Problem> {
    let until = span.until.unwrap_or_else(Utc::now);
    if until <= span.since {
        return Err(Problem::of_field("until", "the end is not after the beginning"));
    }
    let id = on_store!(outbox, outbox => {
        let deliveries = outbox.deliveries();
        let deliveries = match span.per_second {
            Some(rate) => deliveries.per_second(rate),
            None => deliveries,
        };
        deliveries.replay(webhook, span.since..until).await?
    });
    of_id(outbox, webhook, id).await
}

/// The replays of a webhook, the newest first.
pub(crate) async fn list(
    outbox: &AnyOutbox,
    webhook: &EndpointId,
    listing: &Listing,
) -> Result<Page<Replay>, Problem> {
    let query = listing.query()?.endpoint(webhook);
    let page = on_store!(outbox, outbox => {
        outbox.endpoints().get(webhook).await?;
        outbox.deliveries().replays(&query).await?
    });
    Ok(Page::of(&page))
}

/// A replay of a webhook.
pub(crate) async fn get(
    outbox: &AnyOutbox,
    webhook: &EndpointId,
    id: &str,
) -> Result<Replay, Problem> {
    let id: ReplayId = id.parse().map_err(|_| Problem::not_found("replay"))?;
    of_id(outbox, webhook, id).await
}

/// Stops a replay. What was queued before is delivered.
pub(crate) async fn cancel(
    outbox: &AnyOutbox,
    webhook: &EndpointId,
    id: &str,
) -> Result<(), Problem> {
    let id: ReplayId = id.parse().map_err(|_| Problem::not_found("replay"))?;
    of_id(outbox, webhook, id).await?;
    on_store!(outbox, outbox => outbox.deliveries().cancel(id).await?);
    Ok(())
}

async fn of_id(outbox: &AnyOutbox, webhook: &EndpointId, id: ReplayId) -> Result<Replay, Problem> {
    let replay = on_store!(outbox, outbox => {
        outbox.endpoints().get(webhook).await?;
        outbox.deliveries().stored_replay(id).await?
    });
    if replay.endpoint() != webhook {
        return Err(Problem::not_found("replay"));
    }
    Ok(Replay::from(&replay))
}
