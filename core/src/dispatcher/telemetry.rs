//! What is counted: by the `metrics` crate, under fixed names.

use metrics::{counter, gauge};

/// New deliveries of events that were fanned out.
pub(super) fn accepted(deliveries: u64) {
    counter!("hookwright_accepted_total").increment(deliveries);
}

pub(super) fn delivered(deliveries: u64) {
    counter!("hookwright_delivered_total").increment(deliveries);
}

/// Deliveries that ran out of attempts.
pub(super) fn failed(deliveries: u64) {
    counter!("hookwright_failed_total").increment(deliveries);
}

/// Attempts that failed, and will be made again.
pub(super) fn retried(attempts: u64) {
    counter!("hookwright_retried_total").increment(attempts);
}

/// Results whose lease was lost.
pub(super) fn fenced(attempts: u64) {
    counter!("hookwright_fenced_total").increment(attempts);
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a floating-point number")]
pub(super) fn in_flight(requests: usize) {
    gauge!("hookwright_in_flight").set(requests as f64);
}

/// How long the first due delivery has waited, in seconds.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a floating-point number")]
pub(super) fn oldest_due(milliseconds: i64) {
    gauge!("hookwright_oldest_due_seconds").set(milliseconds as f64 / 1000.0);
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a floating-point number")]
pub(super) fn backlog(endpoint: String, deliveries: i64) {
    gauge!("hookwright_backlog", "endpoint" => endpoint).set(deliveries as f64);
}

/// How long the oldest snapshot has been open, in seconds: PostgreSQL cleans nothing up behind it.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a floating-point number")]
pub(super) fn snapshot_age(milliseconds: i64) {
    gauge!("hookwright_snapshot_age_seconds").set(milliseconds as f64 / 1000.0);
}
