//! The payload of an object with skipped or redacted fields: a hidden struct that serde's own
//! derive serializes, so that every attribute keeps the meaning that serde gives it.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{DeriveInput, Meta, parse_quote};

use crate::attrs::Hiding;
use crate::errors::Errors;
use crate::fields::{WireName, attributes};
use crate::names::RenameRule;
use crate::serde_attrs::{self, Fate, name_self, name_self_in_path, serialize_text};
use crate::shape::NamedField;

/// What is said of the struct, and the fields that a receiver sees.
pub(crate) struct Payload<'a> {
    /// The serde attributes of the struct.
    pub(crate) serde: Vec<Meta>,
    pub(crate) fields: Vec<PayloadField<'a>>,
    pub(crate) hidden: Hidden,
}

/// What is told of the fields that a receiver does not see as they are.
#[derive(Default)]
pub(crate) struct Hidden {
    /// The names on the wire of those that are skipped.
    pub(crate) skipped: Vec<String>,
    /// What to do about one that is skipped and flattened, so that it has no name.
    pub(crate) unnamed: Option<String>,
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

impl<'a> Payload<'a> {
    pub(crate) fn check(
        input: &'a DeriveInput,
        fields: &[NamedField<'a>],
        errors: &mut Errors,
    ) -> Self {
        let mut serde = Vec::new();
        let mut rename_rule = None;
        // A tagged struct writes its name.
        let mut name = input.ident.unraw().to_string();
        for (attribute, fate) in serde_attrs::of_struct(&input.attrs, errors) {
            let text = serialize_text(&attribute);
            if attribute.path().is_ident("rename") {
                name = text.unwrap_or(name);
                continue;
            }
            if attribute.path().is_ident("rename_all") {
                rename_rule = text.and_then(|text| RenameRule::from_name(&text)).or(rename_rule);
            }
            if let Fate::Keep = fate {
                serde.push(attribute);
            }
        }
        serde.push(parse_quote!(rename = #name));

        let hidden = Hidden::of(fields, rename_rule);
        let fields = fields
            .iter()
            .filter_map(|field| PayloadField::check(field, &input.ident, rename_rule, errors))
            .collect();
        Self { serde, fields, hidden }
    }
}

impl Hidden {
    fn of(fields: &[NamedField<'_>], rename_rule: Option<RenameRule>) -> Self {
        let mut hidden = Self::default();
        for field in fields {
            if !matches!(field.attrs.hiding.first(), Some(Hiding::Skip(_))) {
                continue;
            }
            match WireName::of(field, rename_rule) {
                WireName::Member(name) => hidden.skipped.push(name),
                WireName::Flattened if !is_left_out_of_schemas(field) => {
                    let field = field.ident.unraw();
                    hidden.unnamed = Some(format!(
                        "`{field}` is skipped and flattened, so that its members cannot be told from the others: add `#[schemars(skip)]` to it"
                    ));
                }
                WireName::Flattened | WireName::None => {}
            }
        }
        hidden
    }
}

/// Whether `#[schemars(skip)]` stands on the field.
fn is_left_out_of_schemas(field: &NamedField<'_>) -> bool {
    attributes(&field.field.attrs, "schemars").iter().any(|meta| meta.path().is_ident("skip"))
}

impl<'a> PayloadField<'a> {
    fn check(
        field: &NamedField<'a>,
        object: &Ident,
        rename_rule: Option<RenameRule>,
        errors: &mut Errors,
    ) -> Option<Self> {
        let hiding = field.attrs.hiding.first();
        if let Some(Hiding::Skip(_)) = hiding {
            return None;
        }
        let is_redacted = hiding.is_some();
        let mut serde = Vec::new();
        let mut name = field.ident.unraw().to_string();
        if let Some(rule) = rename_rule {
            name = rule.apply(&name);
        }
        let mut is_omitted = false;
        for (attribute, fate) in serde_attrs::of_field(&field.field.attrs, is_redacted, errors) {
            if attribute.path().is_ident("rename") {
                name = serialize_text(&attribute).unwrap_or(name);
            }
            match fate {
                Fate::Keep => serde.push(name_self_in_path(attribute, object)),
                Fate::Omit => is_omitted = true,
                Fate::Drop | Fate::Refuse => {}
            }
        }
        if is_omitted {
            return None;
        }
        if is_redacted {
            serde.push(parse_quote!(serialize_with = "__private::redacted"));
        }
        Some(Self {
            ident: field.ident,
            ty: name_self(field.field.ty.to_token_stream(), object),
            serde,
            redacted: is_redacted.then_some(name),
        })
    }
}
