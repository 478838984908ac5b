use std::error::Error;
use std::fmt;
use std::str::Utf8Error;

use super::EventName;

/// Why a body is not the event that was asked for.
///
/// The text can be shown and logged: it names the event and the place, and never what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// The body is not JSON.
    #[non_exhaustive]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The body is JSON, but not an event.
    #[non_exhaustive]
    Envelope {
        /// Where, such as `timestamp`; empty for the whole body.
        path: String,
        /// What is wrong there.
        problem: Problem,
    },
    /// The body is a JSON object, but of no format, or of several: one of `event`, `eventName`,
    /// `type`, and `specversion` with `type`, tells which it is.
    UnknownFormat,
    /// There is nothing here that reads an event of this name.
    #[non_exhaustive]
    UnknownEvent {
        /// The name.
        name: EventName,
    },
    /// The data is not that of the event.
    #[non_exhaustive]
    Data {
        /// The event.
        event: EventName,
        /// Where, such as `data.address.city`.
        path: String,
        /// What is wrong there.
        problem: Problem,
    },
}

/// What is wrong with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// It is not there.
    Missing,
    /// It stands there twice.
    Twice,
    /// There is no such member.
    Unknown,
    /// It is of another type: what it is, such as `a string`.
    Type(&'static str),
    /// It is of the right type, and has a value that the type does not take.
    Value,
}

impl ReadError {
    pub(crate) fn not_utf8(body: &[u8], error: &Utf8Error) -> Self {
        let before = body.get(..error.valid_up_to()).unwrap_or_default();
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines = before.split(|byte| *byte == b'\n').count();
        Self::NotJson { line: lines, column: before.len() - line_start + 1 }
    }

    /// Of what serde said of a whole body.
    pub(crate) fn envelope(body: &str, error: &serde_json::Error) -> Self {
        if !error.is_data() {
            return Self::NotJson { line: error.line(), column: error.column() };
        }
        let (path, problem) = place("", body, error);
        Self::Envelope { path, problem }
    }

    /// Of what serde said of one member of the envelope, of which `json` is the text.
    pub(crate) fn member(name: &'static str, json: &str, error: &serde_json::Error) -> Self {
        if !error.is_data() {
            return Self::not_taken(name);
        }
        let (path, problem) = place(name, json, error);
        Self::Envelope { path, problem }
    }

    pub(crate) fn missing(name: &'static str) -> Self {
        Self::Envelope { path: name.to_owned(), problem: Problem::Missing }
    }

    /// A member of the envelope has another value than those that are taken.
    pub(crate) fn not_taken(name: &'static str) -> Self {
        Self::Envelope { path: name.to_owned(), problem: Problem::Value }
    }

    /// Of what serde said of the part of a body that stands at `root`.
    pub(crate) fn data(
        event: &EventName,
        root: &str,
        json: &str,
        error: &serde_json::Error,
    ) -> Self {
        let (path, problem) = place(root, json, error);
        Self::Data { event: event.clone(), path, problem }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { line, column } => {
                write!(formatter, "the body is not JSON, at line {line} column {column}")
            }
            Self::Envelope { path, problem } if path.is_empty() => {
                write!(formatter, "the body is not an event: it {problem}")
            }
            Self::Envelope { path, problem } => {
                write!(formatter, "the body is not an event: `{path}` {problem}")
            }
            Self::UnknownFormat => formatter.write_str(
                "the body is not of one format: it has `event`, or `eventName`, or `type`, or `specversion` with `type`",
            ),
            Self::UnknownEvent { name } => write!(formatter, "`{name}` is not read here"),
            Self::Data { event, path, problem } => {
                write!(formatter, "`{event}`: `{path}` {problem}")
            }
        }
    }
}

impl Error for ReadError {}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("is missing"),
            Self::Twice => formatter.write_str("stands there twice"),
            Self::Unknown => formatter.write_str("is not known"),
            Self::Type(found) => write!(formatter, "is {found}, where another type is expected"),
            Self::Value => formatter.write_str("has a value that is not taken"),
        }
    }
}

/// The path and the kind of an error. serde says the kind in words that may show the value; the
/// path is found by the error's position, which costs nothing while all is well.
fn place(root: &str, json: &str, error: &serde_json::Error) -> (String, Problem) {
    let Found { path, start } = find(json, offset(json, error.line(), error.column()));
    let mut path = Path::new(root, &path);
    let text = error.to_string();
    let problem = if let Some(name) = quoted_after(&text, "missing field `") {
        path.push(name);
        Problem::Missing
    } else if let Some(name) = quoted_after(&text, "duplicate field `") {
        if path.last != Some(name) {
            path.push(name);
        }
        Problem::Twice
    } else if text.starts_with("unknown field `") {
        Problem::Unknown
    } else if text.starts_with("invalid type: ") {
        Problem::Type(json_type(start))
    } else {
        Problem::Value
    };
    (path.text, problem)
}

