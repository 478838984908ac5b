//! The checked object: everything that `expand` needs, and nothing that can still be wrong.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Field, Fields, FieldsNamed, Generics};

use crate::attrs::{FieldAttrs, Hiding, ObjectAttrs, Operation};
use crate::errors::Errors;
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
        attrs: &ObjectAttrs,
        errors: &mut Errors,
    ) -> Option<Self> {
        let name = object_name(&input.ident, attrs, errors);
        let fields = named_fields(input, errors)?;
        check_generics(&input.generics, errors);

        let mut field_errors = Errors::default();
        let fields: Vec<_> = fields
            .named
            .iter()
            .filter_map(|field| NamedField::check(field, &mut field_errors))
            .collect();
        let id = find_id(&input.ident, &fields, errors, &mut field_errors);
        let hides_a_field = fields.iter().any(|field| !field.attrs.hiding.is_empty());
        let payload = hides_a_field.then(|| Payload::check(input, &fields, &mut field_errors));
        errors.append(field_errors);

        let id = id?;
        Some(Self {
            ident: &input.ident,
            name: name?,
            id: fields.into_iter().nth(id)?,
            operations: attrs.events.clone().unwrap_or_else(|| Operation::DEFAULT.to_vec()),
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

/// The fields of a struct with named fields.
fn named_fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<&'a FieldsNamed> {
    const IN_A_STRUCT: &str = "put it in a field of a struct that has an id";
    let data = match &input.data {
        Data::Struct(data) => data,
        Data::Enum(data) => {
            errors.report(
                data.enum_token,
                "a webhook object is a struct, and this is an enum",
                IN_A_STRUCT,
            );
            return None;
        }
        Data::Union(data) => {
            errors.report(
                data.union_token,
                "a webhook object is a struct, and this is a union",
                IN_A_STRUCT,
            );
            return None;
        }
    };
    let Fields::Named(fields) = &data.fields else {
        errors.report(
            &input.ident,
            "a webhook object needs named fields",
            format!("write `struct {} {{ id: ... }}`", input.ident),
        );
        return None;
    };
    Some(fields)
}

fn check_generics(generics: &Generics, errors: &mut Errors) {
    if generics.params.is_empty() {
        return;
    }
    if generics.type_params().next().is_none() && generics.const_params().next().is_none() {
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
    let default = camel_case(&ident.unraw().to_string());
    let Some(literal) = &attrs.name else {
        if is_webhook_name(&default) {
            return Some(default);
        }
        errors.report(
            ident,
            format!("{default:?} is not a webhook name"),
            "set one of letters, digits, and `_`: `#[webhook(name = \"...\")]`",
        );
        return None;
    };
    let name = literal.value();
    if is_webhook_name(&name) {
        return Some(name);
    }
    let suggestion =
        Some(camel_case(&name)).filter(|name| is_webhook_name(name)).unwrap_or(default);
    if name.is_empty() {
        errors.report(
            literal,
            "the name of a webhook object cannot be empty",
            format!("remove it to use {suggestion:?}"),
        );
    } else {
        errors.report(
            literal,
            format!("{name:?} is not a webhook name"),
            format!("start with a letter, then letters, digits, and `_`: {suggestion:?}"),
        );
    }
    None
}

/// The index of the id: the field marked with `#[webhook(id)]`, or else the field `id`.
///
/// That there is none is a mistake of the struct; the others are mistakes of a field.
fn find_id(
    object: &Ident,
    fields: &[NamedField<'_>],
    errors: &mut Errors,
    field_errors: &mut Errors,
) -> Option<usize> {
    let mut marked = fields.iter().enumerate().filter(|(_, field)| field.attrs.id.is_some());
    let Some((index, id)) = marked
        .next()
        .or_else(|| fields.iter().enumerate().find(|(_, field)| field.ident.unraw() == "id"))
    else {
        // A field whose options could not be read may have been meant as the id.
        if field_errors.is_empty() {
            errors.report(
                object,
                format!("`{}` has no id, so its events could not say what changed", object.unraw()),
                "name a field `id`, or mark one with `#[webhook(id)]`",
            );
        }
        return None;
    };
    for (_, second) in marked {
        field_errors.report(
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
        field_errors.report(
            hiding,
            format!("the id cannot be {participle}"),
            format!("remove `{word}`: receivers tell objects apart by the id"),
        );
    }
    Some(index)
}
