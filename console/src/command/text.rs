//! Text of others, made fit for a terminal.

use std::fmt::Write;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::unseen::spell_unseen;

/// The text with everything spelled out that a terminal would obey, or that would turn a line around:
/// control characters, marks of direction, and characters that are not seen.
pub(super) fn clean(text: &str) -> String {
    spell_unseen(text, |character, clean| clean.push_str(&character.escape_unicode().to_string()))
}

/// A value as JSON in one line, in which such characters are escaped as JSON escapes them.
pub(super) fn json(value: &impl Serialize) -> String {
    escape(&serde_json::to_string(value).unwrap_or_default())
}

/// JSON in several lines, for people: members stay in their order, and numbers as they are written.
/// `None` where it is not JSON.
pub(super) fn pretty(json: &str) -> Option<String> {
    serde_json::from_str::<&RawValue>(json).ok()?;
    crate::json::pretty(json, usize::MAX).map(|pretty| escape(&pretty))
}

/// JSON in which nothing is left that a terminal would obey: it stands in strings alone, where line
/// breaks do not.
fn escape(json: &str) -> String {
    spell_unseen(json, |character, clean| {
        if character == '\n' {
            return clean.push('\n');
        }
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            // Writing to a string does not fail.
            let _ = write!(clean, "\\u{unit:04x}");
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unseen::is_unseen;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        for (text, expected) in [
            ("Zoë 漢字 🙂", "Zoë 漢字 🙂"),
            ("\x1b[2Jgone", "\\u{1b}[2Jgone"),
            ("a\r\nb\tc\x7f", "a\\u{d}\\u{a}b\\u{9}c\\u{7f}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}txt.exe\u{2066}", "\\u{202e}txt.exe\\u{2066}"),
            ("\u{200f}\u{feff}", "\\u{200f}\\u{feff}"),
        ] {
            assert_eq!(clean(text), expected);
        }
    }

    #[test]
    fn escaped_json_says_the_same() {
        let text = "\x1b[2J \u{9b} \u{202e} \u{7f} \u{e0041} Zoë";
        let value = serde_json::json!({ "text": text, "nested": [text] });
        for json in [json(&value), pretty(&value.to_string()).unwrap()] {
            assert!(!json.chars().any(|character| character != '\n' && is_unseen(character)));
            assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
        }
    }

    #[test]
    fn what_is_no_json_is_not_made_to_look_like_it() {
        assert_eq!(pretty("[1 ]").as_deref(), Some("[\n  1\n]"));
        assert_eq!(pretty("{\"a\":"), None);
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert!(pretty(&deep).is_some());
    }
}
