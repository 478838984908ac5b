//! Webhooks, as the API and the page tell and take them.

mod draft;
mod format;
mod headers;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hookwright::{DisabledReason, EndpointId, EndpointState, StoredEndpoint};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use self::draft::{MAX_OPERATIONS, NewWebhook, WebhookChanges};
pub(crate) use self::format::WebhookFormat;
use crate::console::Console;
use crate::filter::WebhookFilter;
use crate::listing::{Page, between};
use crate::outbox::{AnyOutbox, on_store};
use crate::problem::{Problem, in_words_of_the_api};

/// What stands for a header's value, which may be a password.
const HIDDEN: &str = "[hidden]";
/// How long a rotated secret signs on, unless said otherwise.
const OVERLAP: Duration = Duration::from_hours(24);

/// A webhook.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Webhook {
    /// What tells it from all others.
    #[schema(format = "uuid")]
    pub(crate) id: String,
    /// Where events go.
    pub(crate) target_url: String,
    /// The events that are wanted, such as `person.created`, `person.*`, `*.*`, or
    /// `person.updated[email]`.
    pub(crate) operations: Vec<String>,
    /// A text for people.
    pub(crate) description: String,
    /// The secret that signs: it is told when it is made, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<String>,
    /// Whether events are sent; else they are held back.
    pub(crate) enabled: bool,
    /// Why it is not enabled.
    pub(crate) disabled_reason: Option<Reason>,
    /// Since when every attempt has failed.
    pub(crate) failing_since: Option<DateTime<Utc>>,
    /// How bodies are written.
    pub(crate) format: WebhookFormat,
    /// The headers that every request carries, their values hidden.
    pub(crate) headers: BTreeMap<String, String>,
    /// How many requests begin in a second at most; `null` for as many as there are.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 4_294_967_295_u32)]
    pub(crate) rate_limit: Option<NonZeroU32>,
    /// Whose it is.
    pub(crate) tenant: Option<String>,
    /// When it was made.
    pub(crate) created_at: DateTime<Utc>,
    /// When it was changed last.
    pub(crate) updated_at: DateTime<Utc>,
}

/// Why a webhook is not enabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Reason {
    /// Somebody has paused it.
    Paused,
    /// The endpoint has answered 410 Gone.
    Gone,
    /// It has failed for days.
    Failing,
}

impl From<&StoredEndpoint> for Webhook {
    fn from(endpoint: &StoredEndpoint) -> Self {
        let settings = endpoint.settings();
        let disabled_reason = match endpoint.state() {
            EndpointState::Disabled { reason, .. } => Some(match reason {
                DisabledReason::Gone => Reason::Gone,
                DisabledReason::Failing => Reason::Failing,
                _ => Reason::Paused,
            }),
            _ => None,
        };
        let operations: Vec<String> = settings.wanted().iter().map(ToString::to_string).collect();
        Self {
            id: endpoint.id().to_string(),
            target_url: settings.url().to_string(),
            operations: if operations.is_empty() { vec!["*.*".to_owned()] } else { operations },
            description: settings.description_text().to_owned(),
            secret: None,
            enabled: disabled_reason.is_none(),
            disabled_reason,
            failing_since: endpoint.failing_since(),
            format: settings.chosen_format().into(),
            headers: settings
                .header_names()
                .map(|name| (name.to_owned(), HIDDEN.to_owned()))
                .collect(),
            rate_limit: settings.chosen_per_second(),
            tenant: endpoint.tenant().map(str::to_owned),
            created_at: endpoint.created_at(),
            updated_at: endpoint.updated_at(),
        }
    }
}

/// A new secret for a webhook.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Rotation {
    /// The new secret, of 16 bytes or more; one is made unless given.
    #[serde(default)]
    pub(crate) secret: Option<String>,
    /// How many seconds the secret before it signs on: 86,400, unless given.
    #[schema(minimum = 0, maximum = 604_800)]
    #[serde(default, deserialize_with = "between::<_, _, 0, 604_800>")]
    pub(crate) overlap_seconds: Option<u32>,
}

