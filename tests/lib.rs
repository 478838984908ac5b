//! Tests of the whole: `ui` checks what the derive says, `it` runs the parts together.

/// What the README claims is run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
