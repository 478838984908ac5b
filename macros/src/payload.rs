//! The payload of an object with skipped or redacted fields: a hidden struct that serde's own
//! derive serializes, so that every attribute keeps the meaning that serde gives it.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::punctuated::Punctuated;
use syn::{Attribute, DeriveInput, Expr, ExprLit, Lit, LitStr, Meta, Token, parse_quote};

use crate::attrs::Hiding;
use crate::errors::Errors;
use crate::model::NamedField;
use crate::names::RenameRule;

/// What is said of the struct, and the fields that a receiver sees.
pub(crate) struct Payload<'a> {
    /// The serde attributes of the struct.
    pub(crate) serde: Vec<Meta>,
    pub(crate) fields: Vec<PayloadField<'a>>,
}

/// A field that a receiver sees.
pub(crate) struct PayloadField<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: TokenStream,
    /// The serde attributes of the field.
    pub(crate) serde: Vec<Meta>,
    /// The name on the wire, when the value is redacted.
    pub(crate) redacted: Option<String>,
}

/// What becomes of a serde attribute.
enum Fate {
    /// The hidden struct has it too.
    Keep,
    /// It says nothing of serializing.
    Drop,
    /// The field is not serialized.
    Omit,
    /// The payload would not be what the attribute promises.
    Refuse,
}

impl<'a> Payload<'a> {
    pub(crate) fn check(
        input: &'a DeriveInput,
        fields: &[NamedField<'a>],
        errors: &mut Errors,
    ) -> Self {
        let mut serde = Vec::new();
        let mut rename_rule = None;
        let mut name = None;
        for attribute in serde_attributes(&input.attrs, errors) {
            let path = attribute.path();
            if path.is_ident("rename") {
                name = serialize_text(&attribute);
                continue;
            }
            if path.is_ident("rename_all") {
                rename_rule = serialize_text(&attribute)
                    .and_then(|text| RenameRule::from_name(&text.value()));
            }
            match container_fate(&attribute) {
                Fate::Keep => serde.push(attribute),
                Fate::Drop | Fate::Omit => {}
                Fate::Refuse => refuse(&attribute, errors),
            }
        }
        // A tagged struct writes its name.
        let name = name.map_or_else(|| input.ident.unraw().to_string(), |name| name.value());
        serde.push(parse_quote!(rename = #name));

        let fields = fields
            .iter()
            .filter_map(|field| PayloadField::check(field, &input.ident, rename_rule, errors))
            .collect();
        Self { serde, fields }
    }
}

impl<'a> PayloadField<'a> {
    fn check(
        named: &NamedField<'a>,
        object: &Ident,
        rename_rule: Option<RenameRule>,
        errors: &mut Errors,
    ) -> Option<Self> {
        let hiding = named.attrs.hiding.first();
        if let Some(Hiding::Skip(_)) = hiding {
            return None;
        }
        let redacted = hiding.is_some();
        let mut serde = Vec::new();
        let mut name = None;
        let mut omitted = false;
        for attribute in serde_attributes(&named.field.attrs, errors) {
            if attribute.path().is_ident("rename") {
                name = serialize_text(&attribute);
            }
            match field_fate(&attribute, redacted) {
                Fate::Keep => serde.push(naming(object, attribute)),
                Fate::Drop => {}
                Fate::Omit => omitted = true,
                Fate::Refuse => refuse(&attribute, errors),
            }
        }
        if omitted {
            return None;
        }
        let redacted = redacted.then(|| {
            serde.push(parse_quote!(serialize_with = "__private::redacted"));
            let field = named.ident.unraw().to_string();
            match (name, rename_rule) {
                (Some(name), _) => name.value(),
                (None, Some(rule)) => rule.apply(&field),
                (None, None) => field,
            }
        });
        let ty = without_self(named.field.ty.to_token_stream(), object);
        Some(Self { ident: named.ident, ty, serde, redacted })
    }
}

fn container_fate(attribute: &Meta) -> Fate {
    match word(attribute).as_str() {
        "rename_all" | "tag" => Fate::Keep,
        "bound"
        | "crate"
        | "default"
        | "deny_unknown_fields"
        | "expecting"
        | "from"
        | "try_from" => Fate::Drop,
        _ => Fate::Refuse,
    }
}

fn field_fate(attribute: &Meta, redacted: bool) -> Fate {
    match word(attribute).as_str() {
        "flatten" if redacted => Fate::Refuse,
        "serialize_with" | "with" if redacted => Fate::Drop,
        "flatten" | "rename" | "serialize_with" | "skip_serializing_if" | "with" => Fate::Keep,
        "alias" | "borrow" | "bound" | "default" | "deserialize_with" | "skip_deserializing" => {
            Fate::Drop
        }
        "skip" | "skip_serializing" => Fate::Omit,
        _ => Fate::Refuse,
    }
}

fn refuse(attribute: &Meta, errors: &mut Errors) {
    let word = word(attribute);
    errors.report(
        attribute,
        format!("`#[serde({word})]` cannot be kept next to `skip` or `redact`, whose payload comes from the fields"),
        format!("remove `{word}`, or send a struct of its own that has just the fields to be seen"),
    );
}

fn word(attribute: &Meta) -> String {
    attribute.path().to_token_stream().to_string()
}

/// All serde attributes, each on its own.
fn serde_attributes(attributes: &[Attribute], errors: &mut Errors) -> Vec<Meta> {
    let mut all = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        match attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) {
            Ok(list) => all.extend(list),
            Err(error) => {
                errors.syntax(&error, "write it as <https://serde.rs/attributes.html> says")
            }
        }
    }
    all
}

/// The text for serializing: of `key = ".."`, or of `key(serialize = "..")`.
fn serialize_text(attribute: &Meta) -> Option<LitStr> {
    match attribute {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.clone()),
            _ => None,
        },
        Meta::List(list) => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .ok()?
            .iter()
            .find(|form| form.path().is_ident("serialize"))
            .and_then(serialize_text),
        Meta::Path(_) => None,
    }
}

/// The same attribute, with the object's name where its path begins with `Self`.
fn naming(object: &Ident, mut attribute: Meta) -> Meta {
    if let Meta::NameValue(pair) = &mut attribute
        && let Expr::Lit(ExprLit { lit: Lit::Str(path), .. }) = &mut pair.value
        && let Some(rest) = path.value().strip_prefix("Self::")
    {
        *path = LitStr::new(&format!("{object}::{rest}"), path.span());
    }
    attribute
}

/// The same type, with the object's name for `Self`, which means another struct in the hidden one.
fn without_self(tokens: TokenStream, object: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|tree| match tree {
            TokenTree::Ident(ident) if ident == "Self" => TokenTree::Ident(object.clone()),
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_self(group.stream(), object));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        })
        .collect()
}
