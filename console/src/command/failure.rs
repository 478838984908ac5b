//! Why a command has not done what it was told, and the code that it exits with.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use hookwright::OutboxError;
use serde_json::{Value, json};

use super::text;
use crate::problem::with_sources;

/// What the exit codes mean, for `--help`.
pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0    it is done
  1    it is not: a signature does not match, a test was not acknowledged, a check has failed
  2    wrong usage: an option, a setting or an input file
  3    there is no such thing
  4    it was refused: no key or not the scope, or a value that is not taken
  5    the database or the server is out of reach, or cannot be used
  130  ended by Ctrl-C while it waited for something that goes on";

/// What a command exits with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Whoever reads the output has gone, and has seen enough.
    Closed = 0,
    Failed = 1,
    Usage = 2,
    NotFound = 3,
    Refused = 4,
    OutOfReach = 5,
    Interrupted = 130,
}

/// Why a command has not done what it was told.
#[derive(Debug)]
pub(super) struct Failure {
    exit: Exit,
    text: String,
    /// What is wrong with single members.
    details: Vec<Value>,
    /// What to print has been printed; nobody may be there to read it.
    is_silent: bool,
}

impl Failure {
    pub(super) fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into(), details: Vec::new(), is_silent: false }
    }

    /// With the text of an error, and of those that it comes from.
    pub(super) fn of(exit: Exit, error: &(dyn Error + 'static)) -> Self {
        Self::new(exit, with_sources(error))
    }

    pub(super) fn failed(text: impl Into<String>) -> Self {
        Self::new(Exit::Failed, text)
    }

    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self::new(Exit::Usage, text)
    }

    /// After everything was said.
    pub(super) fn silent(exit: Exit) -> Self {
        Self { is_silent: true, ..Self::new(exit, "") }
    }

    pub(super) fn with_details(self, details: Vec<Value>) -> Self {
        Self { details, ..self }
    }

    /// With what to do about it.
    pub(super) fn or_else(self, help: &str) -> Self {
        Self { text: format!("{}: {help}", self.text), ..self }
    }

    /// Whether one member of what was asked for is refused.
    pub(super) fn refuses(&self, field: &str) -> bool {
        self.details.iter().any(|detail| detail["field"] == field)
    }

    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Says what is wrong, and gives the code to exit with.
    pub(super) fn report(&self, is_json: bool) -> ExitCode {
        let code = ExitCode::from(self.exit as u8);
        if self.is_silent {
            return code;
        }
        if is_json {
            let code = self.exit as u8;
            let errors = &self.details;
            say(&text::json(&json!({"error": self.text, "exit": code, "errors": errors})));
        } else {
            say(&format!("error: {}", text::clean(&self.text)));
            for detail in &self.details {
                let (field, detail) = (&detail["field"], &detail["detail"]);
                if !self.text.ends_with(plain(detail)) {
                    say(&text::clean(&format!("  {}: {}", plain(field), plain(detail))));
                }
            }
        }
        code
    }
}

fn plain(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Writes a line to the standard error, which nobody may read.
pub(super) fn say(line: &str) {
    use io::Write;
    let _ = writeln!(io::stderr().lock(), "{line}");
}

impl From<OutboxError> for Failure {
    fn from(error: OutboxError) -> Self {
        let exit = if error.is_not_found() { Exit::NotFound } else { Exit::OutOfReach };
        Self::of(exit, &error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::of(Exit::OutOfReach, &error)
    }
}

impl From<crate::console::ConsoleError> for Failure {
    fn from(error: crate::console::ConsoleError) -> Self {
        let is_database = error.source().is_some_and(<dyn Error>::is::<sqlx::Error>);
        Self::of(if is_database { Exit::OutOfReach } else { Exit::Usage }, &error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::silent(Exit::Closed);
        }
        Self::failed(format!("the output cannot be written: {error}"))
    }
}
