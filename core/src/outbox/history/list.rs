//! One list of deliveries, in the order of events, which no index of an endpoint has.
//!
//! So it is read in two ways by turns, each further than before, until one of them is through: down the
//! numbers of events, which ends soon when many of them are wanted, and by an index of what is wanted,
//! which ends soon when there is little of it.

use std::ops::RangeInclusive;

use super::{DeliveryState, History, Scope, StoredDelivery};
use crate::outbox::error::OutboxError;
use crate::outbox::page::{Cursor, Query};
use crate::outbox::queue::{BEHIND, DELIVERED};
use crate::outbox::statement::Statement;
use crate::outbox::store::{Failure, Store};

/// How many rows are looked at first, for each that is wanted.
const FIRST: i64 = 10;
/// How many times as far the next look goes.
const FURTHER: i64 = 8;
/// How much later than an attempt was begun, in milliseconds, events can be emitted that were there
/// when it was written: by its deadline, by what the database was late, and by clocks that differ.
const APART: i64 = 10 * 60 * 1000;

/// Where a list is: in the deliveries, or in the attempts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unfinished,
    Delivered,
}

/// An index by which there may be little to look at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Narrow {
    Endpoint(i64),
    State(DeliveryState),
    Object,
    Time,
}

/// The deliveries of a page that are in one of the two.
pub(super) struct List<'a, S: Store> {
    pub(super) history: &'a History<'a, S>,
    pub(super) kind: Kind,
    pub(super) query: &'a Query,
    pub(super) scope: Scope,
}

