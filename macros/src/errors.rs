//! Collects every mistake of one struct, so that all are reported in one run.

use std::fmt::Display;

use proc_macro2::Span;
use quote::ToTokens;

use crate::names::nearest;

/// Tells the line and the column where a span starts.
pub(crate) type Position = fn(Span) -> (usize, usize);

/// The mistakes found so far.
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    position: Position,
}

impl Errors {
    pub(crate) fn new(position: Position) -> Self {
        Self { found: Vec::new(), position }
    }

    /// Reports `problem` at `tokens`, with one remedy.
    pub(crate) fn report(
        &mut self,
        tokens: impl ToTokens,
        problem: impl Display,
        help: impl Display,
    ) {
        let message = format!("{problem}\nhelp: {help}");
        self.found.push(syn::Error::new_spanned(tokens, message));
    }

    /// Reports what the parser of Rust syntax said.
    pub(crate) fn syntax(&mut self, error: &syn::Error, help: impl Display) {
        let message = format!("{error}\nhelp: {help}");
        self.found.push(syn::Error::new(error.span(), message));
    }

    /// How many mistakes were reported so far.
    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    /// The value when nothing was reported, else all the mistakes in source order.
    pub(crate) fn finish<T>(mut self, value: Option<T>) -> syn::Result<T> {
        self.found.sort_by_key(|error| (self.position)(error.span()));
        let combined = self.found.into_iter().reduce(|mut all, error| {
            all.combine(error);
            all
        });
        match (combined, value) {
            (Some(error), _) => Err(error),
            (None, Some(value)) => Ok(value),
            (None, None) => unreachable!("a check that yields nothing has reported why"),
        }
    }
}

/// The remedy for an unknown word: the word of `known` that was probably meant, or `otherwise`.
pub(crate) fn did_you_mean(word: &str, known: &[&str], otherwise: String) -> String {
    match nearest(word, known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => otherwise,
    }
}

/// Words as they stand in a message.
pub(crate) fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
