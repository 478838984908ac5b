use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::response::IntoResponse;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::responses::{ReadRefusals, WriteRefusals};
use super::{Input, Path, Query};
use crate::access::{Access, ReadScope, WriteScope};
use crate::console::Console;
use crate::events::{self, Trial};
use crate::filter::WebhookFilter;
use crate::history::Attempt;
use crate::listing::Page;
use crate::problem::Problem;
use crate::webhooks::{self, NewWebhook, Rotation, Webhook, WebhookChanges};

/// Webhooks
///
/// Those that are not deleted, the newest first.
#[utoipa::path(
    get, path = "/api/webhooks", operation_id = "listWebhooks",
    tag = "webhooks", security(("key" = ["read"])), params(WebhookFilter),
    responses((status = 200, body = Page<Webhook>), ReadRefusals),
)]
pub(crate) async fn list(
    access: Access<ReadScope>,
    Query(filter): Query<WebhookFilter>,
) -> Result<Json<Page<Webhook>>, Problem> {
    Ok(Json(webhooks::list(&access.outbox, &filter).await?))
}

/// Make a webhook
///
/// It is active at once. Its secret is told in this answer, and never again.
#[utoipa::path(
    post, path = "/api/webhooks", operation_id = "createWebhook",
    tag = "webhooks", security(("key" = ["write"])),
    request_body = NewWebhook,
    responses(
        (status = 201, body = Webhook, headers(("Location" = String, description = "Where it is."))),
        WriteRefusals,
    ),
)]
pub(crate) async fn create(
    access: Access<WriteScope>,
    State(console): State<Arc<Console>>,
    OriginalUri(original): OriginalUri,
    Input(new): Input<NewWebhook>,
) -> Result<impl IntoResponse, Problem> {
    let webhook = webhooks::create(&console, &access.outbox, new).await?;
    let mut headers = HeaderMap::new();
    if let Ok(location) = HeaderValue::try_from(format!("{}/{}", original.path(), webhook.id)) {
        headers.insert(header::LOCATION, location);
    }
    Ok((StatusCode::CREATED, headers, Json(webhook)))
}

/// A webhook
#[utoipa::path(
    get, path = "/api/webhooks/{id}", operation_id = "getWebhook",
    tag = "webhooks", security(("key" = ["read"])),
    params(("id" = String, Path, description = "The id of the webhook.")),
    responses((status = 200, body = Webhook), ReadRefusals),
)]
pub(crate) async fn read(
    access: Access<ReadScope>,
    Path(id): Path<String>,
) -> Result<Json<Webhook>, Problem> {
    Ok(Json(webhooks::get(&access.outbox, &webhooks::id_of(&id)?).await?))
}

/// Change a webhook
///
/// What is not given stays as it is.
#[utoipa::path(
    patch, path = "/api/webhooks/{id}", operation_id = "updateWebhook",
    tag = "webhooks", security(("key" = ["write"])),
    params(("id" = String, Path, description = "The id of the webhook.")),
    request_body = WebhookChanges,
    responses((status = 200, body = Webhook), WriteRefusals),
)]
pub(crate) async fn update(
    access: Access<WriteScope>,
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    Input(changes): Input<WebhookChanges>,
) -> Result<Json<Webhook>, Problem> {
    let id = webhooks::id_of(&id)?;
    Ok(Json(webhooks::update(&console, &access.outbox, &id, changes).await?))
}

/// Delete a webhook
///
/// What was on its way to it is dropped; the log of its attempts stays.
#[utoipa::path(
    delete, path = "/api/webhooks/{id}", operation_id = "deleteWebhook",
    tag = "webhooks", security(("key" = ["write"])),
    params(("id" = String, Path, description = "The id of the webhook.")),
    responses((status = 204, description = "It is deleted."), WriteRefusals),
)]
pub(crate) async fn delete(
    access: Access<WriteScope>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    webhooks::delete(&access.outbox, &webhooks::id_of(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Rotate the secret
///
/// The new one signs at once, and is told in this answer; the one before it signs on for a while,
/// so that receivers can learn the new one.
#[utoipa::path(
    post, path = "/api/webhooks/{id}/rotate-secret", operation_id = "rotateSecret",
    tag = "webhooks", security(("key" = ["write"])),
    params(("id" = String, Path, description = "The id of the webhook.")),
    request_body = Rotation,
    responses((status = 200, body = Webhook), WriteRefusals),
)]
pub(crate) async fn rotate_secret(
    access: Access<WriteScope>,
    Path(id): Path<String>,
    Input(rotation): Input<Rotation>,
) -> Result<Json<Webhook>, Problem> {
    Ok(Json(webhooks::rotate(&access.outbox, &webhooks::id_of(&id)?, rotation).await?))
}

/// Send a test event
///
/// One attempt, now, at this webhook alone. Nothing is stored, and a failure is not tried again.
#[utoipa::path(
    post, path = "/api/webhooks/{id}/test", operation_id = "testWebhook",
    tag = "webhooks", security(("key" = ["write"])),
    params(("id" = String, Path, description = "The id of the webhook.")),
    request_body = Trial,
    responses((status = 200, body = Attempt, description = "What came of it."), WriteRefusals),
)]
pub(crate) async fn test(
    access: Access<WriteScope>,
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
    Input(trial): Input<Trial>,
) -> Result<Json<Attempt>, Problem> {
    let id = webhooks::id_of(&id)?;
    Ok(Json(events::test(&console, &access.outbox, &id, trial).await?))
}