impl<S: Store> List<'_, S> {
    /// The first that are behind the cursor: as many as a page has, or all.
    pub(super) async fn read(
        &self,
        connection: &mut S::Connection,
    ) -> Result<Vec<StoredDelivery>, OutboxError> {
        // From above too, since a planner without statistics takes a range for small.
        let mut top = self.query.after.unwrap_or(Cursor { first: i64::MAX, second: 0 });
        let mut found = Vec::new();
        if let Some(event) = self.scope.event {
            let select = self.walk().text(" AND t.event = ").value(event);
            self.fetch(connection, self.ordered(select, top), &mut found).await?;
            return Ok(found);
        }
        let mut look = self.query.rows().saturating_mul(FIRST);
        loop {
            for narrow in self.narrows() {
                if self.is_little(connection, narrow, look).await? {
                    let select = self.ordered(self.narrowed(narrow), top);
                    self.fetch(connection, select, &mut found).await?;
                    found.truncate(self.query.limit);
                    return Ok(found);
                }
            }
            let floor = self.floor(connection, top.first, look).await?;
            let select = match floor {
                Some(floor) => self.walk().text(" AND t.event > ").value(floor),
                None => self.walk(),
            };
            self.fetch(connection, self.ordered(select, top), &mut found).await?;
            found.truncate(self.query.limit);
            let Some(floor) = floor.filter(|_| found.len() < self.query.limit) else {
                return Ok(found);
            };
            let first = floor.saturating_add(1);
            let first = self.newest(connection).await?.map_or(first, |newest| newest.min(first));
            top = Cursor { first, second: 0 };
            look = look.saturating_mul(FURTHER);
        }
    }

    fn narrows(&self) -> impl Iterator<Item = Narrow> {
        let of_endpoint = self.scope.endpoint.map(Narrow::Endpoint);
        let is_by_state = self.kind == Kind::Unfinished && of_endpoint.is_none();
        let of_state = self.query.state.filter(|_| is_by_state).map(Narrow::State);
        let of_object = self.query.kind_of_object().map(|_| Narrow::Object);
        let in_time = self.query.since.or(self.query.until).map(|_| Narrow::Time);
        [of_endpoint, of_state, of_object, in_time].into_iter().flatten()
    }

    /// Selects, by an index alone, the numbers of all that there may be to look at. It is told by the
    /// order which index: a planner that knows little of the values would read a whole table.
    fn numbers(&self, narrow: Narrow, select: Statement) -> Statement {
        match (narrow, self.kind) {
            (Narrow::Endpoint(endpoint), Kind::Delivered) => select
                .text("SELECT a.id AS number FROM hookwright_attempt AS a WHERE a.endpoint >= ")
                .value(endpoint)
                .text(" AND a.endpoint <= ")
                .value(endpoint)
                .text(" ORDER BY a.endpoint, a.id"),
            (Narrow::Endpoint(endpoint), Kind::Unfinished) => {
                let select =
                    unfinished(select.text("SELECT * FROM ("), PENDING, endpoint..=endpoint);
                let select = select.text(") AS pending UNION ALL SELECT * FROM (");
                unfinished(select, DEAD, endpoint..=endpoint).text(") AS dead")
            }
            (Narrow::State(DeliveryState::Dead), _) => unfinished(select, DEAD, 0..=i64::MAX),
            (Narrow::State(DeliveryState::Held), _) => select.text(
                "SELECT d.event AS number, d.endpoint FROM hookwright_endpoint AS p \
                 CROSS JOIN hookwright_delivery AS d WHERE d.state = 0 AND d.endpoint = p.id \
                 AND p.disabled_at IS NOT NULL AND p.deleted_at IS NULL",
            ),
            (Narrow::State(_), _) => unfinished(select, PENDING, 0..=i64::MAX),
            (Narrow::Object, _) => {
                let object = self.query.kind_of_object().unwrap_or_default().to_owned();
                let select = select.text("SELECT e.id AS number FROM hookwright_event AS e WHERE ");
                match self.query.object_id.clone() {
                    Some(id) => select
                        .text("e.object = ")
                        .value(object)
                        .text(" AND e.object_id >= ")
                        .value(id.clone())
                        .text(" AND e.object_id <= ")
                        .value(id)
                        .text(" ORDER BY e.object_id, e.id"),
                    None => select
                        .text("e.object >= ")
                        .value(object.clone())
                        .text(" AND e.object <= ")
                        .value(object)
                        .text(" ORDER BY e.object, e.object_id, e.id"),
                }
            }
            (Narrow::Time, _) => select
                .text("SELECT e.id AS number FROM hookwright_event AS e WHERE e.emitted_at >= ")
                .value(self.query.since.unwrap_or(i64::MIN))
                .text(" AND e.emitted_at < ")
                .value(self.query.until.unwrap_or(i64::MAX))
                .text(" ORDER BY e.emitted_at, e.id"),
        }
    }

    /// Whether an index leads to no more rows than these.
    async fn is_little(
        &self,
        connection: &mut S::Connection,
        narrow: Narrow,
        rows: i64,
    ) -> Result<bool, Failure> {
        let numbers = self.numbers(narrow, Statement::new("SELECT n.number FROM ("));
        let further = numbers.text(&format!(") AS n LIMIT 1 OFFSET {rows}"));
        Ok(S::fetch(connection, further).await?.is_empty())
    }

    /// The number of the event that is so many rows behind a place.
    async fn floor(
        &self,
        connection: &mut S::Connection,
        top: i64,
        rows: i64,
    ) -> Result<Option<i64>, Failure> {
        let select = Statement::new(match self.kind {
            Kind::Unfinished => "SELECT t.event FROM hookwright_delivery AS t",
            Kind::Delivered => "SELECT t.event FROM hookwright_attempt AS t",
        });
        let select = select.text(" WHERE t.event <= ").value(top);
        let select = select.text(&format!(" ORDER BY t.event DESC LIMIT 1 OFFSET {rows}"));
        let rows = S::fetch(connection, select).await?;
        rows.first().map_or(Ok(None), |row| S::integer(row, 0))
    }

    /// A number that no event has of which the endpoint has something, nor a later one: so that what
    /// came after its last is not walked over.
    async fn newest(&self, connection: &mut S::Connection) -> Result<Option<i64>, Failure> {
        let Some(endpoint) = self.scope.endpoint else {
            return Ok(None);
        };
        let first_after = Statement::new(
            "SELECT e.id FROM hookwright_event AS e WHERE e.emitted_at > $1 + (SELECT max(last.at) FROM (",
        );
        let first_after = match self.kind {
            Kind::Unfinished => first_after.bind(APART).bind(endpoint).bind(BEHIND),
            Kind::Delivered => first_after.bind(APART).bind(endpoint),
        };
        let select = first_after.text(match self.kind {
            // Its event was there before it was due, and before it died.
            Kind::Unfinished => {
                "SELECT max(d.due) AS at FROM hookwright_delivery AS d \
                 WHERE d.endpoint = $2 AND d.state = 0 AND d.due < $3 UNION ALL \
                 SELECT w.emitted_at AS at FROM hookwright_event AS w WHERE w.id = (\
                 SELECT d.event FROM hookwright_delivery AS d WHERE d.endpoint = $2 AND d.state = 0 \
                 AND d.due = $3 ORDER BY d.event DESC LIMIT 1) UNION ALL \
                 SELECT max(d.died_at) AS at FROM hookwright_delivery AS d \
                 WHERE d.endpoint = $2 AND d.state = 1"
            }
            Kind::Delivered => {
                "SELECT a.at FROM hookwright_attempt AS a WHERE a.endpoint = $2 \
                 ORDER BY a.id DESC LIMIT 1"
            }
        });
        let select = select.text(") AS last) ORDER BY e.emitted_at, e.id LIMIT 1");
        let rows = S::fetch(connection, select).await?;
        rows.first().map_or(Ok(None), |row| S::integer(row, 0))
    }

    /// Selects down the numbers of events. CROSS JOIN, where SQLite keeps this order; and `+`, since
    /// no index of the endpoint or of the state has it.
    fn walk(&self) -> Statement {
        let select = self.select(Statement::new("")).text(match self.kind {
            Kind::Unfinished => "hookwright_delivery AS t",
            Kind::Delivered => "hookwright_attempt AS t",
        });
        self.conditions(select.text(
            " CROSS JOIN hookwright_event AS e CROSS JOIN hookwright_endpoint AS p \
             WHERE e.id = t.event AND p.id = t.endpoint",
        ))
    }

    /// Selects what an index leads to.
    fn narrowed(&self, narrow: Narrow) -> Statement {
        let with = self.numbers(narrow, Statement::new("WITH n AS MATERIALIZED ("));
        let select = self.select(with.text(") "));
        let is_of_events = matches!(narrow, Narrow::Object | Narrow::Time);
        self.conditions(select.text(match (is_of_events, self.kind) {
            (true, Kind::Unfinished) => {
                "n CROSS JOIN hookwright_event AS e CROSS JOIN hookwright_delivery AS t \
                 CROSS JOIN hookwright_endpoint AS p \
                 WHERE e.id = n.number AND t.event = n.number AND p.id = t.endpoint"
            }
            (true, Kind::Delivered) => {
                "n CROSS JOIN hookwright_event AS e CROSS JOIN hookwright_attempt AS t \
                 CROSS JOIN hookwright_endpoint AS p \
                 WHERE e.id = n.number AND t.event = n.number AND p.id = t.endpoint"
            }
            (false, Kind::Unfinished) => {
                "n CROSS JOIN hookwright_delivery AS t CROSS JOIN hookwright_event AS e \
                 CROSS JOIN hookwright_endpoint AS p WHERE t.event = n.number \
                 AND t.endpoint = n.endpoint AND e.id = t.event AND p.id = t.endpoint"
            }
            (false, Kind::Delivered) => {
                "n CROSS JOIN hookwright_attempt AS t CROSS JOIN hookwright_event AS e \
                 CROSS JOIN hookwright_endpoint AS p WHERE t.id = n.number \
                 AND e.id = t.event AND p.id = t.endpoint"
            }
        }))
    }

    fn select(&self, with: Statement) -> Statement {
        match self.kind {
            Kind::Unfinished => with
                .text(
                    "SELECT t.event, t.endpoint, e.event_id, p.endpoint_id, e.object, e.operation, \
                     CASE WHEN t.state = 1 THEN 2 WHEN p.disabled_at IS NOT NULL THEN 1 ELSE 0 END, \
                     t.attempt, CASE WHEN t.due < ",
                )
                .value(BEHIND)
                .text(" THEN t.due ELSE e.emitted_at END FROM "),
            Kind::Delivered => with.text(
                "SELECT t.event, t.endpoint, t.event_id, p.endpoint_id, e.object, e.operation, 3, \
                 t.attempt, t.at FROM ",
            ),
        }
    }

    fn conditions(&self, select: Statement) -> Statement {
        let select = match self.kind {
            Kind::Delivered => select.text(" AND t.outcome = ").value(DELIVERED),
            Kind::Unfinished => {
                select.text(" AND p.deleted_at IS NULL").text(match self.query.state {
                    Some(DeliveryState::Pending) => " AND +t.state = 0 AND p.disabled_at IS NULL",
                    Some(DeliveryState::Held) => " AND +t.state = 0 AND p.disabled_at IS NOT NULL",
                    Some(DeliveryState::Dead) => " AND +t.state = 1",
                    Some(DeliveryState::Delivered) | None => "",
                })
            }
        };
        let select = match self.history.outbox.tenant_id() {
            Some(tenant) => select.text(" AND p.tenant = ").value(tenant),
            None => select,
        };
        let select = match self.scope.endpoint {
            Some(endpoint) => select.text(" AND +t.endpoint = ").value(endpoint),
            None => select,
        };
        self.query.conditions(select, Some("e"), None, "e.emitted_at")
    }

    /// Appends what is behind a place, in the order of the list.
    fn ordered(&self, select: Statement, top: Cursor) -> Statement {
        let select = select
            .text(" AND t.event <= ")
            .value(top.first)
            .text(" AND (t.event, t.endpoint) < (")
            .value(top.first)
            .text(", ")
            .value(top.second)
            .text(")");
        // One endpoint is left out, so that the order is that of the index.
        let select = select.text(match (self.kind, self.scope.endpoint) {
            (Kind::Unfinished, _) => " ORDER BY t.event DESC, t.endpoint DESC",
            (Kind::Delivered, None) => " ORDER BY t.event DESC, t.endpoint DESC, t.id DESC",
            (Kind::Delivered, Some(_)) => " ORDER BY t.event DESC, t.id DESC",
        });
        select.text(" LIMIT ").value(self.query.rows())
    }

    async fn fetch(
        &self,
        connection: &mut S::Connection,
        select: Statement,
        found: &mut Vec<StoredDelivery>,
    ) -> Result<(), OutboxError> {
        for row in S::fetch(connection, select).await? {
            found.push(StoredDelivery::of_row::<S>(&row)?);
        }
        Ok(())
    }
}

/// The condition on a state, and the column by which its index goes on behind the endpoint.
const PENDING: (&str, &str) = ("d.state = 0", "d.due");
const DEAD: (&str, &str) = ("d.state = 1", "d.died_at");

/// Selects the numbers of what is pending, or dead, of endpoints.
fn unfinished(
    select: Statement,
    (state, order): (&str, &str),
    endpoints: RangeInclusive<i64>,
) -> Statement {
    select
        .text("SELECT d.event AS number, d.endpoint FROM hookwright_delivery AS d WHERE ")
        .text(state)
        .text(" AND d.endpoint >= ")
        .value(*endpoints.start())
        .text(" AND d.endpoint <= ")
        .value(*endpoints.end())
        .text(" ORDER BY d.endpoint, ")
        .text(order)
}
