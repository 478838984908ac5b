::core::compile_error! { "a webhook event is a struct, and this is an enum\nhelp: derive on a struct, one for each event" }
#[allow(clippy::absolute_paths, deprecated, non_snake_case, unused_qualifications)]
const _: () = {
    use ::hookwright::__private;
    #[automatically_derived]
    impl<T: Clone> __private::EventData for Merged<T> {
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
    impl<T: Clone> __private::WebhookEvent for Merged<T> {}
};
