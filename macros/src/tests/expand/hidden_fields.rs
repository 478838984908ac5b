#[allow(clippy::absolute_paths, deprecated, non_snake_case, unused_qualifications)]
const _: () = {
    use ::hookwright::__private;
    #[derive(__private :: serde :: Serialize)]
    #[serde(crate = "::hookwright::__private::serde", remote = "r#type")]
    #[serde(rename_all = "camelCase")]
    #[serde(tag = "kind")]
    #[serde(rename = "type")]
    struct __Payload {
        #[serde(with = "key")]
        r#use: Key,
        #[serde(skip_serializing_if = "r#type :: is_empty")]
        parent: Option<Box<r#type>>,
        #[serde(rename(serialize = "account"))]
        #[serde(serialize_with = "__private::redacted")]
        iban: Vec<String>,
        #[serde(serialize_with = "__private::redacted")]
        tax_id: u64,
    }
    #[automatically_derived]
    impl __private::WebhookObject for r#type {
        const NAME: &'static str = "contact";
        const OPERATIONS: &'static [&'static str] = &["created", "destroyed"];
        const HIDDEN: __private::Hidden = __private::Hidden {
            skipped: &["internalNotes"],
            redacted: &["account", "taxId"],
            unnamed: __private::None,
        };
        fn object_id(&self) -> &dyn __private::Display {
            <Key as __private::ObjectId>::display(&self.r#use)
        }
        fn serialize_data<__S>(&self, serializer: __S) -> __private::Result<__S::Ok, __S::Error>
        where
            __S: __private::Serializer,
        {
            __Payload::serialize(self, serializer)
        }
        fn redacted_differs(&self, before: &Self, member: &str) -> bool {
            match member {
                "account" => <Vec<String> as __private::Redact>::differs(&self.iban, &before.iban),
                "taxId" => <u64 as __private::Redact>::differs(&self.tax_id, &before.tax_id),
                _ => false,
            }
        }
    }
    #[automatically_derived]
    impl __private::emits::Created for r#type {}
    #[automatically_derived]
    impl __private::emits::Destroyed for r#type {}
};
