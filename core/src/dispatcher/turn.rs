//! One transaction of a dispatcher: what has ended is written, new events are fanned out, due
//! deliveries are claimed.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::directory::Directory;
use super::lanes::Lanes;
use super::line::{Line, Reached};
use super::pending::{Pending, Told};
use super::plan::Plan;
use super::telemetry;
use crate::outbox::formats::Formats;
use crate::outbox::queue::{self, Attempt, Batch, Claimed, End, Fresh, Lease};
use crate::outbox::store::{Claim, Store};
use crate::outbox::{Insert, Outbox, OutboxError};
use crate::retry::RetrySchedule;

/// How many events are fanned out in one transaction.
const EVENTS: usize = 256;
/// How many deliveries are made in one transaction, as far as the number of endpoints tells.
const DELIVERIES: usize = 20_000;

/// How long a turn fans out one tenant's events, where another's may be waiting for the next turn.
const WHILE_OTHERS_WAIT: Duration = Duration::from_millis(1);

/// How many events are fanned out to so many endpoints: a power of two, so that there are few texts
/// of the statement.
fn events_in_one(endpoints: usize) -> usize {
    let events = (DELIVERIES / endpoints.max(1)).clamp(1, EVENTS);
    1 << events.ilog2()
}

/// What a turn may use.
pub(super) struct Terms<'a> {
    pub(super) now: i64,
    /// The schedule of endpoints that have none of their own.
    pub(super) schedule: &'a RetrySchedule,
    /// How many new events may be fanned out.
    pub(super) events: usize,
    pub(super) lease_until: i64,
    pub(super) token: i64,
    pub(super) void_below: i64,
    /// Slots that are free.
    pub(super) free: usize,
    /// Slots that slow endpoints may take.
    pub(super) slow_free: usize,
    pub(super) is_claiming: bool,
}

/// What a turn did, which counts once its transaction has committed.
#[derive(Default)]
pub(super) struct Done {
    /// Leased, and to be sent.
    pub(super) claimed: Vec<Claimed>,
    /// How many deliveries were asked for, by endpoint.
    asked: HashMap<i64, usize>,
    /// Endpoints with deliveries that wait from now on.
    pub(super) waiting: Vec<i64>,
    pub(super) fanned_out: usize,
    made: usize,
    /// Whether endpoints wanted more slots than there are.
    pub(super) is_contended: bool,
    /// How many slots an event took.
    width: Option<usize>,
    /// How far the line of new events was fanned out.
    pub(super) reached: Reached,
    /// Whether no event is left that others have overtaken.
    is_line_ended: bool,
    /// Leases that were lost before their attempts ended.
    late: HashSet<Lease>,
    /// Leases of deliveries whose last attempt did not survive: it is not tried once more.
    pub(super) spent: HashSet<Lease>,
}

/// Runs a turn within a transaction.
pub(super) async fn turn<S: Store>(
    connection: &mut S::Connection,
    outbox: &Outbox<S>,
    directory: &mut Directory,
    lanes: &mut Lanes,
    pending: &mut Pending,
    terms: &Terms<'_>,
) -> Result<Done, OutboxError> {
    let mut done = Done::default();
    write::<S>(connection, directory, pending, terms.now, &mut done).await?;
    if !terms.is_claiming {
        return Ok(done);
    }
    if terms.events > 0 && S::try_lock_fan_out(connection).await? {
        fan_out::<S>(connection, outbox, directory, lanes, pending, terms, &mut done).await?;
    }
    claim::<S>(connection, outbox.formats(), directory, lanes, terms, &mut done).await?;
    Ok(done)
}

async fn write<S: Store>(
    connection: &mut S::Connection,
    directory: &Directory,
    pending: &mut Pending,
    now: i64,
    done: &mut Done,
) -> Result<(), OutboxError> {
    done.late = queue::finish::<S>(connection, &mut pending.attempts).await?;
    queue::release::<S>(connection, &pending.unused).await?;
    let disabled = pending.disabled.iter().filter(|disabled| done.counts(disabled.lease));
    let numbers: Vec<i64> = disabled.clone().map(|disabled| disabled.endpoint).collect();
    queue::lock_endpoints::<S>(connection, &pending.healths, &numbers).await?;
    queue::write_health::<S>(connection, &pending.healths).await?;
    for disabled in disabled {
        queue::disable::<S>(connection, disabled.endpoint, disabled.reason, now).await?;
    }
    let told = pending.notices.iter().filter(|told| done.counts(told.lease));
    for Told { notice, tenant, .. } in told {
        let parts = notice.parts(Told::time(now));
        if let Some(parts) = parts.filter(|parts| directory.wants_notice(parts, tenant.as_deref()))
        {
            let insert = Insert::new(parts, tenant.as_deref());
            S::execute(connection, insert.into_statement()).await?;
        }
    }
    Ok(())
}

