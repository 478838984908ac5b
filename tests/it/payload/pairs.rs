//! Every pair of attributes of serializing that serde permits on one field, in every kind of
//! struct. Serde does not permit `with` next to `serialize_with`, nor `skip` next to
//! `skip_serializing`.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serializer;

use super::cases::{optional, text};
use super::{Address, Untouchable, address, check_payload};

/// Members whose names begin so, for `flatten`.
fn members(prefix: &'static str) -> impl Strategy<Value = BTreeMap<String, i64>> {
    let name = text().prop_map(move |name| format!("{prefix}{name}"));
    prop::collection::btree_map(name, any::<i64>(), 0..4)
}

/// For `serialize_with` next to `flatten`.
fn in_reverse<S: Serializer>(
    members: &BTreeMap<String, i64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(members.iter().rev())
}

/// For `with` next to `flatten`.
mod negated {
    use std::collections::BTreeMap;

    use serde::Serializer;

    pub(super) fn serialize<S: Serializer>(
        members: &BTreeMap<String, i64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(members.iter().map(|(name, number)| (name, !number)))
    }
}

macro_rules! check_pairs {
    ($(#[$container:meta])*) => {
        check_payload! {
            $(#[$container])*
            struct Person {
                first_name: String = text(),
                #[serde(flatten, rename = "has no name of its own")]
                renamed_and_flattened: Address = address(),
                #[serde(rename = "nick-name", serialize_with = "super::backwards")]
                renamed_and_serialized_with: String = text(),
                #[serde(rename = "colour", with = "super::hex_digits")]
                renamed_and_with: u32 = any::<u32>(),
                #[serde(rename = "e-mail", skip_serializing_if = "String::is_empty")]
                renamed_and_skipped_if: String = text(),
                #[serde(rename = "never-1", skip_serializing)]
                renamed_and_not_serialized: Untouchable = Just(Untouchable),
                #[serde(rename = "never-2", skip)]
                renamed_and_skipped: Untouchable = Just(Untouchable),
                #[serde(flatten, serialize_with = "in_reverse")]
                flattened_and_serialized_with: BTreeMap<String, i64> = members("reversed "),
                #[serde(flatten, with = "negated")]
                flattened_and_with: BTreeMap<String, i64> = members("negated "),
                #[serde(flatten, skip_serializing_if = "BTreeMap::is_empty")]
                flattened_and_skipped_if: BTreeMap<String, i64> = members("plain "),
                #[serde(flatten, skip_serializing)]
                flattened_and_not_serialized: Untouchable = Just(Untouchable),
                #[serde(flatten, skip)]
                flattened_and_skipped: Untouchable = Just(Untouchable),
                #[serde(serialize_with = "super::backwards", skip_serializing_if = "str::is_empty")]
                serialized_with_and_skipped_if: String = text(),
                #[serde(serialize_with = "super::redacted", skip_serializing)]
                serialized_with_and_not_serialized: Untouchable = Just(Untouchable),
                #[serde(serialize_with = "super::redacted", skip)]
                serialized_with_and_skipped: Untouchable = Just(Untouchable),
                #[serde(with = "super::hex_digits", skip_serializing_if = "super::is_default")]
                with_and_skipped_if: u32 = prop_oneof![Just(0), any::<u32>()],
                #[serde(with = "super::hex_digits", skip_serializing)]
                with_and_not_serialized: u32 = any::<u32>(),
                #[serde(with = "super::hex_digits", skip)]
                with_and_skipped: u32 = any::<u32>(),
                #[serde(skip_serializing_if = "Option::is_none", skip_serializing)]
                skipped_if_and_not_serialized: Option<Untouchable> = Just(Some(Untouchable)),
                #[serde(skip_serializing_if = "Option::is_none", skip)]
                skipped_if_and_skipped: Option<Untouchable> = Just(Some(Untouchable)),
                last_name: String = text(),
            }
            redacted {
                plain_secret: Untouchable = Just(Untouchable),
                #[serde(rename = "secret-1")]
                renamed: Untouchable = Just(Untouchable),
                #[serde(skip_serializing_if = "Option::is_none")]
                skipped_if: Option<Untouchable> = optional(Just(Untouchable)),
                #[serde(rename = "secret-2", skip_serializing_if = "super::is_default")]
                renamed_and_skipped_if_secret: i8 = -1..1i8,
                #[serde(skip_serializing)]
                not_serialized: Untouchable = Just(Untouchable),
                #[serde(skip)]
                skipped: Untouchable = Just(Untouchable),
            }
        }
    };
}

#[test]
fn all_pairs_of_a_fields_attributes_are_serdes() {
    check_pairs! {}
}

#[test]
fn all_pairs_are_serdes_under_a_rule_for_names() {
    check_pairs! { #[serde(rename_all = "camelCase")] }
    check_pairs! { #[serde(rename_all(serialize = "SCREAMING-KEBAB-CASE"))] }
}

#[test]
fn all_pairs_are_serdes_under_a_tag() {
    check_pairs! { #[serde(tag = "type")] }
}

#[test]
fn all_pairs_are_serdes_under_a_tag_and_a_rule_for_names() {
    check_pairs! { #[serde(tag = "theType", rename_all = "PascalCase")] }
}

#[test]
fn all_pairs_are_serdes_under_a_tag_with_a_name_of_its_own() {
    check_pairs! { #[serde(tag = "type", rename = "human \"being\"")] }
    check_pairs! { #[serde(rename(serialize = "out", deserialize = "in"), tag = "type")] }
    check_pairs! { #[serde(rename(deserialize = "in"))] #[serde(tag = "type")] }
}

#[test]
fn all_pairs_are_serdes_under_a_tag_a_name_and_a_rule() {
    check_pairs! { #[serde(tag = "type", rename = "human", rename_all = "UPPERCASE")] }
}

#[test]
fn a_name_without_a_tag_is_not_written() {
    check_pairs! { #[serde(rename = "human")] }
}
