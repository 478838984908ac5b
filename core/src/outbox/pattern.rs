use std::cell::OnceCell;
use std::error::Error;
use std::fmt;
use std::str::FromStr;

use crate::event::EventName;

/// Which events an endpoint wants: `person.created`, `person.*`, `*.created` or `*.*`; and of updates
/// those that touched certain fields: `person.updated[email,jobTitle]`.
///
/// Events about webhooks themselves, such as `webhookDelivery.failing`, are wanted by their own
/// name only, and never by `*`.
///
/// Fields are named as in `data`, and one of them is enough. An update that does not tell what has
/// changed, as `person.updated()` makes it, may have touched any of them, and is wanted too.
///
/// # Examples
///
/// ```
/// use hookwright::EventPattern;
///
/// let pattern: EventPattern = "person.*".parse()?;
/// assert!(pattern.matches(&"person.created".parse()?));
/// assert!(!pattern.matches(&"company.created".parse()?));
///
/// let all: EventPattern = "*.*".parse()?;
/// assert!(!all.matches(&"webhookDelivery.failing".parse()?));
///
/// let contacts: EventPattern = "person.updated[email, phone]".parse()?;
/// assert_eq!(contacts.to_string(), "person.updated[email,phone]");
/// assert_eq!(contacts.fields().collect::<Vec<_>>(), ["email", "phone"]);
///
/// let error = "person".parse::<EventPattern>().unwrap_err();
/// assert_eq!(error.to_string(), r#""person" names no events: write `person.created`, `person.*`, `*.created` or `*.*`"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventPattern {
    /// `None` for any.
    object: Option<Box<str>>,
    operation: Option<Box<str>>,
    /// Of which one has changed; none for whatever has.
    fields: Box<[Box<str>]>,
}

/// What the names of events about webhooks begin with.
const OPERATIONAL: [&str; 2] = ["webhookDelivery", "webhookEndpoint"];
/// The operation that tells what has changed.
const UPDATED: &str = "updated";
/// How many fields a pattern names at most, and how many bytes each name has.
const FIELDS: usize = 100;
const FIELD: usize = 256;

impl EventPattern {
    /// Whether events of this name are wanted: of a pattern that names fields, those that have
    /// touched one of them.
    pub fn matches(&self, name: &EventName) -> bool {
        self.wants(name.object(), name.operation())
    }

    /// The object whose events are wanted; `None` for any.
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }

    /// The operation that is wanted; `None` for any.
    pub fn operation(&self) -> Option<&str> {
        self.operation.as_deref()
    }

    /// The fields of which an update has touched one; none when it may have touched any.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(AsRef::as_ref)
    }

    pub(super) fn wants(&self, object: &str, operation: &str) -> bool {
        let is = |part: &Option<Box<str>>, name| part.as_deref().is_none_or(|part| part == name);
        let is_literal = self.object.is_some() && self.operation.is_some();
        is(&self.object, object)
            && is(&self.operation, operation)
            && (is_literal || !is_operational(object))
    }

    /// Whether an event is wanted by one of these patterns: by none of them, everything is, but what
    /// is told about webhooks.
    pub(super) fn any_wants(
        wanted: &[Self],
        object: &str,
        operation: &str,
        changed: &Changed,
    ) -> bool {
        if wanted.is_empty() {
            return !is_operational(object);
        }
        let wants =
            |pattern: &Self| pattern.wants(object, operation) && pattern.wants_changes(changed);
        wanted.iter().any(wants)
    }

    /// Whether what an event has changed is wanted.
    fn wants_changes(&self, changed: &Changed) -> bool {
        self.fields.is_empty()
            || changed.fields().is_none_or(|changed| {
                changed.iter().any(|name| self.fields().any(|field| field == name))
            })
    }
}

/// The fields that a stored event has changed, which are read when an endpoint asks for them.
pub(crate) struct Changed {
    text: Option<String>,
    fields: OnceCell<Option<Vec<String>>>,
}

