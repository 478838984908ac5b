//! Typed constants of fields, and what they ask of an event.

use hookwright::{Event, Field, ReadEvent, WebhookObject};
use serde::{Deserialize, Serialize};

use super::{Person, person};

mod other {
    #[derive(Clone, serde::Serialize, hookwright::WebhookObject)]
    #[webhook(name = "account", fields)]
    #[serde(rename_all = "camelCase")]
    #[allow(non_snake_case)]
    pub(super) struct Account {
        pub(super) id: u64,
        pub(super) name: String,
        #[serde(rename(serialize = "kind"))]
        pub(super) r#type: Option<String>,
        #[webhook(redact)]
        pub(super) iban_number: u64,
        #[serde(serialize_with = "as_text")]
        pub(super) mixedCase: u8,
        #[webhook(skip)]
        pub(super) notes: String,
        #[serde(skip_serializing)]
        #[expect(dead_code)]
        pub(super) internal: String,
        #[serde(flatten)]
        pub(super) flat: Flat,
        // Its constant is as private as it is: nothing outside could name it.
        hidden: String,
    }

    #[derive(Clone, serde::Serialize)]
    pub(super) struct Flat {
        pub(super) city: String,
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    fn as_text<S: serde::Serializer>(value: &u8, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn account() -> Account {
        assert_eq!(Account::HIDDEN.name(), "hidden");
        Account {
            id: 1,
            name: "Alice".into(),
            r#type: None,
            iban_number: 12,
            mixedCase: 1,
            notes: String::new(),
            internal: String::new(),
            flat: Flat { city: "Paris".into() },
            hidden: String::new(),
        }
    }
}

#[test]
fn a_constant_has_the_name_on_the_wire_and_the_type_of_the_field() {
    use other::Account;
    let _: Field<Person, String> = Person::EMAIL;
    let _: Field<Person, Option<String>> = Person::JOB_TITLE;
    assert_eq!(Person::JOB_TITLE.name(), "jobTitle");
    let names = [
        Account::ID.name(),
        Account::NAME_FIELD.name(),
        Account::TYPE.name(),
        Account::IBAN_NUMBER.name(),
        Account::MIXEDCASE.name(),
    ];
    assert_eq!(names, ["id", "name", "kind", "ibanNumber", "mixedCase"]);
    // The object's own name stays what it is.
    assert_eq!(Account::NAME, "account");
    let names = serde_json::to_value(other::account().created()).expect("it can be written");
    let names: Vec<_> = names["data"].as_object().expect("an object").keys().collect();
    assert_eq!(names, ["city", "hidden", "ibanNumber", "id", "kind", "mixedCase", "name"]);
}

#[test]
fn a_change_is_asked_for_by_type_where_it_is_made_and_where_it_is_received() {
    let before = person();
    let after = Person { email: "a@example.org".into(), ..before.clone() };
    let made = after.updated_from(&before).expect("comparable").expect("changed");
    assert!(made.changed(Person::EMAIL) && !made.changed(Person::JOB_TITLE));
    assert_eq!(made.previous(Person::EMAIL).expect("a string"), Some(before.email.clone()));

    let received: Event<Person> =
        Event::from_body(made.body().expect("a body").as_bytes()).expect("its own body");
    assert!(received.changed(Person::EMAIL) && !received.changed(Person::ID));
    assert_eq!(received.previous(Person::EMAIL).expect("a string"), Some(before.email.clone()));
    assert_eq!(received.previous(Person::JOB_TITLE).expect("unchanged"), None);

    let made = person();
    let made = made.created();
    assert!(!made.changed(Person::EMAIL));
    assert_eq!(made.previous(Person::EMAIL).expect("no update"), None);
}

#[test]
fn a_value_that_was_null_is_told_from_one_that_has_not_changed() {
    let before = person();
    let after = Person { job_title: Some("CTO".into()), ..before.clone() };
    let event = after.updated_from(&before).expect("comparable").expect("changed");
    assert_eq!(event.previous(Person::JOB_TITLE).expect("a title"), Some(None));

    let event = before.updated_from(&after).expect("comparable").expect("changed");
    assert_eq!(event.previous(Person::JOB_TITLE).expect("a title"), Some(Some("CTO".into())));
}

#[test]
fn of_a_redacted_field_the_old_value_is_what_stands_on_the_wire() {
    use other::Account;
    let before = other::account();
    let mut after = before.clone();
    after.iban_number = 13;
    let event = after.updated_from(&before).expect("comparable").expect("changed");
    assert!(event.changed(Account::IBAN_NUMBER));
    assert_eq!(
        event.previous(Account::IBAN_NUMBER).expect("a text").as_deref(),
        Some("[redacted]")
    );
}

#[test]
fn an_old_value_of_another_type_is_an_error_that_does_not_show_it() {
    #[derive(Debug, Serialize, Deserialize, WebhookObject)]
    #[webhook(fields)]
    struct Note {
        id: u64,
        size: u8,
    }

    let body = r#"{"event":"note.updated","data":{"id":1,"size":2},"updatedFields":["size","id"],"previous":PREVIOUS,"timestamp":"2025-02-10T15:30:50Z"}"#;
    let read = |previous: &str| -> Event<Note> {
        let body = body.replace("PREVIOUS", previous);
        serde_json::from_str(&body).expect("an event")
    };
    let event = read(r#"{"size":"secret","id":null}"#);
    let error = event.previous(Note::SIZE).expect_err("a string is no number");
    assert_eq!(
        error.to_string(),
        "`note.updated`: `previous.size` is a string, where another type is expected"
    );
    assert!(!format!("{error:?}").contains("secret"));
    assert_eq!(event.previous(Note::ID).expect("it was absent"), None);
    let error = read("[1]").previous(Note::SIZE).expect_err("a list has no members");
    assert!(error.to_string().starts_with("`note.updated`: `previous` is a list"), "{error}");
}
