//! The event and its body: the bytes that are written, and the bodies that are read.

mod body;
mod id;
mod name;
mod read;
mod untyped;

use chrono::{DateTime, Utc};
use hookwright::{Event, WebhookObject};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde::{Deserialize, Serialize};

use crate::payload::cases::{CASES, check_cases, text};

/// The body that Twenty's documents show.
const DOCUMENTED: &str = include_str!("../vectors/documented.json");

/// The person of the documents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, WebhookObject)]
#[serde(rename_all = "camelCase")]
struct Person {
    id: String,
    first_name: String,
    last_name: String,
    email: String,
    created_at: DateTime<Utc>,
    created_by: String,
    #[webhook(skip)]
    #[serde(default)]
    internal_notes: String,
}

fn alice() -> Person {
    Person {
        id: "abc12345".into(),
        first_name: "Alice".into(),
        last_name: "Doe".into(),
        email: "alice@example.com".into(),
        created_at: time("2025-02-10T15:30:45Z"),
        created_by: "user_123".into(),
        internal_notes: String::new(),
    }
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time of the test")
}

fn json<T: WebhookObject>(event: &Event<T>) -> String {
    serde_json::to_string(event).expect("the record can be written")
}

#[test]
fn the_documented_event_is_written_byte_for_byte() {
    let noted = Person { internal_notes: "likes tea".into(), ..alice() };
    let event = noted.created().at(time("2025-02-10T15:30:50Z"));
    assert_eq!(json(&event), DOCUMENTED);
    assert_eq!(event.body().expect("it is small").as_bytes(), DOCUMENTED.as_bytes());
    assert_eq!(event.body().expect("it is small").into_bytes(), DOCUMENTED.as_bytes());
}

#[test]
fn the_documented_event_is_read() {
    let event: Event<Person> = serde_json::from_str(DOCUMENTED).expect("it is documented");
    assert_eq!(event.name().to_string(), "person.created");
    assert_eq!(event.timestamp(), time("2025-02-10T15:30:50Z"));
    assert_eq!(event.id(), None, "a body holds no id");
    assert_eq!(event.data(), &alice());
    assert_eq!(event.object_id().to_string(), "abc12345");
    assert_eq!(event.clone().into_data(), alice());
    assert_eq!(json(&event), DOCUMENTED);
}

#[test]
fn every_operation_has_its_name() {
    #[derive(Serialize, WebhookObject)]
    #[webhook(name = "jobOffer", events(created, updated, deleted, restored, destroyed))]
    struct Offer {
        id: u8,
    }

    let offer = Offer { id: 1 };
    let names =
        [offer.created(), offer.updated(), offer.deleted(), offer.restored(), offer.destroyed()]
            .map(|event| event.name().to_string());
    assert_eq!(
        names,
        [
            "jobOffer.created",
            "jobOffer.updated",
            "jobOffer.deleted",
            "jobOffer.restored",
            "jobOffer.destroyed"
        ]
    );
}

#[test]
fn an_event_is_of_this_moment_to_the_millisecond() {
    let alice = alice();
    let before = Utc::now();
    let event = alice.deleted();
    let after = Utc::now();
    assert!(before.timestamp_millis() <= event.timestamp().timestamp_millis());
    assert!(event.timestamp() <= after);
    assert_eq!(event.timestamp().timestamp_subsec_nanos() % 1_000_000, 0);
}

