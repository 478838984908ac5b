//! A line of the sink's log.

use serde::{Deserialize, Serialize};

/// A request as it came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Arrival {
    /// In milliseconds since the epoch.
    pub(crate) time: u64,
    /// When its connection was accepted, and which of its requests it is, from 1.
    pub(crate) connected: u64,
    pub(crate) request: usize,
    pub(crate) path: String,
    /// The header `webhook-id`.
    pub(crate) id: String,
    /// Of the body.
    pub(crate) sha256: String,
    pub(crate) signature: Verdict,
    /// Which of the sink's secrets, counted from 0, verify it alone.
    pub(crate) secrets: Vec<usize>,
    /// What is answered, when it is an answer.
    pub(crate) status: Option<u16>,
}

/// What the verifier says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Valid,
    Wrong,
    Unsigned,
    /// The sink knows no secret.
    Unchecked,
}
