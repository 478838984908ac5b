//! What a test says of its guard.

use std::fmt;

use super::Guard;
use crate::tally::Tally;

/// How one run of a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The compiler has refused the code.
    NotBuilt,
    /// It was killed at the limit of time.
    Endless,
    /// It has ended with success or not, after so many tests.
    Ended { success: bool, tally: Tally },
}

/// What is known of a guard and its test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The test passes with the guard and fails without it, as it has to.
    Caught,
    NotCaught,
    /// The guard's text occurs so many times in its file, and not once.
    Occurs(usize),
    NotBuilt,
    NotBuiltWithGuard,
    FailsWithGuard,
    NoSuchTest,
    Endless,
    Died,
}

impl Verdict {
    /// Judges a run with the guard; `None` when the test can be asked what it says without.
    pub(super) fn with_guard(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::NotBuilt => Some(Self::NotBuiltWithGuard),
            Outcome::Ended { success: true, tally } if tally.passed > 0 => None,
            Outcome::Ended { success: true, .. } => Some(Self::NoSuchTest),
            Outcome::Ended { success: false, .. } | Outcome::Endless => Some(Self::FailsWithGuard),
        }
    }

    /// Judges a run without the guard.
    pub(super) fn without_guard(outcome: Outcome) -> Self {
        match outcome {
            Outcome::NotBuilt => Self::NotBuilt,
            Outcome::Endless => Self::Endless,
            Outcome::Ended { tally, .. } if tally.failed > 0 => Self::Caught,
            Outcome::Ended { success: false, .. } => Self::Died,
            Outcome::Ended { tally, .. } if tally.passed > 0 => Self::NotCaught,
            Outcome::Ended { .. } => Self::NoSuchTest,
        }
    }

    pub(super) fn is_good(self) -> bool {
        self == Self::Caught
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Caught => "caught",
            Self::NotCaught => "NOT CAUGHT: the test passes without the guard",
            Self::Occurs(0) => "NOT FOUND: the guard's text is not in its file",
            Self::Occurs(count) => {
                return write!(
                    formatter,
                    "NOT FOUND: the guard's text is in its file {count} times"
                );
            }
            Self::NotBuilt => "NOT BUILT: the code does not compile without the guard",
            Self::NotBuiltWithGuard => "NOT BUILT: the code does not compile as it is",
            Self::FailsWithGuard => "FAILS ALWAYS: the test does not pass with the guard either",
            Self::NoSuchTest => "NO TEST: no test of this name was run",
            Self::Endless => "NO END: the test was killed at the limit of time",
            Self::Died => "DIED: the test binary ended before its test did",
        })
    }
}

/// The verdicts of a run, in columns.
pub(super) struct Table<'a>(pub(super) &'a [(&'a Guard, Verdict)]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.0.iter().map(|(guard, verdict)| {
            [guard.name.to_owned(), guard.test.name.to_owned(), verdict.to_string()]
        });
        let head = ["guard", "test", "verdict"].map(str::to_owned);
        let rows: Vec<[String; 3]> = std::iter::once(head).chain(rows).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let (first, second) = (width(0), width(1));
        for [guard, test, verdict] in &rows {
            writeln!(formatter, "{guard:first$} | {test:second$} | {verdict}")?;
        }
        Ok(())
    }
}
