//! Adding up what the test binaries say about themselves.

use std::io::{self, BufRead, Write};

/// How many tests passed, failed and were ignored, over all test binaries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) ignored: usize,
}

impl Tally {
    /// Copies the output of `cargo test` to the user line by line, and adds it up.
    ///
    /// # Errors
    ///
    /// When the output cannot be read or written.
    pub(crate) fn stream(mut output: impl BufRead, mut user: impl Write) -> io::Result<Self> {
        let mut tally = Self::default();
        let mut line = Vec::new();
        // Bytes, because nothing keeps a failing test from printing what is not UTF-8.
        while output.read_until(b'\n', &mut line)? > 0 {
            user.write_all(&line)?;
            user.flush()?;
            tally.add(&String::from_utf8_lossy(&line));
            line.clear();
        }
        Ok(tally)
    }

    /// Adds a line like `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; ..`.
    /// Any other line changes nothing.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let words: Vec<&str> = result.split_whitespace().collect();
        for pair in words.windows(2) {
            let Ok(count) = pair[0].parse::<usize>() else {
                continue;
            };
            match pair[1] {
                "passed;" => self.passed += count,
                "failed;" => self.failed += count,
                "ignored;" => self.ignored += count,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &[u8], [passed, failed, ignored]: [usize; 3]) {
        let mut seen = Vec::new();
        let tally = Tally::stream(output, &mut seen).expect("memory can be read and written");
        assert_eq!(tally, Tally { passed, failed, ignored });
        assert_eq!(seen, output, "the user sees all of the output");
    }

    #[test]
    fn results_are_summed_over_binaries() {
        check(
            b"running 13 tests\n\
              test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.02s\n\
              \n\
              test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s\n",
            [15, 2, 1],
        );
    }

    #[test]
    fn other_lines_count_for_nothing() {
        check(
            b"test a ... ok\nthe last test result: ok. 5 passed; 1 failed;\n7 passed; 7 failed;\n",
            [0, 0, 0],
        );
    }

    #[test]
    fn a_coloured_result_counts() {
        check(
            b"test result: \x1b[32mok\x1b[0m. 2 passed; 0 failed; 0 ignored; 0 measured\n",
            [2, 0, 0],
        );
    }

    #[test]
    fn a_last_line_without_a_newline_counts() {
        check(b"test result: ok. 1 passed; 0 failed; 0 ignored;", [1, 0, 0]);
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_passed_on() {
        check(b"\xff\xfe\ntest result: ok. 1 passed; 0 failed;\n", [1, 0, 0]);
    }
}
