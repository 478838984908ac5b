//! The derives of the [`hookwright`](https://docs.rs/hookwright) crate, which re-exports it.
//!
//! Depend on `hookwright`, not on this crate: the code that the derives write names items of
//! `hookwright`. The attributes are described in `hookwright::attributes`.

mod attrs;
mod custom;
mod errors;
mod events;
mod expand;
mod fields;
mod model;
mod names;
mod payload;
mod serde_attrs;
mod shape;
#[cfg(test)]
mod tests;
mod variants;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::attrs::{EventAttrs, ObjectAttrs, crate_path, enum_crate};
use crate::custom::CustomEvent;
use crate::errors::{Errors, Position};
use crate::model::Object;
use crate::variants::Variants;

/// Makes a struct a webhook object: a record whose changes are sent as events.
///
/// The attributes are described in `hookwright::attributes`.
#[proc_macro_derive(WebhookObject, attributes(webhook, serde))]
pub fn derive_webhook_object(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input, webhook_object)
}

/// Makes a struct the data of one event, such as `person.merged`.
///
/// The attributes are described in `hookwright::attributes`.
#[proc_macro_derive(WebhookEvent, attributes(webhook, serde))]
pub fn derive_webhook_event(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input, webhook_event)
}

/// Makes an enum what a receiver reads: each variant holds one event, told by its name.
///
/// The attributes are described in `hookwright::attributes`.
#[proc_macro_derive(WebhookEvents, attributes(webhook))]
pub fn derive_webhook_events(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(input, webhook_events)
}

fn derive(
    input: proc_macro::TokenStream,
    expand: impl Fn(&DeriveInput, Position) -> TokenStream,
) -> proc_macro::TokenStream {
    match syn::parse::<DeriveInput>(input) {
        Ok(input) => expand(&input, |span| {
            // The compiler's own span, of which there is one in every derive.
            let span = span.unwrap();
            (span.line(), span.column())
        })
        .into(),
        Err(error) => error.into_compile_error().into(),
    }
}

fn webhook_object(input: &DeriveInput, position: Position) -> TokenStream {
    let mut errors = Errors::new(position);
    let attrs = ObjectAttrs::parse(input, &mut errors);
    let krate = crate_path(attrs.krate.as_ref());
    let object = Object::check(input, attrs, &mut errors);
    match errors.finish(object) {
        Ok(object) => expand::object(&krate, &object),
        Err(error) => expand::fallback(&krate, input, &error),
    }
}

fn webhook_event(input: &DeriveInput, position: Position) -> TokenStream {
    let mut errors = Errors::new(position);
    let attrs = EventAttrs::parse(&input.attrs, &mut errors);
    let krate = crate_path(attrs.krate.as_ref());
    let event = CustomEvent::check(input, attrs, &mut errors);
    match errors.finish(event) {
        Ok(event) => expand::custom::event(&krate, &event),
        Err(error) => expand::custom::fallback(&krate, input, &error),
    }
}

fn webhook_events(input: &DeriveInput, position: Position) -> TokenStream {
    let mut errors = Errors::new(position);
    let krate = crate_path(enum_crate(&input.attrs, &mut errors).as_ref());
    let variants = Variants::check(input, &mut errors);
    match errors.finish(variants) {
        Ok(variants) => expand::variants::events(&krate, &variants),
        Err(error) => expand::variants::fallback(&krate, input, &error),
    }
}
