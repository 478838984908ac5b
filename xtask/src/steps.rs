//! One cargo command of a longer run: announced, timed, and named when it fails.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Instant;

use xtask::failure::Failure;

/// A cargo command with a name for people.
#[derive(Debug)]
pub(crate) struct Step {
    name: String,
    arguments: Vec<String>,
    variables: Vec<(&'static str, &'static str)>,
}

impl Step {
    /// A step that runs `cargo` with these arguments.
    pub(crate) fn cargo(name: impl Into<String>, arguments: &[&str]) -> Self {
        Self {
            name: name.into(),
            arguments: arguments.iter().copied().map(String::from).collect(),
            variables: Vec::new(),
        }
    }

    /// Sets an environment variable for this step only.
    #[must_use]
    pub(crate) fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    /// Runs the step in `root`, with its output going straight to the user.
    ///
    /// # Errors
    ///
    /// When the command cannot be started or does not succeed.
    pub(crate) fn run(&self, root: &Path) -> Result<(), Failure> {
        let outcome = announce(&self.name, &self.to_string(), || {
            cargo(root).args(&self.arguments).envs(self.variables.iter().copied()).status()
        });
        self.judge(outcome)
    }

    fn judge(&self, outcome: io::Result<ExitStatus>) -> Result<(), Failure> {
        let reason = match outcome {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        Err(Failure::new(
            format!("the step `{}` failed: {reason}", self.name),
            format!("run it alone with `{self}`"),
        ))
    }
}

/// The step as a line that can be pasted into a shell.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.variables {
            write!(formatter, "{name}=\"{value}\" ")?;
        }
        write!(formatter, "cargo {}", self.arguments.join(" "))
    }
}

/// Says what is about to run, runs it, and says how long it took.
pub(crate) fn announce<T>(name: &str, command: &str, work: impl FnOnce() -> T) -> T {
    println!("==> {name}: {command}");
    let start = Instant::now();
    let outcome = work();
    println!("    {name}: {:.1} s", start.elapsed().as_secs_f64());
    outcome
}

/// The cargo that runs this program, so that every step has the same toolchain.
pub(crate) fn cargo(root: &Path) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.current_dir(root);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_shown_as_a_line_for_a_shell() {
        let step = Step::cargo("documentation", &["doc", "--no-deps"])
            .variable("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(step.to_string(), "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps");
    }

    #[test]
    fn a_failing_step_is_named_with_the_command_to_run_it_alone() {
        let refused =
            cargo(Path::new(".")).arg("--no-such-option").output().map(|output| output.status);
        let failure = Step::cargo("format", &["fmt", "--check"])
            .judge(refused)
            .expect_err("cargo has no such option")
            .to_string();
        assert!(failure.starts_with("error: the step `format` failed: "));
        assert!(failure.ends_with("\nhelp: run it alone with `cargo fmt --check`"));
    }

    #[test]
    fn a_step_that_cannot_be_started_is_a_failure() {
        let failure = Step::cargo("format", &["fmt"])
            .judge(Err(io::ErrorKind::NotFound.into()))
            .expect_err("nothing ran")
            .to_string();
        assert!(failure.contains("the step `format` failed: entity not found"));
    }

    #[test]
    fn a_step_that_succeeds_is_no_failure() {
        let step = Step::cargo("format", &["fmt"]);
        assert_eq!(step.judge(Ok(ExitStatus::default())), Ok(()));
    }
}
