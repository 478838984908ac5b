#[allow(clippy::absolute_paths, deprecated, non_snake_case, unused_qualifications)]
const _: () = {
    use ::hookwright::__private;
    #[derive(__private :: serde :: Serialize)]
    #[serde(crate = "::hookwright::__private::serde", remote = "PersonMerged")]
    #[serde(rename = "PersonMerged")]
    struct __Payload {
        winner: String,
        #[serde(serialize_with = "__private::redacted")]
        reason: String,
    }
    #[automatically_derived]
    impl __private::EventData for PersonMerged {
        const OBJECT: &'static str = <model::Person as __private::Named>::NAME;
        const OPERATION: __private::Option<&'static str> = __private::Some("merged");
        const HIDDEN: __private::Hidden =
            __private::Hidden { skipped: &["by"], redacted: &["reason"], unnamed: __private::None };
        fn subject(&self) -> &dyn __private::Display {
            <String as __private::ObjectId>::display(&self.winner)
        }
        fn serialize_payload<__S>(&self, serializer: __S) -> __private::Result<__S::Ok, __S::Error>
        where
            __S: __private::Serializer,
        {
            __Payload::serialize(self, serializer)
        }
    }
    #[automatically_derived]
    impl __private::WebhookEvent for PersonMerged {}
};
