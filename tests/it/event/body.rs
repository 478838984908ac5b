//! Bodies, their limit, and why an event has none.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Display;

use hookwright::{Body, BodyError, Event, WebhookObject, emits};
use serde::ser::{Error as _, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

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

impl<V> emits::Created for Thing<V> {}

fn check_too_large<T: WebhookObject>(event: &Event<T>, limit: usize) {
    let error = event.body_within(limit).expect_err("it is over the limit");
    assert!(
        matches!(&error, BodyError::TooLarge { event, limit: told, .. }
            if event.to_string() == "thing.created" && *told == limit),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        format!(
            "the body of `thing.created` is over the limit of {limit} bytes: send less, or raise the limit"
        )
    );
    assert!(error.source().is_none());
}

#[test]
fn a_body_may_have_as_many_bytes_as_its_limit_and_no_more() {
    for text in ["", "x", "é\n\u{0}", &"y".repeat(1000)] {
        let thing = Thing(text);
        let event = thing.created();
        let json = serde_json::to_vec(&event).expect("a text can be written");
        for limit in [json.len(), json.len() + 1, usize::MAX] {
            let body = event.body_within(limit).expect("it is within the limit");
            assert_eq!(body.as_bytes(), json);
        }
        for limit in 0..json.len() {
            check_too_large(&event, limit);
        }
    }
}

#[test]
fn the_limit_is_256_kib_unless_another_is_set() {
    let event = |length: usize| {
        let frame = serde_json::to_string(&Thing("").created().at(chrono::DateTime::UNIX_EPOCH));
        Thing("x".repeat(length - frame.expect("a text can be written").len()))
    };
    let fits = event(262_144);
    let fits = fits.created().at(chrono::DateTime::UNIX_EPOCH);
    assert_eq!(fits.body().expect("it is just within").as_bytes().len(), 262_144);
    let over = event(262_145);
    let over = over.created().at(chrono::DateTime::UNIX_EPOCH);
    assert!(matches!(over.body(), Err(BodyError::TooLarge { limit: 262_144, .. })));
    assert!(over.body_within(Body::MAX_LIMIT).is_ok());
    assert_eq!((Body::DEFAULT_LIMIT, Body::MAX_LIMIT), (256 << 10, 1 << 20));
}

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

/// A list without an end, that counts how much of it was written.
struct Endless;

impl Serialize for Endless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        loop {
            ASKED.with(|asked| asked.set(asked.get() + 1));
            list.serialize_element("0123456789")?;
        }
    }
}

#[test]
fn a_body_is_not_written_beyond_its_limit() {
    for limit in [0, 100, 10_000, Body::DEFAULT_LIMIT] {
        ASKED.with(|asked| asked.set(0));
        check_too_large(&Thing(Endless).created(), limit);
        let asked = ASKED.with(Cell::get);
        assert!(asked <= limit / 13 + 1, "{asked} elements were asked for within {limit} bytes");
        assert!(asked >= limit.saturating_sub(100) / 13, "{asked} elements filled {limit} bytes");
    }
}

/// A struct that passes over the errors of its fields.
struct Careless(&'static str);

impl Serialize for Careless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Careless", 2)?;
        let _ = fields.serialize_field("long", self.0);
        let _ = fields.serialize_field("short", "");
        fields.end()
    }
}

#[test]
fn a_body_over_its_limit_is_refused_though_its_record_passes_over_errors() {
    let thing = Thing(Careless("0123456789012345678901234567890123456789012345678901234567890"));
    let event = thing.created();
    let length = serde_json::to_vec(&event).expect("it can be written").len();
    for limit in 0..length {
        check_too_large(&event, limit);
    }
    assert!(event.body_within(length).is_ok());
}

fn check_error<V: Serialize>(value: V, why: &str) {
    let thing = Thing(value);
    let event = thing.created();
    let why = format!("the data of `thing.created` cannot be serialized: {why}");
    let error = event.body().expect_err("it cannot be written");
    assert!(
        matches!(&error, BodyError::Serialize { event, .. } if event.to_string() == "thing.created"),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "the data of `thing.created` cannot be written as JSON");
    assert_eq!(error.source().expect("serde says why").to_string(), why);
    let error = serde_json::to_string(&event).expect_err("it cannot be written");
    assert_eq!(error.to_string(), why);
}

#[test]
fn data_that_is_not_json_is_an_error_that_names_the_event() {
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
    check_error(Holder { fine: 1, value: [Some(Failing)] }, "the vault is locked");
    check_error(BTreeMap::from([((1, 2), 3)]), "key must be a string");
    check_error(BTreeMap::from([(vec![1], 3)]), "key must be a string");
}

#[test]
fn a_failure_of_the_data_is_told_though_the_limit_is_near() {
    struct FailsAfter(usize);

    impl Serialize for FailsAfter {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut list = serializer.serialize_seq(None)?;
            for _ in 0..self.0 {
                list.serialize_element("0123456789")?;
            }
            Err(S::Error::custom("the vault is locked"))
        }
    }

    let error = Thing(FailsAfter(10)).created().body_within(1000).expect_err("it fails");
    assert!(matches!(error, BodyError::Serialize { .. }), "{error:?}");
    check_too_large(&Thing(FailsAfter(100)).created(), 1000);
}

#[test]
fn a_body_is_the_same_at_every_writing() {
    let thing = Thing(serde_json::json!({"b": [1.5, "é"], "a": null}));
    let event = thing.created();
    let body = event.body().expect("it is small");
    assert_eq!(event.body().expect("it is small"), body);
    assert_eq!(event.clone().body().expect("it is small"), body);
    assert_ne!(Thing(1).created().body().expect("it is small"), body);
}
