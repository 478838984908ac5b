//! Events whose data is JSON, and of no type in Rust.

use hookwright::{BodyError, Event, JsonData, JsonDataError, RawEvent};
use proptest::prelude::*;

fn event(name: &str, json: &str) -> Event<JsonData> {
    Event::untyped(name.parse().expect("a name"), JsonData::parse(json).expect(json))
        .at("2025-02-10T15:30:50.123Z".parse().expect("a time"))
}

fn refused(json: &str) -> JsonDataError {
    JsonData::parse(json).expect_err(json)
}

#[test]
fn the_data_is_written_as_it_is() {
    for json in [
        "{}",
        r#"{"id":"1"}"#,
        "{ \"a\" :\t1.50 ,\n\"b\":-0.0e-7}",
        r#"{"a":123456789012345678901234567890.00,"b":1e999}"#,
        r#"{"b":1,"a":2,"b":3}"#,
        r#"{"text":"\/\u00e9\ud83d\ude00\u0000é","<":">"}"#,
    ] {
        let written = serde_json::to_string(&event("deal.won", json)).expect("a body");
        let expected = format!(
            r#"{{"event":"deal.won","data":{json},"timestamp":"2025-02-10T15:30:50.123Z"}}"#
        );
        assert_eq!(written, expected);
        assert_eq!(JsonData::parse(&format!(" \n{json}\t ")).expect("an object").as_str(), json);
    }
}

