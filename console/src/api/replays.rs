use axum::Json;
use http::StatusCode;

use super::responses::{ReadRefusals, WriteRefusals};
use super::{Input, Path, Query};
use crate::access::{Access, ReadScope, ReplayScope};
use crate::listing::{Listing, Page};
use crate::problem::Problem;
use crate::replays::{self, Recovery, Replay, Span};
use crate::webhooks;

/// Send again what has died
///
/// Asked for again while it runs, it is the same recovery.
#[utoipa::path(
    post, path = "/api/webhooks/{id}/recover", operation_id = "recover",
    tag = "replays", security(("key" = ["replay"])),
    params(("id" = String, Path, description = "The id of the webhook.")),
    request_body = Recovery,
    responses((status = 202, body = Replay), WriteRefusals),
)]
pub(crate) async fn recover(
    access: Access<ReplayScope>,
    Path(id): Path<String>,
    Input(recovery): Input<Recovery>,
) -> Result<(StatusCode, Json<Replay>), Problem> {
    let id = webhooks::id_of(&id)?;
    Ok((StatusCode::ACCEPTED, Json(replays::recover(&access.outbox, &id, recovery).await?)))
}

/// Send all events of a span of time again
///
/// Those that the webhook wants, also from before it was made. Asked for again while it runs, it is
/// the same replay.
#[utoipa::path(
    post, path = "/api/webhooks/{id}/replay", operation_id = "replay",
    tag = "replays", security(("key" = ["replay"])),
    params(("id" = String, Path, description = "The id of the webhook.")),
    request_body = Span,
    responses((status = 202, body = Replay), WriteRefusals),
)]
pub(crate) async fn replay(
    access: Access<ReplayScope>,
    Path(id): Path<String>,
    Input(span): Input<Span>,
) -> Result<(StatusCode, Json<Replay>), Problem> {
    let id = webhooks::id_of(&id)?;
    Ok((StatusCode::ACCEPTED, Json(replays::replay(&access.outbox, &id, span).await?)))
}

/// Recoveries and replays
///
/// Those of a webhook, the newest first.
#[utoipa::path(
    get, path = "/api/webhooks/{id}/replays", operation_id = "listReplays",
    tag = "replays", security(("key" = ["read"])),
    params(("id" = String, Path, description = "The id of the webhook."), Listing),
    responses((status = 200, body = Page<Replay>), ReadRefusals),
)]
pub(crate) async fn list(
    access: Access<ReadScope>,
    Path(id): Path<String>,
    Query(listing): Query<Listing>,
) -> Result<Json<Page<Replay>>, Problem> {
    Ok(Json(replays::list(&access.outbox, &webhooks::id_of(&id)?, &listing).await?))
}

/// A recovery or a replay
#[utoipa::path(
    get, path = "/api/webhooks/{id}/replays/{replay}", operation_id = "getReplay",
    tag = "replays", security(("key" = ["read"])),
    params(
        ("id" = String, Path, description = "The id of the webhook."),
        ("replay" = String, Path, description = "The id of the replay."),
    ),
    responses((status = 200, body = Replay), ReadRefusals),
)]
pub(crate) async fn read(
    access: Access<ReadScope>,
    Path((id, replay)): Path<(String, String)>,
) -> Result<Json<Replay>, Problem> {
    Ok(Json(replays::get(&access.outbox, &webhooks::id_of(&id)?, &replay).await?))
}

/// Stop a replay
///
/// What was queued before is delivered.
#[utoipa::path(
    delete, path = "/api/webhooks/{id}/replays/{replay}", operation_id = "cancelReplay",
    tag = "replays", security(("key" = ["replay"])),
    params(
        ("id" = String, Path, description = "The id of the webhook."),
        ("replay" = String, Path, description = "The id of the replay."),
    ),
    responses((status = 204, description = "It is stopped."), WriteRefusals),
)]
pub(crate) async fn cancel(
    access: Access<ReplayScope>,
    Path((id, replay)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    replays::cancel(&access.outbox, &webhooks::id_of(&id)?, &replay).await?;
    Ok(StatusCode::NO_CONTENT)
}
