//! What went wrong, and what to do about it.

use std::error::Error;
use std::fmt;

/// A problem and its remedy, shown as two lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    problem: String,
    remedy: String,
}

impl Failure {
    /// Names the problem and one thing to do about it, each without a full stop.
    pub fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}\nhelp: {}", self.problem, self.remedy)
    }
}

impl Error for Failure {}
