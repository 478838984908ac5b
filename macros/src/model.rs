//! The checked object: everything that `expand` needs, and nothing that can still be wrong.

use proc_macro2::Ident;
use syn::DeriveInput;
use syn::ext::IdentExt;

use crate::attrs::ObjectAttrs;
use crate::errors::Errors;
use crate::events::Operation;
use crate::fields::{self, Constant};
use crate::names::{camel_case, is_webhook_name};
use crate::payload::Payload;
use crate::shape::{Kind, NamedField, check_generics, find_id, named_fields, struct_fields};

/// A struct that can be a webhook object.
pub(crate) struct Object<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) name: String,
    pub(crate) id: NamedField<'a>,
    pub(crate) operations: Vec<Operation>,
    /// `None`: the payload is what the record's own `Serialize` writes.
    pub(crate) payload: Option<Payload<'a>>,
    /// Those of `#[webhook(fields)]`.
    pub(crate) constants: Vec<Constant<'a>>,
}

impl<'a> Object<'a> {
    /// Checks the whole struct, and reports every mistake that it finds.
    pub(crate) fn check(
        input: &'a DeriveInput,
        attrs: ObjectAttrs,
        errors: &mut Errors,
    ) -> Option<Self> {
        let fields = struct_fields(input, Kind::Object, errors)?;
        let name = object_name(&input.ident, &attrs, errors);
        check_generics(&input.generics, Kind::Object, errors);
        let fields = named_fields(&input.ident, fields, Kind::Object, errors)?;

        let before = errors.count();
        let fields: Vec<_> = fields
            .named
            .iter()
            .filter_map(|field| NamedField::check(field, Kind::Object, errors))
            .collect();
        // What could not be read may have been meant as the id.
        let id_may_be_unread = attrs.misplaced_id || errors.count() > before;
        let id = find_id(&fields, errors);
        if id.is_none() && !id_may_be_unread {
            report_no_id(&input.ident, errors);
        }
        let hides_a_field = fields.iter().any(|field| !field.attrs.hiding.is_empty());
        let payload = hides_a_field.then(|| Payload::check(input, &fields, errors));

        let constants = match &attrs.fields {
            Some(word) => fields::constants(input, &fields, word, errors),
            None => Vec::new(),
        };

        let id = id?;
        Some(Self {
            ident: &input.ident,
            name: name?,
            id: fields.into_iter().nth(id)?,
            operations: attrs.events.unwrap_or_else(Operation::default_list),
            payload,
            constants,
        })
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

fn report_no_id(object: &Ident, errors: &mut Errors) {
    errors.report(
        object,
        format!("`{}` has no id, so its events could not say what changed", object.unraw()),
        "name a field `id`, or mark one with `#[webhook(id)]`",
    );
}
