//! The checked enum of events: what a receiver matches.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Type, Variant};

use crate::attrs::{other, written};
use crate::errors::Errors;

/// An enum whose variants hold an event each.
pub(crate) struct Variants<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) events: Vec<Held<'a>>,
    /// The variant for all other events.
    pub(crate) other: Option<Held<'a>>,
}

/// A variant and the type that it holds.
pub(crate) struct Held<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
}

impl<'a> Variants<'a> {
    /// Checks the whole enum, and reports every mistake that it finds.
    pub(crate) fn check(input: &'a DeriveInput, errors: &mut Errors) -> Option<Self> {
        let variants = variants(input, errors)?;
        if !input.generics.params.is_empty() {
            errors.report(
                &input.generics,
                "an enum of webhook events cannot be generic",
                "derive on an enum whose types are all concrete",
            );
        }
        if variants.is_empty() {
            errors.report(
                &input.ident,
                format!("`{}` has no variant, so that it reads no event", input.ident.unraw()),
                "add one, such as `Person(ObjectEvent<Person>)`",
            );
        }
        let mut events: Vec<Held<'a>> = Vec::new();
        let mut others: Vec<Held<'a>> = Vec::new();
        for variant in variants {
            let before = errors.count();
            let other = other(&variant.attrs, errors);
            let may_be_other = errors.count() > before;
            let Some(held) = Held::check(variant, errors) else {
                continue;
            };
            let Some(word) = other else {
                if !may_be_other {
                    held.check_among(&events, errors);
                }
                events.push(held);
                continue;
            };
            if let Some(first) = others.first() {
                errors.report(
                    word,
                    format!(
                        "`{}` cannot be for all other events too, `{}` is",
                        held.ident.unraw(),
                        first.ident.unraw()
                    ),
                    "keep `#[webhook(other)]` on one variant",
                );
            }
            others.push(held);
        }
        Some(Self { ident: &input.ident, events, other: others.into_iter().next() })
    }
}

fn variants<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Option<Vec<&'a Variant>> {
    let help = "write `enum CrmEvent { Person(ObjectEvent<Person>) }`";
    match &input.data {
        Data::Enum(data) => return Some(data.variants.iter().collect()),
        Data::Struct(data) => errors.report(
            data.struct_token,
            "webhook events are read as an enum, and this is a struct",
            help,
        ),
        Data::Union(data) => errors.report(
            data.union_token,
            "webhook events are read as an enum, and this is a union",
            help,
        ),
    }
    None
}

impl<'a> Held<'a> {
    fn check(variant: &'a Variant, errors: &mut Errors) -> Option<Self> {
        if let Fields::Unnamed(fields) = &variant.fields
            && fields.unnamed.len() == 1
        {
            return fields
                .unnamed
                .first()
                .map(|field| Self { ident: &variant.ident, ty: &field.ty });
        }
        errors.report(
            &variant.ident,
            format!("the variant `{}` does not hold one event", variant.ident.unraw()),
            format!("write `{0}(ObjectEvent<{0}>)`, or `{0}(Event<...>)`", variant.ident.unraw()),
        );
        None
    }

    /// What can be told without knowing the types; the compiler is told the rest by their names on
    /// the wire.
    fn check_among(&self, before: &[Self], errors: &mut Errors) {
        let text = written(self.ty);
        if let Some(first) = before.iter().find(|first| written(first.ty) == text) {
            errors.report(
                self.ty,
                format!(
                    "`{}` holds the same events as `{}`",
                    self.ident.unraw(),
                    first.ident.unraw()
                ),
                "keep one of the two",
            );
        } else if is_raw_event(self.ty) {
            errors.report(
                self.ty.to_token_stream(),
                format!("`{}` would hold every event", self.ident.unraw()),
                "mark it as the one for all other events: `#[webhook(other)]`",
            );
        }
    }
}

fn is_raw_event(ty: &Type) -> bool {
    match ty {
        Type::Path(ty) => ty.path.segments.last().is_some_and(|last| last.ident == "RawEvent"),
        _ => false,
    }
}
