//! The tests that are left out because a tool is missing.

use std::fmt;

use xtask::failure::Failure;

use crate::tools::Tool;

/// A missing tool, and how many tests need it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Skip {
    tool: &'static Tool,
    pub(crate) tests: usize,
}

impl Skip {
    /// Counts the tests in the output of `--list` that need each missing tool. A test that
    /// needs several is counted once, for the first of them.
    pub(crate) fn count(missing: &[&'static Tool], list: &str) -> Vec<Self> {
        let mut skips: Vec<Self> = missing.iter().map(|tool| Self { tool, tests: 0 }).collect();
        for test in list.lines().filter_map(|line| line.strip_suffix(": test")) {
            if let Some(skip) = skips.iter_mut().find(|skip| test.contains(skip.tool.module)) {
                skip.tests += 1;
            }
        }
        skips.retain(|skip| skip.tests > 0);
        skips
    }

    /// What is wrong, where every test has to run.
    pub(crate) fn as_failure(&self) -> Failure {
        let Tool { program, package, .. } = self.tool;
        Failure::new(
            format!("`{program}` is missing, and with CI=true no test may be skipped"),
            format!(
                "put a working `{program}` on PATH: on Debian, `apt-get install {package}` as root"
            ),
        )
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tool { name, program, .. } = self.tool;
        let noun = if self.tests == 1 { "test" } else { "tests" };
        write!(
            formatter,
            "skipped {} {noun} of {name}: `{program}` is missing, or does not work",
            self.tests
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::{NODE, OPENSSL, POSTGRES, PYTHON};

    const LIST: &str = "\
foreign::node::signs_what_we_verify: test
foreign::node::verifies_the_vectors: test
foreign::python::node::reads_the_body: test
foreign::openssl::agrees_on_the_digest: test
signature::signs_a_node: test
foreign::node::throughput: benchmark

5 tests, 1 benchmark
outbox::postgres::claims_once: test
outbox::sqlite::claims_once: test

2 tests, 0 benchmarks
";

    fn check(missing: &[&'static Tool], expected: &[(&Tool, usize)]) {
        let skips = Skip::count(missing, LIST);
        let found: Vec<_> = skips.iter().map(|skip| (skip.tool, skip.tests)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn tests_are_counted_by_the_module_of_the_missing_tool() {
        check(&[&OPENSSL], &[(&OPENSSL, 1)]);
        check(&[&PYTHON], &[(&PYTHON, 1)]);
    }

    #[test]
    fn the_tests_of_every_binary_in_the_list_are_counted() {
        check(&[&OPENSSL, &POSTGRES], &[(&OPENSSL, 1), (&POSTGRES, 1)]);
    }

    #[test]
    fn a_test_that_needs_two_missing_tools_is_counted_once() {
        check(&[&NODE, &PYTHON], &[(&NODE, 3)]);
        check(&[&PYTHON, &NODE], &[(&PYTHON, 1), (&NODE, 2)]);
    }

    #[test]
    fn nothing_is_skipped_when_nothing_is_missing() {
        check(&[], &[]);
    }

    #[test]
    fn a_missing_tool_that_no_test_needs_is_no_skip() {
        assert_eq!(Skip::count(&[&NODE], "signature::signs: test\n"), []);
    }

    #[test]
    fn a_skip_is_reported_by_name_and_count() {
        let reports: Vec<String> =
            Skip::count(&[&NODE, &OPENSSL], LIST).iter().map(Skip::to_string).collect();
        assert_eq!(
            reports,
            [
                "skipped 3 tests of Node: `node` is missing, or does not work",
                "skipped 1 test of OpenSSL: `openssl` is missing, or does not work",
            ]
        );
    }

    #[test]
    fn a_skip_as_a_failure_says_how_to_get_the_tool() {
        let failure = Skip { tool: &NODE, tests: 2 }.as_failure().to_string();
        assert!(failure.starts_with("error: `node` is missing"));
        assert!(failure.contains("\nhelp: put a working `node` on PATH"));
        assert!(failure.contains("apt-get install nodejs"));
    }
}
