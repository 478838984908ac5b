//! Events that are kept whole.

use hookwright::{Event, ObjectEvent, RawEvent, ReadError, ReadEvent};

use super::{Company, Person, body};

const UPDATED: &str = r#" {"event":"person.updated", "more":1,"data": {"id":"p1","email":"é","jobTitle":null},
 "updatedFields":["email"],"previous":{"email" :"old"},"timestamp":"2025-02-10T16:30:50+01:00"}"#;

#[test]
fn an_event_is_kept_to_the_byte() {
    for event in [
        RawEvent::parse(UPDATED.as_bytes()).expect("an event"),
        RawEvent::from_body(UPDATED.as_bytes()).expect("an event"),
        RawEvent::parse(UPDATED.as_bytes()).expect("an event").read().expect("itself"),
    ] {
        assert_eq!(event.body(), UPDATED);
        assert_eq!(event.name().to_string(), "person.updated");
        assert_eq!(event.timestamp().to_rfc3339(), "2025-02-10T15:30:50+00:00");
        assert_eq!(event.data(), r#"{"id":"p1","email":"é","jobTitle":null}"#);
        assert_eq!(event.updated_fields(), ["email"]);
        assert_eq!(event.previous(), Some(r#"{"email" :"old"}"#));
        assert_eq!(event.id(), None);
    }
    let event: RawEvent = serde_json::from_str(UPDATED).expect("an event");
    assert_eq!(event.body(), UPDATED.trim());
    assert_eq!(event.data(), r#"{"id":"p1","email":"é","jobTitle":null}"#);
}

#[test]
fn an_event_is_read_later_with_everything_that_it_has() {
    let raw = RawEvent::parse(UPDATED.as_bytes()).expect("an event");
    let event: Event<Person> = raw.read().expect("a person");
    assert_eq!(event.data().email, "é");
    assert!(event.changed(Person::EMAIL));
    assert_eq!(event.previous(Person::EMAIL).expect("a string").as_deref(), Some("old"));
    assert_eq!(event.timestamp(), raw.timestamp());
    assert!(matches!(raw.read().expect("a person"), ObjectEvent::<Person>::Updated(_)));
    let error = raw.read::<Event<Company>>().expect_err("no company");
    assert!(matches!(error, ReadError::UnknownEvent { .. }), "{error:?}");
}

#[test]
fn an_event_is_read_from_anything_that_serde_reads() {
    let value: serde_json::Value = serde_json::from_str(UPDATED).expect("JSON");
    let raw: RawEvent = serde_json::from_value(value).expect("an event");
    let event: Event<Person> = raw.read().expect("a person");
    assert_eq!(event.data().email, "é");
    let raw: RawEvent = serde_json::from_reader(UPDATED.as_bytes()).expect("an event");
    assert_eq!(raw.previous(), Some(r#"{"email" :"old"}"#));
}

#[test]
fn a_name_that_is_written_with_escapes_is_read() {
    let raw = RawEvent::parse(body(r"person\u002ecreated", "7").as_bytes()).expect("an event");
    assert_eq!(raw.name().to_string(), "person.created");
    assert_eq!(raw.data(), "7");
}

#[test]
fn nothing_of_the_data_is_in_debug() {
    let raw = RawEvent::parse(UPDATED.as_bytes()).expect("an event");
    let shown = format!("{raw:?}");
    assert!(shown.contains("person.updated") && !shown.contains("old"), "{shown}");
    assert!(!shown.contains('é'), "{shown}");
}

fn check(body: &str, expected: &str) {
    let error = RawEvent::parse(body.as_bytes()).expect_err(body);
    assert_eq!(error.to_string(), expected, "{body}");
}

#[test]
fn a_body_that_is_no_event_says_where() {
    check("", "the body is not JSON, at line 1 column 0");
    check("{\n  \"event\" 1}", "the body is not JSON, at line 2 column 11");
    let other = "where another type is expected";
    check("[]", &format!("the body is not an event: it is a list, {other}"));
    check("null", &format!("the body is not an event: it is null, {other}"));
    check(
        "{}",
        "the body is not of one format: it has `event`, or `eventName`, or `type`, or `specversion` with `type`",
    );
    check(r#"{"event":"a.b","data":{}}"#, "the body is not an event: `timestamp` is missing");
    check(
        r#"{"event":"a.b","timestamp":"2025-02-10T15:30:50Z"}"#,
        "the body is not an event: `data` is missing",
    );
    check(&body("secret", "{}"), "the body is not an event: `event` has a value that is not taken");
    check(
        &body("a.b", "{}").replace("2025", "secret"),
        "the body is not an event: `timestamp` has a value that is not taken",
    );
    check(
        r#"{"event":"a.b","data":1,"data":2}"#,
        "the body is not an event: `data` stands there twice",
    );
    check(
        &body("a.b", "1").replace(r#","timestamp"#, r#","updatedFields":["a",7],"timestamp"#),
        &format!("the body is not an event: `updatedFields[1]` is a number, {other}"),
    );
    let error = RawEvent::parse(b"{\n\"event\":\"\xff\"}").expect_err("no UTF-8");
    assert_eq!(error.to_string(), "the body is not JSON, at line 2 column 10");
}
