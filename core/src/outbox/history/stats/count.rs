//! Counting in the database, so that no attempt is read one by one.

use std::collections::HashMap;
use std::ops::Range;

use chrono::DateTime;

use super::histogram::Histogram;
use super::{Backlog, Counted, Figures, Stats, StatsQuery};
use crate::outbox::endpoints::EndpointId;
use crate::outbox::error::{Kind, OutboxError};
use crate::outbox::history::History;
use crate::outbox::statement::{Column, Statement};
use crate::outbox::store::{Failure, Store};

/// How much later, in milliseconds, an attempt may have got its number than it was begun: its
/// deadline, and while the database took nothing.
const LATEST: i64 = 5 * 60 * 1000;
/// How near the search for a number comes.
const NEAR: i64 = 256;
/// How many buckets are counted by one statement, so that its answer is small.
const SLICE: i64 = 50;

impl<S: Store> History<'_, S> {
    /// Counts the attempts of a span of time, by endpoint and by bucket, and what waits now.
    ///
    /// It is counted in the database, by an index, and takes time in proportion to the endpoints'
    /// attempts in the span, or of all endpoints where none is named: one to three seconds for a
    /// million. Memory grows with buckets and endpoints, and not with attempts. A named endpoint that
    /// is not there is left out.
    ///
    /// What waits is counted at the same call, in proportion to the deliveries that wait.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when more than [`StatsQuery::MAX_ENDPOINTS`] are named, and when the database
    /// refuses.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use chrono::{TimeDelta, Utc};
    /// use hookwright::{EndpointId, Outbox, StatsQuery, Store};
    ///
    /// # async fn example<S: Store>(outbox: Outbox<S>, page: Vec<EndpointId>) -> Result<(), hookwright::OutboxError> {
    /// let yesterday = Utc::now() - TimeDelta::days(1);
    /// let query = StatsQuery::new(yesterday, Duration::from_hours(1), 24).endpoints(page);
    /// let stats = outbox.history().stats(&query).await?;
    /// for (id, figures) in stats.endpoints() {
    ///     let (all, backlog) = (figures.all(), figures.backlog());
    ///     println!("{id}: {} delivered, {:?} at p99, {} pending", all.delivered(), all.p99(), backlog.pending());
    /// }
    /// println!("in each hour: {:?}", stats.total().buckets());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stats(&self, query: &StatsQuery) -> Result<Stats, OutboxError> {
        let named = query.endpoints.as_deref();
        if named.is_some_and(|named| named.len() > StatsQuery::MAX_ENDPOINTS) {
            return Err(OutboxError::new(Kind::TooManyEndpoints));
        }
        self.outbox.ready().await?;
        let mut connection = self.outbox.pool().acquire().await?;
        let counting = Counting::new::<S>(&mut connection, query).await?;
        let Some(named) = named else {
            let backlog = self.backlog_of_all(&mut connection).await?;
            let of = match self.outbox.tenant_id() {
                Some(tenant) => Of::Tenant(tenant),
                None => Of::All,
            };
            let counted = counting.count::<S>(&mut connection, of).await?;
            return Ok(Stats { endpoints: Vec::new(), total: Figures::of(&counted, backlog) });
        };
        let mut total = vec![Counted::default(); query.buckets];
        let mut total_backlog = Backlog::default();
        let mut endpoints = Vec::new();
        let known = self.backlogs(&mut connection, named).await?;
        for id in named {
            let Some((number, backlog)) = known.get(id) else {
                continue;
            };
            let counted = counting.count::<S>(&mut connection, Of::Endpoint(*number)).await?;
            total.iter_mut().zip(&counted).for_each(|(total, counted)| total.add(counted));
            total_backlog.add(backlog);
            endpoints.push((*id, Figures::of(&counted, *backlog)));
        }
        Ok(Stats { endpoints, total: Figures::of(&total, total_backlog) })
    }

    /// What waits for each of these endpoints, with its number in the tables.
    async fn backlogs(
        &self,
        connection: &mut S::Connection,
        ids: &[EndpointId],
    ) -> Result<HashMap<EndpointId, (i64, Backlog)>, OutboxError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let select = Statement::new(
            "SELECT p.id, p.endpoint_id, CASE WHEN p.disabled_at IS NULL THEN 0 ELSE 1 END, \
             (SELECT count(*) FROM hookwright_delivery AS d WHERE d.endpoint = p.id AND d.state = 0 AND p.deleted_at IS NULL), \
             (SELECT min(d.due) FROM hookwright_delivery AS d WHERE d.endpoint = p.id AND d.state = 0 AND p.deleted_at IS NULL), \
             (SELECT count(*) FROM hookwright_delivery AS d WHERE d.endpoint = p.id AND d.state = 1 AND p.deleted_at IS NULL) \
             FROM hookwright_endpoint AS p WHERE ($1 IS NULL OR p.tenant = $1) \
             AND p.endpoint_id IN (SELECT named.id FROM ",
        );
        let ids: Column = ids.iter().map(|id| Some(id.to_string())).collect();
        let select = self.of_tenant(select).table(S::TABLES, "named", [("id", ids)]).text(")");
        let mut backlogs = HashMap::new();
        for row in S::fetch(connection, select).await? {
            let unreadable = || OutboxError::stored("an endpoint");
            let id = S::string(&row, 1)?.and_then(|id| id.parse().ok()).ok_or_else(unreadable)?;
            let number = S::integer(&row, 0)?.ok_or_else(unreadable)?;
            let mut backlog = Backlog::default();
            let is_disabled = S::integer(&row, 2)? == Some(1);
            backlog.wait(is_disabled, count::<S>(&row, 3)?, S::integer(&row, 4)?);
            backlog.dead = count::<S>(&row, 5)?;
            backlogs.insert(id, (number, backlog));
        }
        Ok(backlogs)
    }

    async fn backlog_of_all(&self, connection: &mut S::Connection) -> Result<Backlog, OutboxError> {
        let select = Statement::new(
            "SELECT CASE WHEN p.disabled_at IS NULL THEN 0 ELSE 1 END, d.state, count(*), min(d.due) \
             FROM hookwright_delivery AS d JOIN hookwright_endpoint AS p ON p.id = d.endpoint \
             WHERE p.deleted_at IS NULL AND ($1 IS NULL OR p.tenant = $1) GROUP BY 1, 2",
        );
        let mut backlog = Backlog::default();
        for row in S::fetch(connection, self.of_tenant(select)).await? {
            let deliveries = count::<S>(&row, 2)?;
            if S::integer(&row, 1)? == Some(0) {
                let is_disabled = S::integer(&row, 0)? == Some(1);
                backlog.wait(is_disabled, deliveries, S::integer(&row, 3)?);
            } else {
                backlog.dead += deliveries;
            }
        }
        Ok(backlog)
    }
}

