//! Reads `#[webhook(..)]`: what a user wrote, before anything is known of the struct.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, DeriveInput, Expr, ExprLit, ExprPath, Lit, LitStr, Meta, Path, Token, parse_quote,
};

use crate::errors::{Errors, did_you_mean, listed};
use crate::events::{self, Operation};

/// The options of an object's struct.
#[derive(Default)]
pub(crate) struct ObjectAttrs {
    pub(crate) name: Option<LitStr>,
    pub(crate) events: Option<Vec<Operation>>,
    /// The word that asks for a constant for each field.
    pub(crate) fields: Option<Path>,
    /// The struct is marked as the id, which only a field can be.
    pub(crate) misplaced_id: bool,
    pub(crate) krate: Option<Path>,
}

impl ObjectAttrs {
    pub(crate) fn parse(input: &DeriveInput, errors: &mut Errors) -> Self {
        let mut attrs = Self::default();
        let mut seen = Vec::new();
        for option in options(&input.attrs, "webhook", Place::OBJECT.help, errors) {
            let Some(key) = Place::OBJECT.check(&option, &mut seen, errors) else {
                attrs.misplaced_id |= option.path().is_ident("id");
                continue;
            };
            match key {
                "name" => attrs.name = text(&option, key, errors),
                "events" => attrs.events = events::parse(&option, &input.ident, errors),
                "fields" => attrs.fields = word(option, key, errors),
                _ => attrs.krate = path_text(&option, key, errors),
            }
        }
        attrs
    }
}

/// The options of a custom event's struct.
#[derive(Default)]
pub(crate) struct EventAttrs {
    pub(crate) object: Option<Path>,
    pub(crate) name: Option<LitStr>,
    pub(crate) krate: Option<Path>,
}

impl EventAttrs {
    pub(crate) fn parse(attributes: &[Attribute], errors: &mut Errors) -> Self {
        let mut attrs = Self::default();
        let mut seen = Vec::new();
        for option in options(attributes, "webhook", Place::EVENT.help, errors) {
            match Place::EVENT.check(&option, &mut seen, errors) {
                Some("object") => attrs.object = type_path(&option, errors),
                Some(key @ "name") => attrs.name = text(&option, key, errors),
                Some(key) => attrs.krate = path_text(&option, key, errors),
                None => {}
            }
        }
        attrs
    }
}

/// The crate that an enum of events names, which has no other option.
pub(crate) fn enum_crate(attributes: &[Attribute], errors: &mut Errors) -> Option<Path> {
    let mut krate = None;
    let mut seen = Vec::new();
    for option in options(attributes, "webhook", Place::ENUM.help, errors) {
        if let Some(key) = Place::ENUM.check(&option, &mut seen, errors) {
            krate = path_text(&option, key, errors);
        }
    }
    krate
}

/// The word that marks a variant as that of all other events.
pub(crate) fn other(attributes: &[Attribute], errors: &mut Errors) -> Option<Path> {
    let mut other = None;
    let mut seen = Vec::new();
    for option in options(attributes, "webhook", Place::VARIANT.help, errors) {
        if let Some(key) = Place::VARIANT.check(&option, &mut seen, errors) {
            other = word(option, key, errors);
        }
    }
    other
}

