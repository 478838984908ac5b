//! Everything that has to hold before a change is merged, the quickest answer first.

use std::path::Path;
use std::process::ExitCode;

use xtask::failure::Failure;

use crate::features::read_features;
use crate::package;
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

/// The packages with features of their own: the name, and the folder.
const FEATURED: [(&str, &str); 2] = [("hookwright", "core"), ("hookwright-console", "console")];

fn check(root: &Path) -> Result<(), Failure> {
    let mut packages = Vec::new();
    for (package, folder) in FEATURED {
        packages.push((package, read_features(&root.join(folder).join("Cargo.toml"))?));
    }
    forget_packages().map_err(|error| {
        Failure::new(
            format!("what cargo has unpacked of earlier packages could not be removed: {error}"),
            "check the rights of `registry/src` in cargo's home",
        )
    })?;
    steps(&packages).iter().try_for_each(|step| step.run(root))?;
    announce("image", "cargo xtask package", || package::run(root))
}

/// The steps before the tests, of packages and their features.
fn steps(packages: &[(&str, Vec<String>)]) -> Vec<Step> {
    let mut steps = vec![
        Step::cargo("format", &["fmt", "--all", "--check"]),
        Step::cargo(
            "lints",
            &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"],
        ),
        Step::cargo("documentation", &["doc", "--workspace", "--all-features", "--no-deps"])
            .variable("RUSTDOCFLAGS", "-D warnings"),
    ];
    for (package, features) in packages {
        steps.push(lint_without_default_features(
            &format!("`{package}` without features"),
            package,
            &[],
        ));
        for feature in features {
            steps.push(lint_without_default_features(
                &format!("`{package}` with the feature `{feature}` alone"),
                package,
                &["--features", feature],
            ));
        }
    }
    // A package is built without the workspace's profile, so with all that a debugger could ask.
    steps.push(
        Step::cargo("packages", &["package", "--workspace", "--allow-dirty"])
            .variable("CARGO_PROFILE_DEV_DEBUG", "0"),
    );
    steps
}

/// Lints instead of only building, so that code which one set of features leaves unused is
/// an error too.
fn lint_without_default_features(name: &str, package: &str, chosen: &[&str]) -> Step {
    let package = ["clippy", "-p", package, "--no-default-features"];
    let lints = ["--", "-D", "warnings"];
    Step::cargo(name, &[&package[..], chosen, &lints[..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_features_of_both_packages_are_found() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let features = |folder: &str| read_features(&root.join(folder).join("Cargo.toml"));
        for (_, folder) in FEATURED {
            assert!(features(folder).expect("features").contains(&"sqlite".to_owned()), "{folder}");
        }
    }

    #[test]
    fn the_steps_are_these_in_this_order() {
        let packages = [
            ("hookwright", vec!["derive".to_owned(), "http".to_owned()]),
            ("hookwright-console", vec!["sqlite".to_owned()]),
        ];
        let commands: Vec<String> = steps(&packages).iter().map(Step::to_string).collect();
        assert_eq!(
            commands,
            [
                "cargo fmt --all --check",
                "cargo clippy --workspace --all-targets --all-features -- -D warnings",
                "RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --all-features --no-deps",
                "cargo clippy -p hookwright --no-default-features -- -D warnings",
                "cargo clippy -p hookwright --no-default-features --features derive -- -D warnings",
                "cargo clippy -p hookwright --no-default-features --features http -- -D warnings",
                "cargo clippy -p hookwright-console --no-default-features -- -D warnings",
                "cargo clippy -p hookwright-console --no-default-features --features sqlite -- -D warnings",
                "CARGO_PROFILE_DEV_DEBUG=\"0\" cargo package --workspace --allow-dirty",
            ]
        );
    }
}
