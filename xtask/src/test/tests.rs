//! What a run of all tests comes to.

use super::*;
use crate::tools::NODE;

fn tally(passed: usize, failed: usize) -> Tally {
    Tally { passed, failed, ..Tally::default() }
}

fn two_skipped() -> Vec<Skip> {
    Skip::count(&[&NODE], "node::signs: test\nnode::verifies: test\n")
}

fn check(report: &Report, totals: &str, problems: &[&str]) {
    assert_eq!(report.to_string(), totals);
    let failures: Vec<String> = report.failures.iter().map(Failure::to_string).collect();
    assert_eq!(failures.len(), problems.len(), "{failures:?}");
    for (failure, problem) in failures.iter().zip(problems) {
        assert!(failure.contains(problem), "{failure}");
    }
    let expected = if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    assert_eq!(report.conclude(), expected);
}

#[test]
fn a_run_where_all_passed_succeeds() {
    let report = Report::new(tally(7, 0), Ending::Success, Vec::new(), Rule::SkipsAreFailures);
    check(&report, "7 passed, 0 failed, 0 skipped", &[]);
}

#[test]
fn a_failed_test_is_a_failure() {
    let report = Report::new(tally(5, 2), Ending::Error, Vec::new(), Rule::SkipsAreReported);
    check(&report, "5 passed, 2 failed, 0 skipped", &["tests failed: 2"]);
}

#[test]
fn a_failed_test_is_a_failure_even_when_cargo_succeeds() {
    let report = Report::new(tally(5, 1), Ending::Success, Vec::new(), Rule::SkipsAreReported);
    check(&report, "5 passed, 1 failed, 0 skipped", &["tests failed: 1"]);
}

#[test]
fn a_build_that_fails_is_a_failure_though_no_test_failed() {
    let report = Report::new(tally(0, 0), Ending::Error, Vec::new(), Rule::SkipsAreReported);
    check(&report, "0 passed, 0 failed, 0 skipped", &["cargo failed though no test did"]);
}

#[test]
fn a_skip_is_only_reported_on_a_developers_machine() {
    let report = Report::new(tally(7, 0), Ending::Success, two_skipped(), Rule::SkipsAreReported);
    check(&report, "7 passed, 0 failed, 2 skipped", &[]);
}

#[test]
fn a_skip_is_a_failure_where_every_test_has_to_run() {
    let report = Report::new(tally(7, 0), Ending::Success, two_skipped(), Rule::SkipsAreFailures);
    check(&report, "7 passed, 0 failed, 2 skipped", &["`node` is missing"]);
}
