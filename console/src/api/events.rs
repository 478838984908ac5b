use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;

use super::responses::{ReadRefusals, WriteRefusals};
use super::{Input, Path, Query};
use crate::access::{Access, ReadScope, WriteScope};
use crate::console::Console;
use crate::events::{self, Emitted, NewEvent};
use crate::filter::EventFilter;
use crate::history::{self, Event, WholeEvent};
use crate::listing::Page;
use crate::problem::Problem;

/// Events
///
/// The newest first, without their data.
#[utoipa::path(
    get, path = "/api/events", operation_id = "listEvents",
    tag = "events", security(("key" = ["read"])), params(EventFilter),
    responses((status = 200, body = Page<Event>), ReadRefusals),
)]
pub(crate) async fn list(
    access: Access<ReadScope>,
    Query(filter): Query<EventFilter>,
) -> Result<Json<Page<Event>>, Problem> {
    Ok(Json(history::events(&access.outbox, &filter).await?))
}

/// Send an event
///
/// For programs that are not written in Rust. It reaches every webhook that wants it, at least once.
/// Where the server has a catalogue, the event is checked against it.
#[utoipa::path(
    post, path = "/api/events", operation_id = "sendEvent",
    tag = "events", security(("key" = ["write"])),
    request_body = NewEvent,
    responses((status = 201, body = Emitted), WriteRefusals),
)]
pub(crate) async fn emit(
    access: Access<WriteScope>,
    State(console): State<Arc<Console>>,
    Input(new): Input<NewEvent>,
) -> Result<(StatusCode, Json<Emitted>), Problem> {
    Ok((StatusCode::CREATED, Json(events::emit(&console, &access.outbox, new).await?)))
}

/// An event
///
/// With its documented body.
#[utoipa::path(
    get, path = "/api/events/{id}", operation_id = "getEvent",
    tag = "events", security(("key" = ["read"])),
    params(("id" = String, Path, description = "The id of the event.")),
    responses((status = 200, body = WholeEvent), ReadRefusals),
)]
pub(crate) async fn read(
    access: Access<ReadScope>,
    Path(id): Path<String>,
) -> Result<Json<WholeEvent>, Problem> {
    Ok(Json(history::event(&access.outbox, &id).await?))
}
