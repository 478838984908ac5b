//! Text that others gave, times and figures, as people read them.

use std::fmt::Write as _;

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::unseen::spell_unseen;

/// A text of which nothing is hidden: what is not seen, or turns the direction of what follows, is
/// spelled out. Lines and tabs stay.
pub(super) fn visible(text: &str) -> String {
    spell_unseen(text, |char, shown| match char {
        '\n' | '\t' => shown.push(char),
        '\r' => shown.push('␍'),
        _ => {
            // Writing to a string does not fail.
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(char));
        }
    })
}

/// As [`visible`], on one line.
pub(super) fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "␊").replace('\t', "␉")
}

/// How many characters of a name or of an address are shown where it is one among others.
pub(super) const LINE: usize = 200;

/// A text with so many characters at most: what is longer is cut, and says so.
pub(super) fn cut(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A point in time.
#[derive(Debug, Clone, Copy, Template)]
#[template(
    source = r#"<time datetime="{{ self.exact() }}">{{ self.readable() }}</time>"#,
    ext = "html"
)]
pub(super) struct Time(pub(super) DateTime<Utc>);

impl HtmlSafe for Time {}

impl Time {
    fn exact(&self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    pub(super) fn readable(&self) -> String {
        self.0.format("%-d %b %Y, %H:%M:%S UTC").to_string()
    }
}

/// A span of milliseconds.
pub(super) fn duration(milliseconds: f64) -> String {
    if milliseconds < 10.0 {
        format!("{milliseconds:.1} ms")
    } else if milliseconds < 1000.0 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.1} s", milliseconds / 1000.0)
    }
}

/// A share from 0 to 1: never `0%` for what is more, or `100%` for what is less.
pub(super) fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0%".to_owned(),
        percent if percent < 0.1 => "<0.1%".to_owned(),
        percent if percent < 10.0 => format!("{percent:.1}%"),
        percent if percent >= 100.0 => "100%".to_owned(),
        percent if percent > 99.0 => ">99%".to_owned(),
        percent => format!("{percent:.0}%"),
    }
}

/// A number with its thousands apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of things.
pub(super) fn count(of: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(of), if of == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_hidden() {
        assert_eq!(visible("a\u{202E}b\u{0}c\u{1b}[31m"), "a⟨U+202E⟩b⟨U+0000⟩c⟨U+001B⟩[31m");
        assert_eq!(visible("zwei\nZeilen\tä 🦀 👩‍🚀"), "zwei\nZeilen\tä 🦀 👩‍🚀");
        assert_eq!(visible_line("a\r\nb"), "a␍␊b");
        assert_eq!(visible("pay\u{AD}pal\u{3164}"), "pay⟨U+00AD⟩pal⟨U+3164⟩");
        assert_eq!(visible("\u{200B}\u{2066}\u{FEFF}"), "⟨U+200B⟩⟨U+2066⟩⟨U+FEFF⟩");
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(cut("äöü".to_owned(), 3), "äöü");
        assert_eq!(cut("äöü".to_owned(), 2), "äö…");
        assert_eq!(cut(String::new(), 0), "");
    }

    #[test]
    fn figures_are_short() {
        assert_eq!(duration(3.25), "3.2 ms");
        assert_eq!(duration(250.4), "250 ms");
        assert_eq!(duration(61_000.0), "61.0 s");
        assert_eq!(percent(0.0), "0%");
        assert_eq!(percent(0.0001), "<0.1%");
        assert_eq!(percent(0.995), ">99%");
        assert_eq!(percent(1.0), "100%");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(count(1, "event", "events"), "1 event");
    }

    #[test]
    fn a_time_is_exact_for_programs() {
        let time: DateTime<Utc> = "2026-03-01T09:05:03.250Z".parse().unwrap();
        let html = r#"<time datetime="2026-03-01T09:05:03.250Z">1 Mar 2026, 09:05:03 UTC</time>"#;
        assert_eq!(Time(time).to_string(), html);
    }
}
