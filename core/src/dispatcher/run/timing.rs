//! When a dispatcher does what.

use std::time::Duration;

use tokio::time::Instant;

/// The poll while there is work, and when there has been none for a while.
pub(super) const BUSY_POLL: Duration = Duration::from_millis(10);
const IDLE_POLL: Duration = Duration::from_millis(500);
/// The wait before a database is tried again, doubled up to the longest.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
pub(super) const LONGEST_BACKOFF: Duration = Duration::from_secs(2);

/// When what is to be done next.
pub(super) struct Timing {
    /// When the first result came that is not written yet.
    pub(super) result: Option<Instant>,
    pub(super) poll: Instant,
    idle: Duration,
    /// When events could be fanned out last.
    pub(super) fanned: Instant,
    /// When an event is fanned out though not all of it can be sent at once.
    pub(super) moment: Option<Instant>,
    pub(super) survey: Instant,
    pub(super) beat: Instant,
    pub(super) sweep: Instant,
    /// When an endpoint opens, or a delivery is due.
    pub(super) opening: Option<Instant>,
    /// Not before, after the database has failed.
    pub(super) backoff: Option<Instant>,
    next_backoff: Duration,
}

impl Timing {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self {
            result: None,
            poll: now,
            idle: BUSY_POLL,
            fanned: now,
            moment: None,
            survey: now,
            beat: now,
            sweep: now,
            opening: None,
            backoff: None,
            next_backoff: FIRST_BACKOFF,
        }
    }
    /// The database was reached, and `is_busy` says whether there was anything to do.
    pub(super) fn went_well(&mut self, is_busy: bool, is_full: bool) {
        self.backoff = None;
        self.next_backoff = FIRST_BACKOFF;
        let now = Instant::now();
        self.idle = if is_busy { BUSY_POLL } else { (self.idle * 2).min(IDLE_POLL) };
        self.poll = if is_full { now } else { now + self.idle };
    }

    /// The database has failed, and is let be for a while.
    pub(super) fn stand_back(&mut self) {
        self.backoff = Some(Instant::now() + self.next_backoff);
        self.next_backoff = (self.next_backoff * 2).min(LONGEST_BACKOFF);
    }
}
