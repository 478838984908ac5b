::core::compile_error! { "unknown webhook option `nane`\nhelp: did you mean `name`?" }
::core::compile_error! { "a webhook object cannot be generic\nhelp: derive on a struct whose types are all concrete" }
#[allow(clippy::absolute_paths, deprecated, non_snake_case, unused_qualifications)]
const _: () = {
    use ::hookwright::__private;
    #[automatically_derived]
    impl<'a, S: Display, const N: usize> __private::WebhookObject for Person<'a, S, N>
    where
        S: Clone,
    {
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
    #[automatically_derived]
    impl<'a, S: Display, const N: usize> __private::emits::Created for Person<'a, S, N> where S: Clone {}
    #[automatically_derived]
    impl<'a, S: Display, const N: usize> __private::emits::Updated for Person<'a, S, N> where S: Clone {}
    #[automatically_derived]
    impl<'a, S: Display, const N: usize> __private::emits::Deleted for Person<'a, S, N> where S: Clone {}
    #[automatically_derived]
    impl<'a, S: Display, const N: usize> __private::emits::Restored for Person<'a, S, N> where S: Clone {}
    #[automatically_derived]
    impl<'a, S: Display, const N: usize> __private::emits::Destroyed for Person<'a, S, N> where S: Clone {}
};
