use std::error::Error;
use std::fmt;

/// What the bodies of [CloudEvents] tell beside the event.
///
/// The attributes are `specversion`, `id` (that of the header `webhook-id`), `source`, `type` (the
/// event's name), `subject` (the record's id), `time`, `datacontenttype`, `dataschema`, and `data`.
/// Since an attribute holds no object and no list, the changes of an update are two extension
/// attributes that hold JSON as text: `updatedfields` and `previous`. A record's id that is empty,
/// longer than 500 bytes, or has a character that is forbidden in an attribute is left out.
///
/// [CloudEvents]: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
///
/// # Examples
///
/// ```
/// use hookwright::{CloudEvents, CloudEventsError};
///
/// let format = CloudEvents::new("https://crm.example.com/workspaces/acme")?
///     .schema_base("https://crm.example.com/schemas/")?;
/// # let _ = format;
///
/// let error = CloudEvents::new("two words").unwrap_err();
/// assert_eq!(error.to_string(), "the source of CloudEvents is a URI or a relative one, such as `https://crm.example.com`");
/// # Ok::<(), CloudEventsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "_outbox",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct CloudEvents {
    source: String,
    schema_base: Option<String>,
}

/// The longest URI, in bytes: as long as that of an endpoint.
const MAX_LENGTH: usize = 2048;

impl CloudEvents {
    /// Takes the `source`, which tells where events come from: a URI, or a relative one.
    ///
    /// # Errors
    ///
    /// [`CloudEventsError`] when it is empty, longer than 2048 bytes, or has characters that no URI
    /// has.
    pub fn new(source: impl Into<String>) -> Result<Self, CloudEventsError> {
        let source = source.into();
        if !is_uri_reference(&source) {
            return Err(CloudEventsError::Source);
        }
        Ok(Self { source, schema_base: None })
    }

    /// Sets what the `dataschema` of each event begins with: the event's name is put behind it, such
    /// as `https://crm.example.com/schemas/person.created`.
    ///
    /// What is to be served there is the schema of the event's `data`, and not that of the whole
    /// body: of the catalogue's `json_schema()` it is `$defs/person` for the events of a person, and
    /// `$defs/person.merged.data` for a custom one, with the other `$defs` that it refers to.
    ///
    /// # Errors
    ///
    /// [`CloudEventsError`] when it is not the beginning of an absolute URI.
    pub fn schema_base(mut self, uri: impl Into<String>) -> Result<Self, CloudEventsError> {
        let uri = uri.into();
        if !is_uri_reference(&uri) || !has_scheme(&uri) {
            return Err(CloudEventsError::SchemaBase);
        }
        self.schema_base = Some(uri);
        Ok(self)
    }

    /// Where events come from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What each `dataschema` begins with, where that was set.
    pub fn base(&self) -> Option<&str> {
        self.schema_base.as_deref()
    }
}

/// Whether it is of the characters of RFC 3986, with whole escapes. All of them stand in JSON as
/// they are.
fn is_uri_reference(text: &str) -> bool {
    let is_legal =
        |letter: u8| letter.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&letter);
    let has_whole_escapes = text.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    // One fragment at most.
    let fragments = text.bytes().filter(|letter| *letter == b'#').count();
    !text.is_empty()
        && text.len() <= MAX_LENGTH
        && text.bytes().all(is_legal)
        && has_whole_escapes
        && fragments <= 1
}

/// Whether it begins with a scheme, as RFC 3986 writes one in section 3.1.
fn has_scheme(uri: &str) -> bool {
    uri.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    })
}

/// Why these are no settings of CloudEvents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloudEventsError {
    /// The source is no URI, and no relative one.
    Source,
    /// The beginning of schemas is not that of an absolute URI.
    SchemaBase,
}

impl fmt::Display for CloudEventsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Source => {
                "the source of CloudEvents is a URI or a relative one, such as `https://crm.example.com`"
            }
            Self::SchemaBase => {
                "the base of schemas is an absolute URI that event names are put behind, such as `https://crm.example.com/schemas/`"
            }
        })
    }
}

impl Error for CloudEventsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_a_uri_reference() {
        for source in ["https://crm.example.com/a?b=c#d", "urn:uuid:1", "/crm", "crm", "a%20b"] {
            assert!(CloudEvents::new(source).is_ok(), "{source}");
        }
        for source in ["", "a b", "a\"b", "a\\b", "a%2", "a%zz", "é", "a#b#c", "\u{7f}", "<a>"] {
            assert_eq!(CloudEvents::new(source), Err(CloudEventsError::Source), "{source}");
        }
        assert!(CloudEvents::new("a".repeat(2048)).is_ok());
        assert!(CloudEvents::new("a".repeat(2049)).is_err());
    }

    #[test]
    fn a_schema_is_absolute() {
        let check = |base: &str| CloudEvents::new("crm").expect("a source").schema_base(base);
        assert!(check("https://example.com/schemas/").is_ok());
        assert!(check("urn:crm:").is_ok());
        for base in ["", "/schemas/", "schemas", "1a:b", ":a", "https://example.com/ "] {
            assert_eq!(check(base), Err(CloudEventsError::SchemaBase), "{base}");
        }
    }
}
