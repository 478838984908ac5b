use axum::Json;
use http::StatusCode;

use super::responses::{ReadRefusals, WriteRefusals};
use super::{Path, Query};
use crate::access::{Access, ReadScope, ReplayScope};
use crate::filter::{AttemptFilter, DeliveryFilter};
use crate::history::{self, Attempt, Delivery, DeliveryId, Request};
use crate::listing::Page;
use crate::problem::Problem;

/// Deliveries
///
/// Those of the newest events first.
#[utoipa::path(
    get, path = "/api/deliveries", operation_id = "listDeliveries",
    tag = "deliveries", security(("key" = ["read"])), params(DeliveryFilter),
    responses((status = 200, body = Page<Delivery>), ReadRefusals),
)]
pub(crate) async fn list(
    access: Access<ReadScope>,
    Query(filter): Query<DeliveryFilter>,
) -> Result<Json<Page<Delivery>>, Problem> {
    Ok(Json(history::deliveries(&access.outbox, &filter).await?))
}

/// A delivery
#[utoipa::path(
    get, path = "/api/deliveries/{id}", operation_id = "getDelivery",
    tag = "deliveries", security(("key" = ["read"])),
    params(("id" = String, Path, description = "The id of the delivery.")),
    responses((status = 200, body = Delivery), ReadRefusals),
)]
pub(crate) async fn read(
    access: Access<ReadScope>,
    Path(id): Path<String>,
) -> Result<Json<Delivery>, Problem> {
    Ok(Json(history::delivery(&access.outbox, &DeliveryId::parse(&id)?).await?))
}

/// What a delivery sends
///
/// The body in the webhook's format, and the headers that are the same at every attempt.
#[utoipa::path(
    get, path = "/api/deliveries/{id}/request", operation_id = "getRequest",
    tag = "deliveries", security(("key" = ["read"])),
    params(("id" = String, Path, description = "The id of the delivery.")),
    responses((status = 200, body = Request), ReadRefusals),
)]
pub(crate) async fn request(
    access: Access<ReadScope>,
    Path(id): Path<String>,
) -> Result<Json<Request>, Problem> {
    Ok(Json(history::request(&access.outbox, &DeliveryId::parse(&id)?).await?))
}

/// Send a delivery again
///
/// Under the same id, with the same body. One that is under way is left alone.
#[utoipa::path(
    post, path = "/api/deliveries/{id}/resend", operation_id = "resendDelivery",
    tag = "deliveries", security(("key" = ["replay"])),
    params(("id" = String, Path, description = "The id of the delivery.")),
    responses((status = 202, description = "It is sent as soon as can be."), WriteRefusals),
)]
pub(crate) async fn resend(
    access: Access<ReplayScope>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    history::resend(&access.outbox, &DeliveryId::parse(&id)?).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Attempts
///
/// The newest first.
#[utoipa::path(
    get, path = "/api/attempts", operation_id = "listAttempts",
    tag = "deliveries", security(("key" = ["read"])), params(AttemptFilter),
    responses((status = 200, body = Page<Attempt>), ReadRefusals),
)]
pub(crate) async fn attempts(
    access: Access<ReadScope>,
    Query(filter): Query<AttemptFilter>,
) -> Result<Json<Page<Attempt>>, Problem> {
    Ok(Json(history::attempts(&access.outbox, &filter).await?))
}
