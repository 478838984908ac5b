//! Times as they are typed.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Reads a time: `2026-03-01T12:00:00Z`, `2026-03-01`, or how long ago, such as `90m`, `24h`, `7d`.
pub(super) fn past(text: &str) -> Result<DateTime<Utc>, String> {
    moment(text, |ago| Utc::now().checked_sub_signed(ago))
}

/// Reads a time, or how long from now on it is.
pub(super) fn future(text: &str) -> Result<DateTime<Utc>, String> {
    moment(text, |ahead| Utc::now().checked_add_signed(ahead))
}

fn moment(
    text: &str,
    relative: impl Fn(TimeDelta) -> Option<DateTime<Utc>>,
) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    if let Ok(date) = text.parse::<NaiveDate>() {
        return Ok(date.and_time(NaiveTime::MIN).and_utc());
    }
    duration(text)
        .ok()
        .and_then(|duration| TimeDelta::from_std(duration).ok())
        .and_then(relative)
        .ok_or_else(|| {
            "write a time such as 2026-03-01T12:00:00Z, a date, or a span such as 90m, 24h, 7d"
                .to_owned()
        })
}

/// Reads a span of time: a number and `ms`, `s`, `m`, `h` or `d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0,
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(milliseconds))
        .filter(|_| milliseconds > 0)
        .map(Duration::from_millis)
        .ok_or_else(|| "write a number and ms, s, m, h or d, such as 500ms or 24h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_are_typed() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(past("2026-03-01"), Ok(at("2026-03-01T00:00:00Z")));
        assert_eq!(past("2026-03-01T12:00:00+02:00"), Ok(at("2026-03-01T10:00:00Z")));
        let ago = past("1h").unwrap();
        let hour = Utc::now() - ago;
        assert!((TimeDelta::hours(1)..TimeDelta::minutes(61)).contains(&hour));
        let days = future("2d").unwrap() - Utc::now();
        assert!((TimeDelta::hours(47)..=TimeDelta::days(2)).contains(&days));
        for wrong in ["", "h", "1", "1w", "-1h", "yesterday", "99999999999999999999d"] {
            assert!(past(wrong).is_err(), "{wrong}");
        }
        assert!(past(&format!("{}h", u64::MAX / 3_600_000)).is_err());
    }
}