pub(crate) async fn list(
    outbox: &AnyOutbox,
    filter: &WebhookFilter,
) -> Result<Page<Webhook>, Problem> {
    let query = filter.query()?;
    let page = on_store!(outbox, outbox => outbox.endpoints().page(&query).await?);
    Ok(Page::of(&page))
}

/// The id of a webhook, from a path: what is no id is of no webhook.
pub(crate) fn id_of(text: &str) -> Result<EndpointId, Problem> {
    text.parse().map_err(|_| Problem::not_found("webhook"))
}

pub(crate) async fn get(outbox: &AnyOutbox, id: &EndpointId) -> Result<Webhook, Problem> {
    Ok(Webhook::from(&stored(outbox, id).await?))
}

pub(crate) async fn stored(outbox: &AnyOutbox, id: &EndpointId) -> Result<StoredEndpoint, Problem> {
    Ok(on_store!(outbox, outbox => outbox.endpoints().get(id).await?))
}

/// Makes a webhook, which is active at once, and tells its secret.
pub(crate) async fn create(
    console: &Console,
    outbox: &AnyOutbox,
    new: NewWebhook,
) -> Result<Webhook, Problem> {
    let outbox = &outbox.narrowed(new.tenant.as_deref())?;
    let is_enabled = new.enabled.unwrap_or(true);
    let (settings, secret) = new.settings(console)?;
    let stored = on_store!(outbox, outbox => if is_enabled {
        outbox.endpoints().create(settings).await?
    } else {
        outbox.endpoints().create_disabled(settings).await?
    });
    Ok(Webhook { secret: Some(secret.expose().to_owned()), ..Webhook::from(&stored) })
}

/// Changes what is given, and leaves the rest as it is.
pub(crate) async fn update(
    console: &Console,
    outbox: &AnyOutbox,
    id: &EndpointId,
    changes: WebhookChanges,
) -> Result<Webhook, Problem> {
    let enabled = changes.enabled;
    let edited = if changes.has_settings() {
        let apply = |settings| changes.apply(console, settings);
        let edited = on_store!(outbox, outbox => if enabled == Some(false) {
            outbox.endpoints().edit_and_disable(id, apply).await?
        } else {
            outbox.endpoints().edit(id, apply).await?
        });
        Some(edited)
    } else {
        None
    };
    match (enabled, edited) {
        (None | Some(false), Some(edited)) => return Ok(Webhook::from(&edited)),
        (None, None) => {}
        (Some(false), None) => on_store!(outbox, outbox => outbox.endpoints().disable(id).await?),
        (Some(true), _) => on_store!(outbox, outbox => outbox.endpoints().enable(id).await?),
    }
    get(outbox, id).await
}

pub(crate) async fn delete(outbox: &AnyOutbox, id: &EndpointId) -> Result<(), Problem> {
    on_store!(outbox, outbox => outbox.endpoints().delete(id).await?);
    Ok(())
}

/// Puts a new secret first, and tells it.
pub(crate) async fn rotate(
    outbox: &AnyOutbox,
    id: &EndpointId,
    rotation: Rotation,
) -> Result<Webhook, Problem> {
    let given = rotation.secret.filter(|secret| !secret.is_empty());
    let given = given.map(draft::secret).transpose()?;
    let overlap =
        rotation.overlap_seconds.map_or(OVERLAP, |seconds| Duration::from_secs(seconds.into()));
    let rotated = on_store!(outbox, outbox => match given {
        Some(secret) => outbox.endpoints().rotate_secret(id, secret, overlap).await,
        None => outbox.endpoints().renew_secret(id, overlap).await,
    });
    let rotated = rotated.map_err(|error| {
        if error.is_unsigned_standard() || error.is_too_many_secrets() {
            Problem::of_field("secret", in_words_of_the_api(&error))
        } else {
            error.into()
        }
    })?;
    let secret = rotated.settings().secrets().next().map(|secret| secret.expose().to_owned());
    Ok(Webhook { secret, ..Webhook::from(&rotated) })
}