async fn fan_out<S: Store>(
    connection: &mut S::Connection,
    outbox: &Outbox<S>,
    directory: &mut Directory,
    lanes: &mut Lanes,
    pending: &mut Pending,
    terms: &Terms<'_>,
    done: &mut Done,
) -> Result<(), OutboxError> {
    let mut plan = Plan::new(terms);
    let most = events_in_one(directory.len());
    let mut limit = terms.events.min(most);
    let (mut in_line, mut last) = (0, None);
    let start = Instant::now();
    loop {
        let Taken { events, line, revision } =
            take::<S>(connection, &mut lanes.line, last, limit, most, done).await?;
        if events.is_empty() {
            return end_line::<S>(connection, lanes, done).await;
        }
        in_line += line;
        last = events[..line].last().map(|event| event.number).or(last);
        if !directory.is_of(revision) && directory.refresh(connection, outbox, terms.now).await? {
            lanes.follow(directory, pending, terms.now);
        }
        plan.make(&events, outbox.formats(), directory, lanes, terms, done);
        let numbers: Vec<i64> = events.iter().map(|event| event.number).collect();
        let (line, overtaking) = numbers.split_at(line);
        let batch = Batch { line, overtaking };
        let inserted = queue::fan_out::<S>(connection, batch, &mut plan.deliveries).await?;
        if inserted < plan.deliveries.len() as u64 {
            keep_leased::<S>(connection, terms, done).await?;
        }
        done.fanned_out += events.len();
        done.made += plan.deliveries.len();
        done.width = Some(plan.width());
        if done.reached == Reached::End {
            return end_line::<S>(connection, lanes, done).await;
        }
        let has_overtaken = done.fanned_out > in_line;
        let is_long = lanes.line.is_shared() && start.elapsed() >= WHILE_OTHERS_WAIT;
        if !plan.has_room_for_as_many() || in_line >= most || has_overtaken || is_long {
            return Ok(());
        }
        limit = in_line;
    }
}

/// New events, of which the first so many stand in line, and the others overtake.
struct Taken {
    events: Vec<Fresh>,
    line: usize,
    /// Of the endpoints.
    revision: i64,
}

/// Takes the next events in a turn that has come to one of them: where there are more than fit, once in a
/// turn, some of other tenants too.
async fn take<S: Store>(
    connection: &mut S::Connection,
    waiting: &mut Line,
    last: Option<i64>,
    limit: usize,
    most: usize,
    done: &mut Done,
) -> Result<Taken, OutboxError> {
    let (mut events, mut revision) =
        queue::fresh::<S>(connection, waiting.after(last), limit).await?;
    let line = events.len();
    let last = events.last().map(|event| event.number).filter(|_| line == limit);
    done.reached = last.map_or(Reached::End, Reached::Event);
    if let Some(last) = last.filter(|_| done.fanned_out == 0) {
        let (mut tenants, each) = waiting.next_overtaking(most);
        // Whose line it is need not overtake.
        tenants.retain(|tenant| 2 * count_of(&events, tenant) < line);
        if !tenants.is_empty() {
            let (others, later) = queue::overtaking::<S>(connection, &tenants, last, each).await?;
            if !others.is_empty() {
                waiting.marked();
                events.extend(others);
                revision = revision.max(later);
            }
        }
    }
    Ok(Taken { events, line, revision })
}

fn count_of(events: &[Fresh], tenant: &str) -> usize {
    events.iter().filter(|event| event.tenant.as_deref() == Some(tenant)).count()
}

/// Once every new event is fanned out, it need not be known which have overtaken others.
async fn end_line<S: Store>(
    connection: &mut S::Connection,
    lanes: &Lanes,
    done: &mut Done,
) -> Result<(), OutboxError> {
    if lanes.line.is_marked() {
        queue::end_line::<S>(connection).await?;
        done.is_line_ended = true;
    }
    Ok(())
}

/// Lets go of deliveries that were there before they were to be made, and so are not leased.
async fn keep_leased<S: Store>(
    connection: &mut S::Connection,
    terms: &Terms<'_>,
    done: &mut Done,
) -> Result<(), OutboxError> {
    let leases: Vec<Lease> = done.claimed.iter().map(|claimed| claimed.lease).collect();
    let kept = queue::extend::<S>(connection, &leases, terms.lease_until).await?;
    let lost = leases.iter().filter(|lease| !kept.contains(lease));
    done.waiting.extend(lost.map(|lease| lease.endpoint));
    done.claimed.retain(|claimed| kept.contains(&claimed.lease));
    Ok(())
}

