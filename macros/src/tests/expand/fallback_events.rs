::core::compile_error! { "webhook events are read as an enum, and this is a struct\nhelp: write `enum CrmEvent { Person(ObjectEvent<Person>) }`" }
#[allow(clippy::absolute_paths, deprecated, non_snake_case, unused_qualifications)]
const _: () = {
    use ::hookwright::__private;
    #[automatically_derived]
    impl<T> __private::ReadEvent for CrmEvent<T> {
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
    impl<T> __private::EventSet for CrmEvent<T> {
        type Members = ();
    }
};
