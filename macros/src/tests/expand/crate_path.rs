#[allow(clippy::absolute_paths, deprecated, non_snake_case, unused_qualifications)]
const _: () = {
    use crate::vendored::hookwright::__private;
    #[derive(__private :: serde :: Serialize)]
    #[serde(crate = "crate::vendored::hookwright::__private::serde", remote = "Person")]
    #[serde(rename = "Person")]
    struct __Payload {
        id: u64,
    }
    #[automatically_derived]
    impl __private::WebhookObject for Person {
        const NAME: &'static str = "person";
        const HIDDEN: __private::Hidden =
            __private::Hidden { skipped: &["notes"], redacted: &[], unnamed: __private::None };
        fn object_id(&self) -> &dyn __private::Display {
            <u64 as __private::ObjectId>::display(&self.id)
        }
        fn serialize_data<__S>(&self, serializer: __S) -> __private::Result<__S::Ok, __S::Error>
        where
            __S: __private::Serializer,
        {
            __Payload::serialize(self, serializer)
        }
    }
    #[automatically_derived]
    impl __private::emits::Created for Person {}
    #[automatically_derived]
    impl __private::emits::Updated for Person {}
    #[automatically_derived]
    impl __private::emits::Deleted for Person {}
};
