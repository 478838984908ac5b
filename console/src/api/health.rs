//! What probes and scrapers ask, at the root.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::responses::ReadRefusals;
use crate::access::{Access, ReadScope};
use crate::console::Console;
use crate::outbox::on_store;
use crate::problem::Problem;

/// Whether it works.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
}

const OK: Json<Health> = Json(Health { status: "ok" });

/// Whether it runs
#[utoipa::path(
    get, path = "/health/live", operation_id = "getLiveness",
    tag = "health", security(()),
    responses(
        (status = 200, body = Health),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "It is to be restarted."),
    ),
)]
pub(crate) async fn live(State(console): State<Arc<Console>>) -> Result<Json<Health>, Problem> {
    match &console.health {
        Some(health) if !health.is_live() => {
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the dispatcher stands still"))
        }
        _ => Ok(OK),
    }
}

/// Whether it works
///
/// The database answers, and the dispatcher works where there is one in the same process.
#[utoipa::path(
    get, path = "/health/ready", operation_id = "getReadiness",
    tag = "health", security(()),
    responses(
        (status = 200, body = Health),
        (status = 503, body = Problem, content_type = "application/problem+json", description = "It does not."),
    ),
)]
pub(crate) async fn ready(State(console): State<Arc<Console>>) -> Result<Json<Health>, Problem> {
    if console.health.as_ref().is_some_and(|health| !health.is_ready()) {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the dispatcher is not ready"));
    }
    on_store!(&console.outbox, outbox => sqlx::query("SELECT 1").execute(outbox.pool()).await.map(drop))?;
    Ok(OK)
}

/// Metrics
///
/// In the text format of Prometheus.
#[utoipa::path(
    get, path = "/metrics", operation_id = "getMetrics",
    tag = "health", security(("key" = ["read"])),
    responses((status = 200, body = String, content_type = "text/plain"), ReadRefusals),
)]
pub(crate) async fn metrics(
    access: Access<ReadScope>,
    State(console): State<Arc<Console>>,
) -> Result<impl IntoResponse, Problem> {
    // They count for all tenants.
    if access.tenant_id().is_some() {
        return Err(Problem::not_found("page"));
    }
    let render = console.metrics.as_ref().ok_or_else(|| {
        Problem::new(StatusCode::NOT_FOUND, "this program keeps no metrics: see Console::metrics")
    })?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], render()))
}