impl Backlog {
    /// Adds deliveries that are not dead, of endpoints that are all disabled or all not.
    fn wait(&mut self, is_disabled: bool, deliveries: u64, due: Option<i64>) {
        let mut more = Self::default();
        if is_disabled {
            more.held = deliveries;
        } else {
            more.pending = deliveries;
            more.oldest_due = due.and_then(DateTime::from_timestamp_millis);
        }
        self.add(&more);
    }
}

/// Whose attempts are counted.
#[derive(Clone, Copy)]
enum Of<'a> {
    Endpoint(i64),
    Tenant(&'a str),
    All,
}

/// What is counted, a few buckets at a time.
struct Counting<'a> {
    query: &'a StatsQuery,
    slices: Vec<Slice>,
}

/// A part of the span.
struct Slice {
    time: Range<i64>,
    /// The numbers among which its attempts are.
    numbers: Range<i64>,
}

impl<'a> Counting<'a> {
    async fn new<S: Store>(
        connection: &mut S::Connection,
        query: &'a StatsQuery,
    ) -> Result<Self, Failure> {
        let (mut since, until) = (query.since, query.until());
        let mut slices = Vec::new();
        while since < until {
            let time = since..since.saturating_add(query.bucket.saturating_mul(SLICE)).min(until);
            since = time.end;
            let numbers = span::<S>(connection, &time).await?;
            if !numbers.is_empty() {
                slices.push(Slice { time, numbers });
            }
        }
        Ok(Self { query, slices })
    }

