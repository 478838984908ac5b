#[allow(clippy::absolute_paths, deprecated, non_snake_case, unused_qualifications)]
const _: () = {
    use ::hookwright::__private;
    #[automatically_derived]
    impl __private::WebhookObject for CalendarEvent {
        const NAME: &'static str = "calendarEvent";
        fn object_id(&self) -> &dyn __private::Display {
            <u64 as __private::ObjectId>::display(&self.id)
        }
        fn serialize_data<__S>(&self, serializer: __S) -> __private::Result<__S::Ok, __S::Error>
        where
            __S: __private::Serializer,
        {
            <CalendarEvent as __private::SerializeRecord>::serialize(self, serializer)
        }
    }
    #[automatically_derived]
    impl __private::emits::Created for CalendarEvent {}
    #[automatically_derived]
    impl __private::emits::Updated for CalendarEvent {}
    #[automatically_derived]
    impl __private::emits::Deleted for CalendarEvent {}
};