impl Changed {
    /// What the column holds.
    pub(crate) fn new(text: Option<String>) -> Self {
        Self { text, fields: OnceCell::new() }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// `None` when it is not known.
    fn fields(&self) -> Option<&[String]> {
        let read = || self.text().and_then(|text| serde_json::from_str(text).ok());
        self.fields.get_or_init(read).as_deref()
    }
}

impl EventName {
    /// Whether it is told about webhooks themselves, as `webhookDelivery.failing`: by dispatchers, and
    /// by nobody else.
    pub fn is_operational(&self) -> bool {
        is_operational(self.object())
    }
}

/// Whether events of this object are about webhooks themselves.
pub(crate) fn is_operational(object: &str) -> bool {
    OPERATIONAL.contains(&object)
}

impl FromStr for EventPattern {
    type Err = EventPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |problem| EventPatternError { text: text.chars().take(64).collect(), problem };
        let (head, fields) = match text.split_once('[') {
            Some((head, fields)) => (head, Some(fields)),
            None => (text, None),
        };
        let (object, operation) = head.split_once('.').ok_or_else(|| wrong(Problem::Name))?;
        // A name with another word in place of the star is judged as any event's name.
        let name = |part: &str| if part == "*" { "any".to_owned() } else { part.to_owned() };
        let named = format!("{}.{}", name(object), name(operation));
        named.parse::<EventName>().map_err(|_| wrong(Problem::Name))?;
        let part = |part: &str| (part != "*").then(|| part.into());
        let fields = match fields {
            Some(_) if operation != UPDATED => return Err(wrong(Problem::NotUpdated)),
            Some(fields) => read_fields(fields).ok_or_else(|| wrong(Problem::Fields))?,
            None => Box::default(),
        };
        Ok(Self { object: part(object), operation: part(operation), fields })
    }
}

/// The names of `email,jobTitle]`, each once.
fn read_fields(text: &str) -> Option<Box<[Box<str>]>> {
    let mut fields: Vec<Box<str>> = Vec::new();
    for name in text.strip_suffix(']')?.split(',').map(str::trim) {
        let is_name = !name.is_empty()
            && name.len() <= FIELD
            && !name.contains(|character: char| {
                matches!(character, '[' | ']' | '"') || character.is_control()
            });
        if !is_name || fields.len() == FIELDS {
            return None;
        }
        if !fields.iter().any(|field| &**field == name) {
            fields.push(name.into());
        }
    }
    Some(fields.into())
}

impl fmt::Display for EventPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [object, operation] =
            [&self.object, &self.operation].map(|part| part.as_deref().unwrap_or("*"));
        write!(formatter, "{object}.{operation}")?;
        if self.fields.is_empty() {
            return Ok(());
        }
        write!(formatter, "[{}]", self.fields.join(","))
    }
}

/// A text that names no events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPatternError {
    text: String,
    problem: Problem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    Name,
    /// Fields of an operation that tells no changes.
    NotUpdated,
    Fields,
}

impl fmt::Display for EventPatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} ", self.text)?;
        formatter.write_str(match self.problem {
            Problem::Name => {
                "names no events: write `person.created`, `person.*`, `*.created` or `*.*`"
            }
            Problem::NotUpdated => {
                "names fields, which updates alone tell: write `person.updated[email]`, or leave them out"
            }
            Problem::Fields => {
                "names its fields otherwise than `person.updated[email,jobTitle]`: 1 to 100 names, with commas between"
            }
        })
    }
}

