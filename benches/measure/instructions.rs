//! Counts instructions with valgrind's callgrind, which no other work on the machine disturbs.

use std::env;
use std::fmt;
use std::io::ErrorKind;
use std::process::Command;

use crate::table::grouped;

/// The first argument of a process that does one case so often: `count <case> <times>`.
pub const ARGUMENT: &str = "count";

/// How often a case is done, and twice as often.
const TIMES: u32 = 400;

/// How many instructions of the program it takes to do something once, without the kernel's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    /// So many.
    Counted(u64),
    /// They are not counted here.
    NotCounted,
    /// Valgrind is not installed.
    NoValgrind,
    /// Valgrind does not understand the program, or did not run.
    Failed,
}

/// Counts those of a case.
#[must_use]
pub fn count(case: &str) -> Instructions {
    count_with(TIMES, |times| vec![ARGUMENT.into(), case.into(), times.to_string()])
}

/// Counts those of whatever this program does `times` and twice as often, in a process of its own
/// with these arguments. To start up costs the same both times, so it falls out of the difference.
pub fn count_with(times: u32, arguments: impl Fn(u32) -> Vec<String>) -> Instructions {
    let (once, twice) = match (in_process(arguments(times)), in_process(arguments(times * 2))) {
        (Ok(once), Ok(twice)) => (once, twice),
        (Err(reason), _) | (_, Err(reason)) => return reason,
    };
    match twice.checked_sub(once) {
        Some(difference) => Instructions::Counted(difference / u64::from(times)),
        None => Instructions::Failed,
    }
}

fn in_process(arguments: Vec<String>) -> Result<u64, Instructions> {
    let program = env::current_exe().map_err(|_| Instructions::Failed)?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(arguments)
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => Instructions::NoValgrind,
            _ => Instructions::Failed,
        })?;
    if !output.status.success() {
        return Err(Instructions::Failed);
    }
    collected(&String::from_utf8_lossy(&output.stderr)).ok_or(Instructions::Failed)
}

/// The total in what callgrind says at its end: `==7== Collected : 12345`.
fn collected(text: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

impl fmt::Display for Instructions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counted(count) => formatter.pad(&grouped(*count)),
            Self::NotCounted => formatter.pad("-"),
            Self::NoValgrind => formatter.pad("- (no valgrind)"),
            Self::Failed => formatter.pad("- (valgrind failed)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_stands_in_the_last_lines() {
        let text = "==7== Events    : Ir\n==7== Collected : 2149307\n==7== \n";
        assert_eq!(collected(text), Some(2_149_307));
        assert_eq!(collected("valgrind: fatal error"), None);
    }
}
