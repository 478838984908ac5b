//! A hidden value is never handed to a serializer, and what serde says of it is kept.

use std::cell::Cell;
use std::collections::BTreeMap;

use hookwright::{Event, WebhookObject};
use proptest::prelude::*;
use serde::{Serialize, Serializer};

use super::cases::text;
use super::{Untouchable, check_payload, data};

fn check<T: WebhookObject>(event: Event<T>, expected: &str) {
    assert_eq!(data(event), expected);
}

thread_local! {
    static WRITTEN: Cell<usize> = const { Cell::new(0) };
}

/// A value that counts how often it is written.
#[derive(Debug, Clone, PartialEq)]
struct Counted(u8);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WRITTEN.with(|written| written.set(written.get() + 1));
        serializer.serialize_u8(self.0)
    }
}

fn written() -> usize {
    WRITTEN.with(Cell::get)
}

#[derive(Clone, Serialize, WebhookObject)]
struct Patient {
    id: u64,
    seen: Counted,
    #[webhook(skip)]
    diagnosis: Counted,
    #[webhook(redact)]
    insurance: Counted,
    #[webhook(skip)]
    #[serde(serialize_with = "call")]
    history: Counted,
    #[webhook(redact)]
    #[serde(with = "calls")]
    allergies: Counted,
    #[webhook(redact)]
    #[serde(serialize_with = "call")]
    blood_type: Counted,
    #[webhook(skip)]
    #[serde(flatten)]
    relatives: BTreeMap<String, Counted>,
}

fn call<T, S: Serializer>(_: &T, serializer: S) -> Result<S::Ok, S::Error> {
    WRITTEN.with(|written| written.set(written.get() + 100));
    serializer.serialize_str("written by a function")
}

mod calls {
    pub(super) use super::call as serialize;
}

fn patient() -> Patient {
    Patient {
        id: 1,
        seen: Counted(1),
        diagnosis: Counted(2),
        insurance: Counted(3),
        history: Counted(4),
        allergies: Counted(5),
        blood_type: Counted(6),
        relatives: [("mother".to_owned(), Counted(7))].into(),
    }
}

const PATIENT: &str = r#"{"id":1,"seen":1,"insurance":"[redacted]","allergies":"[redacted]","blood_type":"[redacted]"}"#;

#[test]
fn hidden_values_are_not_written_in_any_kind_of_event() {
    let patient = patient();
    let before = written();
    check(patient.created(), PATIENT);
    check(patient.updated(), PATIENT);
    check(patient.deleted(), PATIENT);
    assert_eq!(written() - before, 3, "only `seen` is written, once in each body");
}

#[test]
fn hidden_values_are_not_written_to_tell_what_has_changed() {
    let old = patient();
    let mut new = old.clone();
    new.seen = Counted(11);
    new.diagnosis = Counted(12);
    new.insurance = Counted(13);
    new.history = Counted(14);
    new.allergies = Counted(15);
    let before = written();
    let event = new.updated_from(&old).expect("it is one patient").expect("it has changed");
    assert_eq!(written() - before, 2, "only `seen` is written, old and new");
    assert_eq!(event.updated_fields(), ["seen", "insurance", "allergies"]);
}

#[test]
fn the_records_own_serialize_still_writes_everything() {
    let before = written();
    let own = serde_json::to_value(patient()).expect("it is serde's own");
    assert_eq!(written() - before, 304);
    assert_eq!(own["diagnosis"], 2);
    assert_eq!(own["mother"], 7);
}

#[test]
fn a_hidden_field_needs_no_serialize_where_the_record_has_one_by_hand() {
    #[derive(PartialEq)]
    struct Opaque;

    #[derive(WebhookObject)]
    struct Session {
        id: u64,
        #[webhook(skip)]
        _socket: Opaque,
        #[webhook(redact)]
        token: Opaque,
    }

    let session = Session { id: 7, _socket: Opaque, token: Opaque };
    check(session.created(), r#"{"id":7,"token":"[redacted]"}"#);
}

#[test]
fn a_serialize_by_hand_is_not_used_next_to_a_hidden_field() {
    #[derive(WebhookObject)]
    struct Session {
        id: u64,
        user: &'static str,
        #[webhook(skip)]
        _token: Untouchable,
    }

    impl Serialize for Session {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("it would write the token");
        }
    }

    let session = Session { id: 7, user: "alice", _token: Untouchable };
    check(session.created(), r#"{"id":7,"user":"alice"}"#);
}

#[test]
fn whether_a_redacted_field_is_left_out_is_judged_by_its_real_value() {
    fn is_public(number: &str) -> bool {
        number.len() < 3
    }

    #[derive(Serialize, WebhookObject)]
    #[serde(rename_all = "camelCase")]
    struct Line {
        id: u64,
        #[webhook(redact)]
        #[serde(skip_serializing_if = "Option::is_none")]
        phone_number: Option<String>,
        #[webhook(redact)]
        #[serde(rename = "ext", skip_serializing_if = "is_public", serialize_with = "call")]
        extension: String,
        #[webhook(redact)]
        #[serde(skip_serializing_if = "str::is_empty")]
        pin: &'static str,
    }

    let line = |phone_number: Option<&str>, extension: &str, pin| Line {
        id: 1,
        phone_number: phone_number.map(str::to_owned),
        extension: extension.to_owned(),
        pin,
    };
    check(line(None, "99", "").created(), r#"{"id":1}"#);
    check(
        line(Some(""), "100", "[redacted]").created(),
        r#"{"id":1,"phoneNumber":"[redacted]","ext":"[redacted]","pin":"[redacted]"}"#,
    );
    check(line(None, "100", "").created(), r#"{"id":1,"ext":"[redacted]"}"#);
}

#[test]
fn the_id_may_be_hidden_from_serde_but_not_from_the_event() {
    #[derive(Serialize, WebhookObject)]
    struct Key {
        #[webhook(id)]
        #[serde(skip)]
        fingerprint: u64,
        #[webhook(redact)]
        material: &'static str,
    }

    let key = Key { fingerprint: 12, material: "k" };
    assert_eq!(key.created().object_id().to_string(), "12");
    check(key.created(), r#"{"material":"[redacted]"}"#);
}

#[test]
fn a_struct_may_hide_all_but_its_id() {
    check_payload! {
        struct Account {}
    }
    check_payload! {
        #[serde(rename_all = "UPPERCASE", tag = "kind")]
        struct Account {}
        redacted {
            iban: String = text(),
            owner: Untouchable = Just(Untouchable),
        }
    }
}
