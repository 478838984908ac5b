//! `updated_from`: what has changed between two states of a record.

mod redacted;
mod reference;
mod same;
mod shapes;

use chrono::{DateTime, Utc};
use hookwright::{Event, UpdateError, WebhookObject, emits};
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

/// A record whose members and their JSON are given, in their order.
#[derive(Debug, Clone, WebhookObject)]
#[webhook(name = "record")]
struct Record {
    id: u64,
    members: Vec<(&'static str, Box<RawValue>)>,
    shape: Shape,
}

/// How a record hands its members to a serializer. Both are the same JSON.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Struct,
    Map,
}

impl Record {
    fn new(members: &[(&'static str, &str)], shape: Shape) -> Self {
        let members = members
            .iter()
            .map(|(name, json)| {
                (*name, RawValue::from_string((*json).to_owned()).expect("the test gives JSON"))
            })
            .collect();
        Self { id: 1, members, shape }
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.shape {
            Shape::Struct => {
                let mut fields = serializer.serialize_struct("Record", self.members.len())?;
                for (name, json) in &self.members {
                    fields.serialize_field(name, json)?;
                }
                fields.end()
            }
            Shape::Map => {
                let mut map = serializer.serialize_map(None)?;
                for (name, json) in &self.members {
                    map.serialize_entry(name, json)?;
                }
                map.end()
            }
        }
    }
}

/// What stands in the body between the data and the timestamp, which is all else that it holds.
fn told<T>(before: &T, after: &T) -> Result<Option<String>, UpdateError>
where
    T: WebhookObject + emits::Updated,
{
    Ok(after.updated_from(before)?.map(|event| {
        let name = format!(r#"{{"event":"{}.updated","data":"#, T::NAME);
        let data = body(after.updated());
        let data =
            data.strip_suffix(TIMESTAMP).expect("nothing else is told without the old record");
        assert!(data.starts_with(&name), "not an update: {data}");
        let body = body(event);
        let rest = body.strip_prefix(data).expect("the data is the same as without the old record");
        let rest = rest.strip_suffix(TIMESTAMP).expect("the timestamp is last");
        rest.strip_prefix(',').expect("something is told").to_owned()
    }))
}

fn body<T: WebhookObject>(event: Event<T>) -> String {
    let event = event.at(DateTime::<Utc>::UNIX_EPOCH);
    serde_json::to_string(&event).expect("the record can be written")
}

const TIMESTAMP: &str = r#","timestamp":"1970-01-01T00:00:00Z"}"#;

/// Compares two lists of members, in every shape. An empty `expected` is no change.
fn check(before: &[(&'static str, &str)], after: &[(&'static str, &str)], expected: &str) {
    let expected = Some(expected).filter(|expected| !expected.is_empty());
    for old in [Shape::Struct, Shape::Map] {
        for new in [Shape::Struct, Shape::Map] {
            let found = told(&Record::new(before, old), &Record::new(after, new));
            let found = found.expect("the records can be compared");
            assert_eq!(found.as_deref(), expected, "{old:?} to {new:?}: {before:?} to {after:?}");
        }
    }
}

#[test]
fn nothing_is_told_of_a_record_that_is_the_same() {
    check(&[], &[], "");
    check(&[("a", "1")], &[("a", "1")], "");
    check(&[("a", "1"), ("b", "null")], &[("a", "1"), ("b", "null")], "");
}

#[test]
fn changed_members_are_listed_in_the_order_of_the_payload_with_their_old_values() {
    check(
        &[("z", "1"), ("y", "true"), ("x", r#"{"k":[1, 2]}"#), ("w", "null")],
        &[("z", "2"), ("y", "true"), ("x", r#"{"k":[2, 1]}"#), ("w", r#""set""#)],
        r#""updatedFields":["z","x","w"],"previous":{"z":1,"x":{"k":[1, 2]},"w":null}"#,
    );
}

#[test]
fn old_values_are_the_exact_bytes_that_were_sent() {
    for value in [
        "123456789012345678901234567890.000",
        "-0.0",
        "1e400",
        r#""\u0041\/""#,
        r#"{ "b" : 1, "a" : 2, "b" : 3 }"#,
    ] {
        let expected = format!(r#""updatedFields":["a"],"previous":{{"a":{value}}}"#);
        check(&[("a", value)], &[("a", "0")], &expected);
    }
}

#[test]
fn a_member_that_was_absent_has_been_null() {
    check(
        &[("a", "1")],
        &[("new", "2"), ("a", "1"), ("b", "null")],
        r#""updatedFields":["new","b"],"previous":{"new":null,"b":null}"#,
    );
}

#[test]
fn a_member_that_is_gone_is_listed_where_it_stood() {
    let all = [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")];
    check(&all, &all[1..], r#""updatedFields":["a"],"previous":{"a":1}"#);
    check(&all, &all[..3], r#""updatedFields":["d"],"previous":{"d":4}"#);
    check(
        &all,
        &[("a", "0"), ("c", "0"), ("d", "0")],
        r#""updatedFields":["a","b","c","d"],"previous":{"a":1,"b":2,"c":3,"d":4}"#,
    );
    check(&all, &[("d", "4")], r#""updatedFields":["a","b","c"],"previous":{"a":1,"b":2,"c":3}"#);
    check(&all, &[], r#""updatedFields":["a","b","c","d"],"previous":{"a":1,"b":2,"c":3,"d":4}"#);
    check(
        &all,
        &[("e", "5"), ("c", "3"), ("f", "6")],
        r#""updatedFields":["e","a","b","f","d"],"previous":{"e":null,"a":1,"b":2,"f":null,"d":4}"#,
    );
}

#[test]
fn the_order_of_members_is_no_change() {
    check(&[("a", "1"), ("b", "2"), ("c", "3")], &[("c", "3"), ("a", "1"), ("b", "2")], "");
    check(
        &[("a", "1"), ("b", "2"), ("gone", "0"), ("c", "3")],
        &[("c", "4"), ("a", "5"), ("b", "2")],
        r#""updatedFields":["gone","c","a"],"previous":{"gone":0,"c":3,"a":1}"#,
    );
}

#[test]
fn names_are_escaped_in_what_is_told() {
    check(
        &[("a \"b\" \\ \n é 🦀", "1"), ("", "1")],
        &[("a \"b\" \\ \n é 🦀", "2"), ("", "2")],
        r#""updatedFields":["a \"b\" \\ \n é 🦀",""],"previous":{"a \"b\" \\ \n é 🦀":1,"":1}"#,
    );
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, WebhookObject)]
#[serde(rename_all = "camelCase")]
struct Person {
    id: u64,
    first_name: String,
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_title: Option<String>,
    #[serde(flatten)]
    address: Address,
    #[webhook(skip)]
    #[serde(default)]
    notes: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Address {
    city: String,
    zip: Option<u32>,
}

fn alice() -> Person {
    Person {
        id: 1,
        first_name: "Alice".into(),
        email: "old@example.com".into(),
        job_title: None,
        address: Address { city: "Bern".into(), zip: Some(3000) },
        notes: "likes tea".into(),
    }
}

#[test]
fn a_change_that_no_receiver_can_see_is_no_event() {
    let noted = Person { notes: "call back".into(), ..alice() };
    assert!(matches!(noted.updated_from(&alice()), Ok(None)));
    assert!(matches!(alice().updated_from(&alice()), Ok(None)));
}

#[test]
fn the_body_of_an_update_has_its_keys_in_the_documented_order() {
    let moved = Person {
        email: "new@example.com".into(),
        job_title: Some("CTO".into()),
        address: Address { city: "Basel".into(), zip: None },
        notes: "moved".into(),
        ..alice()
    };
    let event = moved.updated_from(&alice()).expect("it is one person").expect("it has changed");
    let event = event.at("2025-02-10T15:30:50Z".parse().expect("a time"));
    let expected = concat!(
        r#"{"event":"person.updated","#,
        r#""data":{"id":1,"firstName":"Alice","email":"new@example.com","jobTitle":"CTO","city":"Basel","zip":null},"#,
        r#""updatedFields":["email","jobTitle","city","zip"],"#,
        r#""previous":{"email":"old@example.com","jobTitle":null,"city":"Bern","zip":3000},"#,
        r#""timestamp":"2025-02-10T15:30:50Z"}"#,
    );
    assert_eq!(serde_json::to_string(&event).expect("it can be written"), expected);
    assert_eq!(event.body().expect("it is small").as_bytes(), expected.as_bytes());
}

#[test]
fn what_is_told_can_be_asked_of_the_event_and_of_its_body_read_back() {
    fn check<T>(event: &Event<T>) {
        assert_eq!(event.name().to_string(), "person.updated");
        assert_eq!(event.updated_fields(), ["email", "jobTitle", "zip"]);
        let old = |member| event.previous_value::<String>(member);
        assert_eq!(old("email").expect("a text").as_deref(), Some("o\"ld@example.com"));
        assert_eq!(old("jobTitle").expect("null"), None);
        assert_eq!(old("city").expect("it has not changed"), None);
        assert_eq!(old("no such member").expect("there is none"), None);
        assert_eq!(event.previous_value("zip").expect("a number"), Some(3000));
        let error = old("zip").expect_err("a number is no text").to_string();
        assert!(error.starts_with("invalid type: integer `3000`, expected a string"), "{error}");
    }

    let before = Person { email: "o\"ld@example.com".into(), ..alice() };
    let after = Person {
        job_title: Some("CTO".into()),
        address: Address { zip: None, ..alice().address },
        ..alice()
    };
    let event = after.updated_from(&before).expect("it is one person").expect("it has changed");
    check(&event);

    let body = event.body().expect("it is small");
    let read: Event<Person> = serde_json::from_slice(body.as_bytes()).expect("it is our own");
    check(&read);
    assert_eq!(read.timestamp(), event.timestamp());
    assert_eq!(*read.data(), Person { notes: String::new(), ..after.clone() });
    assert_eq!(serde_json::to_vec(&read).expect("it can be written"), body.as_bytes());
}

#[test]
fn old_values_can_be_borrowed_from_the_event() {
    let after = Person { email: String::new(), ..alice() };
    let event = after.updated_from(&alice()).expect("it is one person").expect("it has changed");
    let old: Option<&str> = event.previous_value("email").expect("it has no escapes");
    assert_eq!(old, Some("old@example.com"));
}

#[test]
fn nothing_is_told_when_the_old_record_is_not_at_hand() {
    let alice = alice();
    for event in [alice.created(), alice.updated(), alice.deleted()] {
        assert!(event.updated_fields().is_empty());
        assert_eq!(event.previous_value::<String>("email").expect("nothing is known"), None);
        let body = body(event);
        assert!(!body.contains("updatedFields") && !body.contains("previous"), "{body}");
    }
}

#[test]
fn the_id_of_an_update_is_new_and_its_time_is_now() {
    let after = Person { email: String::new(), ..alice() };
    let update = || after.updated_from(&alice()).expect("one person").expect("it has changed");
    let (start, first, second, end) = (Utc::now(), update(), update(), Utc::now());
    assert!(first.id().is_some() && first.id() != second.id());
    assert!(first.timestamp().timestamp_millis() >= start.timestamp_millis());
    assert!(second.timestamp() <= end);
}

/// Defines a struct of these fields.
macro_rules! wide {
    ($($field:ident)*) => {
        #[derive(Clone, Serialize, WebhookObject)]
        struct Wide {
            id: u8,
            $($field: u32,)*
        }

        const NAMES: &[&str] = &[$(stringify!($field)),*];

        impl Wide {
            fn zero() -> Self {
                Self { id: 0, $($field: 0,)* }
            }

            fn fields(&mut self) -> Vec<&mut u32> {
                vec![$(&mut self.$field),*]
            }
        }
    };
}

wide! {
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9
    c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 d0 d1 d2 d3 d4 d5 d6 d7 d8 d9
    e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9
}

#[test]
fn of_sixty_fields_those_that_have_changed_are_told() {
    assert_eq!(NAMES.len(), 60);
    for step in [1, 2, 3, 7, 59, 60] {
        let (before, mut after) = (Wide::zero(), Wide::zero());
        let mut expected = Vec::new();
        for (name, field) in NAMES.iter().zip(after.fields()).step_by(step) {
            *field = 1;
            expected.push(*name);
        }
        let event = after.updated_from(&before).expect("one record").expect("it has changed");
        assert_eq!(event.updated_fields(), expected);
        for name in NAMES {
            let old = event.previous_value::<u32>(name).expect("a number");
            assert_eq!(old, expected.contains(name).then_some(0), "{name} of every {step}th");
        }
    }
}
