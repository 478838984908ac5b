//! Plots of figures, as SVG without styles or scripts: pure.

use std::fmt::Write as _;

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::{DateTime, TimeDelta, Utc};

use super::text::{self, Time};
use crate::stats::{AttemptFigures, Stats, WebhookFigures};

/// The width that a bucket has in a plot, and what of it is not between two.
const STEP: f64 = 5.0;
const BAR: f64 = 4.0;

/// Attempts over time, each bucket a bar: what was delivered below what failed.
#[derive(Debug, Clone, Template)]
#[template(path = "bars.html")]
pub(super) struct Bars {
    width: f64,
    height: f64,
    delivered: String,
    failed: String,
    label: String,
}

impl HtmlSafe for Bars {}

impl Bars {
    pub(super) fn new(buckets: &[AttemptFigures], height: f64, label: String) -> Self {
        let most = buckets.iter().map(|bucket| bucket.delivered + bucket.failed).max();
        let scale = height / of(most.unwrap_or_default().max(1));
        let (mut delivered, mut failed) = (String::new(), String::new());
        for (index, bucket) in buckets.iter().enumerate() {
            let left = at(index);
            // What is there is seen, however little it is.
            let tall = |count: u64| if count == 0 { 0.0 } else { (of(count) * scale).max(1.0) };
            let (low, high) = (tall(bucket.delivered), tall(bucket.failed));
            let low = low.min(height - high);
            add_bar(&mut delivered, left, height, low);
            add_bar(&mut failed, left, height - low, high);
        }
        Self { width: at(buckets.len()) - (STEP - BAR), height, delivered, failed, label }
    }
}

fn add_bar(path: &mut String, left: f64, bottom: f64, tall: f64) {
    if tall > 0.0 {
        let _ = write!(path, "M{left} {bottom:.1}v-{tall:.1}h{BAR}v{tall:.1}z");
    }
}

/// Latencies over time, as two lines.
#[derive(Debug, Clone, Template)]
#[template(path = "lines.html")]
pub(super) struct Lines {
    width: f64,
    height: f64,
    p50: String,
    p99: String,
    label: String,
}

impl HtmlSafe for Lines {}

impl Lines {
    fn new(buckets: &[AttemptFigures], height: f64, label: String) -> Self {
        let most = buckets.iter().filter_map(|bucket| bucket.p99_ms).fold(0.0, f64::max);
        let scale = if most > 0.0 { (height - 2.0) / most } else { 0.0 };
        let line = |value: fn(&AttemptFigures) -> Option<f64>| {
            let mut path = String::new();
            let mut is_drawn = false;
            for (index, bucket) in buckets.iter().enumerate() {
                let Some(value) = value(bucket) else {
                    is_drawn = false;
                    continue;
                };
                let (x, y) = (at(index), height - 1.0 - value * scale);
                // A bucket alone is a short line too.
                let step = if is_drawn { 'L' } else { 'M' };
                let _ = write!(path, "{step}{x} {y:.1}h{BAR}");
                is_drawn = true;
            }
            path
        };
        Self {
            width: at(buckets.len()) - (STEP - BAR),
            height,
            p50: line(|bucket| bucket.p50_ms),
            p99: line(|bucket| bucket.p99_ms),
            label,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a plot has few buckets")]
fn at(index: usize) -> f64 {
    index as f64 * STEP
}

#[expect(clippy::cast_precision_loss, reason = "a plot is for people")]
fn of(count: u64) -> f64 {
    count as f64
}

/// The attempts of the last day, small: for a list.
pub(super) fn day(figures: &WebhookFigures) -> Bars {
    let all = &figures.all;
    let label = match all.delivered + all.failed {
        0 => "No attempts in the last 24 hours".to_owned(),
        _ => format!(
            "Attempts of the last 24 hours, by the hour: {} delivered, {} failed",
            text::number(all.delivered),
            text::number(all.failed)
        ),
    };
    Bars::new(&figures.buckets, 24.0, label)
}

/// A span of time that plots show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Hour,
    Day,
    Week,
    Month,
}

impl Span {
    const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// By its word in the URL; a day unless it is another.
    pub(super) fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|span| span.word() == word).unwrap_or(Self::Day)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Hour => "1 hour",
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Month => "30 days",
        }
    }

    /// How long a bucket is, in seconds, and how many there are.
    pub(super) fn buckets(self) -> (u32, usize) {
        match self {
            Self::Hour => (60, 60),
            Self::Day => (1800, 48),
            Self::Week => (4 * 3600, 42),
            Self::Month => (24 * 3600, 30),
        }
    }
}

/// A link to a span.
pub(super) struct SpanChoice {
    pub(super) word: &'static str,
    pub(super) name: &'static str,
    pub(super) is_chosen: bool,
}

