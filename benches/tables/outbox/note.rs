//! What is emitted.

use hookwright::WebhookObject;
use serde::Serialize;

/// How long the body of its event is.
pub(crate) const BODY: usize = 300;
/// What fills the body up.
const TEXT: &str = "Called about the renewal: they would like the yearly plan, a discount for \
    twenty seats, and an answer before the end of the month. Write to the buyers by Friday. They \
    prefer to be called in the mornings.";

/// An object whose event has a body of [`BODY`] bytes.
#[derive(Debug, Clone, Serialize, WebhookObject)]
pub(crate) struct Note {
    /// Seven digits.
    id: String,
    text: &'static str,
}

impl Note {
    /// The note of this number.
    pub(crate) fn new(number: usize) -> Self {
        Self { id: format!("{number:07}"), text: TEXT }
    }

    /// So many notes, beginning with this number.
    pub(crate) fn several(first: usize, count: usize) -> Vec<Self> {
        (first..first + count).map(Self::new).collect()
    }
}

/// The number of the note in the body of a request.
pub(crate) fn number(body: &[u8]) -> Option<usize> {
    let marker: &[u8] = b"\"data\":{\"id\":\"";
    let start = body.windows(marker.len()).position(|window| window == marker)? + marker.len();
    str::from_utf8(body.get(start..start + 7)?).ok()?.parse().ok()
}
