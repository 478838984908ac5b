//! Times on the wire: UTC by RFC 3339 with `Z`, with milliseconds only when they are not zero.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Datelike, Timelike, Utc};

/// The same time without what the body cannot hold: parts of a millisecond, and leap seconds.
pub(crate) fn whole_milliseconds(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(time.timestamp_millis()).unwrap_or(time)
}

/// The time now, of which no less than a millisecond is wanted.
pub(crate) fn now() -> DateTime<Utc> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let milliseconds = i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX);
    DateTime::from_timestamp_millis(milliseconds).unwrap_or_else(Utc::now)
}

/// A time as text. A formatter of fixed width takes half the time of chrono's.
pub(crate) struct Rfc3339 {
    text: [u8; 24],
    length: usize,
}

impl Rfc3339 {
    /// `None` for a year that RFC 3339 cannot write.
    pub(crate) fn new(time: DateTime<Utc>) -> Option<Self> {
        let time = time.naive_utc();
        let year = u32::try_from(time.year()).ok().filter(|year| *year <= 9999)?;
        let mut text = *b"0000-00-00T00:00:00.000Z";
        digits(&mut text[0..4], year);
        digits(&mut text[5..7], time.month());
        digits(&mut text[8..10], time.day());
        digits(&mut text[11..13], time.hour());
        digits(&mut text[14..16], time.minute());
        digits(&mut text[17..19], time.second());
        let milliseconds = time.nanosecond() / 1_000_000;
        if milliseconds == 0 {
            text[19] = b'Z';
            return Some(Self { text, length: 20 });
        }
        digits(&mut text[20..23], milliseconds);
        Some(Self { text, length: 24 })
    }

    /// With milliseconds also when they are zero, as JavaScript's `toISOString` writes them.
    #[cfg(feature = "http")]
    pub(crate) fn with_milliseconds(time: DateTime<Utc>) -> Option<Self> {
        let mut text = Self::new(time)?;
        if text.length == 20 {
            text.text[19..].copy_from_slice(b".000Z");
            text.length = 24;
        }
        Some(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.text[..self.length]).expect("only ASCII was written")
    }
}

/// Writes the last digits of `number`, as many as there is place for.
fn digits(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(time: &str, expected: &str) {
        let time: DateTime<Utc> = time.parse().expect("a time of the test");
        let text = Rfc3339::new(whole_milliseconds(time)).expect("a year of four digits");
        assert_eq!(text.as_str(), expected);
    }

    #[test]
    fn milliseconds_are_written_only_when_they_are_not_zero() {
        check("2025-02-10T15:30:50Z", "2025-02-10T15:30:50Z");
        check("2025-02-10T15:30:50.000999Z", "2025-02-10T15:30:50Z");
        check("2025-02-10T15:30:50.001Z", "2025-02-10T15:30:50.001Z");
        check("2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59.999Z");
    }

    #[test]
    #[cfg(feature = "http")]
    fn milliseconds_are_always_written_where_javascript_does() {
        for (time, expected) in [
            ("2025-02-10T15:30:50Z", "2025-02-10T15:30:50.000Z"),
            ("2025-02-10T15:30:50.070Z", "2025-02-10T15:30:50.070Z"),
        ] {
            let text = Rfc3339::with_milliseconds(time.parse().expect("a time of the test"));
            assert_eq!(text.expect("a year of four digits").as_str(), expected);
        }
    }

    #[test]
    fn times_of_other_zones_are_written_in_utc() {
        check("2025-01-01T00:30:00+01:00", "2024-12-31T23:30:00Z");
    }

    #[test]
    fn a_leap_second_is_the_second_after_it() {
        check("2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500Z");
    }

    #[test]
    fn the_first_and_the_last_year_of_four_digits_are_written_and_no_other() {
        check("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z");
        check("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z");
        assert!(Rfc3339::new(DateTime::<Utc>::MIN_UTC).is_none());
        assert!(Rfc3339::new(DateTime::<Utc>::MAX_UTC).is_none());
    }

    #[test]
    fn every_day_of_four_centuries_reads_as_chrono_writes_it() {
        let mut time: DateTime<Utc> = "1900-01-01T01:02:03.045Z".parse().expect("a time");
        while time.year() < 2300 {
            let text = Rfc3339::new(time).expect("a year of four digits");
            assert_eq!(text.as_str(), time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
            time += chrono::TimeDelta::days(1);
        }
    }
}
