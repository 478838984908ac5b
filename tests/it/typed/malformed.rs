//! Bodies that are broken in every way, of every format: each ends in an error that shows nothing.

use std::collections::BTreeSet;
use std::fmt::Write;

use hookwright::{
    Actor, Event, Format, ObjectEvent, RawEvent, ReadError, ReadEvent, WebhookEvents, WebhookObject,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use serde_json::value::RawValue;

use super::formats::{formats, sent};
use super::{Person, PersonMerged, person};

#[derive(Debug, WebhookEvents)]
enum Known {
    Person(ObjectEvent<Person>),
    Merged(Event<PersonMerged>),
}

/// The body of an update that has all that a format can tell.
async fn body(format: &Format) -> String {
    let before = person();
    let after = Person { email: "hidden@example.com".into(), ..before.clone() };
    let event = after.updated_from(&before).expect("comparable").expect("changed");
    let event = event.by(Actor::user("u1").workspace_member("m1"));
    String::from_utf8(sent(&event, format).await.body).expect("a text")
}

async fn bodies() -> Vec<String> {
    let mut bodies = Vec::new();
    for format in formats() {
        bodies.push(body(&format).await);
    }
    bodies
}

/// The members in their order, each with its text.
fn members(body: &str) -> Vec<(String, String)> {
    let values: serde_json::Map<String, Value> = serde_json::from_str(body).expect("an object");
    let texts: std::collections::HashMap<String, Box<RawValue>> =
        serde_json::from_str(body).expect("an object");
    let mut members: Vec<_> =
        values.keys().map(|name| (name.clone(), texts[name].get().to_owned())).collect();
    // By where they stand, whatever the order of a map.
    members.sort_by_key(|(name, text)| body.find(&format!("\"{name}\":{text}")));
    members
}

fn of_members<'a>(members: impl IntoIterator<Item = &'a (String, String)>) -> String {
    let members: Vec<String> =
        members.into_iter().map(|(name, text)| format!("\"{name}\":{text}")).collect();
    format!("{{{}}}", members.join(","))
}

/// What was read, as far as it can be compared.
fn told(event: &Known) -> (String, Option<Person>, Vec<String>) {
    let Known::Person(person) = event else { return (event.name().to_string(), None, vec![]) };
    let fields = person.event().updated_fields().iter().map(ToString::to_string).collect();
    (event.name().to_string(), Some(person.data().clone()), fields)
}

