//! What a dispatcher does beside its turns: heartbeats, surveys, replays, cleaning.

use std::time::Duration;

use tokio::time::Instant;

use super::Run;
use crate::dispatcher::clock::StoreClock;
use crate::dispatcher::flight::Heartbeat;
use crate::dispatcher::telemetry;
use crate::outbox::OutboxError;
use crate::outbox::queue::{self, Fresh, Lease, Swept};
use crate::outbox::store::Store;

/// How often what is old is looked for, and how soon again while there is more.
const SWEEP: Duration = Duration::from_mins(1);
const SWEEP_MORE: Duration = Duration::from_millis(200);

impl<S: Store> Run<S> {
    /// Makes leases longer, and sets the clock by the database's.
    pub(super) async fn beat(&mut self, connection: &mut S::Connection) -> Result<(), OutboxError> {
        let held = self.heartbeat.begin();
        if let Some(clock) = &self.clock {
            self.clock = Some(StoreClock::read::<S>(clock.clock(), connection).await?);
        }
        let unwritten = self.pending.attempts.iter().map(|attempt| attempt.lease);
        let leases: Vec<Lease> = self.flights.keys().copied().chain(unwritten).collect();
        let lease = i64::try_from(self.settings.lease.as_millis()).unwrap_or(i64::MAX);
        let writer = if leases.is_empty() { None } else { self.outbox.writer().await? };
        let kept =
            queue::extend::<S>(connection, &leases, self.now().saturating_add(lease)).await?;
        drop(writer);
        for lease in leases.iter().filter(|lease| !kept.contains(lease)) {
            // Another dispatcher has it: what is not sent yet is not sent any more.
            if let Some(flight) = self.flights.get(lease) {
                flight.abort();
            }
        }
        if kept.len() < leases.len() {
            tracing::warn!(
                lost = leases.len() - kept.len(),
                "leases were lost to another dispatcher"
            );
            // What was claimed before and is not sent yet may be of those, and about to be sent as
            // this is done: no heartbeat holds it any longer.
            self.heartbeat = Heartbeat::new(self.settings.lease);
        } else {
            held.acknowledge();
        }
        Ok(())
    }

    /// Reads the endpoints if they have changed.
    pub(super) async fn refresh(
        &mut self,
        connection: &mut S::Connection,
    ) -> Result<(), OutboxError> {
        let now = self.now();
        if self.directory.refresh(connection, &self.outbox, now).await? {
            self.lanes.follow(&self.directory, &mut self.pending, now);
        }
        Ok(())
    }

    /// Looks for what nobody announced, and for what others changed.
    pub(super) async fn survey(
        &mut self,
        connection: &mut S::Connection,
    ) -> Result<(), OutboxError> {
        let now = self.now();
        self.refresh(connection).await?;
        let surveys = queue::survey::<S>(connection, now, self.void_below).await?;
        self.lanes.survey(&surveys, &self.pending);
        self.lanes.line.rewind();
        let oldest = surveys.iter().filter_map(|survey| survey.next_due).min();
        telemetry::oldest_due(oldest.map_or(0, |due| now.saturating_sub(due).max(0)));
        if self.is_draining { Ok(()) } else { self.replay(connection, now).await }
    }

    /// Takes the next step of each replay that is due.
    pub(super) async fn replay(
        &mut self,
        connection: &mut S::Connection,
        now: i64,
    ) -> Result<(), OutboxError> {
        if !queue::has_replay::<S>(connection, now).await? {
            return Ok(());
        }
        let writer = self.outbox.writer().await?;
        let mut transaction = S::begin_own(connection).await?;
        while let Some(replay) = queue::take_replay::<S>(&mut transaction, now).await? {
            let endpoint = replay.endpoint;
            let Some(subscriber) = self.directory.get(endpoint) else {
                replay.skip::<S>(&mut transaction, now).await?;
                continue;
            };
            let make = |event: &Fresh| {
                subscriber.wants(event).then(|| subscriber.delivery(event, endpoint, now))
            };
            replay.step::<S>(&mut transaction, now, make).await?;
            self.lanes.expect(endpoint, now);
        }
        transaction.commit().await?;
        drop(writer);
        Ok(())
    }

    /// Deletes a little of what is old.
    pub(super) async fn clean(
        &mut self,
        connection: &mut S::Connection,
    ) -> Result<(), OutboxError> {
        let now = self.now();
        let writer = self.outbox.writer().await?;
        let swept = self.sweep.step::<S>(connection, self.settings.keep, now).await?;
        drop(writer);
        self.timing.sweep = Instant::now() + if swept == Swept::More { SWEEP_MORE } else { SWEEP };
        Ok(())
    }
}
