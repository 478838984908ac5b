//! The events that an object declares, as they are written in `events(..)`.

use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Meta, Token};

use crate::attrs::{string, written};
use crate::errors::{Errors, did_you_mean, listed};
use crate::names::is_webhook_name;

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

/// Reads the option `events(..)` of the struct `object`.
pub(crate) fn parse(option: &Meta, object: &Ident, errors: &mut Errors) -> Option<Vec<Operation>> {
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
        let Some(operation) = parse_word(word, object, errors) else {
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

fn parse_word(word: &Expr, object: &Ident, errors: &mut Errors) -> Option<Operation> {
    let path = match word {
        Expr::Path(word) => &word.path,
        Expr::Group(passed_on_by_a_macro) => {
            return parse_word(&passed_on_by_a_macro.expr, object, errors);
        }
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
        errors.report(path, format!("unknown event `{name}`"), help_for(&name, object));
    }
    operation
}

/// Other words for what an object's events are called here.
const ALSO_CALLED: [(&str, &str); 7] = [
    ("added", "created"),
    ("changed", "updated"),
    ("edited", "updated"),
    ("inserted", "created"),
    ("modified", "updated"),
    ("removed", "deleted"),
    ("undeleted", "restored"),
];

/// What to write in place of an unknown event.
fn help_for(name: &str, object: &Ident) -> String {
    if let Some((_, word)) = ALSO_CALLED.iter().find(|(other, _)| *other == name) {
        return format!("did you mean `{word}`?");
    }
    let known: Vec<_> = Operation::ALL.iter().map(|operation| operation.word).collect();
    let known_here = format!("events of an object: {}", listed(&known));
    let otherwise = if is_webhook_name(name) {
        format!(
            "{known_here}; one of your own is a struct: \
             `#[derive(WebhookEvent)] #[webhook(object = {object}, name = \"{name}\")]`"
        )
    } else {
        known_here
    };
    did_you_mean(name, &known, otherwise)
}
