//! Checks over generated values: as many at every run. A failure prints the seed, which
//! `PROPTEST_RNG_SEED` sets, and the smallest values that fail.

use std::collections::hash_map::RandomState;
use std::fmt::{Debug, Write};
use std::hash::BuildHasher;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};

/// How many values are generated for a check.
pub(crate) const CASES: u32 = 256;

/// Runs `test` on `cases` values.
pub(crate) fn check_cases<S: Strategy>(
    cases: u32,
    values: &S,
    test: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let mut config = Config { cases, failure_persistence: None, ..Config::default() };
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(cases),
    };
    config.rng_seed = RngSeed::Fixed(seed);
    if let Err(failure) = TestRunner::new(config).run(values, test) {
        panic!("{failure}\nto run it again: PROPTEST_RNG_SEED={seed}");
    }
}

/// Says that two texts are the same, or from which byte on they are not.
pub(crate) fn same_text(found: &str, expected: &str) -> Result<(), TestCaseError> {
    if found == expected {
        return Ok(());
    }
    let same = found.bytes().zip(expected.bytes()).take_while(|(left, right)| left == right);
    let mut message = format!("differ from byte {} on\n", same.count());
    let _ = writeln!(message, "   found: {found}\nexpected: {expected}");
    Err(TestCaseError::fail(message))
}

/// Text of every kind of character, rich in those that JSON escapes or that other writers do.
pub(crate) fn text() -> impl Strategy<Value = String> + Clone {
    let awkward = prop::sample::select(vec![
        '"', '\\', '/', '\n', '\r', '\t', '\u{0}', '\u{8}', '\u{c}', '\u{1f}', '\u{7f}', '\u{85}',
        '\u{2028}', '\u{feff}', '\u{ffff}', 'é', 'e', '\u{301}', '🦀', '<', '&',
    ]);
    prop::collection::vec(prop_oneof![any::<char>(), awkward], 0..12)
        .prop_map(|letters| letters.into_iter().collect())
}

/// A value, or none.
pub(crate) fn optional<S: Strategy>(values: S) -> impl Strategy<Value = Option<S::Value>>
where
    S::Value: Debug + Clone,
{
    prop::option::of(values)
}
