//! The payload of a record with hidden fields is what serde alone makes of the others.
//!
//! Every struct here is written once and defined twice: as a webhook object with skipped fields,
//! and without them as a plain struct. For generated values, the data of the one's event and the
//! JSON of the other are the same bytes.

pub(crate) mod cases;
mod flattened;
mod hidden;
mod own;
mod pairs;
mod renamed;
mod values;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use hookwright::{Event, WebhookObject};
use proptest::prelude::*;
use serde::{Serialize, Serializer};

use self::cases::{optional, text};

/// The bytes of `data` in the body of an event.
fn data<T: WebhookObject>(event: Event<T>) -> String {
    let event = event.at(DateTime::<Utc>::UNIX_EPOCH);
    let body = serde_json::to_string(&event).expect("the record can be written");
    let before = format!(r#"{{"event":"{}","data":"#, event.name());
    body.strip_prefix(&before)
        .and_then(|rest| rest.strip_suffix(r#","timestamp":"1970-01-01T00:00:00Z"}"#))
        .unwrap_or_else(|| panic!("not the envelope of {}: {body}", event.name()))
        .to_owned()
}

/// A value that must never reach a serializer, nor be looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Untouchable;

impl Serialize for Untouchable {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("a hidden value was handed to a serializer");
    }
}

/// Nested pairs of the fields, which is a pattern as well as a value.
macro_rules! nested {
    () => { () };
    ($first:tt $($rest:tt)*) => { ($first, crate::payload::nested!($($rest)*)) };
}

/// The same for the strategies that the values come from.
macro_rules! strategies {
    () => { proptest::strategy::Just(()) };
    ($first:expr, $($rest:expr,)*) => { ($first, crate::payload::strategies!($($rest,)*)) };
}

/// Defines a struct as a webhook object with two skipped fields, and without them as a plain one,
/// and checks that serde's JSON of this is the data of that. A redacted field is in the plain
/// struct one that serde writes as `"[redacted]"`.
macro_rules! check_payload {
    (
        $(#[$container:meta])*
        struct $name:ident {
            $($(#[$attribute:meta])* $field:ident: $ty:ty = $values:expr,)*
        }
        $(redacted {
            $($(#[$redacted_attribute:meta])* $redacted:ident: $redacted_ty:ty = $redacted_values:expr,)*
        })?
    ) => {{
        let strategies =
            crate::payload::strategies!(proptest::prelude::any::<u64>(), $($values,)* $($($redacted_values,)*)?);
        crate::payload::cases::check_cases(crate::payload::cases::CASES, &strategies, |values| {
            let expected = {
                #[derive(serde::Serialize)]
                #[allow(dead_code, reason = "a field that is left out is read by nobody")]
                $(#[$container])*
                struct $name {
                    id: u64,
                    $($(#[$attribute])* $field: $ty,)*
                    $($(
                        $(#[$redacted_attribute])*
                        #[serde(serialize_with = "crate::payload::redacted")]
                        $redacted: $redacted_ty,
                    )*)?
                }

                let crate::payload::nested!(id $($field)* $($($redacted)*)?) = values.clone();
                let record = $name { id, $($field,)* $($($redacted,)*)? };
                serde_json::to_string(&record).expect("the plain record can be written")
            };
            let found = {
                #[derive(serde::Serialize, hookwright::WebhookObject)]
                #[allow(dead_code, reason = "a field that is left out is read by nobody")]
                $(#[$container])*
                struct $name {
                    #[webhook(skip)]
                    #[serde(rename = "first_of_all")]
                    hidden_first: crate::payload::Untouchable,
                    id: u64,
                    $($(#[$attribute])* $field: $ty,)*
                    $($(
                        $(#[$redacted_attribute])*
                        #[webhook(redact)]
                        $redacted: $redacted_ty,
                    )*)?
                    #[webhook(skip)]
                    hidden_last: crate::payload::Untouchable,
                }

                let crate::payload::nested!(id $($field)* $($($redacted)*)?) = values;
                let record = $name {
                    hidden_first: crate::payload::Untouchable,
                    id,
                    $($field,)*
                    $($($redacted,)*)?
                    hidden_last: crate::payload::Untouchable,
                };
                crate::payload::data(hookwright::WebhookObject::created(&record))
            };
            crate::payload::cases::same_text(&found, &expected)
        });
    }};
}

use {check_payload, nested, strategies};

/// What a plain struct writes for a field that the webhook object redacts.
fn redacted<T, S: Serializer>(_: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("[redacted]")
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Writes a number as hex digits, for `with`.
mod hex_digits {
    use std::fmt::LowerHex;

    use serde::Serializer;

    pub(super) fn serialize<N: LowerHex, S: Serializer>(
        number: &N,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{number:#010x}"))
    }
}

/// Writes a text backwards, for `serialize_with`.
fn backwards<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&text.chars().rev().collect::<String>())
}

/// A part of a record, which `flatten` lays open.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    street_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    zip_code: Option<u32>,
}

fn address() -> impl Strategy<Value = Address> {
    (text(), optional(any::<u32>()))
        .prop_map(|(street_name, zip_code)| Address { street_name, zip_code })
}

/// Members of any name, which `flatten` lays open.
fn extras() -> impl Strategy<Value = BTreeMap<String, i64>> {
    prop::collection::btree_map(text(), any::<i64>(), 0..4)
}
