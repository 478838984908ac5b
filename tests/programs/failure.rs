//! How a program ends when it cannot go on.

use std::error::Error;
use std::process::ExitCode;

/// Prints an error with everything that caused it.
pub(crate) fn fail(error: &(dyn Error + 'static)) -> ExitCode {
    let chain: Vec<String> = std::iter::successors(Some(error), |&error| error.source())
        .map(ToString::to_string)
        .collect();
    eprintln!("error: {}", chain.join(": "));
    ExitCode::FAILURE
}
