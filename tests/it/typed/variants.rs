//! Enums of events: which variant reads which event, and what is said when none does.

use hookwright::{
    Event, EventSet, ObjectEvent, RawEvent, ReadError, ReadEvent, WebhookEvents, WebhookObject,
};
use serde::{Deserialize, Serialize};

use super::{Company, Person, PersonMerged, Suspended, body};

// The object stands before the custom event of it: the closer claim wins, not the first.
#[derive(Debug, WebhookEvents)]
enum CrmEvent {
    Person(ObjectEvent<Person>),
    Company(Box<Event<Company>>),
    Merged(Event<PersonMerged>),
    #[webhook(other)]
    Other(RawEvent),
    Suspended(Event<Suspended>),
}

#[derive(Debug, WebhookEvents)]
enum Known {
    Person(ObjectEvent<Person>),
    Merged(Event<PersonMerged>),
}

const PERSON: &str = r#"{"id":"p1","email":"a","jobTitle":null}"#;
const MERGED: &str = r#"{"winner":"p1","loser":"p2"}"#;

fn variant(event: &CrmEvent) -> &'static str {
    match event {
        CrmEvent::Person(ObjectEvent::Created(_)) => "created",
        CrmEvent::Person(ObjectEvent::Updated(_)) => "updated",
        CrmEvent::Person(ObjectEvent::Deleted(_)) => "deleted",
        CrmEvent::Person(ObjectEvent::Restored(_)) => "restored",
        CrmEvent::Person(ObjectEvent::Destroyed(_)) => "destroyed",
        CrmEvent::Company(_) => "company",
        CrmEvent::Merged(_) => "merged",
        CrmEvent::Suspended(_) => "suspended",
        CrmEvent::Other(_) => "other",
    }
}