/// The path of the `hookwright` crate, unless another is named.
pub(crate) fn crate_path(named: Option<&Path>) -> Path {
    named.cloned().unwrap_or_else(|| parse_quote!(::hookwright))
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
    pub(crate) fn parse(attributes: &[Attribute], derive: Derive, errors: &mut Errors) -> Self {
        let place = Place { derive, ..Place::FIELD };
        let mut attrs = Self::default();
        let mut seen = Vec::new();
        for option in options(attributes, "webhook", place.help, errors) {
            let Some(key) = place.check(&option, &mut seen, errors) else {
                continue;
            };
            let Some(word) = word(option, key, errors) else {
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

/// Which derive reads the options.
#[derive(Clone, Copy)]
pub(crate) enum Derive {
    Object,
    Event,
    Events,
}

impl Derive {
    const ALL: [Self; 3] = [Self::Object, Self::Event, Self::Events];

    fn name(self) -> &'static str {
        match self {
            Self::Object => "WebhookObject",
            Self::Event => "WebhookEvent",
            Self::Events => "WebhookEvents",
        }
    }
}

/// Where an option stands.
struct Place {
    derive: Derive,
    noun: &'static str,
    options: &'static [&'static str],
    help: &'static str,
}

impl Place {
    const OBJECT: Self = Self {
        derive: Derive::Object,
        noun: "struct",
        options: &["name", "events", "fields", "crate"],
        help: "write `#[webhook(name = \"...\")]`",
    };
    const EVENT: Self = Self {
        derive: Derive::Event,
        noun: "struct",
        options: &["object", "name", "crate"],
        help: "write `#[webhook(object = ..., name = \"...\")]`",
    };
    const FIELD: Self = Self {
        derive: Derive::Object,
        noun: "field",
        options: &["id", "skip", "redact"],
        help: "write `#[webhook(skip)]`",
    };
    const ENUM: Self = Self {
        derive: Derive::Events,
        noun: "enum",
        options: &["crate"],
        help: "write `#[webhook(crate = \"...\")]`",
    };
    const VARIANT: Self = Self {
        derive: Derive::Events,
        noun: "variant",
        options: &["other"],
        help: "write `#[webhook(other)]`",
    };

    /// The places where this derive reads options.
    fn all(derive: Derive) -> [Self; 2] {
        match derive {
            Derive::Object => [Self::OBJECT, Self::FIELD],
            Derive::Event => [Self::EVENT, Self { derive, ..Self::FIELD }],
            Derive::Events => [Self::ENUM, Self::VARIANT],
        }
    }

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
        let Self { derive, noun, options, .. } = self;
        let word = written(path);
        let options_here = format!("options for {} {noun}: {}", article(noun), listed(options));
        let find = |derive| {
            Self::all(derive).into_iter().find(|place| place.options.contains(&word.as_str()))
        };
        if let Some(Self { noun: other, .. }) = find(*derive) {
            errors.report(
                path,
                format!(
                    "`{word}` is an option for {} {other}, not for {} {noun}",
                    article(other),
                    article(noun)
                ),
                options_here,
            );
            return;
        }
        if let Some(place) = Derive::ALL.into_iter().find_map(find) {
            errors.report(
                path,
                format!(
                    "`{word}` is an option of `{}`, not of `{}`",
                    place.derive.name(),
                    derive.name()
                ),
                options_here,
            );
            return;
        }
        errors.report(
            path,
            format!("unknown webhook option `{word}`"),
            did_you_mean(&word, options, serdes(&word).unwrap_or(options_here)),
        );
    }
}

/// The remedy for an option that is serde's.
fn serdes(word: &str) -> Option<String> {
    let written = match word {
        "default" | "flatten" => word.to_owned(),
        "rename" | "rename_all" | "skip_serializing_if" | "with" => format!("{word} = \"...\""),
        _ => return None,
    };
    Some(format!("it is an attribute of serde: `#[serde({written})]`"))
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with('e') { "an" } else { "a" }
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

/// The word of an option that has no value.
fn word(option: Meta, key: &str, errors: &mut Errors) -> Option<Path> {
    if let Meta::Path(word) = option {
        return Some(word);
    }
    errors.report(&option, format!("`{key}` stands alone"), format!("write `#[webhook({key})]`"));
    None
}

/// The type of `object = ...`.
fn type_path(option: &Meta, errors: &mut Errors) -> Option<Path> {
    let value = match option {
        Meta::NameValue(pair) => Some(&pair.value),
        Meta::Path(_) | Meta::List(_) => None,
    };
    let path = value.and_then(expression_path);
    if path.is_none() {
        let help = match value.and_then(string).map(LitStr::value) {
            Some(text) if syn::parse_str::<Path>(&text).is_ok() => {
                format!("write `object = {text}` without quotes")
            }
            _ => "write `object = Person`, where `Person` derives `WebhookObject`".to_owned(),
        };
        errors.report(option, "`object` takes the type of an object", help);
    }
    path
}

fn expression_path(value: &Expr) -> Option<Path> {
    match value {
        Expr::Path(ExprPath { qself: None, path, .. }) => Some(path.clone()),
        Expr::Group(passed_on_by_a_macro) => expression_path(&passed_on_by_a_macro.expr),
        _ => None,
    }
}

/// The path of `key = "..."`.
fn path_text(option: &Meta, key: &str, errors: &mut Errors) -> Option<Path> {
    text(option, key, errors).and_then(|text| path(&text, errors))
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
