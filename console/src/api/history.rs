use axum::Json;
use http::StatusCode;

use super::responses::{ReadRefusals, WriteRefusals};
use super::{Path, Query};
use crate::access::{Access, ReadScope, ReplayScope};
use crate::filter::{AttemptFilter, DeliveryFilter, EventFilter};
use crate::history::{self, Attempt, Delivery, DeliveryId, Event, Request, WholeEvent};
use crate::listing::Page;
use crate::problem::Problem;

/// Events
///
/// The newest first, without their data.
#[utoipa::path(
    get, path = "/api/events", tag = "events", security(("key" = ["read"])), params(EventFilter),
    responses((status = 200, body = Page<Event>), ReadRefusals),
)]
pub(crate) async fn events(
    access: Access<ReadScope>,
    Query(filter): Query<EventFilter>,
) -> Result<Json<Page<Event>>, Problem> {
    Ok(Json(history::events(&access.outbox, &filter).await?))
}

/// An event
///
/// With its documented body.
#[utoipa::path(
    get, path = "/api/events/{id}", tag = "events", security(("key" = ["read"])),
    params(("id" = String, Path, description = "The id of the event.")),
    responses((status = 200, body = WholeEvent), ReadRefusals),
)]
pub(crate) async fn event(
    access: Access<ReadScope>,
    Path(id): Path<String>,
) -> Result<Json<WholeEvent>, Problem> {
    Ok(Json(history::event(&access.outbox, &id).await?))
}

/// Deliveries
///
/// Those of the newest events first.
#[utoipa::path(
    get, path = "/api/deliveries", tag = "deliveries", security(("key" = ["read"])), params(DeliveryFilter),
    responses((status = 200, body = Page<Delivery>), ReadRefusals),
)]
pub(crate) async fn deliveries(
    access: Access<ReadScope>,
    Query(filter): Query<DeliveryFilter>,
) -> Result<Json<Page<Delivery>>, Problem> {
    Ok(Json(history::deliveries(&access.outbox, &filter).await?))
}

/// A delivery
#[utoipa::path(
    get, path = "/api/deliveries/{id}", tag = "deliveries", security(("key" = ["read"])),
    params(("id" = String, Path, description = "The id of the delivery.")),
    responses((status = 200, body = Delivery), ReadRefusals),
)]
pub(crate) async fn delivery(
    access: Access<ReadScope>,
    Path(id): Path<String>,
) -> Result<Json<Delivery>, Problem> {
    Ok(Json(history::delivery(&access.outbox, &DeliveryId::parse(&id)?).await?))
}

/// What a delivery sends
///
/// The body in the webhook's format, and the headers that are the same at every attempt.
#[utoipa::path(
    get, path = "/api/deliveries/{id}/request", tag = "deliveries", security(("key" = ["read"])),
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
    post, path = "/api/deliveries/{id}/resend", tag = "deliveries", security(("key" = ["replay"])),
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
    get, path = "/api/attempts", tag = "deliveries", security(("key" = ["read"])), params(AttemptFilter),
    responses((status = 200, body = Page<Attempt>), ReadRefusals),
)]
pub(crate) async fn attempts(
    access: Access<ReadScope>,
    Query(filter): Query<AttemptFilter>,
) -> Result<Json<Page<Attempt>>, Problem> {
    Ok(Json(history::attempts(&access.outbox, &filter).await?))
}
