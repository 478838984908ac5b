//! The derive of the [`hookwright`](https://docs.rs/hookwright) crate, which re-exports it.
//!
//! Depend on `hookwright`, not on this crate: the code that the derive writes names items of
//! `hookwright`. The attributes are described in `hookwright::attributes`.

mod attrs;
mod errors;
mod events;
mod expand;
mod model;
mod names;
mod payload;
mod serde_attrs;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::attrs::ObjectAttrs;
use crate::errors::{Errors, Position};
use crate::model::Object;

/// Makes a struct a webhook object: a record whose changes are sent as events.
///
/// The attributes are described in `hookwright::attributes`.
#[proc_macro_derive(WebhookObject, attributes(webhook, serde))]
pub fn derive_webhook_object(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    match syn::parse::<DeriveInput>(input) {
        Ok(input) => webhook_object(&input, |span| {
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
    let attrs = ObjectAttrs::parse(&input.attrs, &mut errors);
    let krate = attrs.crate_path();
    let object = Object::check(input, attrs, &mut errors);
    match errors.finish(object) {
        Ok(object) => expand::object(&krate, &object),
        Err(error) => expand::fallback(&krate, input, &error),
    }
}
