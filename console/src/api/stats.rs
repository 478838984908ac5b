use axum::Json;

use super::Query;
use super::responses::ReadRefusals;
use crate::access::{Access, ReadScope};
use crate::problem::Problem;
use crate::stats::{self, Period, Stats};

/// Figures
///
/// Rates, failures and latencies over a span of time, and what waits.
#[utoipa::path(
    get, path = "/api/stats", operation_id = "getStats",
    tag = "deliveries", security(("key" = ["read"])), params(Period),
    responses((status = 200, body = Stats), ReadRefusals),
)]
pub(crate) async fn read(
    access: Access<ReadScope>,
    Query(period): Query<Period>,
) -> Result<Json<Stats>, Problem> {
    Ok(Json(stats::stats(&access.outbox, &period).await?))
}
