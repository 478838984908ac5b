//! The code of an enum of events.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Path};

use super::in_private_scope;
use crate::variants::{Held, Variants};

/// The implementations of `ReadEvent`, `EventSet` and `Deserialize`.
pub(crate) fn events(krate: &Path, variants: &Variants<'_>) -> TokenStream {
    let Variants { ident, events, other } = variants;
    let claims = events
        .iter()
        .map(|Held { ty, .. }| quote_spanned!(ty.span()=> <#ty as __private::ReadEvent>::CLAIM));
    let other_claim = other.as_ref().map(|_| quote!(__private::Claim::Anything));
    let checks = events.iter().enumerate().skip(1).map(|(index, Held { ident, .. })| {
        quote_spanned!(ident.span()=> const _: () = __private::claims_its_own(__CLAIMS, #index);)
    });
    // What is wrong with a type is said at the type, once.
    let reads = events.iter().enumerate().map(|(index, Held { ident: variant, ty })| {
        let read = quote_spanned!(ty.span()=> <#ty as __private::ReadEvent>::read(incoming));
        quote!(__private::Some(#index) => { #read.map(#ident::#variant) })
    });
    let otherwise = if let Some(Held { ident: variant, ty }) = other {
        let keep = quote_spanned!(ty.span()=> <#ty as __private::Other>::keep(incoming));
        quote!(#keep.map(#ident::#variant))
    } else {
        quote!(__private::Err(incoming.unknown()))
    };
    let all = || events.iter().chain(other);
    let getter = |getter: TokenStream| {
        let arms = all().map(|Held { ident: variant, ty }| {
            let get = quote_spanned!(ty.span()=> <#ty as __private::ReadEvent>::#getter);
            quote!(#ident::#variant(event) => #get(event),)
        });
        quote!(match self { #(#arms)* })
    };
    let (name, id, timestamp) =
        (getter(quote!(name)), getter(quote!(id)), getter(quote!(timestamp)));
    let members =
        events.iter().rev().fold(quote!(()), |rest, Held { ty, .. }| quote!((#ty, #rest)));
    in_private_scope(
        krate,
        &quote! {
            const __CLAIMS: &[__private::Claim] = &[#(#claims,)* #other_claim];
            #(#checks)*

            #[automatically_derived]
            impl __private::ReadEvent for #ident {
                const CLAIM: __private::Claim = __private::Claim::AnyOf(__CLAIMS);

                fn read(
                    incoming: __private::Incoming<'_>,
                ) -> __private::Result<Self, __private::ReadError> {
                    match __private::choose(__CLAIMS, &incoming) {
                        #(#reads)*
                        _ => #otherwise,
                    }
                }

                fn name(&self) -> &__private::EventName {
                    #name
                }

                fn id(&self) -> __private::Option<&__private::EventId> {
                    #id
                }

                fn timestamp(&self) -> __private::DateTime<__private::Utc> {
                    #timestamp
                }
            }

            #[automatically_derived]
            impl __private::EventSet for #ident {
                type Members = #members;
            }

            #[automatically_derived]
            impl<'de> __private::serde::Deserialize<'de> for #ident {
                fn deserialize<__D>(deserializer: __D) -> __private::Result<Self, __D::Error>
                where
                    __D: __private::serde::Deserializer<'de>,
                {
                    __private::deserialize(deserializer)
                }
            }
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
            impl #impl_generics __private::ReadEvent for #ident #ty_generics #where_clause {
                const CLAIM: __private::Claim = __private::Claim::AnyOf(&[]);

                fn read(
                    incoming: __private::Incoming<'_>,
                ) -> __private::Result<Self, __private::ReadError> {
                    __private::Err(incoming.unknown())
                }

                fn name(&self) -> &__private::EventName {
                    __private::never()
                }

                fn id(&self) -> __private::Option<&__private::EventId> {
                    __private::None
                }

                fn timestamp(&self) -> __private::DateTime<__private::Utc> {
                    __private::never()
                }
            }

            #[automatically_derived]
            impl #impl_generics __private::EventSet for #ident #ty_generics #where_clause {
                type Members = ();
            }
        },
    );
    quote! {
        #errors
        #implementation
    }
}