fn check(name: &str, data: &str, expected: &str) {
    let body = body(name, data);
    let read = CrmEvent::from_body(body.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let by_serde: CrmEvent = serde_json::from_str(&body).expect("the same");
    let value: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let of_value: CrmEvent = serde_json::from_value(value).expect("the same");
    for event in [read, by_serde, of_value] {
        assert_eq!(variant(&event), expected);
        assert_eq!(event.name().to_string(), name);
        assert_eq!(event.id(), None);
        assert_eq!(event.timestamp().to_rfc3339(), "2025-02-10T15:30:50+00:00");
    }
}

#[test]
fn an_event_is_read_by_its_name_and_the_closest_claim_wins() {
    for operation in ["created", "updated", "deleted", "restored", "destroyed"] {
        check(&format!("person.{operation}"), PERSON, operation);
    }
    check("person.merged", MERGED, "merged");
    check("company.created", r#"{"id":1,"name":"A"}"#, "company");
    check("company.archived", r#"{"id":1,"name":"A"}"#, "company");
    check("workspace.suspended", "{}", "suspended");
}

#[test]
fn an_event_that_is_not_known_is_kept_whole() {
    for name in ["person.archived", "deal.won", "Person.created", "persona.created"] {
        check(name, r#"{"x":[1, 2]}"#, "other");
    }
    let text = body("deal.won", r#"{"x":[1, 2]}"#);
    let Ok(CrmEvent::Other(event)) = CrmEvent::from_body(text.as_bytes()) else {
        panic!("it is not known");
    };
    assert_eq!(event.body(), text);
    assert_eq!(event.data(), r#"{"x":[1, 2]}"#);
}

#[test]
fn without_a_variant_for_others_an_event_that_is_not_known_is_an_error_that_names_it() {
    for name in ["deal.won", "person.archived"] {
        let error = Known::from_body(body(name, "{}").as_bytes()).expect_err(name);
        assert_eq!(error.to_string(), format!("`{name}` is not read here"));
        let ReadError::UnknownEvent { name: unknown, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(unknown.to_string(), name);
        let error = serde_json::from_str::<Known>(&body(name, "{}")).expect_err(name);
        assert!(error.to_string().contains(name), "{error}");
    }
    let event = Known::from_body(body("person.merged", MERGED).as_bytes()).expect("it is known");
    let Known::Merged(event) = event else { panic!("{event:?}") };
    assert_eq!(event.data().loser, "p2");
    let event = Known::from_body(body("person.created", PERSON).as_bytes()).expect("it is known");
    let Known::Person(event) = event else { panic!("{event:?}") };
    assert_eq!(event.object_id().to_string(), "p1");
}

#[test]
fn data_that_is_not_the_events_is_an_error_and_never_other() {
    for (name, data, expected) in [
        ("person.created", r#"{"id":"p1","jobTitle":"secret"}"#, "`data.email` is missing"),
        (
            "person.updated",
            r#"{"id":"p1","email":["secret"]}"#,
            "`data.email` is a list, where another type is expected",
        ),
        ("person.merged", r#"{"winner":"secret"}"#, "`data.loser` is missing"),
        (
            "company.created",
            r#"{"id":-1,"name":"secret"}"#,
            "`data.id` has a value that is not taken",
        ),
        ("company.created", "7", "`data` is a number, where another type is expected"),
    ] {
        let error = CrmEvent::from_body(body(name, data).as_bytes()).expect_err(data);
        assert_eq!(error.to_string(), format!("`{name}`: {expected}"));
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}

#[test]
fn a_receiver_may_have_its_own_structs_with_fewer_fields() {
    #[derive(Debug, Serialize, Deserialize, WebhookObject)]
    #[webhook(name = "person")]
    struct Contact {
        id: String,
    }

    #[derive(Debug, WebhookEvents)]
    enum Contacts {
        Contact(ObjectEvent<Contact>),
    }

    let read = Contacts::from_body(body("person.deleted", PERSON).as_bytes());
    let Contacts::Contact(event) = read.expect("what is not known is ignored");
    assert_eq!(event.into_data().id, "p1");
}

#[test]
fn an_enum_may_hold_another() {
    #[derive(Debug, WebhookEvents)]
    enum All {
        #[webhook(other)]
        Other(Box<RawEvent>),
        Company(ObjectEvent<Company>),
        Known(Known),
    }

    let read = |name, data| All::from_body(body(name, data).as_bytes()).expect(name);
    assert!(matches!(read("person.merged", MERGED), All::Known(Known::Merged(_))));
    assert!(matches!(read("company.created", r#"{"id":1,"name":"A"}"#), All::Company(_)));
    assert!(matches!(read("company.sold", "{}"), All::Other(_)));
}

#[test]
fn two_claims_on_one_name_that_only_a_nested_enum_has_go_to_the_first() {
    #[derive(Debug, WebhookEvents)]
    enum Twice {
        Known(Known),
        Merged(Event<PersonMerged>),
    }

    let read = Twice::from_body(body("person.merged", MERGED).as_bytes()).expect("it is known");
    assert!(matches!(read, Twice::Known(Known::Merged(_))), "{read:?}");
}

#[test]
fn of_an_object_with_both_kinds_the_five_operations_go_to_the_object_event() {
    #[derive(Debug, WebhookEvents)]
    enum Both {
        Any(Event<Person>),
        Person(ObjectEvent<Person>),
    }

    let read = |name| Both::from_body(body(name, PERSON).as_bytes()).expect(name);
    assert!(matches!(read("person.updated"), Both::Person(ObjectEvent::Updated(_))));
    assert!(matches!(read("person.archived"), Both::Any(_)));
}

#[test]
fn the_members_of_a_set_are_its_variants_without_the_other() {
    trait Count {
        const COUNT: usize;
    }
    impl Count for () {
        const COUNT: usize = 0;
    }
    impl<A, B: Count> Count for (A, B) {
        const COUNT: usize = 1 + B::COUNT;
    }
    fn same<T: EventSet<Members = (ObjectEvent<Person>, (Event<PersonMerged>, ()))>>() {}
    assert_eq!(<CrmEvent as EventSet>::Members::COUNT, 4);
    same::<Known>();
}
