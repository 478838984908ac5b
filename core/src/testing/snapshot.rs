use std::fmt::Write;

/// The exact body, with what differs from one run to the next masked: UUIDs as `[id 1]`, `[id 2]`, …,
/// the same one by the same number; times of RFC 3339 as `[time]`; the port of a receiver on loopback
/// as `[port]`.
///
/// Ids that the test has chosen, such as `p1`, stay as they are. To keep a time, give the event one by
/// [`Event::at`](crate::Event::at) and compare the body itself.
///
/// # Examples
///
/// ```
/// use hookwright::testing::snapshot;
///
/// let body = r#"{"type":"person.created","timestamp":"2025-02-10T15:30:50.123Z","data":{"id":"0193f7f4-3b5c-7bd0-a5f7-6b8b1d0f5f11"}}"#;
/// assert_eq!(
///     snapshot(body.as_bytes()),
///     r#"{"type":"person.created","timestamp":"[time]","data":{"id":"[id 1]"}}"#,
/// );
/// ```
pub fn snapshot(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut ids: Vec<&str> = Vec::new();
    let mut masked = String::with_capacity(text.len());
    let mut is_in_word = false;
    let mut left = &*text;
    while let Some(next) = left.chars().next() {
        let found = if is_in_word { None } else { find(left) };
        let length = match found {
            Some((Found::Id, length)) => {
                let id = &left[..length];
                let known = ids.iter().position(|known| known.eq_ignore_ascii_case(id));
                let number = known.unwrap_or_else(|| {
                    ids.push(id);
                    ids.len() - 1
                });
                write!(masked, "[id {}]", number + 1).expect("a String takes it");
                length
            }
            Some((Found::Time, length)) => {
                masked.push_str("[time]");
                length
            }
            Some((Found::Port { from }, length)) => {
                masked.push_str(&left[..from]);
                masked.push_str("[port]");
                length
            }
            None => {
                masked.push(next);
                next.len_utf8()
            }
        };
        is_in_word = left[..length].ends_with(|last: char| last.is_ascii_alphanumeric());
        left = &left[length..];
    }
    masked
}

enum Found {
    Id,
    Time,
    /// Where the digits begin.
    Port {
        from: usize,
    },
}

/// What a text begins with, and how long it is.
fn find(text: &str) -> Option<(Found, usize)> {
    const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    const SECONDS: &str = "dddd-dd-ddTdd:dd:dd";
    const LOOPBACK: [&str; 3] = ["127.0.0.1:", "localhost:", "[::1]:"];

    let is_end =
        |length: usize| !text[length..].starts_with(|next: char| next.is_ascii_alphanumeric());
    if is_like(text, UUID) && is_end(UUID.len()) {
        return Some((Found::Id, UUID.len()));
    }
    if is_like(text, SECONDS) {
        let mut length = SECONDS.len();
        if let Some(fraction) = text[length..].strip_prefix('.') {
            length += 1 + digits(fraction);
        }
        let zone = match &text[length..] {
            rest if rest.starts_with('Z') => 1,
            rest if is_like(rest, "+dd:dd") || is_like(rest, "-dd:dd") => 6,
            _ => return None,
        };
        return Some((Found::Time, length + zone)).filter(|(_, length)| is_end(*length));
    }
    let host = LOOPBACK.into_iter().find(|host| text.starts_with(host))?;
    let port = digits(&text[host.len()..]);
    (port > 0).then_some((Found::Port { from: host.len() }, host.len() + port))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// `x` is a hex digit, `d` a decimal one, anything else itself.
fn is_like(text: &str, pattern: &str) -> bool {
    text.len() >= pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, like)| match like {
            b'x' => byte.is_ascii_hexdigit(),
            b'd' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &str) {
        assert_eq!(snapshot(body.as_bytes()), expected);
    }

    #[test]
    fn ids_are_numbered_by_their_first_place() {
        let (first, second) =
            ("0193f7f4-3b5c-7bd0-a5f7-6b8b1d0f5f11", "0193F7F4-3B5C-7BD0-A5F7-6B8B1D0F5F12");
        check(&format!("{first} {second} {first}"), "[id 1] [id 2] [id 1]");
        check(&format!(r#""urn:{first}/{second}""#), r#""urn:[id 1]/[id 2]""#);
        // Part of something else.
        for text in [format!("a{first}"), format!("{first}a"), first.replace('-', "_")] {
            check(&text, &text);
        }
    }

    #[test]
    fn times_are_masked_in_every_form() {
        for time in [
            "2025-02-10T15:30:50Z",
            "2025-02-10T15:30:50.123456789Z",
            "2025-02-10T15:30:50+01:00",
            "2025-02-10T15:30:50.5-11:30",
        ] {
            check(&format!(r#"{{"a":"{time}"}}"#), r#"{"a":"[time]"}"#);
            check(&format!(r#"{{"a":"{{\"b\":\"{time}\"}}"}}"#), r#"{"a":"{\"b\":\"[time]\"}"}"#);
        }
        for text in
            ["2025-02-10", "2025-02-10T15:30:50", "2025-02-10 15:30:50Z", "2025-02-10T15:30:50Zulu"]
        {
            check(text, text);
        }
    }

    #[test]
    fn everything_else_is_as_it_was() {
        check("http://127.0.0.1:49152/hooks", "http://127.0.0.1:[port]/hooks");
        for text in ["", "ä€😀", r#"{"id":"p1","n":1735066639761}"#, "127.0.0.1", "127.0.0.1:x"]
        {
            check(text, text);
        }
        assert_eq!(snapshot(b"\xff"), "\u{fffd}");
    }
}
