//! What the derive says of every mistake, and that it accepts everything that is right.

use std::fs;
use std::path::{Path, PathBuf};

use trybuild::TestCases;

#[test]
fn every_mistake_is_an_error_that_says_what_to_do() {
    TestCases::new().compile_fail("ui/fail/**/*.rs");
}

#[test]
fn what_is_right_compiles_and_runs() {
    TestCases::new().pass("ui/pass/*.rs");
}

#[test]
fn one_mistake_is_one_error() {
    for path in expected_outputs() {
        let output = fs::read_to_string(&path).expect("the file was listed");
        let errors = output.lines().filter(|line| line.starts_with("error")).count();
        let expected = if path.ends_with("all_at_once.stderr") { 18 } else { 1 };
        assert_eq!(errors, expected, "{}:\n{output}", path.display());
        assert!(!output.contains("warning"), "{}:\n{output}", path.display());
    }
}

#[test]
fn every_error_of_the_derive_is_a_problem_and_a_remedy() {
    for path in expected_outputs() {
        let output = fs::read_to_string(&path).expect("the file was listed");
        for (index, line) in output.lines().enumerate() {
            let Some(problem) = line.strip_prefix("error: ") else {
                continue;
            };
            let next = output.lines().nth(index + 1).unwrap_or_default();
            let help = next.strip_prefix("       help: ");
            let help = help.unwrap_or_else(|| panic!("{}: no help:\n{output}", path.display()));
            for text in [problem, help] {
                assert!(!text.starts_with(char::is_uppercase), "{}: {text}", path.display());
                assert!(!text.ends_with('.'), "{}: {text}", path.display());
                for word in ["invalid", "unsupported", "illegal"] {
                    assert!(!text.contains(word), "{}: {text}", path.display());
                }
            }
        }
    }
}

/// What rustc says of each failing file.
fn expected_outputs() -> Vec<PathBuf> {
    let mut outputs = Vec::new();
    let mut folders = vec![Path::new("ui/fail").to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("tests run in the package's folder") {
            let path = entry.expect("the folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "stderr") {
                outputs.push(path);
            }
        }
    }
    assert!(outputs.len() > 40, "the outputs are in ui/fail");
    outputs
}
