//! Everything that has to hold before a change is merged, the quickest answer first.

use std::path::Path;
use std::process::ExitCode;

use xtask::failure::Failure;

use crate::features::read_features;
use crate::steps::{Step, announce};
use crate::test;
use crate::unpacked::forget_packages;

/// Runs every step until one fails. The tests come last, and their totals end the output.
pub(crate) fn run(root: &Path) -> ExitCode {
    if let Err(failure) = check(root) {
        eprintln!("{failure}");
        return ExitCode::FAILURE;
    }
    announce("tests", "cargo xtask test", || test::run(root)).conclude()
}

fn check(root: &Path) -> Result<(), Failure> {
    let features = read_features(&root.join("core/Cargo.toml"))?;
    forget_packages().map_err(|error| {
        Failure::new(
            format!("what cargo has unpacked of earlier packages could not be removed: {error}"),
            "check the rights of `registry/src` in cargo's home",
        )
    })?;
    steps(&features).iter().try_for_each(|step| step.run(root))
}

/// The steps before the tests.
fn steps(features: &[String]) -> Vec<Step> {
    let mut steps = vec![
        Step::cargo("format", &["fmt", "--all", "--check"]),
        Step::cargo(
            "lints",
            &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"],
        ),
        Step::cargo("documentation", &["doc", "--workspace", "--all-features", "--no-deps"])
            .variable("RUSTDOCFLAGS", "-D warnings"),
        lint_without_default_features("no features", &[]),
    ];
    for feature in features {
        steps.push(lint_without_default_features(
            &format!("only the feature `{feature}`"),
            &["--features", feature],
        ));
    }
    steps.push(Step::cargo("packages", &["package", "--workspace", "--allow-dirty"]));
    steps
}

/// Lints instead of only building, so that code which one set of features leaves unused is
/// an error too.
fn lint_without_default_features(name: &str, chosen: &[&str]) -> Step {
    let package = ["clippy", "-p", "hookwright", "--no-default-features"];
    let lints = ["--", "-D", "warnings"];
    Step::cargo(name, &[&package[..], chosen, &lints[..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_are_these_in_this_order() {
        let features = ["derive".to_owned(), "http".to_owned()];
        let commands: Vec<String> = steps(&features).iter().map(Step::to_string).collect();
        assert_eq!(
            commands,
            [
                "cargo fmt --all --check",
                "cargo clippy --workspace --all-targets --all-features -- -D warnings",
                "RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --all-features --no-deps",
                "cargo clippy -p hookwright --no-default-features -- -D warnings",
                "cargo clippy -p hookwright --no-default-features --features derive -- -D warnings",
                "cargo clippy -p hookwright --no-default-features --features http -- -D warnings",
                "cargo package --workspace --allow-dirty",
            ]
        );
    }
}