fn read(body: &str) -> Known {
    Known::from_body(body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// The body is refused, by all that could read it, and nothing of it is shown.
#[track_caller]
fn refuse(body: &[u8]) -> ReadError {
    let Err(error) = Known::from_body(body) else {
        panic!("it was read: {}", String::from_utf8_lossy(body));
    };
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hidden") && !shown.contains("secret"), "{shown}");
    error
}

#[tokio::test]
async fn a_body_that_is_cut_is_no_json() {
    for body in bodies().await {
        for end in 0..body.len() {
            let error = refuse(&body.as_bytes()[..end]);
            assert!(matches!(error, ReadError::NotJson { .. }), "{end} {error}");
            assert_eq!(RawEvent::parse(&body.as_bytes()[..end]).map(drop), Err(error));
        }
        for end in ["x", "{}", ",", "}", "\0"] {
            let error = refuse(format!("{body}{end}").as_bytes());
            assert!(matches!(error, ReadError::NotJson { .. }), "{end} {error}");
        }
    }
}

/// The members of the envelopes that a reader looks at, and those without which there is no event.
const LOOKED_AT: [(&[&str], &[&str]); 4] = [
    (&["event", "data", "updatedFields", "previous", "timestamp"], &["event", "data", "timestamp"]),
    (
        &["eventName", "eventDate", "userId", "workspaceMemberId", "record", "updatedFields"],
        &["eventName", "eventDate", "record"],
    ),
    (&["type", "timestamp", "data", "updatedFields", "previous"], &["type", "timestamp", "data"]),
    (
        &["specversion", "id", "type", "time", "updatedfields", "previous", "data"],
        &["specversion", "id", "type", "time", "data"],
    ),
];

#[tokio::test]
async fn a_member_stands_once() {
    for (body, (looked_at, _)) in bodies().await.iter().zip(LOOKED_AT) {
        let members = members(body);
        assert_eq!(of_members(&members), *body);
        for member in &members {
            for twice in [
                of_members(members.iter().chain([member])),
                of_members([member].into_iter().chain(&members)),
                // Its second name is written with escapes.
                of_members(members.iter().chain([&(escaped(&member.0), member.1.clone())])),
            ] {
                if !looked_at.contains(&member.0.as_str()) {
                    assert_eq!(told(&read(&twice)), told(&read(body)));
                    continue;
                }
                let error = refuse(twice.as_bytes());
                assert!(error.to_string().ends_with("stands there twice"), "{error}: {twice}");
                assert_eq!(RawEvent::parse(twice.as_bytes()).map(drop), Err(error));
            }
        }
    }
}

#[tokio::test]
async fn a_member_that_has_to_be_there_is_missed_and_no_other() {
    for (body, (_, required)) in bodies().await.iter().zip(LOOKED_AT) {
        let members = members(body);
        for member in &members {
            let without = of_members(members.iter().filter(|other| *other != member));
            if !required.contains(&member.0.as_str()) {
                assert_eq!(read(&without).name().to_string(), "person.updated");
                continue;
            }
            let error = refuse(without.as_bytes());
            let tells_the_format =
                ["event", "eventName"].contains(&member.0.as_str()) || required.len() == 3;
            match &error {
                ReadError::Envelope { path, .. } => {
                    // Without its version one of CloudEvents looks like Standard Webhooks'.
                    let expected =
                        if member.0 == "specversion" { "timestamp" } else { member.0.as_str() };
                    assert_eq!(path, expected);
                    assert!(error.to_string().ends_with("is missing"), "{error}");
                }
                ReadError::UnknownFormat => assert!(tells_the_format, "{without}"),
                _ => panic!("{error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_member_of_a_wrong_type_is_named_and_not_shown() {
    let values = [
        "null",
        "true",
        "-7.5e300",
        "1e999",
        "\"secret\"",
        r#""\ud800""#,
        "[\"secret\"]",
        "[[[7]]]",
        "{\"secret\":\"secret\"}",
        "\"[7\"",
    ];
    for (body, (looked_at, required)) in bodies().await.iter().zip(LOOKED_AT) {
        let members = members(body);
        for value in values {
            for member in &members {
                let changed = of_members(
                    &members
                        .iter()
                        .map(|(name, text)| {
                            let text = if *name == member.0 { value } else { text.as_str() };
                            (name.clone(), text.to_owned())
                        })
                        .collect::<Vec<_>>(),
                );
                let name = member.0.as_str();
                let is_text = value == "\"secret\"" || value == "\"[7\"";
                let may_be = !looked_at.contains(&name)
                    || value == "null" && !required.contains(&name)
                    || name == "updatedFields" && value == "[\"secret\"]"
                    // Old values are read when they are asked for.
                    || name == "previous" && body.starts_with("{\"event\"")
                    || name == "previous" && body.starts_with("{\"type\"")
                    || ["id", "userId", "workspaceMemberId"].contains(&name) && is_text;
                if may_be {
                    read(&changed);
                    continue;
                }
                let error = refuse(changed.as_bytes());
                let place = error.to_string();
                assert!(place.contains(&format!("`{name}")), "{place}: {changed}");
            }
        }
    }
}

/// A text as it may stand in JSON too.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for unit in text.encode_utf16() {
        write!(escaped, "\\u{unit:04x}").expect("a string takes all");
    }
    escaped
}

#[tokio::test]
async fn names_with_escapes_and_members_in_any_order_are_the_same_body() {
    for body in bodies().await {
        let expected = told(&read(&body));
        let members = members(&body);
        let with_escapes: Vec<_> = members
            .iter()
            .map(|(name, text)| {
                let text = text.replace("person.updated", &escaped("person.updated"));
                (escaped(name), text)
            })
            .collect();
        let with_blanks: Vec<_> =
            members.iter().map(|(name, text)| (name.clone(), format!("\n\t {text}\r\n"))).collect();
        for same in [
            of_members(&with_escapes),
            of_members(members.iter().rev()),
            of_members(with_escapes.iter().rev()),
            of_members(&with_blanks),
            format!(" \n{body}\t\r\n"),
        ] {
            assert_eq!(told(&read(&same)), expected, "{same}");
        }
    }
}

#[tokio::test]
async fn members_of_two_formats_are_read_as_one_of_them_or_not_at_all() {
    let bodies = bodies().await;
    for (first, (of_first, _)) in bodies.iter().zip(LOOKED_AT) {
        for (second, (of_second, _)) in bodies.iter().zip(LOOKED_AT) {
            let mut seen = BTreeSet::new();
            let both: Vec<_> = members(first)
                .into_iter()
                .chain(members(second))
                .filter(|(name, _)| seen.insert(name.clone()))
                .collect();
            let (forwards, backwards) = (of_members(&both), of_members(both.iter().rev()));
            let both = [of_first[0], of_second[0]];
            let clear = first == second || both.contains(&"type");
            for mixed in [&forwards, &backwards] {
                let read = RawEvent::parse(mixed.as_bytes());
                if !clear {
                    assert_eq!(refuse(mixed.as_bytes()), ReadError::UnknownFormat, "{mixed}");
                    assert_eq!(read.map(drop), Err(ReadError::UnknownFormat));
                }
            }
            // The order of members tells nothing.
            let results = [forwards, backwards]
                .map(|body| Known::from_body(body.as_bytes()).map(|event| told(&event)));
            assert_eq!(results[0], results[1]);
        }
    }
}

#[tokio::test]
async fn a_body_that_begins_as_one_format_and_is_another_is_not_read_under_a_wrong_name() {
    let time = "2025-02-10T15:30:50Z";
    let rest = format!(r#""specversion":"1.0","id":"1","type":"person.merged","time":"{time}""#);
    let data = r#"{"id":"p1","email":"a","winner":"p1","loser":"p2","jobTitle":null}"#;
    for name in ["person.created", "person.merged", "deal.won"] {
        let body = format!(r#"{{"event":"{name}","data":{data},{rest}}}"#);
        let error = refuse(body.as_bytes());
        let expected = matches!(error, ReadError::UnknownFormat | ReadError::UnknownEvent { .. });
        assert!(expected, "{error}");
        assert_eq!(RawEvent::parse(body.as_bytes()).map(drop), Err(ReadError::UnknownFormat));
    }
}

#[tokio::test]
async fn depth_ends_in_an_error_or_is_passed_over() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let deep_object = "{\"a\":".repeat(100_000) + "1" + &"}".repeat(100_000);
    for (body, (looked_at, _)) in bodies().await.iter().zip(LOOKED_AT) {
        let beside = ("beside".to_owned(), deep.clone());
        let members = members(body);
        let event = read(&of_members([&beside].into_iter().chain(&members)));
        assert_eq!(told(&event), told(&read(body)));
        for name in looked_at {
            for value in [&deep, &deep_object] {
                let changed: Vec<_> = members
                    .iter()
                    .map(|(other, text)| {
                        (other.clone(), if other == name { value.clone() } else { text.clone() })
                    })
                    .collect();
                let changed = of_members(&changed);
                let is_kept = ["data", "record"].contains(name);
                if *name == "previous" && !body.starts_with("{\"specversion\"") {
                    read(&changed);
                    continue;
                }
                refuse(changed.as_bytes());
                assert_eq!(RawEvent::parse(changed.as_bytes()).is_ok(), is_kept);
                if is_kept {
                    let raw = RawEvent::parse(changed.as_bytes()).expect("it is kept");
                    assert_eq!(raw.data(), value);
                    assert!(raw.read::<Known>().is_err());
                }
            }
        }
    }
}

#[tokio::test]
async fn whatever_befalls_the_bytes_of_a_body_is_an_event_or_an_error() {
    let place = any::<prop::sample::Index>();
    let with = prop::sample::select(br#""{}[]:,\0a7 u."#.to_vec());
    let change = prop_oneof![
        (place, Just(0), with).prop_map(|(at, kind, with)| (at, kind, with)),
        (any::<prop::sample::Index>(), 0..3_u8, any::<u8>()),
    ];
    let changes = proptest::collection::vec(change, 1..4);
    let mut runner = TestRunner::deterministic();
    let (mut read, mut refused) = (0, 0);
    for body in bodies().await {
        for _ in 0..4_000 {
            let mut bytes = body.clone().into_bytes();
            for (at, kind, with) in changes.new_tree(&mut runner).expect("changes").current() {
                let at = at.index(bytes.len());
                match kind {
                    0 => bytes[at] = with,
                    1 => bytes.insert(at, with),
                    _ => drop(bytes.remove(at)),
                }
            }
            let raw = RawEvent::parse(&bytes);
            match Known::from_body(&bytes) {
                Ok(event) => {
                    read += 1;
                    // The way that takes the usual body quickly reads what the other does.
                    let raw = raw.expect("it was read");
                    assert_eq!(raw.name(), event.name());
                    assert_eq!(told(&raw.read().expect("it was read")), told(&event));
                }
                Err(error) => {
                    refused += 1;
                    let later = raw.and_then(|raw| raw.read::<Known>().map(drop));
                    // What nobody reads need not be read to its end.
                    let is_unknown = matches!(error, ReadError::UnknownEvent { .. });
                    assert!(is_unknown || later == Err(error), "{later:?}");
                    assert!(later.is_err());
                }
            }
        }
    }
    assert!(read > 500 && refused > 500, "{read} {refused}");
}
