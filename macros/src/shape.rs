//! The shape of a struct: what is wrong with it whatever its fields are.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Field, Fields, FieldsNamed, Generics};

use crate::attrs::{Derive, FieldAttrs, Hiding};
use crate::errors::Errors;

/// What a struct is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Event,
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Event => "event",
        }
    }

    fn derive(self) -> Derive {
        match self {
            Self::Object => Derive::Object,
            Self::Event => Derive::Event,
        }
    }
}

/// A field and what its `#[webhook(..)]` says.
pub(crate) struct NamedField<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) field: &'a Field,
    pub(crate) attrs: FieldAttrs,
}

impl<'a> NamedField<'a> {
    pub(crate) fn check(field: &'a Field, kind: Kind, errors: &mut Errors) -> Option<Self> {
        let attrs = FieldAttrs::parse(&field.attrs, kind.derive(), errors);
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

pub(crate) fn struct_fields<'a>(
    input: &'a DeriveInput,
    kind: Kind,
    errors: &mut Errors,
) -> Option<&'a Fields> {
    let noun = kind.noun();
    let help = match kind {
        Kind::Object => "put it in a field of a struct that has an id",
        Kind::Event => "derive on a struct, one for each event",
    };
    match &input.data {
        Data::Struct(data) => return Some(&data.fields),
        Data::Enum(data) => errors.report(
            data.enum_token,
            format!("a webhook {noun} is a struct, and this is an enum"),
            help,
        ),
        Data::Union(data) => errors.report(
            data.union_token,
            format!("a webhook {noun} is a struct, and this is a union"),
            help,
        ),
    }
    None
}

pub(crate) fn named_fields<'a>(
    ident: &Ident,
    fields: &'a Fields,
    kind: Kind,
    errors: &mut Errors,
) -> Option<&'a FieldsNamed> {
    let Fields::Named(fields) = fields else {
        let example = match kind {
            Kind::Object => "id",
            Kind::Event => "reason",
        };
        errors.report(
            ident,
            format!("a webhook {} needs named fields", kind.noun()),
            format!("write `struct {ident} {{ {example}: ... }}`"),
        );
        return None;
    };
    Some(fields)
}

pub(crate) fn check_generics(generics: &Generics, kind: Kind, errors: &mut Errors) {
    if generics.params.is_empty() {
        return;
    }
    if generics.params.len() == generics.lifetimes().count() {
        let outlives = match kind {
            Kind::Object => "its events outlive the place they come from",
            Kind::Event => "it outlives the place it comes from",
        };
        errors.report(
            generics,
            format!("a webhook {} cannot borrow, since {outlives}", kind.noun()),
            "derive on a struct that owns its fields: `String` for `&str`",
        );
    } else {
        errors.report(
            generics,
            format!("a webhook {} cannot be generic", kind.noun()),
            "derive on a struct whose types are all concrete",
        );
    }
}

/// The index of the id: the field marked with `#[webhook(id)]`, or else the field `id`.
pub(crate) fn find_id(fields: &[NamedField<'_>], errors: &mut Errors) -> Option<usize> {
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
