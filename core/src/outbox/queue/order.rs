//! The order of an object's events, for endpoints that keep it: of those that wait one alone is due,
//! and the others are behind it. So a claim does not walk over them, and a failure does not move them.
//!
//! Whatever lets a delivery go has the next one be due: by [`wake`], in the same transaction. A row is
//! put behind another only with that one locked, so that whoever lets it go sees the row; where others
//! work on it just now the row is due, and a claim sees for itself that it is not the first.

use std::collections::HashSet;
use std::collections::hash_map::{Entry, HashMap};

use super::{CHUNK, NewDelivery};
use crate::outbox::statement::{Column, Statement};
use crate::outbox::store::{Failure, Store};

/// When a delivery is due that is behind another: never, as long as it is. The end of the year 9999,
/// which is a time that can be read.
pub(crate) const BEHIND: i64 = 253_402_300_799_999;

/// A place in the order of one object's events at one endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) endpoint: i64,
    pub(super) order_key: i64,
    pub(super) event: i64,
    /// When what comes next is due.
    pub(super) due: i64,
}

/// Puts new deliveries, which are in the order of events, behind those of the same object: those that
/// are there already, and each other.
pub(super) async fn put_behind<S: Store>(
    connection: &mut S::Connection,
    deliveries: &mut [NewDelivery],
) -> Result<Vec<Place>, Failure> {
    let mut firsts: HashMap<(i64, i64), Place> = HashMap::new();
    for delivery in &mut *deliveries {
        let Some(order_key) = delivery.order_key else { continue };
        let NewDelivery { endpoint, event, due, .. } = *delivery;
        match firsts.entry((endpoint, order_key)) {
            Entry::Vacant(first) => drop(first.insert(Place { endpoint, order_key, event, due })),
            Entry::Occupied(_) => delivery.due = BEHIND,
        }
    }
    let mut firsts: Vec<Place> = firsts.into_values().collect();
    firsts.sort_unstable();
    let behind = behind_others::<S>(connection, &firsts).await?;
    for delivery in deliveries {
        let of = |order_key| behind.contains(&(delivery.endpoint, order_key));
        if delivery.order_key.is_some_and(of) {
            delivery.due = BEHIND;
        }
    }
    Ok(firsts)
}

/// What tells places apart, as columns of a table.
fn columns(places: &[Place]) -> [(&'static str, Column); 3] {
    [
        ("of_endpoint", places.iter().map(|place| place.endpoint).collect()),
        ("of_key", places.iter().map(|place| place.order_key).collect()),
        ("of_event", places.iter().map(|place| place.event).collect()),
    ]
}

/// Locks what is right before each place, and tells where there is such a row.
async fn behind_others<S: Store>(
    connection: &mut S::Connection,
    places: &[Place],
) -> Result<HashSet<(i64, i64)>, Failure> {
    let mut behind = HashSet::new();
    for places in places.chunks(CHUNK) {
        let select = Statement::new("SELECT d.endpoint, d.order_key FROM ")
            .table(S::TABLES, "r", columns(places))
            .text(
                " CROSS JOIN hookwright_delivery AS d WHERE d.endpoint = r.of_endpoint \
                 AND d.order_key = r.of_key AND d.state = 0 AND d.event = (\
                 SELECT b.event FROM hookwright_delivery AS b WHERE b.endpoint = r.of_endpoint \
                 AND b.order_key = r.of_key AND b.state = 0 AND b.event < r.of_event \
                 ORDER BY b.event DESC LIMIT 1)",
            )
            .text(S::SKIP_LOCKED);
        for row in S::fetch(connection, select).await? {
            let number = |column| S::integer(&row, column).map(Option::unwrap_or_default);
            behind.insert((number(0)?, number(1)?));
        }
    }
    Ok(behind)
}

/// Puts what was made due for an endpoint at a time behind what comes before it.
pub(super) async fn put_all_behind<S: Store>(
    connection: &mut S::Connection,
    endpoint: i64,
    due: i64,
) -> Result<(), Failure> {
    let update = Statement::new(
        "UPDATE hookwright_delivery AS d SET due = $3 WHERE d.endpoint = $1 AND d.due = $2 AND d.state = 0 \
         AND d.order_key IS NOT NULL AND d.lease_until = 0 AND EXISTS (\
         SELECT 1 FROM hookwright_delivery AS earlier WHERE earlier.endpoint = d.endpoint \
         AND earlier.order_key = d.order_key AND earlier.state = 0 AND earlier.event < d.event)",
    );
    S::execute(connection, update.bind(endpoint).bind(due).bind(BEHIND)).await.map(drop)
}

/// Has what is next behind each place be due.
pub(super) async fn wake<S: Store>(
    connection: &mut S::Connection,
    places: &mut [Place],
) -> Result<(), Failure> {
    // In one order, so that no two dispatchers wait for each other.
    places.sort_unstable();
    for places in places.chunks(CHUNK) {
        let [endpoint, order_key, event] = columns(places);
        let due = ("new_due", places.iter().map(|place| place.due).collect());
        let update = Statement::new("UPDATE hookwright_delivery AS d SET due = r.new_due FROM ")
            .table(S::TABLES, "r", [endpoint, order_key, event, due])
            .text(" WHERE d.due = ")
            .value(BEHIND)
            .text(
                " AND d.endpoint = r.of_endpoint AND d.order_key = r.of_key AND d.state = 0 \
                 AND d.event = (SELECT n.event FROM hookwright_delivery AS n \
                 WHERE n.endpoint = r.of_endpoint AND n.order_key = r.of_key AND n.state = 0 \
                 AND n.event > r.of_event ORDER BY n.event LIMIT 1)",
            );
        S::execute(connection, update).await?;
    }
    Ok(())
}

/// A walk over what waits in order, a chunk at a time: for a row that is behind nothing, which two
/// dispatchers that did the rarest things at the same moment may have left.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// Endpoint, object and event of the last row that was looked at.
    reached: Option<(i64, i64, i64)>,
}

impl Walk {
    /// Looks at the next rows, and tells whether there are more.
    pub(super) async fn step<S: Store>(
        &mut self,
        connection: &mut S::Connection,
        now: i64,
    ) -> Result<bool, Failure> {
        let (endpoint, order_key, event) = self.reached.unwrap_or((i64::MIN, 0, 0));
        let select = Statement::new(
            "SELECT endpoint, order_key, event, due FROM hookwright_delivery \
             WHERE state = 0 AND order_key IS NOT NULL AND (endpoint, order_key, event) > ($1, $2, $3) \
             ORDER BY endpoint, order_key, event LIMIT $4",
        );
        let chunk = i64::try_from(CHUNK).unwrap_or(i64::MAX);
        let select = select.bind(endpoint).bind(order_key).bind(event).bind(chunk);
        let rows = S::fetch(connection, select).await?;
        let mut left_behind = Vec::new();
        for row in &rows {
            let number = |column| S::integer(row, column).map(Option::unwrap_or_default);
            let (endpoint, order_key, event) = (number(0)?, number(1)?, number(2)?);
            let is_first =
                self.reached.is_none_or(|last| (last.0, last.1) != (endpoint, order_key));
            if is_first && number(3)? == BEHIND {
                left_behind.push(Place { endpoint, order_key, event: event - 1, due: now });
            }
            self.reached = Some((endpoint, order_key, event));
        }
        wake::<S>(connection, &mut left_behind).await?;
        let is_full = rows.len() == CHUNK;
        if !is_full {
            self.reached = None;
        }
        Ok(is_full)
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
