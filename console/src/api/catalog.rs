use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::responses::ReadRefusals;
use crate::access::{Access, ReadScope};
use crate::catalog::CatalogEvent;
use crate::console::Console;

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
    get, path = "/api/catalog", operation_id = "getCatalog",
    tag = "events", security(("key" = ["read"])),
    responses((status = 200, body = CatalogDocument), ReadRefusals),
)]
pub(crate) async fn read(
    _access: Access<ReadScope>,
    State(console): State<Arc<Console>>,
) -> Json<CatalogDocument> {
    let catalog = console.catalog.as_ref();
    Json(CatalogDocument {
        events: catalog.map(|catalog| catalog.events().cloned().collect()).unwrap_or_default(),
        schema: catalog.map(|catalog| catalog.document.clone()),
    })
}
