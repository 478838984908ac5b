//! What an endpoint answers: hostile input, bounded in bytes and time.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use crate::retry::RetrySchedule;

/// How much of an answer's body is read, in bytes.
const MAX_READ: usize = 16 * 1024;
/// How long an answer's body is waited for, when the deadline is later.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// How much of an answer's body is kept, in bytes.
const MAX_KEPT: usize = 2 * 1024;
/// How much of the `Location` of a redirect is kept, in bytes.
const MAX_LOCATION: usize = 2048;
/// How large an answer's head may be, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// What the head of an answer says, and the first of its body.
pub(super) struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    location: Option<Box<str>>,
    head: usize,
    body: Vec<u8>,
}

impl Answer {
    pub(super) fn of(response: &Response) -> Self {
        Self {
            status: response.status(),
            retry_after: retry_after(response.status(), response.headers(), SystemTime::now()),
            location: location(response),
            head: head_length(response.headers()),
            body: Vec::new(),
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    pub(super) fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The first bytes of the body: hostile input, to be shown as such.
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(super) fn into_body(self) -> Vec<u8> {
        self.body
    }

    pub(super) fn has_large_head(&self) -> bool {
        self.head > MAX_HEAD
    }

    /// Reads the body until its end or a limit. A body that breaks or does not end changes nothing:
    /// the head has told whether the event was taken, and a retry would be a repeat.
    ///
    /// It is read so that the connection can be used again, which is not worth a long wait: some
    /// receivers neither tell how long their body is nor close the connection.
    pub(super) async fn read_body(&mut self, mut response: Response, deadline: Instant) {
        if response.content_length() == Some(0) {
            return;
        }
        let end = deadline.min(Instant::now() + MAX_WAIT);
        let mut left = MAX_READ;
        while let Ok(Ok(Some(chunk))) = timeout_at(end, response.chunk()).await {
            let kept = chunk.len().min(MAX_KEPT - self.body.len());
            self.body.extend_from_slice(&chunk[..kept]);
            if chunk.len() >= left {
                break;
            }
            left -= chunk.len();
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Where a redirect leads, which is recorded and never followed.
fn location(response: &Response) -> Option<Box<str>> {
    if !response.status().is_redirection() {
        return None;
    }
    let text = response.headers().get(LOCATION)?.to_str().ok()?;
    Some(text.chars().take(MAX_LOCATION).collect())
}

/// The length of the lines `name: value`.
fn head_length(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
}

/// How long an endpoint asks to be left alone, by `Retry-After` (RFC 9110 section 10.2.3): seconds,
/// or a date, and at most a day. It is heard on 429 and 503; what is neither is ignored.
fn retry_after(status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = text.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(RetrySchedule::MAX_RETRY_AFTER));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO).min(RetrySchedule::MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, value: &str, expected: Option<u64>) {
        let status = StatusCode::from_u16(status).expect("a status");
        let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().expect("a value"))]);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let expected = expected.map(Duration::from_secs);
        assert_eq!(retry_after(status, &headers, now), expected, "{status} {value}");
    }

    #[test]
    fn seconds_and_dates_are_heard_on_429_and_503() {
        check(429, "120", Some(120));
        check(503, "0", Some(0));
        check(503, " 7 ", Some(7));
        check(503, "Sun, 06 Nov 1994 08:50:37 GMT", Some(60));
        check(429, "Sunday, 06-Nov-94 08:50:37 GMT", Some(60));
    }

    #[test]
    fn a_date_that_has_passed_is_no_wait() {
        check(503, "Sun, 06 Nov 1994 08:49:36 GMT", Some(0));
    }

    #[test]
    fn more_than_a_day_is_a_day() {
        check(503, "86401", Some(86_400));
        check(503, "99999999999999999999999999", Some(86_400));
        check(503, "Fri, 31 Dec 9999 23:59:59 GMT", Some(86_400));
    }

    #[test]
    fn everything_else_is_ignored() {
        for value in
            ["", "-1", "+5", "1.5", "soon", "1e9", "Sun, 99 Nov 1994 08:49:37 GMT", "120, 5"]
        {
            check(503, value, None);
        }
        check(500, "120", None);
        check(200, "120", None);
    }
}
