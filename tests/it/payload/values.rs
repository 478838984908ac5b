//! Values of every type that JSON can hold, next to a skipped field.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hookwright::WebhookObject;
use proptest::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::cases::{CASES, check_cases, optional, text};
use super::{Untouchable, check_payload, data};

#[test]
fn numbers_of_every_size_are_written_whole() {
    check_payload! {
        struct Ledger {
            byte: i8 = any::<i8>(),
            short: u16 = any::<u16>(),
            large: i64 = prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>()],
            beyond_doubles: u64 = prop_oneof![Just(u64::MAX), Just((1 << 53) + 1), any::<u64>()],
            huge: i128 = prop_oneof![Just(i128::MIN), Just(i128::MAX), any::<i128>()],
            beyond_64_bits: u128 = prop_oneof![Just(u128::MAX), any::<u128>()],
            size: usize = any::<usize>(),
        }
        redacted {
            balance: u128 = any::<u128>(),
        }
    }
}

#[test]
fn floats_are_written_as_serde_writes_them_and_those_json_lacks_as_null() {
    check_payload! {
        struct Position {
            latitude: f64 = prop::num::f64::ANY,
            longitude: f32 = prop::num::f32::ANY,
            exact: f64 = prop::sample::select(vec![0.0, -0.0, 1.0, 0.1, 1e21, 1e-7, f64::MAX, f64::MIN_POSITIVE]),
            lacking: f64 = prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
        }
    }
}