    /// Counts attempts by bucket and duration: at most as many rows are read as there are bins.
    async fn count<S: Store>(
        &self,
        connection: &mut S::Connection,
        of: Of<'_>,
    ) -> Result<Vec<Counted>, OutboxError> {
        let mut counted = vec![Counted::default(); self.query.buckets];
        for slice in &self.slices {
            for row in S::fetch(connection, self.select(slice, of)).await? {
                let bucket = S::integer(&row, 0)?.and_then(|bucket| usize::try_from(bucket).ok());
                let Some(bucket) = bucket.and_then(|bucket| counted.get_mut(bucket)) else {
                    continue;
                };
                let (delivered, failed) = (count::<S>(&row, 2)?, count::<S>(&row, 3)?);
                bucket.delivered += delivered;
                bucket.failed += failed;
                bucket.durations.add(S::integer(&row, 1)?.unwrap_or_default(), delivered + failed);
            }
        }
        Ok(counted)
    }

    fn select(&self, slice: &Slice, of: Of<'_>) -> Statement {
        let select = Statement::new("SELECT (a.at - $1) / $2, ")
            .text(&Histogram::bin_sql("a.duration"))
            .text(
                ", count(*) FILTER (WHERE a.outcome = 0), count(*) FILTER (WHERE a.outcome = 1) FROM ",
            )
            .bind(self.query.since)
            .bind(self.query.bucket)
            .bind(slice.time.start)
            .bind(slice.time.end)
            .bind(slice.numbers.start)
            .bind(slice.numbers.end);
        // CROSS JOIN, where SQLite keeps this order: a tenant has few endpoints.
        let select = match of {
            Of::Endpoint(number) => {
                select.text("hookwright_attempt AS a WHERE a.endpoint = ").value(number)
            }
            Of::Tenant(tenant) => select
                .text("hookwright_endpoint AS p CROSS JOIN hookwright_attempt AS a WHERE a.endpoint = p.id AND p.tenant = ")
                .value(tenant),
            Of::All => select.text("hookwright_attempt AS a WHERE 1 = 1"),
        };
        select.text(
            " AND a.id >= $5 AND a.id < $6 AND a.at >= $3 AND a.at < $4 AND a.outcome < 2 GROUP BY 1, 2",
        )
    }
}

fn count<S: Store>(row: &S::Row, column: usize) -> Result<u64, Failure> {
    Ok(S::integer(row, column)?.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
}

/// The numbers of the attempts that were begun in a span of time, and of some more.
///
/// There is no index by time, which every attempt would pay for: numbers grow with the time at which
/// attempts are written.
async fn span<S: Store>(
    connection: &mut S::Connection,
    time: &Range<i64>,
) -> Result<Range<i64>, Failure> {
    let ends = Statement::new(
        "SELECT (SELECT min(id) FROM hookwright_attempt), (SELECT max(id) FROM hookwright_attempt)",
    );
    let rows = S::fetch(connection, ends).await?;
    let Some(row) = rows.first() else {
        return Ok(0..0);
    };
    let (Some(first), Some(last)) = (S::integer(row, 0)?, S::integer(row, 1)?) else {
        return Ok(0..0);
    };
    let all = first..last.saturating_add(1);
    // What was written before an attempt that was begun so early was begun before the span.
    let start =
        search::<S>(connection, all.clone(), time.start.saturating_sub(LATEST)).await?.start;
    // What was written after one that was begun so late was begun after it.
    let end = search::<S>(connection, start..all.end, time.end.saturating_add(LATEST)).await?.end;
    Ok(start..end)
}

/// Narrows a range of numbers by halves: what is before it was written before an attempt that was
/// begun before `time`, and what is behind it after one that was begun later.
async fn search<S: Store>(
    connection: &mut S::Connection,
    mut range: Range<i64>,
    time: i64,
) -> Result<Range<i64>, Failure> {
    while range.end.saturating_sub(range.start) > NEAR {
        let middle = range.start + (range.end - range.start) / 2;
        let select = Statement::new(
            "SELECT id, at FROM hookwright_attempt WHERE id >= $1 ORDER BY id LIMIT 1",
        );
        let rows = S::fetch(connection, select.bind(middle)).await?;
        let row = rows.first();
        let found = match row {
            Some(row) => S::integer(row, 0)?.zip(S::integer(row, 1)?),
            None => None,
        };
        match found {
            Some((number, at)) if at < time => range.start = number.min(range.end - 1) + 1,
            _ => range.end = middle,
        }
    }
    Ok(range)
}
