//! `#[webhook(fields)]`: a typed constant for each field that stands on the wire under one name.

use std::collections::HashMap;

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, DeriveInput, Field, Meta, Path, Token};

use crate::attrs::{Hiding, written};
use crate::errors::Errors;
use crate::names::RenameRule;
use crate::serde_attrs::serialize_text;
use crate::shape::NamedField;

/// A constant of an object.
pub(crate) struct Constant<'a> {
    pub(crate) field: &'a Field,
    pub(crate) ident: Ident,
    /// The name of the member on the wire.
    pub(crate) name: String,
    pub(crate) is_redacted: bool,
}

/// What the constant of a field `name` is called: `NAME` is the object's own.
const OF_NAME: &str = "NAME_FIELD";

/// Skipped and flattened fields have none: there is no member that would be theirs.
pub(crate) fn constants<'a>(
    input: &DeriveInput,
    fields: &[NamedField<'a>],
    word: &Path,
    errors: &mut Errors,
) -> Vec<Constant<'a>> {
    let mut rename_rule = None;
    for attribute in attributes(&input.attrs, "serde") {
        match written(attribute.path()).as_str() {
            "rename_all" => {
                rename_rule = serialize_text(&attribute)
                    .and_then(|text| RenameRule::from_name(&text))
                    .or(rename_rule);
            }
            key @ ("into" | "transparent") => errors.report(
                word,
                format!("the fields cannot be named, since `#[serde({key})]` writes other data"),
                format!("remove `fields`, or `{key}`"),
            ),
            _ => {}
        }
    }
    let mut constants: Vec<Constant<'a>> = Vec::new();
    let mut taken = HashMap::new();
    for field in fields {
        let Some(constant) = Constant::check(field, rename_rule) else {
            continue;
        };
        if let Some(first) = taken.insert(constant.ident.to_string(), field.ident) {
            errors.report(
                field.ident,
                format!(
                    "the constant of `{}` would be `{}`, as that of `{}` is",
                    field.ident.unraw(),
                    constant.ident,
                    first.unraw()
                ),
                "rename one of the fields, and keep its name on the wire by `#[serde(rename = \"...\")]`",
            );
            continue;
        }
        constants.push(constant);
    }
    constants
}

impl<'a> Constant<'a> {
    fn check(field: &NamedField<'a>, rename_rule: Option<RenameRule>) -> Option<Self> {
        let hiding = field.attrs.hiding.first();
        if let Some(Hiding::Skip(_)) = hiding {
            return None;
        }
        let rust_name = field.ident.unraw().to_string();
        let WireName::Member(name) = WireName::of(field, rename_rule) else {
            return None;
        };
        let upper = rust_name.to_uppercase();
        let upper = if upper == "NAME" { OF_NAME } else { &upper };
        Some(Self {
            field: field.field,
            ident: Ident::new(upper, field.ident.span()),
            name,
            is_redacted: hiding.is_some(),
        })
    }
}

/// Under which name a field stands on the wire, by serde's attributes.
pub(crate) enum WireName {
    Member(String),
    /// Its members stand there under their own.
    Flattened,
    /// serde leaves it out.
    None,
}

impl WireName {
    pub(crate) fn of(field: &NamedField<'_>, rename_rule: Option<RenameRule>) -> Self {
        let rust_name = field.ident.unraw().to_string();
        let mut name = rename_rule.map_or_else(|| rust_name.clone(), |rule| rule.apply(&rust_name));
        for attribute in attributes(&field.field.attrs, "serde") {
            match written(attribute.path()).as_str() {
                "flatten" => return Self::Flattened,
                "skip" | "skip_serializing" => return Self::None,
                "rename" => name = serialize_text(&attribute).unwrap_or(name),
                _ => {}
            }
        }
        Self::Member(name)
    }
}

/// The attributes of another derive as far as they can be read: what is wrong with them it says
/// itself.
pub(crate) fn attributes(attributes: &[Attribute], of: &str) -> Vec<Meta> {
    let lists = attributes.iter().filter(|attribute| attribute.path().is_ident(of));
    lists
        .filter_map(|attribute| {
            attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()
        })
        .flatten()
        .collect()
}
