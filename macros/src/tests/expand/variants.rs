#[allow(clippy::absolute_paths, deprecated, non_snake_case, unused_qualifications)]
const _: () = {
    use ::hookwright::__private;
    const __CLAIMS: &[__private::Claim] = &[
        <ObjectEvent<Person> as __private::ReadEvent>::CLAIM,
        <Event<PersonMerged> as __private::ReadEvent>::CLAIM,
        __private::Claim::Anything,
    ];
    const _: () = __private::claims_its_own(__CLAIMS, 1usize);
    #[automatically_derived]
    impl __private::ReadEvent for CrmEvent {
        const CLAIM: __private::Claim = __private::Claim::AnyOf(__CLAIMS);
        fn read(
            incoming: __private::Incoming<'_>,
        ) -> __private::Result<Self, __private::ReadError> {
            match __private::choose(__CLAIMS, &incoming) {
                __private::Some(0usize) => __private::read(incoming, CrmEvent::Person),
                __private::Some(1usize) => __private::read(incoming, CrmEvent::Merged),
                _ => <RawEvent as __private::Other>::keep(incoming).map(CrmEvent::Other),
            }
        }
        fn name(&self) -> &__private::EventName {
            match self {
                CrmEvent::Person(event) => __private::ReadEvent::name(event),
                CrmEvent::Merged(event) => __private::ReadEvent::name(event),
                CrmEvent::Other(event) => __private::ReadEvent::name(event),
            }
        }
        fn id(&self) -> __private::Option<&__private::EventId> {
            match self {
                CrmEvent::Person(event) => __private::ReadEvent::id(event),
                CrmEvent::Merged(event) => __private::ReadEvent::id(event),
                CrmEvent::Other(event) => __private::ReadEvent::id(event),
            }
        }
        fn timestamp(&self) -> __private::DateTime<__private::Utc> {
            match self {
                CrmEvent::Person(event) => __private::ReadEvent::timestamp(event),
                CrmEvent::Merged(event) => __private::ReadEvent::timestamp(event),
                CrmEvent::Other(event) => __private::ReadEvent::timestamp(event),
            }
        }
    }
    #[automatically_derived]
    impl __private::EventSet for CrmEvent {
        type Members = (ObjectEvent<Person>, (Event<PersonMerged>, ()));
    }
    #[automatically_derived]
    impl<'de> __private::serde::Deserialize<'de> for CrmEvent {
        fn deserialize<__D>(deserializer: __D) -> __private::Result<Self, __D::Error>
        where
            __D: __private::serde::Deserializer<'de>,
        {
            __private::deserialize(deserializer)
        }
    }
};
