use std::error::Error;
use std::fmt;

/// Why a body is not the envelope of an event.
#[derive(Debug)]
pub(crate) enum EnvelopeError {
    /// The body is not UTF-8.
    NotUtf8,
    /// The body is no JSON object, or a member of the envelope stands twice.
    Json(serde_json::Error),
    /// No format has these members.
    NoFormat,
    /// A member of the envelope is not there.
    Missing { member: &'static str },
    /// A member of the envelope is of another shape.
    Wrong { member: &'static str, source: serde_json::Error },
    /// It is of another version of CloudEvents.
    SpecVersion,
}

/// Without what stands in the body.
impl fmt::Display for EnvelopeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => formatter.write_str("the body is not UTF-8"),
            Self::Json(error) if error.is_data() => {
                formatter.write_str("the body is no JSON object, or has a member twice")
            }
            Self::Json(_) => formatter.write_str("the body is not JSON"),
            Self::NoFormat => formatter.write_str(
                "the body is of no known format: it has neither `event`, nor `eventName`, nor `type`",
            ),
            Self::Missing { member } => write!(formatter, "`{member}` is missing"),
            Self::Wrong { member, .. } => write!(formatter, "`{member}` is not of its shape"),
            Self::SpecVersion => {
                formatter.write_str("`specversion` is not 1.0, the version of CloudEvents that is read")
            }
        }
    }
}

impl Error for EnvelopeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Json(source) | Self::Wrong { source, .. } => Some(source),
            Self::NotUtf8 | Self::NoFormat | Self::Missing { .. } | Self::SpecVersion => None,
        }
    }
}
