//! Durations, counted in bins that grow with them: narrow enough for percentiles within 1 %.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// Below this, in microseconds, each duration is a bin of its own. From here on there are half as many
/// bins between each power of two and the next.
const EXACT: i64 = 128;
/// How often the width doubles: up to an hour, and after that it stays.
const DOUBLINGS: u32 = 25;

/// How many attempts have taken how long: by the least duration of each bin.
#[derive(Debug, Clone, Default)]
pub(super) struct Histogram(BTreeMap<i64, u64>);

impl Histogram {
    /// The bin of a duration, as SQL that every store knows.
    pub(super) fn bin_sql(duration: &str) -> String {
        let mut sql = format!("CASE WHEN {duration} < {EXACT} THEN {duration}");
        for doubling in 1..DOUBLINGS {
            let (end, width) = (EXACT << doubling, 1_i64 << doubling);
            // Nothing fails to be written to a String.
            let _ = write!(sql, " WHEN {duration} < {end} THEN {duration} / {width} * {width}");
        }
        let width = 1_i64 << DOUBLINGS;
        let _ = write!(sql, " ELSE {duration} / {width} * {width} END");
        sql
    }

    pub(super) fn add(&mut self, bin: i64, count: u64) {
        *self.0.entry(bin).or_default() += count;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (bin, count) in &other.0 {
            self.add(*bin, *count);
        }
    }

    /// What so many of a hundred took at most: the middle of the bin that it is in.
    pub(super) fn percentile(&self, percent: u64) -> Option<Duration> {
        let all: u64 = self.0.values().sum();
        let mut left = all.saturating_mul(percent).div_ceil(100);
        let (bin, _) = self.0.iter().find(|(_, count)| {
            let is_in = left <= **count;
            left = left.saturating_sub(**count);
            is_in
        })?;
        let middle = bin.saturating_add((width(*bin) - 1) / 2);
        Some(Duration::from_micros(u64::try_from(middle).unwrap_or(0)))
    }
}

/// How many microseconds a bin has.
fn width(bin: i64) -> i64 {
    let doublings = (bin / EXACT).checked_ilog2().map_or(0, |doublings| doublings + 1);
    1 << doublings.min(DOUBLINGS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the SQL has it.
    fn bin(duration: i64) -> i64 {
        let doublings = (0..DOUBLINGS).find(|doublings| duration < EXACT << doublings);
        let width = 1 << doublings.unwrap_or(DOUBLINGS);
        duration / width * width
    }

    fn histogram(durations: impl IntoIterator<Item = i64>) -> Histogram {
        let mut histogram = Histogram::default();
        for duration in durations {
            histogram.add(bin(duration), 1);
        }
        histogram
    }

    fn micros(histogram: &Histogram, percent: u64) -> Option<u128> {
        histogram.percentile(percent).map(|duration| duration.as_micros())
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        assert_eq!(micros(&histogram([]), 50), None);
        assert_eq!(micros(&histogram([7]), 50), Some(7));
        assert_eq!(micros(&histogram([7]), 99), Some(7));
        assert_eq!(micros(&histogram([1, 2]), 50), Some(1));
        assert_eq!(micros(&histogram([1, 2, 3]), 50), Some(2));
        assert_eq!(micros(&histogram(1..=100), 50), Some(50));
        assert_eq!(micros(&histogram(1..=100), 99), Some(99));
        assert_eq!(micros(&histogram((1..=100).chain([0])), 99), Some(99));
        assert_eq!(micros(&histogram([0; 99].into_iter().chain([100])), 99), Some(0));
    }

    #[test]
    fn every_duration_is_told_within_a_hundredth() {
        for power in 0..36 {
            for duration in [1_i64 << power, (1 << power) + 1, (3 << power) / 2, (2 << power) - 1] {
                let told = micros(&histogram([duration]), 50).expect("one");
                let told = i64::try_from(told).expect("small");
                assert!((told - duration).abs() * 100 <= duration, "{told} for {duration}");
            }
        }
    }

    #[test]
    fn what_is_merged_is_what_was_counted_at_once() {
        let mut parts = histogram(1..500);
        parts.merge(&histogram(300..90_000));
        assert_eq!(parts.0, histogram((1..500).chain(300..90_000)).0);
    }
}
