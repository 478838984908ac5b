//! The checked object: everything that `expand` needs, and nothing that can still be wrong.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Field, Fields, FieldsNamed, Generics};

use crate::attrs::{FieldAttrs, Hiding, ObjectAttrs};
use crate::errors::Errors;
use crate::events::Operation;
use crate::names::{camel_case, is_webhook_name};
use crate::payload::Payload;

/// A struct that can be a webhook object.
pub(crate) struct Object<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) name: String,
    pub(crate) id: NamedField<'a>,
    pub(crate) operations: Vec<Operation>,
    /// `None`: the payload is what the record's own `Serialize` writes.
    pub(crate) payload: Option<Payload<'a>>,
}

/// A field and what its `#[webhook(..)]` says.
pub(crate) struct NamedField<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) field: &'a Field,
    pub(crate) attrs: FieldAttrs,
}

impl<'a> Object<'a> {
    /// Checks the whole struct, and reports every mistake that it finds.
    pub(crate) fn check(
        input: &'a DeriveInput,
        attrs: ObjectAttrs,
        errors: &mut Errors,
    ) -> Option<Self> {
        let fields = struct_fields(input, errors)?;
        let name = object_name(&input.ident, &attrs, errors);
        check_generics(&input.generics, errors);
        let fields = named_fields(&input.ident, fields, errors)?;

        let before = errors.count();
        let fields: Vec<_> =
            fields.named.iter().filter_map(|field| NamedField::check(field, errors)).collect();
        // What could not be read may have been meant as the id.
        let id_may_be_unread = attrs.misplaced_id || errors.count() > before;
        let id = find_id(&fields, errors);
        if id.is_none() && !id_may_be_unread {
            report_no_id(&input.ident, errors);
        }
        let hides_a_field = fields.iter().any(|field| !field.attrs.hiding.is_empty());
        let payload = hides_a_field.then(|| Payload::check(input, &fields, errors));

        let id = id?;
        Some(Self {
            ident: &input.ident,
            name: name?,
            id: fields.into_iter().nth(id)?,
            operations: attrs.events.unwrap_or_else(Operation::default_list),
            payload,
        })
    }
}

impl<'a> NamedField<'a> {
    fn check(field: &'a Field, errors: &mut Errors) -> Option<Self> {
        let attrs = FieldAttrs::parse(&field.attrs, errors);
        let ident = field.ident.as_ref()?;
        if let [_, second] = attrs.hiding.as_slice() {
            errors.report(
                second,
                format!("`{}` cannot be both skipped and redacted", ident.unraw()),
                "keep one of the two",
            );
        }
        Some(Self { ident, field, attrs })
    }
}

fn struct_fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<&'a Fields> {
    const IN_A_STRUCT: &str = "put it in a field of a struct that has an id";
    match &input.data {
        Data::Struct(data) => return Some(&data.fields),
        Data::Enum(data) => errors.report(
            data.enum_token,
            "a webhook object is a struct, and this is an enum",
            IN_A_STRUCT,
        ),
        Data::Union(data) => errors.report(
            data.union_token,
            "a webhook object is a struct, and this is a union",
            IN_A_STRUCT,
        ),
    }
    None
}

fn named_fields<'a>(
    object: &Ident,
    fields: &'a Fields,
    errors: &mut Errors,
) -> Option<&'a FieldsNamed> {
    let Fields::Named(fields) = fields else {
        errors.report(
            object,
            "a webhook object needs named fields",
            format!("write `struct {object} {{ id: ... }}`"),
        );
        return None;
    };
    Some(fields)
}

fn check_generics(generics: &Generics, errors: &mut Errors) {
    if generics.params.is_empty() {
        return;
    }
    if generics.params.len() == generics.lifetimes().count() {
        errors.report(
            generics,
            "a webhook object cannot borrow, since its events outlive the place they come from",
            "derive on a struct that owns its fields: `String` for `&str`",
        );
    } else {
        errors.report(
            generics,
            "a webhook object cannot be generic",
            "derive on a struct whose types are all concrete",
        );
    }
}

/// The name on the wire: the one that was set, or the Rust name in camelCase.
fn object_name(ident: &Ident, attrs: &ObjectAttrs, errors: &mut Errors) -> Option<String> {
    let own_name = webhook_name(&ident.unraw().to_string());
    let Some(literal) = &attrs.name else {
        // What could not be read may have been meant as the name.
        if own_name.is_none() && errors.count() == 0 {
            errors.report(
                ident,
                format!("`{}` does not make a webhook name", ident.unraw()),
                "set one of ASCII letters, digits, and `_`: `#[webhook(name = \"...\")]`",
            );
        }
        return own_name;
    };
    let name = literal.value();
    if is_webhook_name(&name) {
        return Some(name);
    }
    if name.is_empty() {
        errors.report(
            literal,
            "the name of a webhook object cannot be empty",
            match own_name {
                Some(own_name) => format!("remove it to use {own_name:?}"),
                None => "set one of ASCII letters, digits, and `_`".to_owned(),
            },
        );
        return None;
    }
    let rule = if name.is_ascii() { "" } else { ", all ASCII" };
    let suggestion = match webhook_name(&name).or(own_name) {
        Some(suggestion) => format!(": {suggestion:?}"),
        None => String::new(),
    };
    errors.report(
        literal,
        format!("{name:?} is not a webhook name"),
        format!("start with a letter, then letters, digits, and `_`{rule}{suggestion}"),
    );
    None
}

/// The webhook name that `text` makes in camelCase.
fn webhook_name(text: &str) -> Option<String> {
    Some(camel_case(text)).filter(|name| is_webhook_name(name))
}

/// The index of the id: the field marked with `#[webhook(id)]`, or else the field `id`.
fn find_id(fields: &[NamedField<'_>], errors: &mut Errors) -> Option<usize> {
    let mut marked = fields.iter().enumerate().filter(|(_, field)| field.attrs.id.is_some());
    let (index, id) = marked
        .next()
        .or_else(|| fields.iter().enumerate().find(|(_, field)| field.ident.unraw() == "id"))?;
    for (_, second) in marked {
        errors.report(
            &second.attrs.id,
            format!("`{}` cannot be the id too, `{}` is", second.ident.unraw(), id.ident.unraw()),
            "keep `#[webhook(id)]` on one field",
        );
    }
    if let Some(hiding) = id.attrs.hiding.first() {
        let (word, participle) = match hiding {
            Hiding::Skip(_) => ("skip", "skipped"),
            Hiding::Redact(_) => ("redact", "redacted"),
        };
        errors.report(
            hiding,
            format!("the id cannot be {participle}"),
            format!("remove `{word}`: receivers tell objects apart by the id"),
        );
    }
    Some(index)
}

fn report_no_id(object: &Ident, errors: &mut Errors) {
    errors.report(
        object,
        format!("`{}` has no id, so its events could not say what changed", object.unraw()),
        "name a field `id`, or mark one with `#[webhook(id)]`",
    );
}
