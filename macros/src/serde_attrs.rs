//! Reads `#[serde(..)]`, and says what becomes of each attribute in the hidden struct.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::{Attribute, LitStr, Meta, Token, parse_quote};

use crate::attrs::{options, string, written};
use crate::errors::{Errors, did_you_mean};

const HELP: &str = "write it as in <https://serde.rs/attributes.html>";

/// What becomes of a serde attribute.
#[derive(Clone, Copy)]
pub(crate) enum Fate {
    /// The hidden struct has it too.
    Keep,
    /// It says nothing of serializing.
    Drop,
    /// The field is not serialized.
    Omit,
    /// The payload would not be what the attribute promises.
    Refuse,
}

const OF_STRUCT: &[(&str, Fate)] = &[
    ("bound", Fate::Drop),
    ("crate", Fate::Drop),
    ("default", Fate::Drop),
    ("deny_unknown_fields", Fate::Drop),
    ("expecting", Fate::Drop),
    ("from", Fate::Drop),
    ("into", Fate::Refuse),
    ("remote", Fate::Refuse),
    ("rename", Fate::Keep),
    ("rename_all", Fate::Keep),
    ("tag", Fate::Keep),
    ("transparent", Fate::Refuse),
    ("try_from", Fate::Drop),
];

const OF_FIELD: &[(&str, Fate)] = &[
    ("alias", Fate::Drop),
    ("borrow", Fate::Drop),
    ("bound", Fate::Drop),
    ("default", Fate::Drop),
    ("deserialize_with", Fate::Drop),
    ("flatten", Fate::Keep),
    ("getter", Fate::Refuse),
    ("rename", Fate::Keep),
    ("serialize_with", Fate::Keep),
    ("skip", Fate::Omit),
    ("skip_deserializing", Fate::Drop),
    ("skip_serializing", Fate::Omit),
    ("skip_serializing_if", Fate::Keep),
    ("with", Fate::Keep),
];

/// The serde attributes of a struct, each on its own.
pub(crate) fn of_struct(attributes: &[Attribute], errors: &mut Errors) -> Vec<(Meta, Fate)> {
    options(attributes, "serde", HELP, errors)
        .into_iter()
        .map(|attribute| {
            let fate = judge(&attribute, OF_STRUCT, errors);
            (attribute, fate)
        })
        .collect()
}

/// The serde attributes of a field that a receiver sees, each on its own.
pub(crate) fn of_field(
    attributes: &[Attribute],
    is_redacted: bool,
    errors: &mut Errors,
) -> Vec<(Meta, Fate)> {
    options(attributes, "serde", HELP, errors)
        .into_iter()
        .map(|attribute| {
            let fate = match written(attribute.path()).as_str() {
                "flatten" if is_redacted => {
                    errors.report(
                        &attribute,
                        "a flattened field cannot be redacted, since it has no name in the payload",
                        "use `#[webhook(skip)]`, or remove `flatten`",
                    );
                    Fate::Refuse
                }
                "serialize_with" | "with" if is_redacted => Fate::Drop,
                _ => judge(&attribute, OF_FIELD, errors),
            };
            (attribute, fate)
        })
        .collect()
}

fn judge(attribute: &Meta, known: &[(&str, Fate)], errors: &mut Errors) -> Fate {
    let word = written(attribute.path());
    let Some((_, fate)) = known.iter().find(|(name, _)| *name == word) else {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        let help = did_you_mean(&word, &names, format!("remove `{word}`"));
        errors.report(
            attribute.path(),
            format!(
                "unknown serde attribute `{word}`, which cannot be kept next to `skip` or `redact`"
            ),
            help,
        );
        return Fate::Refuse;
    };
    if let Fate::Refuse = fate {
        errors.report(
            attribute,
            format!("`#[serde({word})]` cannot be kept next to `skip` or `redact`, whose payload comes from the fields"),
            format!("remove `{word}`, or send a struct of its own that has just the fields to be seen"),
        );
    }
    *fate
}

/// The text for serializing: of `key = ".."`, or of `key(serialize = "..")`.
pub(crate) fn serialize_text(attribute: &Meta) -> Option<String> {
    match attribute {
        Meta::NameValue(pair) => string(&pair.value).map(LitStr::value),
        Meta::List(list) => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .ok()?
            .iter()
            .find(|form| form.path().is_ident("serialize"))
            .and_then(serialize_text),
        Meta::Path(_) => None,
    }
}

/// The same attribute, with the object's name for `Self` in its path.
pub(crate) fn name_self_in_path(mut attribute: Meta, object: &Ident) -> Meta {
    if let Meta::NameValue(pair) = &mut attribute
        && !pair.path.is_ident("rename")
        && let Some(path) = string(&pair.value)
        && let Ok(tokens) = path.parse::<TokenStream>()
    {
        let path = LitStr::new(&name_self(tokens, object).to_string(), path.span());
        pair.value = parse_quote!(#path);
    }
    attribute
}

/// The same code, with the object's name for `Self`, which means another struct in the hidden one.
pub(crate) fn name_self(code: TokenStream, object: &Ident) -> TokenStream {
    code.into_iter()
        .map(|tree| match tree {
            TokenTree::Ident(ident) if ident == "Self" => {
                let mut object = object.clone();
                object.set_span(ident.span());
                TokenTree::Ident(object)
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), name_self(group.stream(), object));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        })
        .collect()
}
