#[allow(clippy::absolute_paths, deprecated, non_snake_case, unused_qualifications)]
const _: () = {
    use ::hookwright::__private;
    #[automatically_derived]
    impl __private::WebhookObject for Company {
        const NAME: &'static str = "company";
        fn object_id(&self) -> &dyn __private::Display {
            <u64 as __private::ObjectId>::display(&self.id)
        }
        fn serialize_data<__S>(&self, serializer: __S) -> __private::Result<__S::Ok, __S::Error>
        where
            __S: __private::Serializer,
        {
            <Company as __private::SerializeRecord>::serialize(self, serializer)
        }
    }
    #[automatically_derived]
    impl __private::emits::Created for Company {}
    #[automatically_derived]
    impl __private::emits::Updated for Company {}
    #[automatically_derived]
    impl __private::emits::Deleted for Company {}
    #[automatically_derived]
    #[allow(dead_code, non_upper_case_globals)]
    impl Company {
        #[doc = "The member `id` of the data."]
        const ID: __private::Field<Self, u64> = __private::field("id");
        #[doc = "The member `name` of the data."]
        pub const NAME_FIELD: __private::Field<Self, String> = __private::field("name");
        #[doc = "The member `kind` of the data."]
        pub(crate) const TYPE: __private::Field<Self, Option<String>> = __private::field("kind");
    }
};