/// The name between backticks, where serde begins its text so: that of a field of a Rust struct.
fn quoted_after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.strip_prefix(start)?.split('`').next()
}

fn json_type(start: Option<u8>) -> &'static str {
    match start {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// A path as it is shown.
struct Path<'a> {
    text: String,
    last: Option<&'a str>,
}

impl<'a> Path<'a> {
    /// How many steps are shown, and how long one may be, in bytes.
    const MOST: usize = 16;
    const LONGEST: usize = 64;

    fn new(root: &str, steps: &[Step<'a>]) -> Self {
        let mut path = Self { text: root.to_owned(), last: None };
        for step in steps.iter().take(Self::MOST) {
            match *step {
                Step::Key(Some(key)) => path.push(key),
                Step::Key(None) => {}
                Step::Index(index) => {
                    path.text.push('[');
                    path.text.push_str(&index.to_string());
                    path.text.push(']');
                }
            }
        }
        if steps.len() > Self::MOST {
            path.text.push('…');
        }
        path
    }

    /// A key may be data itself, as in a map by email address: only what looks like a field's name
    /// is shown.
    fn push(&mut self, key: &'a str) {
        let is_name = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if !self.text.is_empty() {
            self.text.push('.');
        }
        self.text.push_str(if is_name && key.len() <= Self::LONGEST { key } else { "*" });
        self.last = Some(key);
    }
}

/// The byte that `serde_json`'s line and column name.
fn offset(json: &str, line: usize, column: usize) -> usize {
    let before: usize = json.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (before + column).min(json.len())
}

/// One step from a value to one in it.
#[derive(Clone, Copy)]
enum Step<'a> {
    /// Into an object, at this key; `None` before its first.
    Key(Option<&'a str>),
    /// Into a list.
    Index(usize),
}

struct Found<'a> {
    path: Vec<Step<'a>>,
    /// The first byte of the value.
    start: Option<u8>,
}

/// The value of which the last byte before `offset` is a part, or which begins there.
///
/// The text was read as JSON up to there. Nothing is taken for granted of it all the same.
fn find(json: &str, offset: usize) -> Found<'_> {
    let bytes = json.as_bytes();
    let mut path = Vec::new();
    let mut start = None;
    let mut at = 0;
    while at < offset {
        match bytes[at] {
            b'{' | b'[' => {
                path.push(if bytes[at] == b'{' { Step::Key(None) } else { Step::Index(0) });
                start = None;
            }
            b'}' | b']' => {
                let closed = path.pop();
                start = closed.map(|step| if let Step::Key(_) = step { b'{' } else { b'[' });
            }
            b',' => {
                start = None;
                match path.last_mut() {
                    Some(Step::Key(key)) => *key = None,
                    Some(Step::Index(index)) => *index += 1,
                    None => {}
                }
            }
            b':' => start = None,
            b'"' => {
                let end = end_of_string(bytes, at);
                if let Some(Step::Key(key @ None)) = path.last_mut() {
                    *key = json.get(at + 1..end);
                }
                start = Some(b'"');
                at = end;
            }
            byte if start.is_none() && !byte.is_ascii_whitespace() => start = Some(byte),
            _ => {}
        }
        at += 1;
    }
    let next = bytes.get(offset..).and_then(|rest| rest.iter().find(|b| !b.is_ascii_whitespace()));
    Found { path, start: start.or(next.copied()) }
}

