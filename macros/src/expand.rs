//! Writes the code of a checked object. Nothing here can fail.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Path};

use crate::attrs::Operation;
use crate::model::Object;
use crate::payload::Payload;

/// The implementation of `WebhookObject`.
pub(crate) fn object(krate: &Path, object: &Object<'_>) -> TokenStream {
    let Object { ident, name, .. } = object;
    let id = object.id.ident;
    let id_type = object.id.field.ty.span();
    let object_id = quote_spanned!(id_type=> __private::id(&self.#id));
    let (hidden_struct, serialize_data, redacted_differs) = match &object.payload {
        None => (
            None,
            quote_spanned!(ident.span()=> __private::serialize_record(self, serializer)),
            None,
        ),
        Some(payload) => (
            Some(hidden_struct(krate, ident, payload)),
            quote!(__Payload::serialize(self, serializer)),
            redacted_differs(payload),
        ),
    };
    let markers = markers(ident, &object.operations);
    quote! {
        const _: () = {
            use #krate::__private;

            #hidden_struct

            #[automatically_derived]
            #[allow(deprecated, unused_qualifications)]
            impl __private::WebhookObject for #ident {
                const NAME: &'static str = #name;

                fn object_id(&self) -> &dyn __private::Display {
                    #object_id
                }

                fn serialize_data<S>(&self, serializer: S) -> __private::Result<S::Ok, S::Error>
                where
                    S: __private::Serializer,
                {
                    #serialize_data
                }

                #redacted_differs
            }

            #markers
        };
    }
}

/// The errors, and an implementation for a struct of any shape, so that the uses of the struct
/// elsewhere are not reported too.
pub(crate) fn fallback(krate: &Path, input: &DeriveInput, error: &syn::Error) -> TokenStream {
    let ident = &input.ident;
    let errors = error.to_compile_error();
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let markers = Operation::ALL.map(|operation| {
        let marker = marker(operation);
        quote! {
            #[automatically_derived]
            #[allow(deprecated)]
            impl #impl_generics __private::emits::#marker for #ident #ty_generics #where_clause {}
        }
    });
    quote! {
        #errors

        const _: () = {
            use #krate::__private;

            #[automatically_derived]
            #[allow(deprecated)]
            impl #impl_generics __private::WebhookObject for #ident #ty_generics #where_clause {
                const NAME: &'static str = "";

                fn object_id(&self) -> &dyn __private::Display {
                    &""
                }

                fn serialize_data<S>(&self, serializer: S) -> __private::Result<S::Ok, S::Error>
                where
                    S: __private::Serializer,
                {
                    serializer.serialize_unit()
                }
            }

            #(#markers)*
        };
    }
}

/// A struct that is read through, never made: serde's `remote` derive serializes the record itself
/// by the fields that stand in it.
fn hidden_struct(krate: &Path, ident: &Ident, payload: &Payload<'_>) -> TokenStream {
    let serde_path = quote!(#krate::__private::serde).to_string();
    let remote = ident.to_string();
    let serde = &payload.serde;
    let fields = payload.fields.iter().map(|field| {
        let (name, ty, serde) = (field.ident, &field.ty, &field.serde);
        quote! {
            #(#[serde(#serde)])*
            #name: #ty
        }
    });
    quote! {
        #[allow(dead_code, deprecated, non_snake_case, unused_qualifications)]
        #[derive(__private::serde::Serialize)]
        #[serde(crate = #serde_path, remote = #remote)]
        #(#[serde(#serde)])*
        struct __Payload {
            #(#fields,)*
        }
    }
}

/// Tells whether the value behind a redacted member has changed.
fn redacted_differs(payload: &Payload<'_>) -> Option<TokenStream> {
    let mut arms = payload
        .fields
        .iter()
        .filter_map(|field| Some((field.redacted.as_ref()?, field)))
        .map(|(name, field)| {
            let ident = field.ident;
            let differs =
                quote_spanned!(field.ty.span()=> __private::differs(&self.#ident, &before.#ident));
            quote!(#name => #differs,)
        })
        .peekable();
    arms.peek()?;
    Some(quote! {
        fn redacted_differs(&self, before: &Self, member: &str) -> bool {
            match member {
                #(#arms)*
                _ => false,
            }
        }
    })
}

fn markers(ident: &Ident, operations: &[Operation]) -> TokenStream {
    let markers = operations.iter().map(|operation| {
        let marker = marker(*operation);
        quote! {
            #[automatically_derived]
            #[allow(deprecated)]
            impl __private::emits::#marker for #ident {}
        }
    });
    quote!(#(#markers)*)
}

fn marker(operation: Operation) -> TokenStream {
    Ident::new(operation.marker(), Span::call_site()).into_token_stream()
}