#[test]
fn the_id_is_the_member_of_that_name() {
    for (json, id) in [
        (r#"{"id":"p1"}"#, "p1"),
        (r#"{"a":{"id":"x"},"id":"p1","b":[{"id":"y"}]}"#, "p1"),
        (r#"{"\u0069d":"p\u0031\n"}"#, "p1\n"),
        (r#"{"id":-12}"#, "-12"),
        (r#"{"id":12345678901234567890123}"#, "12345678901234567890123"),
        (r#"{"id":1.50}"#, "1.50"),
        (r#"{"id":null}"#, ""),
        (r#"{"id":""}"#, ""),
        (r#"{"ID":"p1","data":{"id":"p1"}}"#, ""),
        ("{}", ""),
    ] {
        let data = JsonData::parse(json).expect(json);
        assert_eq!(data.id(), id, "{json}");
        assert_eq!(
            Event::untyped("a.b".parse().expect("a name"), data).object_id().to_string(),
            id
        );
    }
}

#[test]
fn what_is_no_data_says_why() {
    for json in ["", " ", "{", "{]", "{} {}", r#"{"a":}"#, "{'a':1}", r#"{"a":01}"#, "\u{feff}{}"] {
        assert!(matches!(refused(json), JsonDataError::NotJson { .. }), "{json}");
    }
    assert_eq!(
        refused("{\"secret\":\n t0k3n}").to_string(),
        "this is not JSON, at line 2, column 3: correct it there"
    );
    for json in ["null", "7", r#""{}""#, "[]", r#"[{"id":"1"}]"#, "true"] {
        assert_eq!(refused(json), JsonDataError::NotAnObject, "{json}");
    }
    for json in [r#"{"id":true}"#, r#"{"id":{}}"#, r#"{"id":["p1"]}"#] {
        assert_eq!(refused(json), JsonDataError::Id, "{json}");
    }
    for json in [r#"{"id":"1","id":"1"}"#, r#"{"id":1,"a":2,"\u0069d":null}"#] {
        assert_eq!(refused(json), JsonDataError::IdTwice, "{json}");
    }
}

#[test]
fn depth_costs_no_stack() {
    let deep = format!(r#"{{"id":1,"a":{}{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(JsonData::parse(&deep).expect("an object").id(), "1");
    let body = event("deal.won", &deep).body_within(1_000_000).expect("a body");
    assert!(body.as_bytes().len() > deep.len());
}

#[test]
fn changes_are_told_as_they_are_given() {
    let plain = || event("deal.updated", r#"{"id":1,"a":2}"#);
    let changed = plain().with_updated_fields(["a", "b\"c"], Some(r#" {"a": 1,"b\"c":null} "#));
    let changed = changed.expect("an object");
    let body = changed.body().expect("a body");
    assert_eq!(
        str::from_utf8(body.as_bytes()).expect("UTF-8"),
        r#"{"event":"deal.updated","data":{"id":1,"a":2},"updatedFields":["a","b\"c"],"previous":{"a": 1,"b\"c":null},"timestamp":"2025-02-10T15:30:50.123Z"}"#,
    );
    assert_eq!(changed.previous_value::<u8>("a").expect("a number"), Some(1));
    let none = plain().with_updated_fields(Vec::<String>::new(), None).expect("none");
    let body = none.body().expect("a body");
    assert!(String::from_utf8_lossy(body.as_bytes()).contains(r#""updatedFields":[],"timestamp""#));
    for previous in ["null", "[1]", r#""old""#] {
        let error = plain().with_updated_fields(["a"], Some(previous)).expect_err(previous);
        assert_eq!(error, JsonDataError::Previous);
    }
    let error = plain().with_updated_fields(["a"], Some("{")).expect_err("no JSON");
    assert!(matches!(error, JsonDataError::NotJson { .. }));
}

#[test]
fn the_limit_is_that_of_every_event() {
    let large = event("deal.won", &format!(r#"{{"id":1,"t":"{}"}}"#, "x".repeat(262_144)));
    assert!(matches!(large.body(), Err(BodyError::TooLarge { limit: 262_144, .. })));
}

#[test]
fn what_was_received_is_sent_on() {
    let body = r#"{"specversion":"1.0","id":"e1","source":"/","type":"person.updated","subject":"p1","time":"2025-02-10T15:30:50Z","datacontenttype":"application/json","updatedfields":"[\"email\"]","previous":"{\"email\": null}","data":{"id":"p1", "email":"a@example.com"}}"#;
    let event = RawEvent::parse(body.as_bytes()).expect("an event").to_event().expect("an object");
    assert_eq!(event.id().map(ToString::to_string).as_deref(), Some("e1"));
    assert_eq!(
        serde_json::to_string(&event).expect("a body"),
        r#"{"event":"person.updated","data":{"id":"p1", "email":"a@example.com"},"updatedFields":["email"],"previous":{"email": null},"timestamp":"2025-02-10T15:30:50Z"}"#
    );
    let list = br#"{"event":"a.b","data":[1],"timestamp":"2025-02-10T15:30:50Z"}"#;
    let error = RawEvent::parse(list).expect("an event").to_event().expect_err("a list");
    assert_eq!(error, JsonDataError::NotAnObject);

    let twenty = br#"{"eventName":"person.created","objectMetadata":{"nameSingular":"person"},"workspaceId":"w","eventDate":"2025-02-10T15:30:50.000Z","userId":"u1","record":{"id":"p1"}}"#;
    let event = RawEvent::parse(twenty).expect("an event").to_event().expect("an object");
    assert_eq!(event.actor().and_then(hookwright::Actor::user_id), Some("u1"));
    assert!(event.id().is_none());
}

#[test]
fn data_is_not_shown() {
    let event = event("deal.won", r#"{"id":"s3cret"}"#);
    let shown = format!("{event:?} {:?} {:?}", event.data(), JsonData::parse("{s3cret"));
    assert!(!shown.contains("s3cret") && shown.contains("JsonData(15 bytes)"), "{shown}");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,40}") {
        if let Ok(data) = JsonData::parse(&text) {
            prop_assert_eq!(data.as_str(), text.trim());
        }
    }

    #[test]
    fn every_object_is_taken_with_its_id(
        id in proptest::option::of(".{0,20}"),
        number: f64,
        text in ".{0,20}",
    ) {
        let json = serde_json::json!({ "a": { "id": number }, "id": id, "z": text }).to_string();
        let data = JsonData::parse(&json).expect("an object");
        prop_assert_eq!(data.id(), id.unwrap_or_default());
        prop_assert_eq!(data.as_str(), json);
    }
}