#[test]
fn text_of_every_kind_is_escaped_once() {
    check_payload! {
        struct Note {
            title: String = text(),
            letter: char = any::<char>(),
            lines: Vec<String> = prop::collection::vec(text(), 0..4),
            boxed: Box<str> = text().prop_map(String::into_boxed_str),
            by_key: BTreeMap<String, String> = prop::collection::btree_map(text(), text(), 0..4),
        }
        redacted {
            body: String = text(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Marker;

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Meters(f64);

#[derive(Debug, Clone, PartialEq, Serialize)]
enum Shape {
    Point,
    Circle(u8),
    Segment(u8, u8),
    Box { width: u8, height: u8 },
}

fn shape() -> impl Strategy<Value = Shape> {
    let sides = any::<(u8, u8)>();
    prop_oneof![
        Just(Shape::Point),
        any::<u8>().prop_map(Shape::Circle),
        sides.prop_map(|(from, to)| Shape::Segment(from, to)),
        sides.prop_map(|(width, height)| Shape::Box { width, height }),
    ]
}

#[test]
fn maps_lists_tuples_and_enums_may_nest() {
    type Table = BTreeMap<i32, BTreeMap<bool, Vec<Option<String>>>>;

    let row = prop::collection::vec(optional(text()), 0..3);
    let rows = prop::collection::btree_map(any::<bool>(), row, 0..3);
    let table = prop::collection::btree_map(any::<i32>(), rows, 0..3);
    check_payload! {
        struct Drawing {
            table: Table = table,
            shapes: Vec<Shape> = prop::collection::vec(shape(), 0..4),
            pair: (u8, (char, Shape)) = (any::<u8>(), (any::<char>(), shape())),
            array: [Option<bool>; 3] = any::<[Option<bool>; 3]>(),
            unit: () = Just(()),
            marker: Marker = Just(Marker),
            length: Meters = any::<f64>().prop_map(Meters),
            duration: Duration = any::<Duration>(),
            result: Result<u8, String> = prop_oneof![any::<u8>().prop_map(Ok), text().prop_map(Err)],
            time: DateTime<Utc> = any::<i32>().prop_map(|seconds| {
                DateTime::from_timestamp(seconds.into(), 5_000_000).expect("a time of this century")
            }),
        }
    }
}

#[test]
fn raw_json_is_written_as_it_stands() {
    let raw = prop::sample::select(vec![
        r#"{ "b" : 1, "a" : [ 1.0, 1e400 ] }"#,
        r#""\u0041""#,
        "123456789012345678901234567890.000",
        "null",
    ])
    .prop_map(|json| RawValue::from_string(json.to_owned()).expect("it is JSON"));
    check_payload! {
        struct Import {
            raw: Box<RawValue> = raw.clone(),
            raws: Vec<Box<RawValue>> = prop::collection::vec(raw.clone(), 0..3),
            value: serde_json::Value = Just(serde_json::json!({"z": [null, 1.5], "a": {"": "é"}})),
        }
    }
}

/// Fields of such names, each a text.
macro_rules! check_names {
    ($($name:ident)*) => {
        check_payload! {
            struct Keywords { $($name: String = text(),)* }
        }
    };
}

#[test]
fn raw_identifiers_are_written_without_their_mark() {
    check_names!(r#type r#fn r#match r#async r#use r#self_ plain);
    check_payload! {
        #[serde(rename_all = "UPPERCASE", tag = "r#type")]
        #[allow(non_camel_case_types, reason = "keywords are written small")]
        struct r#struct {
            r#type: u8 = any::<u8>(),
            #[serde(rename = "r#loop")]
            r#loop: u8 = any::<u8>(),
        }
        redacted {
            r#where: Untouchable = Just(Untouchable),
        }
    }
}

#[test]
fn names_that_the_derive_uses_itself_are_free() {
    check_payload! {
        struct Payload {
            __self: u8 = any::<u8>(),
            __serializer: u8 = any::<u8>(),
            __serde_state: u8 = any::<u8>(),
            serializer: u8 = any::<u8>(),
            before: u8 = any::<u8>(),
            member: u8 = any::<u8>(),
            value: u8 = any::<u8>(),
        }
        redacted {
            __private: Untouchable = Just(Untouchable),
        }
    }
}

#[test]
fn attributes_of_deserializing_alone_change_nothing() {
    #[derive(Deserialize)]
    struct Wire {
        id: u64,
    }

    fn nobody() -> String {
        "nobody".into()
    }

    fn tenfold<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
        u8::deserialize(deserializer).map(|number| 10 * number)
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, WebhookObject)]
    #[serde(deny_unknown_fields, expecting = "a person", rename_all(deserialize = "kebab-case"))]
    struct Person {
        id: u64,
        #[serde(default = "nobody", alias = "name", alias = "givenName")]
        first_name: String,
        #[serde(deserialize_with = "tenfold")]
        age: u8,
        #[serde(skip_deserializing)]
        score: u8,
        #[serde(bound(deserialize = "u8: Copy"))]
        height: u8,
        #[webhook(skip)]
        #[serde(default, alias = "memo")]
        notes: String,
        #[webhook(redact)]
        #[serde(default, alias = "fax")]
        phone: String,
    }

    #[derive(Serialize, Deserialize, WebhookObject)]
    #[serde(from = "Wire")]
    struct FromWire {
        id: u64,
        #[webhook(skip)]
        notes: String,
    }

    #[derive(Serialize, Deserialize, WebhookObject)]
    #[serde(try_from = "Wire", bound = "u64: Copy")]
    struct TryFromWire {
        id: u64,
        #[webhook(skip)]
        notes: String,
    }

    impl From<Wire> for FromWire {
        fn from(wire: Wire) -> Self {
            Self { id: wire.id, notes: "from the wire".into() }
        }
    }

    impl TryFrom<Wire> for TryFromWire {
        type Error = String;

        fn try_from(wire: Wire) -> Result<Self, String> {
            Ok(Self { id: wire.id, notes: "from the wire".into() })
        }
    }

    let person = Person {
        id: 1,
        first_name: "Alice".into(),
        age: 42,
        score: 7,
        height: 180,
        notes: "call back".into(),
        phone: "+49 30 1".into(),
    };
    assert_eq!(
        data(person.created()),
        r#"{"id":1,"first_name":"Alice","age":42,"score":7,"height":180,"phone":"[redacted]"}"#
    );
    let read: Person = serde_json::from_str(r#"{"id":2,"age":1,"height":3,"memo":"m"}"#)
        .expect("the record's own Deserialize is untouched");
    assert_eq!((read.first_name.as_str(), read.age, read.notes.as_str()), ("nobody", 10, "m"));

    for id in [0, u64::MAX] {
        let wire = serde_json::json!({ "id": id });
        let from: FromWire = serde_json::from_value(wire.clone()).expect("it has an id");
        let try_from: TryFromWire = serde_json::from_value(wire.clone()).expect("it has an id");
        assert_eq!((&*from.notes, &*try_from.notes), ("from the wire", "from the wire"));
        assert_eq!(data(from.created()), wire.to_string());
        assert_eq!(data(try_from.created()), wire.to_string());
    }
}

/// A chain of command: each record holds the next by a type that names the struct as `Self`.
#[derive(Debug, Clone, Serialize, WebhookObject)]
#[serde(rename_all = "camelCase")]
struct Employee {
    id: u64,
    reports_to: Option<Box<Self>>,
    #[serde(skip_serializing_if = "Self::have_no_deputies")]
    deputies: Vec<(u8, [Box<Self>; 1])>,
    #[webhook(skip)]
    #[serde(skip_serializing)]
    #[allow(dead_code, reason = "nobody is told")]
    salary: Untouchable,
}

impl Employee {
    fn have_no_deputies(deputies: &[(u8, [Box<Self>; 1])]) -> bool {
        deputies.is_empty()
    }
}

#[test]
fn a_record_may_hold_records_of_its_own_type() {
    let alone = any::<u64>().prop_map(|id| Employee {
        id,
        reports_to: None,
        deputies: Vec::new(),
        salary: Untouchable,
    });
    let employees =
        alone.prop_recursive(4, 12, 2, |inner| {
            let deputies = prop::collection::vec(
                (any::<u8>(), inner.clone()).prop_map(|(rank, deputy)| (rank, [Box::new(deputy)])),
                0..2,
            );
            (any::<u64>(), optional(inner), deputies).prop_map(|(id, reports_to, deputies)| {
                Employee { id, reports_to: reports_to.map(Box::new), deputies, salary: Untouchable }
            })
        });
    check_cases(CASES, &employees, |employee| {
        let expected = serde_json::to_string(&employee).expect("the salary is skipped by serde");
        super::cases::same_text(&data(employee.created()), &expected)
    });
}
