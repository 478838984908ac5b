use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;

use super::responses::{ReadRefusals, WriteRefusals};
use super::{Input, Path};
use crate::access::{Access, AdminScope};
use crate::console::Console;
use crate::keys::{self, Key, NewKey};
use crate::listing::Page;
use crate::problem::Problem;

/// API keys
///
/// Those that nobody revoked, the newest first, all on one page.
#[utoipa::path(
    get, path = "/api/keys", operation_id = "listKeys",
    tag = "keys", security(("key" = ["admin"])),
    responses((status = 200, body = Page<Key>), ReadRefusals),
)]
pub(crate) async fn list(
    access: Access<AdminScope>,
    State(console): State<Arc<Console>>,
) -> Result<Json<Page<Key>>, Problem> {
    Ok(Json(Page { data: keys::list(&console, &access).await?, next: None }))
}

/// Make an API key
///
/// The key is told in this answer, and never again.
#[utoipa::path(
    post, path = "/api/keys", operation_id = "createKey",
    tag = "keys", security(("key" = ["admin"])),
    request_body = NewKey,
    responses((status = 201, body = Key), WriteRefusals),
)]
pub(crate) async fn create(
    access: Access<AdminScope>,
    State(console): State<Arc<Console>>,
    Input(new): Input<NewKey>,
) -> Result<(StatusCode, Json<Key>), Problem> {
    Ok((StatusCode::CREATED, Json(keys::create(&console, &access, new).await?)))
}

/// Revoke an API key
///
/// It is refused from now on, and whoever signed in by it is signed out.
#[utoipa::path(
    delete, path = "/api/keys/{id}", operation_id = "revokeKey",
    tag = "keys", security(("key" = ["admin"])),
    params(("id" = String, Path, description = "The id of the key.")),
    responses((status = 204, description = "It is revoked."), WriteRefusals),
)]
pub(crate) async fn revoke(
    access: Access<AdminScope>,
    State(console): State<Arc<Console>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    keys::revoke(&console, &access, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
