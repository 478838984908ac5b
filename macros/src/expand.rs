//! Writes the code of what was checked. Nothing here can fail.

pub(crate) mod custom;
pub(crate) mod variants;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{DeriveInput, Generics, Path};

use crate::attrs::written;
use crate::events::Operation;
use crate::fields::Constant;
use crate::model::Object;
use crate::payload::Payload;

/// The implementation of `WebhookObject`.
pub(crate) fn object(krate: &Path, object: &Object<'_>) -> TokenStream {
    let Object { ident, name, id, operations, payload, constants } = object;
    let (id, id_type) = (id.ident, &id.field.ty);
    let hidden_struct = payload.as_ref().map(|payload| hidden_struct(krate, ident, payload));
    let serialize_data = serialize_data(ident, payload.as_ref());
    let constants = field_constants(ident, constants);
    let redacted_differs = payload.as_ref().and_then(redacted_differs);
    let markers = markers(ident, &Generics::default(), operations);
    let declared = (*operations != Operation::default_list()).then(|| {
        let words = operations.iter().map(|operation| operation.word());
        quote!(
            const OPERATIONS: &'static [&'static str] = &[#(#words),*];
        )
    });
    let hidden = payload.as_ref().and_then(hidden);
    in_private_scope(
        krate,
        &quote! {
            #hidden_struct

            #[automatically_derived]
            impl __private::WebhookObject for #ident {
                const NAME: &'static str = #name;
                #declared
                #hidden

                fn object_id(&self) -> &dyn __private::Display {
                    <#id_type as __private::ObjectId>::display(&self.#id)
                }

                fn serialize_data<__S>(&self, serializer: __S) -> __private::Result<__S::Ok, __S::Error>
                where
                    __S: __private::Serializer,
                {
                    #serialize_data
                }

                #redacted_differs
            }

            #markers

            #constants
        },
    )
}

fn serialize_data(ident: &Ident, payload: Option<&Payload<'_>>) -> TokenStream {
    if payload.is_some() {
        quote!(__Payload::serialize(self, serializer))
    } else {
        quote!(<#ident as __private::SerializeRecord>::serialize(self, serializer))
    }
}

/// As visible as the fields are.
fn field_constants(ident: &Ident, constants: &[Constant<'_>]) -> Option<TokenStream> {
    let constants = constants.iter().map(|constant| {
        let Constant { field, ident, name, is_redacted } = constant;
        let (visibility, ty) = (&field.vis, &field.ty);
        // What stands on the wire for a redacted value is a text, whatever the field is.
        let ty = if *is_redacted { quote!(__private::String) } else { quote!(#ty) };
        let doc = format!("The member `{name}` of the data.");
        quote! {
            #[doc = #doc]
            #visibility const #ident: __private::Field<Self, #ty> = __private::field(#name);
        }
    });
    let mut constants = constants.peekable();
    constants.peek()?;
    Some(quote! {
        #[automatically_derived]
        #[allow(dead_code, non_upper_case_globals)]
        impl #ident {
            #(#constants)*
        }
    })
}

/// The errors, and an implementation for a struct of any shape, so that the uses of the struct
/// elsewhere are not reported too.
pub(crate) fn fallback(krate: &Path, input: &DeriveInput, error: &syn::Error) -> TokenStream {
    let ident = &input.ident;
    let errors = error.to_compile_error();
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    let markers = markers(ident, &input.generics, Operation::ALL);
    let implementation = in_private_scope(
        krate,
        &quote! {
            #[automatically_derived]
            impl #impl_generics __private::WebhookObject for #ident #ty_generics #where_clause {
                const NAME: &'static str = "";

                fn object_id(&self) -> &dyn __private::Display {
                    &""
                }

                fn serialize_data<__S>(&self, serializer: __S) -> __private::Result<__S::Ok, __S::Error>
                where
                    __S: __private::Serializer,
                {
                    serializer.serialize_unit()
                }
            }

            #markers
        },
    );
    quote! {
        #errors
        #implementation
    }
}

/// Names nothing that a user can see, and warns of nothing that a user has written.
fn in_private_scope(krate: &Path, code: &TokenStream) -> TokenStream {
    quote! {
        #[allow(clippy::absolute_paths, deprecated, non_snake_case, unused_qualifications)]
        const _: () = {
            use #krate::__private;

            #code
        };
    }
}

/// A struct that is read through, never made: serde's `remote` derive serializes the record itself
/// by the fields that stand in it.
fn hidden_struct(krate: &Path, ident: &Ident, payload: &Payload<'_>) -> TokenStream {
    let serde_path = written(quote!(#krate::__private::serde));
    let remote = ident.to_string();
    let serde = &payload.serde;
    let fields = payload.fields.iter().map(|field| {
        let (name, ty, serde) = (field.ident, &field.ty, &field.serde);
        // serde shows a field at its first token.
        let serde = serde.iter().map(|meta| quote_spanned!(name.span()=> #[serde(#meta)]));
        quote! {
            #(#serde)*
            #name: #ty
        }
    });
    quote! {
        #[derive(__private::serde::Serialize)]
        #[serde(crate = #serde_path, remote = #remote)]
        #(#[serde(#serde)])*
        struct __Payload {
            #(#fields,)*
        }
    }
}

/// Tells the names of what is skipped or redacted.
fn hidden(payload: &Payload<'_>) -> Option<TokenStream> {
    let skipped = &payload.hidden.skipped;
    let redacted: Vec<_> = payload.fields.iter().filter_map(|f| f.redacted.as_ref()).collect();
    let unnamed = match &payload.hidden.unnamed {
        Some(help) => quote!(__private::Some(#help)),
        None if skipped.is_empty() && redacted.is_empty() => return None,
        None => quote!(__private::None),
    };
    Some(quote! {
        const HIDDEN: __private::Hidden = __private::Hidden {
            skipped: &[#(#skipped),*],
            redacted: &[#(#redacted),*],
            unnamed: #unnamed,
        };
    })
}

/// Tells whether the value behind a redacted member has changed.
fn redacted_differs(payload: &Payload<'_>) -> Option<TokenStream> {
    let mut arms = payload
        .fields
        .iter()
        .filter_map(|field| Some((field.redacted.as_ref()?, field)))
        .map(|(name, field)| {
            let (ident, ty) = (field.ident, &field.ty);
            quote!(#name => <#ty as __private::Redact>::differs(&self.#ident, &before.#ident),)
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

fn markers(ident: &Ident, generics: &Generics, operations: &[Operation]) -> TokenStream {
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let markers = operations.iter().map(|operation| format_ident!("{}", operation.marker));
    quote! {
        #(
            #[automatically_derived]
            impl #impl_generics __private::emits::#markers for #ident #ty_generics #where_clause {}
        )*
    }
}
