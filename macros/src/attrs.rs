//! Reads `#[webhook(..)]`: what a user wrote, before anything is known of the struct.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Path, Token, parse_quote};

use crate::errors::Errors;
use crate::names::nearest;

const OBJECT_OPTIONS: &[&str] = &["name", "events", "crate"];
const FIELD_OPTIONS: &[&str] = &["id", "skip", "redact"];

/// An event that an object can declare, as it is written in `events(..)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Created,
    Updated,
    Deleted,
    Restored,
    Destroyed,
}

impl Operation {
    pub(crate) const DEFAULT: [Self; 3] = [Self::Created, Self::Updated, Self::Deleted];
    pub(crate) const ALL: [Self; 5] =
        [Self::Created, Self::Updated, Self::Deleted, Self::Restored, Self::Destroyed];
    const WORDS: &[&str] = &["created", "updated", "deleted", "restored", "destroyed"];

    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS
            .iter()
            .zip(Self::ALL)
            .find_map(|(known, operation)| (*known == word).then_some(operation))
    }

    /// The marker trait of `hookwright::emits` that lets an object emit this event.
    pub(crate) fn marker(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Updated => "Updated",
            Self::Deleted => "Deleted",
            Self::Restored => "Restored",
            Self::Destroyed => "Destroyed",
        }
    }
}

/// The options of a struct.
#[derive(Default)]
pub(crate) struct ObjectAttrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) events: Option<Vec<Operation>>,
    krate: Option<Path>,
    seen: Vec<&'static str>,
}

impl ObjectAttrs {
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut attrs = Self::default();
        for option in options(attributes, "name = \"...\"", errors) {
            let Some(key) = known_option(&option, "struct", OBJECT_OPTIONS, FIELD_OPTIONS, errors)
            else {
                continue;
            };
            if !first_time(key, &option, &mut attrs.seen, errors) {
                continue;
            }
            match key {
                "name" => attrs.name = text(&option, key, errors),
                "events" => attrs.events = events(&option, errors),
                _ => attrs.krate = text(&option, key, errors).and_then(|text| path(&text, errors)),
            }
        }
        attrs
    }

    /// The path of the `hookwright` crate.
    pub(crate) fn crate_path(&self) -> Path {
        self.krate.clone().unwrap_or_else(|| parse_quote!(::hookwright))
    }
}

/// The options of a field, each with the word that set it.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) id: Option<Path>,
    /// How the field is kept from receivers, in source order: at most one in a right struct.
    pub(crate) hiding: Vec<Hiding>,
}

/// How a field is kept from receivers.
pub(crate) enum Hiding {
    /// The field is not in the payload at all.
    Skip(Path),
    /// The field is there, its value is not.
    Redact(Path),
}

impl ToTokens for Hiding {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (Self::Skip(word) | Self::Redact(word)) = self;
        word.to_tokens(tokens);
    }
}

impl FieldAttrs {
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut attrs = Self::default();
        let mut seen = Vec::new();
        for option in options(attributes, "skip", errors) {
            let Some(key) = known_option(&option, "field", FIELD_OPTIONS, OBJECT_OPTIONS, errors)
            else {
                continue;
            };
            if !first_time(key, &option, &mut seen, errors) {
                continue;
            }
            let Meta::Path(word) = option else {
                errors.report(
                    &option,
                    format!("`{key}` stands alone"),
                    format!("write `#[webhook({key})]`"),
                );
                continue;
            };
            match key {
                "id" => attrs.id = Some(word),
                "skip" => attrs.hiding.push(Hiding::Skip(word)),
                _ => attrs.hiding.push(Hiding::Redact(word)),
            }
        }
        attrs
    }
}

/// All options of all `#[webhook(..)]` attributes, each still to be judged.
fn options(attributes: &[Attribute], example: &str, errors: &mut Errors) -> Vec<Meta> {
    let mut options = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("webhook")) {
        let help = format!("write `#[webhook({example})]`");
        if !matches!(attribute.meta, Meta::List(_)) {
            errors.report(&attribute.meta, "`webhook` takes its options in parentheses", help);
            continue;
        }
        match attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) {
            Ok(list) => options.extend(list),
            Err(error) => errors.syntax(&error, help),
        }
    }
    options
}

/// The option's key, when it is one of `known`.
fn known_option(
    option: &Meta,
    place: &str,
    known: &[&'static str],
    elsewhere: &[&str],
    errors: &mut Errors,
) -> Option<&'static str> {
    let path = option.path();
    let word = path.to_token_stream().to_string();
    if let Some(key) = known.iter().find(|key| path.is_ident(key)) {
        return Some(key);
    }
    let here = format!("options for a {place}: {}", quoted(known));
    if elsewhere.contains(&word.as_str()) {
        let other = if place == "struct" { "field" } else { "struct" };
        errors.report(
            path,
            format!("`{word}` is an option for a {other}, not for a {place}"),
            here,
        );
    } else {
        let help = match nearest(&word, known) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => here,
        };
        errors.report(path, format!("unknown webhook option `{word}`"), help);
    }
    None
}

fn first_time(
    key: &'static str,
    option: &Meta,
    seen: &mut Vec<&'static str>,
    errors: &mut Errors,
) -> bool {
    if seen.contains(&key) {
        errors.report(option.path(), format!("`{key}` is set twice"), "keep one of the two");
        return false;
    }
    seen.push(key);
    true
}

/// The string of `key = "..."`.
fn text(option: &Meta, key: &str, errors: &mut Errors) -> Option<LitStr> {
    if let Meta::NameValue(pair) = option
        && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value
    {
        return Some(text.clone());
    }
    errors.report(option, format!("`{key}` takes a string"), format!("write `{key} = \"...\"`"));
    None
}

fn path(text: &LitStr, errors: &mut Errors) -> Option<Path> {
    let path = text.parse_with(Path::parse_mod_style).ok();
    if path.is_none() {
        errors.report(
            text,
            format!("{:?} is not the path of a crate", text.value()),
            "write the path under which `hookwright` is known here: `crate = \"::hookwright\"`",
        );
    }
    path
}

/// The words of `events(..)`.
fn events(option: &Meta, errors: &mut Errors) -> Option<Vec<Operation>> {
    const HELP: &str = "write `events(created, updated, deleted)`";
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
        if let Some(operation) = event(word, errors) {
            if operations.contains(&operation) {
                let word = word.to_token_stream();
                errors.report(
                    &word,
                    format!("the event `{word}` is listed twice"),
                    "list each event once",
                );
            } else {
                operations.push(operation);
            }
        }
    }
    Some(operations)
}

fn event(word: &Expr, errors: &mut Errors) -> Option<Operation> {
    let Some(ident) = as_ident(word) else {
        errors.report(
            word,
            "`events` takes words, not values",
            "write `events(created, updated, deleted)`",
        );
        return None;
    };
    let name = ident.to_string();
    let operation = Operation::from_word(&name);
    if operation.is_none() {
        let help = match nearest(&name, Operation::WORDS) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("events of an object: {}", quoted(Operation::WORDS)),
        };
        errors.report(word, format!("unknown event `{name}`"), help);
    }
    operation
}

fn as_ident(word: &Expr) -> Option<&Ident> {
    match word {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
