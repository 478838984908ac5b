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
    let mut pretty = String::with_capacity(json.len() * 2);
    let (mut depth, mut is_text, mut is_escaped) = (0, false, false);
    let mut characters = json.chars().filter(|character| *character != '\n').peekable();
    while let Some(character) = characters.next() {
        if is_text {
            is_text = is_escaped || character != '"';
            is_escaped = character == '\\' && !is_escaped;
            pretty.push(character);
            continue;
        }
        match character {
            '{' | '[' => {
                while characters.next_if(char::is_ascii_whitespace).is_some() {}
                pretty.push(character);
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    pretty.push(end);
                } else {
                    depth += 1;
                    break_line(&mut pretty, depth);
                }
            }
            '}' | ']' => {
                depth -= 1;
                break_line(&mut pretty, depth);
                pretty.push(character);
            }
            ',' => {
                pretty.push(',');
                break_line(&mut pretty, depth);
            }
            ':' => pretty.push_str(": "),
            character if character.is_ascii_whitespace() => {}
            character => {
                is_text = character == '"';
                pretty.push(character);
            }
        }
    }
    Some(escape(&pretty))
}

fn break_line(text: &mut String, depth: usize) {
    text.push('\n');
    // What is nested deeper is hardly read, and indented no further.
    text.extend(std::iter::repeat_n("  ", depth.min(32)));
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
    fn json_for_people_keeps_its_order_and_its_numbers() {
        let json =
            r#"{"z":1e400, "a":[ ],"b":{} ,"text":"{\"a\":[1,2]}\\","list":[1.10,{"c":null}]}"#;
        let expected = r#"{
  "z": 1e400,
  "a": [],
  "b": {},
  "text": "{\"a\":[1,2]}\\",
  "list": [
    1.10,
    {
      "c": null
    }
  ]
}"#;
        assert_eq!(pretty(json).as_deref(), Some(expected));
        assert_eq!(pretty(expected).as_deref(), Some(expected));
        assert_eq!(pretty("{\"a\":"), None);
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert!(pretty(&deep).is_some());
    }
}
