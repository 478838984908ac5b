use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::responses::{ReadRefusals, WriteRefusals};
use super::{Input, Path, Query};
use crate::access::{Access, ReadScope, WriteScope};
use crate::catalog::CatalogEvent;
use crate::console::Console;
use crate::events::{self, Emitted, NewEvent, Trial};
use crate::history::Attempt;
use crate::problem::Problem;
use crate::stats::{self, Period, Stats};
use crate::webhooks;

/// Send an event
///
/// For programs that are not written in Rust. It reaches every webhook that wants it, at least once.
/// Where the server has a catalogue, the event is checked against it.
#[utoipa::path(
    post, path = "/api/events", tag = "events", security(("key" = ["write"])),
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

/// Send a test event
///
/// One attempt, now, at this webhook alone. Nothing is stored, and a failure is not tried again.
#[utoipa::path(
    post, path = "/api/webhooks/{id}/test", tag = "webhooks", security(("key" = ["write"])),
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

/// Figures
///
/// Rates, failures and latencies over a span of time, and what waits.
#[utoipa::path(
    get, path = "/api/stats", tag = "deliveries", security(("key" = ["read"])), params(Period),
    responses((status = 200, body = Stats), ReadRefusals),
)]
pub(crate) async fn stats(
    access: Access<ReadScope>,
    Query(period): Query<Period>,
) -> Result<Json<Stats>, Problem> {
    Ok(Json(stats::stats(&access.outbox, &period).await?))
}

/// The events that there are.
#[derive(Serialize, ToSchema)]
pub(crate) struct CatalogDocument {
    /// Each event; none where the server was given no catalogue.
    events: Vec<CatalogEvent>,
    /// A JSON Schema (2020-12) that every body is valid by.
    #[schema(value_type = Option<Object>)]
    schema: Option<Value>,
}

/// The catalogue
///
/// The events that the application sends, with their schemas.
#[utoipa::path(
    get, path = "/api/catalog", tag = "events", security(("key" = ["read"])),
    responses((status = 200, body = CatalogDocument), ReadRefusals),
)]
pub(crate) async fn catalog(
    _access: Access<ReadScope>,
    State(console): State<Arc<Console>>,
) -> Json<CatalogDocument> {
    let catalog = console.catalog.as_ref();
    Json(CatalogDocument {
        events: catalog.map(|catalog| catalog.events().cloned().collect()).unwrap_or_default(),
        schema: catalog.map(|catalog| catalog.document.clone()),
    })
}
