//! The shapes of payloads that can be compared, and the errors of those that cannot.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fmt::Display;

use hookwright::{UpdateError, WebhookObject, emits};
use serde::ser::{Error as _, SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::told;

/// An object whose data is any value.
struct Thing<V>(V);

impl<V: Serialize> WebhookObject for Thing<V> {
    const NAME: &'static str = "thing";

    fn object_id(&self) -> &dyn Display {
        &1
    }

    fn serialize_data<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<V> emits::Updated for Thing<V> {}

fn check<V: Serialize>(before: V, after: V, expected: &str) {
    let (before, after) = (Thing(before), Thing(after));
    assert_eq!(told(&before, &after).expect("they can be compared").as_deref(), Some(expected));
    assert_eq!(told(&before, &before).expect("they can be compared"), None);
}

#[derive(Serialize)]
struct Point {
    x: i32,
    y: i32,
}

const FROM: Point = Point { x: 1, y: 2 };
const TO: Point = Point { x: 1, y: 3 };
const TOLD: &str = r#""updatedFields":["y"],"previous":{"y":2}"#;

#[test]
fn a_struct_is_compared_wherever_it_stands() {
    #[derive(Serialize)]
    struct Newtype<V>(V);

    #[derive(Serialize)]
    #[serde(transparent)]
    struct Transparent {
        point: Point,
    }

    #[derive(Serialize)]
    #[serde(untagged)]
    enum Untagged {
        Point(Point),
    }

    check(FROM, TO, TOLD);
    check(&FROM, &TO, TOLD);
    check(Box::new(FROM), Box::new(TO), TOLD);
    check(Some(FROM), Some(TO), TOLD);
    check(Newtype(Some(Newtype(FROM))), Newtype(Some(Newtype(TO))), TOLD);
    check(Transparent { point: FROM }, Transparent { point: TO }, TOLD);
    check(Untagged::Point(FROM), Untagged::Point(TO), TOLD);
}

#[test]
fn the_struct_that_a_record_is_converted_into_is_compared() {
    #[derive(Clone, Serialize, WebhookObject)]
    #[serde(into = "Point")]
    struct Pixel {
        id: i32,
        column: i32,
    }

    impl From<Pixel> for Point {
        fn from(pixel: Pixel) -> Self {
            Self { x: pixel.id, y: pixel.column }
        }
    }

    let told = told(&Pixel { id: 1, column: 2 }, &Pixel { id: 1, column: 3 });
    assert_eq!(told.expect("one pixel").as_deref(), Some(TOLD));
}

#[test]
fn the_variants_of_an_enum_are_compared_as_they_are_tagged() {
    #[derive(Serialize)]
    enum External {
        Circle { radius: u8 },
        Square(u8),
        Line(u8, u8),
    }

    #[derive(Serialize)]
    #[serde(tag = "kind")]
    enum Internal {
        Circle { radius: u8 },
        Square(Point),
        Nothing,
    }

    #[derive(Serialize)]
    #[serde(tag = "kind", content = "is")]
    enum Adjacent {
        Circle { radius: u8 },
        Nothing,
    }

    check(
        External::Circle { radius: 1 },
        External::Circle { radius: 2 },
        r#""updatedFields":["Circle"],"previous":{"Circle":{"radius":1}}"#,
    );
    check(
        External::Square(1),
        External::Line(1, 2),
        r#""updatedFields":["Line","Square"],"previous":{"Line":null,"Square":1}"#,
    );
    check(
        Internal::Circle { radius: 1 },
        Internal::Circle { radius: 2 },
        r#""updatedFields":["radius"],"previous":{"radius":1}"#,
    );
    check(
        Internal::Nothing,
        Internal::Square(FROM),
        r#""updatedFields":["kind","x","y"],"previous":{"kind":"Nothing","x":null,"y":null}"#,
    );
    check(
        Adjacent::Circle { radius: 1 },
        Adjacent::Nothing,
        r#""updatedFields":["kind","is"],"previous":{"kind":"Circle","is":{"radius":1}}"#,
    );
}

#[test]
fn maps_are_compared_and_so_is_raw_json() {
    #[derive(Serialize)]
    struct Flat {
        x: i32,
        #[serde(flatten)]
        rest: BTreeMap<&'static str, i32>,
    }

    let map = |y: i32| BTreeMap::from([("x", 1), ("y", y)]);
    check(map(2), map(3), TOLD);
    check(Some(map(2)), Some(map(3)), TOLD);
    check(serde_json::json!(map(2)), serde_json::json!(map(3)), TOLD);

    let flat = |y| Flat { x: 1, rest: BTreeMap::from([("y", y)]) };
    check(flat(2), flat(3), TOLD);

    let raw = |json: &str| RawValue::from_string(json.to_owned()).expect("it is JSON");
    check(raw(r#"{"x":1,"y":2}"#), raw(r#" { "y" : 3, "x" : 1 } "#), TOLD);
}

/// Writes a point in one of two orders, and adds its own words to every error.
struct Talkative {
    y: i32,
    y_first: bool,
    as_a_map: bool,
}

impl Serialize for Talkative {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members =
            if self.y_first { [("y", self.y), ("x", 1)] } else { [("x", 1), ("y", self.y)] };
        let words = |error: S::Error| S::Error::custom(format_args!("in a point: {error}"));
        if self.as_a_map {
            let mut map = serializer.serialize_map(Some(2)).map_err(words)?;
            for (name, value) in members {
                map.serialize_entry(name, &value).map_err(words)?;
            }
            map.end().map_err(words)
        } else {
            let mut fields = serializer.serialize_struct("Point", 2).map_err(words)?;
            for (name, value) in members {
                fields.serialize_field(name, &value).map_err(words)?;
            }
            fields.end().map_err(words)
        }
    }
}

#[test]
fn a_serialize_by_hand_may_change_its_order_its_shape_and_its_errors() {
    let shapes = [(false, false), (false, true), (true, false), (true, true)];
    for (y_first, as_a_map) in shapes {
        for (other_first, other_map) in shapes {
            let old = Thing(Talkative { y: 2, y_first, as_a_map });
            let new = |y| Thing(Talkative { y, y_first: other_first, as_a_map: other_map });
            assert_eq!(told(&old, &new(3)).expect("one point").as_deref(), Some(TOLD));
            assert_eq!(told(&old, &new(2)).expect("one point"), None);
        }
    }
}

#[test]
fn records_of_different_ids_are_not_compared() {
    #[derive(Serialize, WebhookObject)]
    struct Note {
        #[webhook(id)]
        key: String,
        text: &'static str,
    }

    let note = |key: &str, text| Note { key: key.to_owned(), text };
    let error = note("2", "new").updated_from(&note("1", "old")).expect_err("two notes");
    assert!(matches!(error, UpdateError::DifferentIds { object: "note", .. }));
    assert_eq!(
        error.to_string(),
        "the old `note` has another id: compare two states of one record"
    );
    assert!(error.source().is_none());
    assert!(note("2", "new").updated_from(&note("2 ", "new")).is_err());
    assert!(note("2", "new").updated_from(&note("2", "old")).is_ok());
}

fn check_no_object<V: Serialize>(value: V) {
    let record = Thing(value);
    let error = told(&record, &record).expect_err("it has no members");
    assert!(matches!(error, UpdateError::NotAnObject { object: "thing", .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the data of `thing` is not a JSON object, so its members cannot be compared: use `updated()`"
    );
    assert!(error.source().is_none());
}

#[test]
fn data_that_is_no_object_has_no_members() {
    #[derive(Serialize)]
    struct Name(&'static str);

    #[derive(Serialize)]
    struct Pair(u8, u8);

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    enum Variant {
        Unit,
    }

    check_no_object("text");
    check_no_object("{\"text\":1}");
    check_no_object(Name("text"));
    check_no_object('c');
    check_no_object(true);
    check_no_object(1_u8);
    check_no_object(-1_i128);
    check_no_object(u128::MAX);
    check_no_object(1.5_f32);
    check_no_object(f64::NAN);
    check_no_object(());
    check_no_object(Unit);
    check_no_object(Variant::Unit);
    check_no_object(None::<Point>);
    check_no_object([FROM]);
    check_no_object((FROM, TO));
    check_no_object(Pair(1, 2));
    check_no_object(vec![("x", 1)]);
    check_no_object(RawValue::from_string(" [ {} ]".into()).expect("it is JSON"));
    check_no_object(serde_json::Value::Null);
}

#[test]
fn one_record_that_is_no_object_is_enough() {
    let none = Thing(None);
    let some = Thing(Some(FROM));
    for (before, after) in [(&none, &some), (&some, &none)] {
        let error = told(before, after).expect_err("one has no members");
        assert!(matches!(error, UpdateError::NotAnObject { .. }));
    }
}

fn check_error<V: Serialize>(value: V, source: &str) {
    let record = Thing(value);
    let error = told(&record, &record).expect_err("it cannot be written");
    assert!(matches!(error, UpdateError::Serialize { object: "thing", .. }), "{error:?}");
    assert_eq!(error.to_string(), "the data of `thing.updated` cannot be written as JSON");
    assert_eq!(error.source().expect("serde says why").to_string(), source);
}

#[test]
fn the_error_of_a_serialize_names_the_object_and_keeps_its_words() {
    struct Failing;

    impl Serialize for Failing {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("the vault is locked"))
        }
    }

    #[derive(Serialize)]
    struct Holder<V> {
        fine: u8,
        value: V,
    }

    check_error(Failing, "the vault is locked");
    check_error(Holder { fine: 1, value: Failing }, "the vault is locked");
    check_error(BTreeMap::from([("value", (1, Failing))]), "the vault is locked");
    check_error(Some(Holder { fine: 1, value: Some([Failing]) }), "the vault is locked");
}

#[test]
fn maps_whose_keys_are_no_strings_are_an_error() {
    #[derive(Serialize)]
    struct Holder {
        map: BTreeMap<Vec<u8>, u8>,
    }

    #[derive(Serialize)]
    struct Flat {
        #[serde(flatten)]
        map: BTreeMap<Vec<u8>, u8>,
    }

    let map = || BTreeMap::from([(vec![1], 1)]);
    check_error(map(), "key must be a string");
    check_error(Holder { map: map() }, "key must be a string");
    check_error(Flat { map: map() }, "key must be a string");
    check(
        BTreeMap::from([(1, 1), (2, 2)]),
        BTreeMap::from([(1, 1), (2, 3)]),
        r#""updatedFields":["2"],"previous":{"2":2}"#,
    );
}

#[test]
fn json_that_a_serialize_has_spoiled_is_an_error() {
    struct Spoiled;

    impl Serialize for Spoiled {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_key("a key without a value")?;
            map.end()
        }
    }

    let error = told(&Thing(Spoiled), &Thing(Spoiled)).expect_err("it is no JSON");
    assert!(matches!(error, UpdateError::Serialize { object: "thing", .. }), "{error:?}");
}
