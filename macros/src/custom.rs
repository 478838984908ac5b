//! The checked custom event: a struct that is the data of one event.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{DeriveInput, Fields, LitStr, Path};

use crate::attrs::{EventAttrs, written};
use crate::errors::Errors;
use crate::events::Operation;
use crate::names::{camel_case, is_webhook_name};
use crate::payload::Payload;
use crate::shape::{Kind, NamedField, check_generics, find_id, named_fields, struct_fields};

/// A struct that can be the data of an event.
pub(crate) struct CustomEvent<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) object: EventObject,
    pub(crate) operation: String,
    pub(crate) id: Option<NamedField<'a>>,
    /// A unit struct, whose data is an object without members.
    pub(crate) is_unit: bool,
    /// `None`: the payload is what the struct's own `Serialize` writes.
    pub(crate) payload: Option<Payload<'a>>,
}

/// What the event is of.
pub(crate) enum EventObject {
    /// A struct that is a webhook object.
    Type(Path),
    /// The first part of its name.
    Named(String),
}

impl<'a> CustomEvent<'a> {
    /// Checks the whole struct, and reports every mistake that it finds.
    pub(crate) fn check(
        input: &'a DeriveInput,
        attrs: EventAttrs,
        errors: &mut Errors,
    ) -> Option<Self> {
        let fields = struct_fields(input, Kind::Event, errors)?;
        let name = event_name(&input.ident, attrs, errors);
        check_generics(&input.generics, Kind::Event, errors);
        let is_unit = matches!(fields, Fields::Unit);
        let mut named = Vec::new();
        if !is_unit {
            let fields = named_fields(&input.ident, fields, Kind::Event, errors)?;
            let check = |field| NamedField::check(field, Kind::Event, errors);
            named = fields.named.iter().filter_map(check).collect();
        }
        let id = find_id(&named, errors);
        let hides_a_field = named.iter().any(|field| !field.attrs.hiding.is_empty());
        let payload = hides_a_field.then(|| Payload::check(input, &named, errors));

        let (object, operation) = name?;
        let id = id.and_then(|id| named.into_iter().nth(id));
        Some(Self { ident: &input.ident, object, operation, id, is_unit, payload })
    }
}

fn event_name(
    ident: &Ident,
    attrs: EventAttrs,
    errors: &mut Errors,
) -> Option<(EventObject, String)> {
    let Some(literal) = &attrs.name else {
        // What could not be read may have been meant as the name.
        if errors.count() == 0 {
            report_no_name(ident, attrs.object.as_ref(), errors);
        }
        return None;
    };
    let name = literal.value();
    match attrs.object {
        Some(object) => {
            let operation = operation(ident, &object, literal, &name, errors)?;
            Some((EventObject::Type(object), operation))
        }
        None => match name.split_once('.') {
            Some((object, operation)) if is_webhook_name(object) && is_webhook_name(operation) => {
                Some((EventObject::Named(object.to_owned()), operation.to_owned()))
            }
            // What could not be read may have been meant as the object.
            _ if errors.count() > 0 && is_webhook_name(&name) => None,
            _ => {
                report_no_whole_name(ident, literal, &name, errors);
                None
            }
        },
    }
}

/// The name beside `object = ...`: the operation alone.
fn operation(
    ident: &Ident,
    object: &Path,
    literal: &LitStr,
    name: &str,
    errors: &mut Errors,
) -> Option<String> {
    let object = written(object);
    if Operation::ALL.iter().any(|operation| operation.word() == name) {
        errors.report(
            literal,
            format!("`{name}` is an event that `{object}` has by its own derive"),
            "name what else has happened, such as \"merged\"",
        );
        return None;
    }
    if is_webhook_name(name) {
        return Some(name.to_owned());
    }
    let (problem, meant) = match name.split_once('.') {
        Some((_, operation)) if is_webhook_name(operation) => (
            format!("{name:?} names the object again, which `object = {object}` does"),
            operation.to_owned(),
        ),
        _ if name.is_empty() => {
            ("the name of a webhook event cannot be empty".to_owned(), own_name(ident, &object))
        }
        _ => (format!("{name:?} is not the name of an event"), camel_case(name)),
    };
    let help = if is_webhook_name(&meant) {
        format!("write {meant:?}")
    } else {
        "start with a letter, then letters, digits, and `_`, all ASCII".to_owned()
    };
    errors.report(literal, problem, help);
    None
}

fn report_no_name(ident: &Ident, object: Option<&Path>, errors: &mut Errors) {
    let problem = format!("`{}` has no name as an event", ident.unraw());
    let help = match object {
        Some(object) => {
            let object = written(object);
            format!("set one: `#[webhook(object = {object}, name = {:?})]`", own_name(ident, &object))
        }
        None => "set one: `#[webhook(object = ..., name = \"...\")]`, or `#[webhook(name = \"object.operation\")]`"
            .to_owned(),
    };
    errors.report(ident, problem, help);
}

fn report_no_whole_name(ident: &Ident, literal: &LitStr, name: &str, errors: &mut Errors) {
    let help = if is_webhook_name(name) {
        format!("write `object.{name}`, or name the object too: `object = ..., name = {name:?}`")
    } else {
        let own = camel_case(&ident.unraw().to_string());
        let example = if is_webhook_name(&own) { own } else { "suspended".to_owned() };
        format!(
            "write `object.operation`, each of letters, digits, and `_`, such as \"workspace.{example}\""
        )
    };
    let problem = if name.is_empty() {
        "the name of a webhook event cannot be empty".to_owned()
    } else {
        format!("{name:?} is not the name of an event")
    };
    errors.report(literal, problem, help);
}

/// What the struct's own name says: `PersonMerged` of `Person` is `merged`.
fn own_name(ident: &Ident, object: &str) -> String {
    let own = ident.unraw().to_string();
    let object = object.rsplit("::").next().unwrap_or_default();
    let rest = own.strip_prefix(object).filter(|rest| rest.starts_with(char::is_uppercase));
    let name = camel_case(rest.unwrap_or(&own));
    if is_webhook_name(&name) { name } else { "merged".to_owned() }
}