#[test]
fn an_event_can_be_set_to_any_time_and_keeps_its_id() {
    fn check(set: &str, expected: &str) {
        let alice = alice();
        let event = alice.created();
        let id = event.id().cloned();
        let event = event.at(time(set));
        assert_eq!(event.id().cloned(), id);
        assert_eq!(event.timestamp(), time(expected));
        let body = json(&event);
        assert!(body.ends_with(&format!(r#","timestamp":"{expected}"}}"#)), "{body}");
        let read: Event<Person> = serde_json::from_str(&body).expect("it is our own");
        assert_eq!(read.timestamp(), event.timestamp());
    }

    check("2025-02-10T15:30:50Z", "2025-02-10T15:30:50Z");
    check("2025-02-10T15:30:50.7Z", "2025-02-10T15:30:50.700Z");
    check("2025-02-10T15:30:50.000999Z", "2025-02-10T15:30:50Z");
    check("2025-02-10T23:59:59.999999999Z", "2025-02-10T23:59:59.999Z");
    check("2025-02-10T15:30:50+14:00", "2025-02-10T01:30:50Z");
    check("1969-12-31T23:59:59.9995Z", "1969-12-31T23:59:59.999Z");
    check("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z");
    check("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z");
}

#[test]
fn a_year_that_rfc_3339_cannot_write_is_an_error() {
    const WHY: &str = "the year is not in 0000 to 9999, the years of RFC 3339";
    for wrong in [
        DateTime::<Utc>::MIN_UTC,
        DateTime::<Utc>::MAX_UTC,
        time("+10000-01-01T00:00:00Z"),
        time("-0001-12-31T23:59:59Z"),
    ] {
        let alice = alice();
        let event = alice.created().at(wrong);
        let error = serde_json::to_string(&event).expect_err("it has no such year");
        assert_eq!(error.to_string(), WHY);
        let error = event.body().expect_err("it has no such year");
        let source = std::error::Error::source(&error).expect("serde says why");
        assert_eq!(source.to_string(), WHY);
    }
}

#[test]
fn an_event_of_a_record_and_of_a_reference_are_the_same_body() {
    let read: Event<Person> = serde_json::from_str(DOCUMENTED).expect("it is documented");
    let alice = alice();
    let borrowed: Event<&Person> = alice.created().at(read.timestamp());
    assert_eq!(json(&borrowed), json(&read));
    assert_eq!(borrowed.object_id().to_string(), read.object_id().to_string());
    assert_eq!(<&Person as WebhookObject>::NAME, "person");

    let twice = &&alice;
    assert_eq!(json(&twice.created().at(read.timestamp())), DOCUMENTED);
}

#[test]
fn generated_records_come_back_as_they_went() {
    let seconds = any::<i32>().prop_map(i64::from);
    let times = (seconds, 0..1000u32).prop_map(|(seconds, milliseconds)| {
        DateTime::from_timestamp(seconds, milliseconds * 1_000_000).expect("a time of our century")
    });
    let people = (text(), text(), text(), text(), times.clone(), text()).prop_map(
        |(id, first_name, last_name, email, created_at, created_by)| Person {
            id,
            first_name,
            last_name,
            email,
            created_at,
            created_by,
            internal_notes: String::new(),
        },
    );
    check_cases(CASES, &(people, times), |(person, time)| {
        let event = person.updated().at(time);
        let body = event.body().expect("it is small");
        let read: Event<Person> = serde_json::from_slice(body.as_bytes())
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(read.name(), event.name());
        prop_assert_eq!(read.timestamp(), time);
        prop_assert_eq!(read.data(), &person);
        prop_assert_eq!(read.body().expect("it is small"), body);
        Ok(())
    });
}

#[test]
fn debug_shows_no_data() {
    let before = Person { email: "old-secret@example.com".into(), ..alice() };
    let alice = alice();
    let event = alice
        .updated_from(&before)
        .expect("one person")
        .expect("it has changed")
        .at(time("2025-02-10T15:30:50Z"))
        .with_id("evt_1".parse().expect("visible"));
    assert_eq!(
        format!("{event:?}"),
        "Event { name: EventName(person.updated), id: Some(EventId(evt_1)), \
         timestamp: 2025-02-10T15:30:50Z, .. }"
    );
    let body = event.body().expect("it is small");
    assert_eq!(format!("{body:?}"), format!("Body({} bytes)", body.as_bytes().len()));
    for shown in [format!("{event:#?}"), format!("{body:#?}")] {
        for hidden in ["Alice", "alice", "old-secret", "abc12345", "user_123"] {
            assert!(!shown.contains(hidden), "{shown} shows {hidden}");
        }
    }
}

#[test]
fn events_and_bodies_can_be_sent_to_other_threads() {
    fn check<T: Send + Sync + Unpin + std::panic::UnwindSafe + Clone + 'static>() {}

    check::<Event<Person>>();
    check::<hookwright::Body>();
    check::<hookwright::EventName>();
    check::<hookwright::EventId>();
}
