#[allow(clippy::absolute_paths, deprecated, non_snake_case, unused_qualifications)]
const _: () = {
    use ::hookwright::__private;
    const __CLAIMS: &[__private::Claim] = &[
        <ObjectEvent<P> as __private::ReadEvent>::CLAIM,
        <Event<M> as __private::ReadEvent>::CLAIM,
        __private::Claim::Anything,
    ];
    const _: () = __private::claims_its_own(__CLAIMS, 1usize);
    #[automatically_derived]
    impl __private::ReadEvent for Crm {
        const CLAIM: __private::Claim = __private::Claim::AnyOf(__CLAIMS);
        fn read(
            incoming: __private::Incoming<'_>,
        ) -> __private::Result<Self, __private::ReadError> {
            match __private::choose(__CLAIMS, &incoming) {
                __private::Some(0usize) => {
                    <ObjectEvent<P> as __private::ReadEvent>::read(incoming).map(Crm::A)
                }
                __private::Some(1usize) => {
                    <Event<M> as __private::ReadEvent>::read(incoming).map(Crm::B)
                }
                _ => <RawEvent as __private::Other>::keep(incoming).map(Crm::Other),
            }
        }
        fn name(&self) -> &__private::EventName {
            match self {
                Crm::A(event) => <ObjectEvent<P> as __private::ReadEvent>::name(event),
                Crm::B(event) => <Event<M> as __private::ReadEvent>::name(event),
                Crm::Other(event) => <RawEvent as __private::ReadEvent>::name(event),
            }
        }
        fn id(&self) -> __private::Option<&__private::EventId> {
            match self {
                Crm::A(event) => <ObjectEvent<P> as __private::ReadEvent>::id(event),
                Crm::B(event) => <Event<M> as __private::ReadEvent>::id(event),
                Crm::Other(event) => <RawEvent as __private::ReadEvent>::id(event),
            }
        }
        fn timestamp(&self) -> __private::DateTime<__private::Utc> {
            match self {
                Crm::A(event) => <ObjectEvent<P> as __private::ReadEvent>::timestamp(event),
                Crm::B(event) => <Event<M> as __private::ReadEvent>::timestamp(event),
                Crm::Other(event) => <RawEvent as __private::ReadEvent>::timestamp(event),
            }
        }
    }
    #[automatically_derived]
    impl __private::EventSet for Crm {
        type Members = (ObjectEvent<P>, (Event<M>, ()));
    }
    #[automatically_derived]
    impl<'de> __private::serde::Deserialize<'de> for Crm {
        fn deserialize<__D>(deserializer: __D) -> __private::Result<Self, __D::Error>
        where
            __D: __private::serde::Deserializer<'de>,
        {
            __private::deserialize(deserializer)
        }
    }
};
