//! A field of a form, with its label, a hint, and what is wrong with it.

use askama::Template;
use askama::filters::HtmlSafe;

use super::form::Errors;

/// A field of a form.
#[derive(Debug, Clone, Template)]
#[template(path = "field.html")]
#[must_use]
pub(super) struct Field {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    value: String,
    hint: Option<&'static str>,
    error: Option<String>,
    /// Whether what is wrong with it is told above, where it is one way among others to choose.
    is_wrong_above: bool,
    autocomplete: &'static str,
    example: &'static str,
    is_optional: bool,
    suggestions: Vec<String>,
}

impl HtmlSafe for Field {}

impl Field {
    /// A line of text that must be given.
    pub(super) fn new(name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            kind: "text",
            value: String::new(),
            hint: None,
            error: None,
            is_wrong_above: false,
            autocomplete: "off",
            example: "",
            is_optional: false,
            suggestions: Vec::new(),
        }
    }

    /// A type of `<input>`, or `textarea`.
    pub(super) fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    pub(super) fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    pub(super) fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }

    pub(super) fn autocomplete(mut self, autocomplete: &'static str) -> Self {
        self.autocomplete = autocomplete;
        self
    }

    pub(super) fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    pub(super) fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Offers values, of which others may be entered too.
    pub(super) fn suggest(mut self, suggestions: Vec<String>) -> Self {
        self.suggestions = suggestions;
        self
    }

    /// Shows what is wrong with it.
    pub(super) fn wrong(mut self, errors: &Errors) -> Self {
        self.error = errors.about(self.name);
        self
    }

    /// Marks it when it is wrong, and leads to what is said of it elsewhere on the page.
    pub(super) fn wrong_above(mut self, errors: &Errors) -> Self {
        self.is_wrong_above = errors.about(self.name).is_some();
        self
    }

    fn is_wrong(&self) -> bool {
        self.error.is_some() || self.is_wrong_above
    }

    /// The type of the `<input>`. A browser would throw away a time that it cannot read.
    fn input(&self) -> &'static str {
        if self.kind == "datetime-local" && self.error.is_some() { "text" } else { self.kind }
    }

    fn described_by(&self) -> String {
        let hint = self.hint.map(|_| format!("{}-hint", self.name));
        let error = self.is_wrong().then(|| format!("{}-error", self.name));
        [error, hint].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
