#[allow(clippy::absolute_paths, deprecated, non_snake_case, unused_qualifications)]
const _: () = {
    use ::hookwright::__private;
    #[automatically_derived]
    impl __private::EventData for Suspended {
        const OBJECT: &'static str = "workspace";
        const OPERATION: __private::Option<&'static str> = __private::Some("suspended");
        const IS_EMPTY: bool = true;
        fn subject(&self) -> &dyn __private::Display {
            &""
        }
        fn serialize_payload<__S>(&self, serializer: __S) -> __private::Result<__S::Ok, __S::Error>
        where
            __S: __private::Serializer,
        {
            __private::empty(serializer)
        }
    }
    #[automatically_derived]
    impl __private::WebhookEvent for Suspended {}
};
