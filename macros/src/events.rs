//! The events that an object declares, as they are written in `events(..)`.

use syn::punctuated::Punctuated;
use syn::{Expr, LitStr, Meta, Token};

use crate::attrs::{string, written};
use crate::errors::{Errors, did_you_mean, listed};

const HELP: &str = "write `events(created, updated, deleted)`";

/// An event that an object can declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Operation {
    word: &'static str,
    /// The trait of `hookwright::emits` that lets an object emit this event.
    pub(crate) marker: &'static str,
}

impl Operation {
    pub(crate) const ALL: &[Self] = &[
        Self { word: "created", marker: "Created" },
        Self { word: "updated", marker: "Updated" },
        Self { word: "deleted", marker: "Deleted" },
        Self { word: "restored", marker: "Restored" },
        Self { word: "destroyed", marker: "Destroyed" },
    ];

    /// What an object declares that says nothing: `created`, `updated` and `deleted`.
    pub(crate) fn default_list() -> Vec<Self> {
        Self::ALL[..3].to_vec()
    }

    pub(crate) fn word(self) -> &'static str {
        self.word
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operation| operation.word == word)
    }
}

/// Reads the option `events(..)`.
pub(crate) fn parse(option: &Meta, errors: &mut Errors) -> Option<Vec<Operation>> {
    let Meta::List(list) = option else {
        errors.report(option, "`events` takes a list of events", HELP);
        return None;
    };
    let words = match list.parse_args_with(Punctuated::<Expr, Token![,]>::parse_terminated) {
        Ok(words) => words,
        Err(error) => {
            errors.syntax(&error, HELP);
            return None;
        }
    };
    if words.is_empty() {
        errors.report(option, "`events` lists no event", "list at least one, or remove `events`");
        return None;
    }
    let mut operations = Vec::with_capacity(words.len());
    for word in &words {
        let Some(operation) = parse_word(word, errors) else {
            continue;
        };
        if operations.contains(&operation) {
            errors.report(
                word,
                format!("the event `{}` is listed twice", operation.word),
                "list each event once",
            );
        } else {
            operations.push(operation);
        }
    }
    Some(operations)
}

fn parse_word(word: &Expr, errors: &mut Errors) -> Option<Operation> {
    let path = match word {
        Expr::Path(word) => &word.path,
        Expr::Group(passed_on_by_a_macro) => return parse_word(&passed_on_by_a_macro.expr, errors),
        _ => {
            let help = match string(word).map(LitStr::value) {
                Some(text) if Operation::from_word(&text).is_some() => {
                    format!("write `{text}` without quotes")
                }
                _ => HELP.to_owned(),
            };
            errors.report(word, "`events` takes words, not values", help);
            return None;
        }
    };
    let name = written(path);
    let operation = Operation::from_word(&name);
    if operation.is_none() {
        let known: Vec<_> = Operation::ALL.iter().map(|operation| operation.word).collect();
        let help = did_you_mean(&name, &known, format!("events of an object: {}", listed(&known)));
        errors.report(path, format!("unknown event `{name}`"), help);
    }
    operation
}
