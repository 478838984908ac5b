//! The names of events.

use std::collections::HashSet;
use std::error::Error;

use hookwright::EventName;

fn check(text: &str, parts: Option<(&str, &str)>) {
    let name = text.parse::<EventName>().ok();
    let found = name.as_ref().map(|name| (name.object(), name.operation()));
    assert_eq!(found, parts, "{text:?}");
    if let Some(name) = name {
        assert_eq!(name.to_string(), text);
        assert_eq!(format!("{name:?}"), format!("EventName({text})"));
    }
}

#[test]
fn a_name_is_an_object_a_dot_and_an_operation() {
    check("person.created", Some(("person", "created")));
    check("calendarEvent.deleted", Some(("calendarEvent", "deleted")));
    check("a.b", Some(("a", "b")));
    check("A1_.Z_9", Some(("A1_", "Z_9")));
    check("person_.up__dated", Some(("person_", "up__dated")));
}

#[test]
fn every_other_text_is_no_name() {
    for text in [
        "",
        ".",
        "person",
        "person.",
        ".created",
        "person..created",
        "person.created.",
        ".person.created",
        "person.created.twice",
        " person.created",
        "person.created ",
        "person .created",
        "person. created",
        "person.created\n",
        "person\0.created",
        "1person.created",
        "person.1created",
        "_person.created",
        "person._created",
        "person-x.created",
        "person.cre-ated",
        "pérson.created",
        "person.créated",
        "person\u{ff0e}created",
        "person\u{2024}created",
        "person/created",
        "person:created",
        "*.created",
        "person.*",
    ] {
        check(text, None);
    }
}

#[test]
fn each_byte_of_ascii_is_a_part_or_is_refused() {
    for byte in 0..=127_u8 {
        let letter = char::from(byte);
        let first = format!("{letter}.created").parse::<EventName>().is_ok();
        let later = format!("person.a{letter}").parse::<EventName>().is_ok();
        assert_eq!(first, letter.is_ascii_alphabetic(), "{letter:?}");
        assert_eq!(later, letter.is_ascii_alphanumeric() || letter == '_', "{letter:?}");
    }
}

#[test]
fn the_error_shows_the_text_escaped_and_no_more_of_it_than_it_needs() {
    fn check(text: &str, shown: &str) {
        let error = text.parse::<EventName>().expect_err(text);
        assert_eq!(
            error.to_string(),
            format!(
                "{shown} is not an event's name: write `object.operation`, each of letters, digits and `_`"
            )
        );
        assert!(error.source().is_none());
    }

    check("person", r#""person""#);
    check("", r#""""#);
    check("a\n\u{1b}[31m\"", r#""a\n\u{1b}[31m\"""#);
    check(&"é".repeat(1000), &format!("{:?}", "é".repeat(64)));
}

#[test]
fn names_are_compared_by_their_text_wherever_they_come_from() {
    use hookwright::WebhookObject;

    #[derive(serde::Serialize, WebhookObject)]
    struct Person {
        id: u8,
    }

    let person = Person { id: 1 };
    let made = person.created().name().clone();
    let parsed: EventName = "person.created".parse().expect("a name");
    let read: EventName = serde_json::from_str(r#""person.created""#).expect("a name");
    assert_eq!(made, parsed);
    assert_eq!(made, read);
    assert_eq!(HashSet::from([made.clone(), parsed, read]).len(), 1);
    assert_eq!(serde_json::to_string(&made).expect("a text"), r#""person.created""#);
    assert_ne!(made, *person.updated().name());

    let mut names = ["b.a", "a.b", "a.a", "B.a"].map(|name| name.parse::<EventName>().expect(name));
    names.sort();
    assert_eq!(names.map(|name| name.to_string()), ["B.a", "a.a", "a.b", "b.a"]);
}
