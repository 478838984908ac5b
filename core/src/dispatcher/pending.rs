//! What is decided of attempts, and not written yet. It is kept until a transaction has written it.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::StatusCode;

use super::Settings;
use super::directory::{Directory, Subscriber};
use super::flight::{Landed, Outcome};
use super::lane::{Change, Failure};
use super::lanes::Lanes;
use super::mass_failure::Alarm;
use super::notice::Notice;
use crate::outbox::queue::{Attempt, Claimed, End, Lease};
use crate::outbox::{DisabledReason, StoredHealth, is_operational};
use crate::sender::SendError;

/// The shortest wait after a 429.
const AFTER_429: Duration = Duration::from_mins(1);

#[derive(Default)]
pub(super) struct Pending {
    pub(super) attempts: Vec<Attempt>,
    pub(super) unused: Vec<Lease>,
    pub(super) healths: HashMap<i64, StoredHealth>,
    pub(super) disabled: Vec<Disabled>,
    pub(super) notices: Vec<Told>,
}

/// An endpoint that is to be disabled, by what an attempt has brought.
pub(super) struct Disabled {
    pub(super) endpoint: i64,
    pub(super) reason: DisabledReason,
    pub(super) lease: Lease,
}

/// A notice, and whose endpoint it is about.
pub(super) struct Told {
    pub(super) notice: Notice,
    pub(super) tenant: Option<String>,
    /// That of the attempt which it is told of: when it was lost, another dispatcher tells.
    pub(super) lease: Lease,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.attempts.is_empty()
            && self.unused.is_empty()
            && self.healths.is_empty()
            && self.disabled.is_empty()
            && self.notices.is_empty()
    }

    /// Decides what becomes of a delivery, and of its endpoint.
    pub(super) fn judge(
        &mut self,
        landed: Landed,
        lanes: &mut Lanes,
        directory: &Directory,
        settings: &Settings,
        now: i64,
    ) {
        let Landed { claimed, outcome, took } = landed;
        let endpoint = claimed.lease.endpoint;
        let subscriber = directory.get(endpoint);
        if claimed.order_key.is_some() {
            // What waited behind it may be due.
            lanes.expect(endpoint, now);
        }
        match outcome {
            Outcome::NotSent => {
                if let Some(lane) = lanes.get(endpoint) {
                    lane.unclaimed(1);
                }
                lanes.expect(endpoint, claimed.due);
                self.unused.push(claimed.lease);
            }
            Outcome::BrokenOff => {
                if let Some(lane) = lanes.get(endpoint) {
                    lane.unclaimed(1);
                }
                let end = self.next_attempt(&claimed, subscriber, None, settings, now);
                if let End::Again(due) = end {
                    lanes.expect(endpoint, due);
                }
                self.push(claimed, end, took, now, |attempt| {
                    attempt.error = Some("broken off".to_owned());
                });
            }
            Outcome::Spent => {
                if let Some(lane) = lanes.get(endpoint) {
                    lane.unclaimed(1);
                }
                self.tell_of(&claimed, subscriber, |endpoint, event, attempts| {
                    Notice::DeliveryExhausted { endpoint, event, attempts }
                });
                self.push(claimed, End::Dead(now), took, now, |attempt| {
                    attempt.error = Some("unfinished".to_owned());
                });
            }
            Outcome::Sent(Ok(receipt)) => {
                let change = lanes.get(endpoint).map(|lane| lane.succeeded(took, now));
                self.note_health(endpoint, change, lanes);
                lanes.mass.recovered(endpoint);
                if claimed.attempt > Notice::FAILING {
                    self.tell_of(&claimed, subscriber, |endpoint, event, attempts| {
                        Notice::DeliveryRecovered { endpoint, event, attempts }
                    });
                }
                self.push(claimed, End::Delivered, took, now, |attempt| {
                    attempt.status = Some(receipt.status().as_u16().into());
                    attempt.answer = kept(receipt.answer());
                });
            }
            Outcome::Sent(Err(error)) => {
                let is_gone = error.status() == Some(StatusCode::GONE);
                let change = lanes
                    .get(endpoint)
                    .map(|lane| lane.failed(failure(&error), error.retry_after(), took, now));
                if self.note_health(endpoint, change, lanes) {
                    self.look_at_all(claimed.lease, lanes, directory, now);
                }
                self.judge_endpoint(claimed.lease, is_gone, subscriber, lanes, now);
                let end = if is_gone {
                    // Held with the endpoint, and sent when it is enabled.
                    End::Again(now)
                } else {
                    self.next_attempt(&claimed, subscriber, Some(&error), settings, now)
                };
                match end {
                    End::Again(due) => lanes.expect(endpoint, due),
                    End::Delivered | End::Dead(_) => {}
                }
                self.push(claimed, end, took, now, |attempt| {
                    attempt.status = error.status().map(|status| status.as_u16().into());
                    attempt.error = Some(error.class().to_owned());
                    attempt.answer = kept(error.answer());
                    attempt.location = error.location().map(str::to_owned);
                });
            }
        }
    }

    /// When a delivery is tried again, if it is; tells when it is failing, or was given up.
    fn next_attempt(
        &mut self,
        claimed: &Claimed,
        subscriber: Option<&Subscriber>,
        error: Option<&SendError>,
        settings: &Settings,
        now: i64,
    ) -> End {
        let own = subscriber.and_then(|subscriber| subscriber.schedule.as_ref());
        let schedule = own.unwrap_or(&settings.schedule);
        let asked = error.and_then(SendError::retry_after);
        let wait = schedule.wait_after(claimed.attempt, asked, (settings.jitter)());
        let Some(wait) = wait else {
            self.tell_of(claimed, subscriber, |endpoint, event, attempts| {
                Notice::DeliveryExhausted { endpoint, event, attempts }
            });
            return End::Dead(now);
        };
        if claimed.attempt == Notice::FAILING {
            self.tell_of(claimed, subscriber, |endpoint, event, attempts| {
                Notice::DeliveryFailing { endpoint, event, attempts }
            });
        }
        let is_429 = error.and_then(SendError::status) == Some(StatusCode::TOO_MANY_REQUESTS);
        let wait = if is_429 { wait.max(AFTER_429) } else { wait };
        End::Again(now.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Notes what is to be written of an endpoint's health; tells whether anything is.
    fn note_health(&mut self, endpoint: i64, change: Option<Change>, lanes: &mut Lanes) -> bool {
        let (Some(Change::Health), Some(lane)) = (change, lanes.get(endpoint)) else {
            return false;
        };
        self.healths.insert(endpoint, lane.health().into());
        true
    }

    /// Raises the alarm when most endpoints begin to fail at once.
    fn look_at_all(&mut self, lease: Lease, lanes: &mut Lanes, directory: &Directory, now: i64) {
        lanes.mass.began_to_fail(lease.endpoint, now);
        let active = directory.active();
        if lanes.mass.assess(active, now) == Alarm::Raised {
            self.notices.push(Told { notice: Notice::MassFailure { active }, tenant: None, lease });
        }
    }

    /// Disables an endpoint that is gone, or has failed for too long; unless most of them fail.
    fn judge_endpoint(
        &mut self,
        lease: Lease,
        is_gone: bool,
        subscriber: Option<&Subscriber>,
        lanes: &mut Lanes,
        now: i64,
    ) {
        let number = lease.endpoint;
        let is_over = lanes.get(number).is_some_and(|lane| lane.should_disable(now));
        let reason = if is_gone {
            DisabledReason::Gone
        } else if is_over && !lanes.mass.is_suspended() {
            DisabledReason::Failing
        } else {
            return;
        };
        // Requests that were under way say it again.
        if let Some(subscriber) = subscriber.filter(|_| lanes.is_active(number)) {
            self.disabled.push(Disabled { endpoint: number, reason, lease });
            lanes.deactivate(number);
            self.notices.push(Told {
                notice: Notice::EndpointDisabled { endpoint: subscriber.id, reason },
                tenant: subscriber.tenant.clone(),
                lease,
            });
        }
    }

    fn tell_of(
        &mut self,
        claimed: &Claimed,
        subscriber: Option<&Subscriber>,
        notice: impl FnOnce(crate::outbox::EndpointId, crate::event::EventId, usize) -> Notice,
    ) {
        // Nothing is told about the deliveries of what is told.
        if is_operational(&claimed.object) {
            return;
        }
        if let (Some(subscriber), Ok(event)) = (subscriber, claimed.message.event_id.parse()) {
            let notice = notice(subscriber.id, event, claimed.attempt);
            let (tenant, lease) = (subscriber.tenant.clone(), claimed.lease);
            self.notices.push(Told { notice, tenant, lease });
        }
    }

    fn push(
        &mut self,
        claimed: Claimed,
        end: End,
        took: Duration,
        now: i64,
        complete: impl FnOnce(&mut Attempt),
    ) {
        let mut attempt = Attempt {
            lease: claimed.lease,
            event_id: claimed.message.event_id,
            order_key: claimed.order_key,
            number: i64::try_from(claimed.attempt).unwrap_or(i64::MAX),
            at: now.saturating_sub(i64::try_from(took.as_millis()).unwrap_or(0)),
            microseconds: i64::try_from(took.as_micros()).unwrap_or(i64::MAX),
            end,
            status: None,
            error: None,
            answer: None,
            location: None,
        };
        complete(&mut attempt);
        self.attempts.push(attempt);
    }
}

impl Told {
    /// The time of the event that tells it.
    pub(super) fn time(now: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(now).unwrap_or_else(Utc::now)
    }
}

/// What of a failure matters to an endpoint's lane.
fn failure(error: &SendError) -> Failure {
    match error.status() {
        Some(StatusCode::GONE) => Failure::Gone,
        Some(
            StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT,
        ) => Failure::Overloaded,
        None if error.is_timeout() => Failure::Overloaded,
        _ => Failure::Other,
    }
}

fn kept(answer: &[u8]) -> Option<Vec<u8>> {
    (!answer.is_empty()).then(|| answer.to_vec())
}
