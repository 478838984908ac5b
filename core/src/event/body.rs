use std::error::Error;
use std::fmt;
use std::io;

use serde::Serialize;

use super::EventName;

/// The exact bytes that are signed and sent, the same at every attempt.
///
/// `Debug` shows their number alone, so that a body cannot reach a log.
///
/// # Examples
///
/// ```
/// use hookwright::{BodyError, WebhookObject};
///
/// #[derive(serde::Serialize, WebhookObject)]
/// struct Note {
///     id: u64,
///     text: String,
/// }
///
/// let note = Note { id: 1, text: "x".repeat(300_000) };
/// let error = note.created().body().unwrap_err();
/// assert_eq!(error.to_string(), "the body of `note.created` is over the limit of 262144 bytes: send less, or raise the limit");
/// assert!(matches!(error, BodyError::TooLarge { limit: 262_144, .. }));
///
/// let body = note.created().body_within(1_048_576)?;
/// assert!(body.as_bytes().starts_with(br#"{"event":"note.created","data":{"id":1,"#));
/// # Ok::<(), BodyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Body(Vec<u8>);

impl Body {
    /// The limit unless another is set, in bytes: 256 KiB.
    pub const DEFAULT_LIMIT: usize = 256 * 1024;
    /// The highest limit that a sender can be set to, in bytes: 1 MiB.
    pub const MAX_LIMIT: usize = 1024 * 1024;

    /// Enough for most events, so that writing one allocates once.
    const FIRST_CAPACITY: usize = 512;

    pub(crate) fn write<E: Serialize>(
        name: &EventName,
        envelope: &E,
        limit: usize,
    ) -> Result<Self, BodyError> {
        let mut bytes = Limited {
            bytes: Vec::with_capacity(Self::FIRST_CAPACITY.min(limit)),
            limit,
            is_over: false,
        };
        let written = serde_json::to_writer(&mut bytes, envelope);
        // Not told by `written`: a `Serialize` may have passed over the error.
        if bytes.is_over {
            return Err(BodyError::TooLarge { event: name.clone(), limit });
        }
        match written {
            Ok(()) => Ok(Self(bytes.bytes)),
            Err(source) => Err(BodyError::Serialize { event: name.clone(), source }),
        }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, without copying them.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Body({} bytes)", self.0.len())
    }
}

/// A buffer that is written to up to its limit.
struct Limited {
    bytes: Vec<u8>,
    limit: usize,
    is_over: bool,
}

// Inlined, since every event is some fifty writes, made by code of other crates.
impl io::Write for Limited {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() > self.limit - self.bytes.len() {
            self.is_over = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why an event has no body.
#[derive(Debug)]
#[non_exhaustive]
pub enum BodyError {
    /// The data cannot be written as JSON, such as a map whose keys are not strings.
    #[non_exhaustive]
    Serialize {
        /// The event whose data it is.
        event: EventName,
        /// What serde said.
        source: serde_json::Error,
    },
    /// The body is larger than the limit, and was written up to it only.
    #[non_exhaustive]
    TooLarge {
        /// The event whose body it is.
        event: EventName,
        /// The limit, in bytes.
        limit: usize,
    },
}

impl fmt::Display for BodyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serialize { event, .. } => {
                write!(formatter, "the data of `{event}` cannot be written as JSON")
            }
            Self::TooLarge { event, limit } => write!(
                formatter,
                "the body of `{event}` is over the limit of {limit} bytes: send less, or raise the limit"
            ),
        }
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Serialize { source, .. } => Some(source),
            Self::TooLarge { .. } => None,
        }
    }
}