impl Error for EventPatternError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, wanted: &[&str], unwanted: &[&str]) {
        let pattern: EventPattern = pattern.parse().expect("a pattern");
        for name in wanted {
            assert!(pattern.matches(&name.parse().expect("a name")), "{pattern} {name}");
        }
        for name in unwanted {
            assert!(!pattern.matches(&name.parse().expect("a name")), "{pattern} {name}");
        }
    }

    #[test]
    fn a_star_stands_for_any_object_or_operation() {
        check("person.created", &["person.created"], &["person.updated", "company.created"]);
        check("person.*", &["person.created", "person.merged"], &["persons.created"]);
        check("*.created", &["person.created", "company.created"], &["person.updated"]);
        check("*.*", &["person.created", "a.b"], &[]);
    }

    #[test]
    fn events_about_webhooks_are_wanted_by_name_only() {
        let failing = "webhookDelivery.failing";
        check(failing, &[failing], &["webhookDelivery.exhausted"]);
        for pattern in ["*.*", "*.failing", "webhookDelivery.*"] {
            check(pattern, &[], &[failing]);
        }
    }

    #[test]
    fn what_names_no_events_is_refused() {
        for text in [
            "",
            "*",
            "person",
            "person.",
            ".created",
            "person.created.twice",
            "per*.created",
            "person .created",
            "**.*",
        ] {
            assert!(text.parse::<EventPattern>().is_err(), "{text}");
        }
        assert_eq!(
            "*.created".parse::<EventPattern>().expect("a pattern").to_string(),
            "*.created"
        );
    }

    fn check_changes(pattern: &str, changed: Option<&str>, expected: bool) {
        let pattern: EventPattern = pattern.parse().expect("a pattern");
        let changed = Changed::new(changed.map(str::to_owned));
        assert_eq!(pattern.wants_changes(&changed), expected, "{pattern} {:?}", changed.text());
    }

    #[test]
    fn one_field_that_has_changed_is_enough() {
        for pattern in ["person.updated[email,jobTitle]", "*.updated[email,jobTitle]"] {
            check_changes(pattern, Some(r#"["email"]"#), true);
            check_changes(pattern, Some(r#"["city","jobTitle"]"#), true);
            check_changes(pattern, Some(r#"["city","Email","emailVerified"]"#), false);
            check_changes(pattern, Some("[]"), false);
            // Nobody knows, or can read, what has changed.
            check_changes(pattern, None, true);
            check_changes(pattern, Some("email"), true);
        }
        check_changes("person.updated", Some(r#"["city"]"#), true);
        check_changes(
            r"person.updated[größe,a\b,first-name]",
            Some(r#"["gr\u00f6\u00dfe"]"#),
            true,
        );
    }

    #[test]
    fn a_pattern_is_read_as_it_is_written() {
        for text in [
            "person.created",
            "person.*",
            "*.created",
            "*.*",
            "*.updated[email]",
            "person.updated[a,b]",
        ] {
            let pattern: EventPattern = text.parse().expect("a pattern");
            assert_eq!(pattern.to_string(), text);
        }
        let loose: EventPattern = "person.updated[ email , jobTitle,email]".parse().expect("one");
        assert_eq!(loose.to_string(), "person.updated[email,jobTitle]");
        assert_eq!(loose, "person.updated[email,jobTitle]".parse().expect("one"));
        assert_eq!((loose.object(), loose.operation()), (Some("person"), Some("updated")));
    }

    fn check_error(text: &str, expected: &str) {
        let error = text.parse::<EventPattern>().expect_err(text).to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn fields_are_those_of_updates() {
        for text in ["person.created[email]", "person.*[email]", "*.*[email]", "person.created["] {
            check_error(text, "which updates alone tell: write `person.updated[email]`");
        }
        for text in [
            "person.updated[",
            "person.updated[]",
            "person.updated[email",
            "person.updated[email]x",
            "person.updated[email,]",
            "person.updated[,email]",
            "person.updated[email][city]",
            "person.updated[a\nb]",
            "person.updated[\"email\"]",
        ] {
            check_error(text, "1 to 100 names, with commas between");
        }
        for text in ["person[email]", "[email]", "person.updated]", "person.upd[ated"] {
            assert!(text.parse::<EventPattern>().is_err(), "{text}");
        }
        let many = |count: usize| {
            let names: Vec<String> = (0..count).map(|number| format!("f{number}")).collect();
            format!("person.updated[{}]", names.join(",")).parse::<EventPattern>()
        };
        assert_eq!(many(100).expect("a pattern").fields().count(), 100);
        assert!(many(101).is_err());
        assert!(format!("person.updated[{}]", "a".repeat(257)).parse::<EventPattern>().is_err());
    }
}