async fn claim<S: Store>(
    connection: &mut S::Connection,
    formats: &Formats,
    directory: &Directory,
    lanes: &mut Lanes,
    terms: &Terms<'_>,
    done: &mut Done,
) -> Result<(), OutboxError> {
    for endpoint in &done.waiting {
        lanes.expect(*endpoint, terms.now);
    }
    // Those that were claimed as they were made hold their slots already.
    let direct = std::mem::take(&mut done.claimed);
    let mut held: HashMap<i64, usize> = HashMap::new();
    for claimed in &direct {
        *held.entry(claimed.lease.endpoint).or_default() += 1;
    }
    let free = terms.free.saturating_sub(direct.len());
    let is_slow = |claimed: &&Claimed| lanes.is_slow(claimed.lease.endpoint);
    let slow_free = terms.slow_free.saturating_sub(direct.iter().filter(is_slow).count());
    if done.is_contended {
        lanes.took(direct.iter().map(|claimed| claimed.lease.endpoint), directory);
    }
    let mut wants = lanes.divide(free, slow_free, directory, terms.now);
    for (endpoint, count) in &mut wants {
        *count = count.saturating_sub(held.get(endpoint).copied().unwrap_or_default());
    }
    wants.retain(|(_, count)| *count > 0);
    let mut ready = Vec::with_capacity(wants.len());
    for (endpoint, count) in wants {
        if is_allowed::<S>(connection, lanes, endpoint, terms.now).await? {
            ready.push((endpoint, count));
        }
    }
    if !ready.is_empty() {
        let claim = Claim {
            wants: &ready,
            now: terms.now,
            token: terms.token,
            lease_until: terms.lease_until,
            void_below: terms.void_below,
        };
        done.claimed = queue::claim::<S>(connection, &claim, formats).await?;
        let is_beyond = |claimed: &&Claimed| {
            let own =
                directory.get(claimed.lease.endpoint).and_then(|known| known.schedule.as_ref());
            claimed.attempt > own.unwrap_or(terms.schedule).attempts()
        };
        let beyond: Vec<&Claimed> = done.claimed.iter().filter(is_beyond).collect();
        done.spent = queue::unfinished::<S>(connection, &beyond).await?;
        done.asked = ready.into_iter().collect();
    }
    done.claimed.extend(direct);
    Ok(())
}

/// Of several dispatchers one alone probes an endpoint whose breaker has opened.
async fn is_allowed<S: Store>(
    connection: &mut S::Connection,
    lanes: &mut Lanes,
    endpoint: i64,
    now: i64,
) -> Result<bool, OutboxError> {
    /// How long a probe may take before another is made.
    const PROBE: i64 = 60_000;
    let Some(lane) = lanes.get(endpoint).filter(|lane| lane.is_open()) else {
        return Ok(true);
    };
    if S::IS_EXCLUSIVE {
        return Ok(true);
    }
    let next = now + PROBE;
    let is_taken = queue::take_probe::<S>(connection, endpoint, lane.stored_pause(), next).await?;
    if is_taken {
        lane.took_probe(next);
    }
    Ok(is_taken)
}

impl Done {
    /// Whether what an attempt has brought counts: its lease was held to the end.
    pub(super) fn counts(&self, lease: Lease) -> bool {
        !self.late.contains(&lease)
    }

    /// Counts what was committed.
    pub(super) fn count(
        &self,
        written: &Pending,
        directory: &Directory,
        lanes: &mut Lanes,
        now: i64,
    ) {
        for disabled in written.disabled.iter().filter(|disabled| !self.counts(disabled.lease)) {
            lanes.reactivate(disabled.endpoint, directory);
        }
        lanes.line.reached(self.reached, self.width);
        if self.is_line_ended {
            lanes.line.unmarked();
        }
        let mut given: HashMap<i64, usize> = HashMap::new();
        for claimed in &self.claimed {
            *given.entry(claimed.lease.endpoint).or_default() += 1;
        }
        for (endpoint, asked) in &self.asked {
            let given = given.remove(endpoint).unwrap_or_default();
            lanes.claimed(*endpoint, *asked, given, now);
        }
        for (endpoint, given) in given {
            if let Some(lane) = lanes.get(endpoint) {
                lane.claimed(given, now);
            }
        }
        let of = |is: fn(&End) -> bool| {
            let counts = |attempt: &&Attempt| is(&attempt.end) && self.counts(attempt.lease);
            written.attempts.iter().filter(counts).count() as u64
        };
        telemetry::accepted(self.made as u64);
        telemetry::delivered(of(|end| matches!(end, End::Delivered)));
        telemetry::failed(of(|end| matches!(end, End::Dead(_))));
        telemetry::retried(of(|end| matches!(end, End::Again(_))));
        telemetry::fenced(self.late.len() as u64);
    }
}
