use std::error::Error;
use std::fmt;
use std::str::FromStr;

use crate::event::EventName;

/// Which events an endpoint wants: `person.created`, `person.*`, `*.created` or `*.*`.
///
/// Events about webhooks themselves, such as `webhookDelivery.failing`, are wanted by their own
/// name only, and never by `*`.
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
/// let error = "person".parse::<EventPattern>().unwrap_err();
/// assert_eq!(error.to_string(), r#""person" names no events: write `person.created`, `person.*`, `*.created` or `*.*`"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventPattern {
    /// `None` for any.
    object: Option<Box<str>>,
    operation: Option<Box<str>>,
}

/// What the names of events about webhooks begin with.
const OPERATIONAL: [&str; 2] = ["webhookDelivery", "webhookEndpoint"];

impl EventPattern {
    /// Whether events of this name are wanted.
    pub fn matches(&self, name: &EventName) -> bool {
        self.wants(name.object(), name.operation())
    }

    /// The object and the operation, `None` for any.
    #[cfg(feature = "schema")]
    pub(super) fn parts(&self) -> (Option<&str>, Option<&str>) {
        (self.object.as_deref(), self.operation.as_deref())
    }

    pub(super) fn wants(&self, object: &str, operation: &str) -> bool {
        let is = |part: &Option<Box<str>>, name| part.as_deref().is_none_or(|part| part == name);
        let is_literal = self.object.is_some() && self.operation.is_some();
        is(&self.object, object)
            && is(&self.operation, operation)
            && (is_literal || !is_operational(object))
    }
}

/// Whether events of this object are about webhooks themselves.
pub(crate) fn is_operational(object: &str) -> bool {
    OPERATIONAL.contains(&object)
}

impl FromStr for EventPattern {
    type Err = EventPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || EventPatternError { text: text.chars().take(64).collect() };
        let (object, operation) = text.split_once('.').ok_or_else(wrong)?;
        // A name with another word in place of the star is judged as any event's name.
        let name = |part: &str| if part == "*" { "any".to_owned() } else { part.to_owned() };
        let named = format!("{}.{}", name(object), name(operation));
        named.parse::<EventName>().map_err(|_| wrong())?;
        let part = |part: &str| (part != "*").then(|| part.into());
        Ok(Self { object: part(object), operation: part(operation) })
    }
}

impl fmt::Display for EventPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |part: &'_ Option<Box<str>>| part.clone().unwrap_or_else(|| "*".into());
        write!(formatter, "{}.{}", part(&self.object), part(&self.operation))
    }
}

/// A text that names no events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventPatternError {
    text: String,
}

impl fmt::Display for EventPatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:?} names no events: write `person.created`, `person.*`, `*.created` or `*.*`",
            self.text
        )
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
}