/// The closing quote of the string that begins at `start`, or the end of the text.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Person {
        id: u64,
        #[serde(default)]
        email: Option<String>,
        #[serde(default)]
        address: Option<Address>,
        #[serde(default)]
        tags: Vec<Vec<u8>>,
        #[serde(default)]
        by_key: BTreeMap<String, u8>,
        #[serde(default)]
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Address {
        city: String,
        #[serde(default)]
        next: Option<Box<Address>>,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        Lead,
    }

    fn check_as<T: DeserializeOwned>(json: &str, expected: &str) {
        let event: EventName = "person.created".parse().expect("a name");
        let error = serde_json::from_str::<T>(json).map(|_| ()).expect_err(json);
        let read = ReadError::data(&event, "data", json, &error);
        assert_eq!(
            read.to_string(),
            format!("`person.created`: `data{expected}"),
            "{json} {error}"
        );
    }

    fn check(json: &str, expected: &str) {
        check_as::<Person>(json, expected);
    }

    #[test]
    fn a_member_that_is_missing_is_named_with_its_path() {
        check("{}", ".id` is missing");
        check(r#"{"tags":[[]]}"#, ".id` is missing");
        check(r#"{"id":1,"address":{}}"#, ".address.city` is missing");
        check(r#"{"id":1,"address":{"next":{"city":"a"}}}"#, ".address.city` is missing");
        check(r#"{"id":1,"address":{"city":"b","next":{}}}"#, ".address.next.city` is missing");
        check("{\n \"id\": 1,\n \"address\": {\n }\n}", ".address.city` is missing");
    }

    #[test]
    fn a_member_of_another_type_is_named_and_what_it_is() {
        let other = "where another type is expected";
        check("null", &format!("` is null, {other}"));
        check("\"x\"", &format!("` is a string, {other}"));
        check(r#"{"id":"7"}"#, &format!(".id` is a string, {other}"));
        check(r#"{"id":true}"#, &format!(".id` is a boolean, {other}"));
        check(r#"{"id" : [1]}"#, &format!(".id` is a list, {other}"));
        check(r#"{"id":{"a":1}}"#, &format!(".id` is an object, {other}"));
        check(r#"{"id": null}"#, &format!(".id` is null, {other}"));
        check(r#"{"email":7,"id":1}"#, &format!(".email` is a number, {other}"));
        check(r#"{"email":-7.5e3 ,"id":1}"#, &format!(".email` is a number, {other}"));
        check(r#"{"email":{"a":"}"},"id":1}"#, &format!(".email` is an object, {other}"));
        check(r#"{"address":{"city":["a,b"]}}"#, &format!(".address.city` is a list, {other}"));
        check(r#"{"tags":[[1,2],[3,"4"]]}"#, &format!(".tags[1][1]` is a string, {other}"));
        check(r#"{"tags":[[1],2]}"#, &format!(".tags[1]` is a number, {other}"));
        check(r#"{"email":"a\"}{,","id":"7"}"#, &format!(".id` is a string, {other}"));
    }

    #[test]
    fn a_value_that_is_not_taken_is_named_and_not_shown() {
        let value = "has a value that is not taken";
        check(r#"{"id":-1}"#, &format!(".id` {value}"));
        check(r#"{"tags":[[0,256]]}"#, &format!(".tags[0][1]` {value}"));
        check(r#"{"kind":"Customer"}"#, &format!(".kind` {value}"));
        // A half of a character, which only its reader refuses.
        check(r#"{"email":"\ud800"}"#, &format!(".email` {value}"));
    }

    #[test]
    fn a_member_that_is_not_known_or_stands_twice_is_named() {
        check(r#"{"id":1,"mail":"x"}"#, ".mail` is not known");
        check(r#"{"id":1,"email":"x","id":2}"#, ".id` stands there twice");
    }

    #[test]
    fn a_key_that_may_be_data_is_not_shown() {
        let other = "is a boolean, where another type is expected";
        check(r#"{"by_key":{"a@example.com":true}}"#, &format!(".by_key.*` {other}"));
        check(r#"{"by_key":{"a_b-2":true}}"#, &format!(".by_key.a_b-2` {other}"));
        let long = format!(r#"{{"by_key":{{"{}":true}}}}"#, "a".repeat(65));
        check(&long, &format!(".by_key.*` {other}"));
    }

    #[test]
    fn a_path_that_is_deep_is_cut() {
        let json = format!("{}{}", "[".repeat(100), "]".repeat(100));
        let error = serde_json::from_str::<Vec<u8>>(&json).expect_err("a list in it");
        let event: EventName = "person.created".parse().expect("a name");
        assert!(ReadError::data(&event, "data", &json, &error).to_string().len() < 200);
        let Found { path, .. } = find(&json, 100);
        assert_eq!(path.len(), 100);
        assert!(Path::new("data", &path).text.ends_with("[0]…"));
    }

    #[test]
    fn no_text_and_no_position_make_it_panic() {
        let json = r#"{"a":[1,{"b":"\"c"}],"d":"é"}}]],"#;
        for end in (0..=json.len()).filter(|end| json.is_char_boundary(*end)) {
            for at in 0..=end {
                find(&json[..end], at);
            }
        }
        assert_eq!(offset("a\nb", 9, 9), 3);
        assert_eq!(offset("", 0, 0), 0);
    }
}