/// The figures of a webhook over a span, as plots and as a table.
pub(super) struct Figures {
    pub(super) spans: Vec<SpanChoice>,
    pub(super) span: &'static str,
    pub(super) has_attempts: bool,
    pub(super) attempts: String,
    pub(super) failure_share: Option<String>,
    pub(super) p50: Option<String>,
    pub(super) p99: Option<String>,
    pub(super) pending: String,
    pub(super) held: String,
    pub(super) dead: String,
    pub(super) has_dead: bool,
    pub(super) dead_deliveries: String,
    pub(super) bars: Bars,
    pub(super) lines: Lines,
    pub(super) most_attempts: String,
    pub(super) slowest: String,
    pub(super) from: Time,
    pub(super) to: Time,
    /// The buckets with attempts, the newest first.
    pub(super) rows: Vec<Row>,
}

/// A bucket, in words.
pub(super) struct Row {
    pub(super) from: Time,
    pub(super) delivered: String,
    pub(super) failed: String,
    pub(super) p50: String,
    pub(super) p99: String,
}

impl Figures {
    pub(super) fn new(span: Span, stats: &Stats) -> Self {
        let figures = stats.webhooks.first().unwrap_or(&stats.total);
        let (all, buckets) = (&figures.all, &figures.buckets);
        let milliseconds = |value: Option<f64>| value.map(text::duration);
        let most = buckets.iter().map(|bucket| bucket.delivered + bucket.failed).max();
        let slowest = buckets.iter().filter_map(|bucket| bucket.p99_ms).fold(0.0, f64::max);
        let name = span.name();
        let bars = format!(
            "Attempts of the last {name}: {} delivered, {} failed",
            text::number(all.delivered),
            text::number(all.failed)
        );
        let none = || "unknown".to_owned();
        let lines = format!(
            "Latency of the last {name}: half of the attempts took at most {}, 99 of 100 at most {}",
            milliseconds(all.p50_ms).unwrap_or_else(none),
            milliseconds(all.p99_ms).unwrap_or_else(none)
        );
        let seconds = i64::try_from(stats.bucket_seconds).unwrap_or(3600);
        let start = |index: usize| -> DateTime<Utc> {
            let count = i32::try_from(index).unwrap_or(i32::MAX);
            stats.since + TimeDelta::seconds(seconds) * count
        };
        let rows = buckets.iter().enumerate().rev();
        let rows = rows.filter(|(_, bucket)| bucket.delivered + bucket.failed > 0);
        Self {
            spans: Span::ALL
                .map(|choice| SpanChoice {
                    word: choice.word(),
                    name: choice.name(),
                    is_chosen: choice == span,
                })
                .into(),
            span: name,
            has_attempts: all.delivered + all.failed > 0,
            attempts: text::number(all.delivered + all.failed),
            failure_share: all.failure_share.map(text::percent),
            p50: milliseconds(all.p50_ms),
            p99: milliseconds(all.p99_ms),
            pending: text::number(figures.pending),
            held: text::number(figures.held),
            dead: text::number(figures.dead),
            has_dead: figures.dead > 0,
            dead_deliveries: text::count(figures.dead, "delivery is dead", "deliveries are dead"),
            bars: Bars::new(buckets, 80.0, bars),
            lines: Lines::new(buckets, 80.0, lines),
            most_attempts: text::number(most.unwrap_or_default()),
            slowest: text::duration(slowest),
            from: Time(stats.since),
            to: Time(start(buckets.len())),
            rows: rows
                .map(|(index, bucket)| Row {
                    from: Time(start(index)),
                    delivered: text::number(bucket.delivered),
                    failed: text::number(bucket.failed),
                    p50: milliseconds(bucket.p50_ms).unwrap_or_default(),
                    p99: milliseconds(bucket.p99_ms).unwrap_or_default(),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(delivered: u64, failed: u64, latency: Option<f64>) -> AttemptFigures {
        AttemptFigures { delivered, failed, failure_share: None, p50_ms: latency, p99_ms: latency }
    }

    #[test]
    fn failures_stand_on_what_was_delivered() {
        let bars = Bars::new(&[bucket(3, 1, None), bucket(0, 0, None)], 40.0, String::new());
        assert_eq!(bars.delivered, "M0 40.0v-30.0h4v30.0z");
        assert_eq!(bars.failed, "M0 10.0v-10.0h4v10.0z");
    }

    #[test]
    fn a_single_failure_among_many_is_seen() {
        let bars = Bars::new(&[bucket(100_000, 1, None)], 40.0, String::new());
        assert_eq!(bars.failed, "M0 1.0v-1.0h4v1.0z");
    }

    #[test]
    fn a_line_has_a_gap_where_nothing_was_sent() {
        let (slow, none) = (bucket(1, 0, Some(100.0)), bucket(0, 0, None));
        let lines = Lines::new(&[slow.clone(), slow.clone(), none, slow], 42.0, String::new());
        assert_eq!(lines.p99, "M0 1.0h4L5 1.0h4M15 1.0h4");
    }
}
