//! The code of a custom event.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Path};

use super::{hidden, hidden_struct, in_private_scope, serialize_data};
use crate::custom::{CustomEvent, EventObject};

/// The implementations of `EventData` and `WebhookEvent`.
pub(crate) fn event(krate: &Path, event: &CustomEvent<'_>) -> TokenStream {
    let CustomEvent { ident, object, operation, id, is_unit, payload } = event;
    let hidden_struct = payload.as_ref().map(|payload| hidden_struct(krate, ident, payload));
    let object = match object {
        EventObject::Type(object) => {
            quote_spanned!(object.span()=> <#object as __private::Named>::NAME)
        }
        EventObject::Named(name) => quote!(#name),
    };
    let subject = if let Some(id) = id {
        let (ident, ty) = (id.ident, &id.field.ty);
        quote!(<#ty as __private::ObjectId>::display(&self.#ident))
    } else {
        quote!(&"")
    };
    let is_empty = is_unit.then(|| {
        quote!(
            const IS_EMPTY: bool = true;
        )
    });
    let hidden = payload.as_ref().and_then(hidden);
    let serialize = if *is_unit {
        quote!(__private::empty(serializer))
    } else {
        serialize_data(ident, payload.as_ref())
    };
    in_private_scope(
        krate,
        &quote! {
            #hidden_struct

            #[automatically_derived]
            impl __private::EventData for #ident {
                const OBJECT: &'static str = #object;
                const OPERATION: __private::Option<&'static str> = __private::Some(#operation);
                #is_empty
                #hidden

                fn subject(&self) -> &dyn __private::Display {
                    #subject
                }

                fn serialize_payload<__S>(&self, serializer: __S) -> __private::Result<__S::Ok, __S::Error>
                where
                    __S: __private::Serializer,
                {
                    #serialize
                }
            }

            #[automatically_derived]
            impl __private::WebhookEvent for #ident {}
        },
    )
}

/// The errors, and implementations for a type of any shape.
pub(crate) fn fallback(krate: &Path, input: &DeriveInput, error: &syn::Error) -> TokenStream {
    let ident = &input.ident;
    let errors = error.to_compile_error();
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let implementation = in_private_scope(
        krate,
        &quote! {
            #[automatically_derived]
            impl #impl_generics __private::EventData for #ident #ty_generics #where_clause {
                const OBJECT: &'static str = "";
                const OPERATION: __private::Option<&'static str> = __private::Some("");

                fn subject(&self) -> &dyn __private::Display {
                    &""
                }

                fn serialize_payload<__S>(&self, serializer: __S) -> __private::Result<__S::Ok, __S::Error>
                where
                    __S: __private::Serializer,
                {
                    serializer.serialize_unit()
                }
            }

            #[automatically_derived]
            impl #impl_generics __private::WebhookEvent for #ident #ty_generics #where_clause {}
        },
    );
    quote! {
        #errors
        #implementation
    }
}
