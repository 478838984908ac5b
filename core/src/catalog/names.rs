//! Names: such as are free, such as can stand in a reference, and the one that was meant.

use std::error::Error;
use std::fmt::{self, Write as _};

#[cfg(feature = "_outbox")]
use crate::event::EventName;
#[cfg(feature = "_outbox")]
use crate::outbox::{EventPattern, is_operational};

/// The name, with the first number that makes it free.
pub(super) fn unique(name: String, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(&name) {
        return name;
    }
    let mut number = 2_u32;
    loop {
        let numbered = format!("{name}{number}");
        if !is_taken(&numbered) {
            return numbered;
        }
        number += 1;
    }
}

/// A name as it stands in the fragment of a reference.
pub(super) fn encode(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The name that stands in the fragment of a reference.
pub(super) fn decode(reference: &str) -> String {
    let bytes = reference.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = byte.filter(|_| bytes[at] == b'%') {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).replace("~1", "/").replace("~0", "~")
}

/// A name as a type's: `person.created` is `PersonCreated`.
pub(super) fn pascal_case(name: &str) -> String {
    let mut pascal = String::with_capacity(name.len());
    for word in name.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        pascal.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        pascal.push_str(letters.as_str());
    }
    pascal
}

/// A text as it stands where no line may end.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An object, an operation or a field that no event of the catalogue has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownEvent {
    pub(crate) pattern: String,
    pub(crate) nearest: Option<String>,
}

impl UnknownEvent {
    /// The pattern that matches no event.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The one that was probably meant.
    pub fn nearest(&self) -> Option<&str> {
        self.nearest.as_deref()
    }
}

impl fmt::Display for UnknownEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no event of the catalogue is `{}`", self.pattern)?;
        match &self.nearest {
            Some(nearest) => write!(formatter, ": did you mean `{nearest}`?"),
            None => formatter.write_str(": choose among its events, or add this one to it"),
        }
    }
}

impl Error for UnknownEvent {}

#[cfg(feature = "_outbox")]
impl EventPattern {
    /// Refuses a pattern that matches none of these events, or names a field that is none of theirs,
    /// and tells what was probably meant. Events about webhooks are in no catalogue.
    ///
    /// `fields` gives those that updates of the events may tell of, by the pattern's object and
    /// operation, or `None` when they may tell of any; it is asked only when the pattern names some.
    ///
    /// # Errors
    ///
    /// [`UnknownEvent`], which says what to do.
    ///
    /// # Examples
    ///
    /// ```
    /// use hookwright::{EventName, EventPattern};
    ///
    /// let events: Vec<EventName> = vec!["person.created".parse()?, "person.updated".parse()?];
    /// let fields = || Some(vec!["email".to_owned()]);
    /// let pattern: EventPattern = "person.updated[emial]".parse()?;
    /// let error = pattern.check(&events, fields).unwrap_err();
    /// assert_eq!(error.nearest(), Some("person.updated[email]"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(
        &self,
        events: &[EventName],
        fields: impl FnOnce() -> Option<Vec<String>>,
    ) -> Result<(), UnknownEvent> {
        let (object, operation) = (self.object(), self.operation());
        if object.is_some_and(is_operational) {
            return Ok(());
        }
        check_name(events, object, operation)?;
        let Some(known) = self.fields().next().and_then(|_| fields()) else {
            return Ok(());
        };
        let Some(unknown) = self.fields().find(|field| known.iter().all(|known| known != field))
        else {
            return Ok(());
        };
        let written = |field: &str| format!("{}.updated[{field}]", object.unwrap_or("*"));
        Err(UnknownEvent {
            pattern: written(unknown),
            nearest: nearest(unknown, known.iter().map(String::as_str)).map(written),
        })
    }
}

/// Whether one of these events has this object and operation: `None` is any.
#[cfg(feature = "_outbox")]
fn check_name(
    known: &[EventName],
    object: Option<&str>,
    operation: Option<&str>,
) -> Result<(), UnknownEvent> {
    let is = |part: Option<&str>, name: &str| part.is_none_or(|part| part == name);
    if known.iter().any(|name| is(object, name.object()) && is(operation, name.operation())) {
        return Ok(());
    }
    // The object first, and then an operation that this object has.
    let meant = match object {
        Some(object) if known.iter().all(|name| name.object() != object) => {
            nearest(object, known.iter().map(EventName::object))
        }
        object => object,
    };
    let of_object = || known.iter().filter(|name| is(meant, name.object()));
    let operation_meant = match operation {
        Some(operation) if of_object().all(|name| name.operation() != operation) => {
            nearest(operation, of_object().map(EventName::operation))
        }
        operation => operation,
    };
    let written = |object: Option<&str>, operation: Option<&str>| {
        format!("{}.{}", object.unwrap_or("*"), operation.unwrap_or("*"))
    };
    let is_found =
        meant.is_some() == object.is_some() && operation_meant.is_some() == operation.is_some();
    Err(UnknownEvent {
        pattern: written(object, operation),
        nearest: is_found.then(|| written(meant, operation_meant)),
    })
}

/// The word that was probably meant: the nearest of `known`, when at most a third of the letters
/// differ; two that have changed places count as one.
#[cfg(any(test, feature = "_outbox"))]
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let distances = known.map(|candidate| (strsim::osa_distance(word, candidate), candidate));
    let (distance, nearest) = distances.min()?;
    let allowed = (word.chars().count().max(nearest.chars().count()) / 3).max(1);
    (distance <= allowed).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        assert_eq!(unique("Person".into(), |_| false), "Person");
        assert_eq!(unique("Person".into(), |name| name == "Person"), "Person2");
    }

    #[test]
    fn what_is_encoded_is_decoded_to_the_same() {
        for name in ["Person", "Page<Person>", "a/b", "100 %", "größe"] {
            assert_eq!(decode(&encode(&name.replace('~', "~0").replace('/', "~1"))), name);
        }
        assert_eq!(decode("50%"), "50%");
        assert_eq!(decode("%zz"), "%zz");
    }

    #[cfg(feature = "_outbox")]
    #[test]
    fn a_pattern_that_matches_nothing_is_told_what_was_meant() {
        let known: Vec<EventName> = ["person.created", "person.merged", "company.created"]
            .map(|name| name.parse().expect("a name"))
            .into();
        let check = |pattern: &str, expected: Result<(), Option<&str>>| {
            let (object, operation) = pattern.split_once('.').expect("two parts");
            let part = |part| Some(part).filter(|part| *part != "*");
            let found = check_name(&known, part(object), part(operation));
            let found = found.map_err(|error| error.nearest);
            assert_eq!(found, expected.map_err(|nearest| nearest.map(str::to_owned)), "{pattern}");
        };
        for right in ["person.created", "person.*", "*.merged", "*.*"] {
            check(right, Ok(()));
        }
        check("persn.created", Err(Some("person.created")));
        check("persn.*", Err(Some("person.*")));
        check("person.merge", Err(Some("person.merged")));
        check("*.creatd", Err(Some("*.created")));
        check("compny.create", Err(Some("company.created")));
        check("company.merged", Err(None));
        check("invoice.created", Err(None));
    }

    #[test]
    fn the_nearest_name_is_the_one_that_was_meant() {
        let known = ["person", "company", "opportunity"];
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(nearest(word, known.into_iter()), expected, "{word}");
        };
        check("persn", Some("person"));
        check("Person", Some("person"));
        check("opportunities", Some("opportunity"));
        check("task", None);
    }
}
