//! Collects every mistake of one struct, so that all are reported in one run.

use std::fmt::Display;

use quote::ToTokens;

/// The mistakes found so far, in source order.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
}

impl Errors {
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

    /// Appends the mistakes of a later place in the source.
    pub(crate) fn append(&mut self, later: Errors) {
        self.found.extend(later.found);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The value when nothing was reported, else all the mistakes as one error.
    pub(crate) fn finish<T>(self, value: Option<T>) -> syn::Result<T> {
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
