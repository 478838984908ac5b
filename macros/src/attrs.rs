//! Reads `#[webhook(..)]`: what a user wrote, before anything is known of the struct.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Path, Token, parse_quote};

use crate::errors::{Errors, did_you_mean, listed};
use crate::events::{self, Operation};

/// The options of a struct.
#[derive(Default)]
pub(crate) struct ObjectAttrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) events: Option<Vec<Operation>>,
    /// The struct is marked as the id, which only a field can be.
    pub(crate) misplaced_id: bool,
    krate: Option<Path>,
}

impl ObjectAttrs {
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut attrs = Self::default();
        let mut seen = Vec::new();
        for option in options(attributes, "webhook", Place::STRUCT.help, errors) {
            let Some(key) = Place::STRUCT.check(&option, &mut seen, errors) else {
                attrs.misplaced_id |= option.path().is_ident("id");
                continue;
            };
            match key {
                "name" => attrs.name = text(&option, key, errors),
                "events" => attrs.events = events::parse(&option, errors),
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
        for option in options(attributes, "webhook", Place::FIELD.help, errors) {
            let Some(key) = Place::FIELD.check(&option, &mut seen, errors) else {
                continue;
            };
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

/// Where an option stands.
struct Place {
    noun: &'static str,
    options: &'static [&'static str],
    help: &'static str,
}

impl Place {
    const STRUCT: Self = Self {
        noun: "struct",
        options: &["name", "events", "crate"],
        help: "write `#[webhook(name = \"...\")]`",
    };
    const FIELD: Self = Self {
        noun: "field",
        options: &["id", "skip", "redact"],
        help: "write `#[webhook(skip)]`",
    };

    /// The option's key, when it is one of this place and is set for the first time.
    fn check(
        &self,
        option: &Meta,
        seen: &mut Vec<&'static str>,
        errors: &mut Errors,
    ) -> Option<&'static str> {
        let path = option.path();
        let Some(key) = self.options.iter().find(|key| path.is_ident(key)) else {
            self.refuse(path, errors);
            return None;
        };
        if seen.contains(key) {
            errors.report(path, format!("`{key}` is set twice"), "keep one of the two");
            return None;
        }
        seen.push(key);
        Some(key)
    }

    fn refuse(&self, path: &Path, errors: &mut Errors) {
        let Self { noun, options, .. } = self;
        let word = written(path);
        let options_here = format!("options for a {noun}: {}", listed(options));
        let places = [Self::STRUCT, Self::FIELD];
        match places.iter().find(|place| place.options.contains(&word.as_str())) {
            Some(Self { noun: other, .. }) => errors.report(
                path,
                format!("`{word}` is an option for a {other}, not for a {noun}"),
                options_here,
            ),
            None => errors.report(
                path,
                format!("unknown webhook option `{word}`"),
                did_you_mean(&word, options, options_here),
            ),
        }
    }
}

/// All options of all attributes of that name, each still to be judged.
pub(crate) fn options(
    attributes: &[Attribute],
    name: &str,
    help: &str,
    errors: &mut Errors,
) -> Vec<Meta> {
    let mut options = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        if !matches!(attribute.meta, Meta::List(_)) {
            let problem = format!("`{name}` takes its options in parentheses");
            errors.report(&attribute.meta, problem, help);
            continue;
        }
        match attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) {
            Ok(list) => options.extend(list),
            Err(error) => errors.syntax(&error, help),
        }
    }
    options
}

/// The string of `key = "..."`.
fn text(option: &Meta, key: &str, errors: &mut Errors) -> Option<LitStr> {
    let text = match option {
        Meta::NameValue(pair) => string(&pair.value).cloned(),
        Meta::Path(_) | Meta::List(_) => None,
    };
    if text.is_none() {
        errors.report(
            option,
            format!("`{key}` takes a string"),
            format!("write `{key} = \"...\"`"),
        );
    }
    text
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

/// The string literal that `value` is, also when a macro has passed it on.
pub(crate) fn string(value: &Expr) -> Option<&LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        Expr::Group(passed_on_by_a_macro) => string(&passed_on_by_a_macro.expr),
        _ => None,
    }
}

/// A path as it is written in source.
pub(crate) fn written(path: impl ToTokens) -> String {
    path.into_token_stream().to_string().replace(' ', "")
}
