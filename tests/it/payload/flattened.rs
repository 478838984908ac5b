//! `flatten`, `tag`, and the attributes that leave fields out.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Serialize, Serializer};

use super::cases::{optional, text};
use super::{Address, Untouchable, address, check_payload, extras};

#[test]
fn flattened_fields_stand_among_the_others_in_their_place() {
    check_payload! {
        struct Company {
            name: String = text(),
            #[serde(flatten)]
            address: Address = address(),
            staff: u32 = any::<u32>(),
            #[serde(flatten)]
            extras: BTreeMap<String, i64> = extras(),
        }
        redacted {
            tax_number: String = text(),
        }
    }
}

/// What `flatten` takes besides structs and maps.
#[derive(Debug, Clone, Serialize)]
enum Contact {
    Nobody,
    Mail(String),
    Phone { country: u16, number: u64 },
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Plan {
    Free,
    PayAsYouGo { max: u8 },
}

#[derive(Debug, Clone, Serialize)]
struct Outer {
    level: u8,
    #[serde(flatten)]
    inner: Address,
}

#[test]
fn enums_options_and_flattened_structs_are_flattened_as_serde_does() {
    let contact = prop_oneof![
        Just(Contact::Nobody),
        text().prop_map(Contact::Mail),
        (any::<u16>(), any::<u64>())
            .prop_map(|(country, number)| Contact::Phone { country, number }),
    ];
    let plan = prop_oneof![Just(Plan::Free), any::<u8>().prop_map(|max| Plan::PayAsYouGo { max })];
    check_payload! {
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        struct Customer {
            #[serde(flatten)]
            contact: Contact = contact.clone(),
            #[serde(flatten)]
            plan: Plan = plan.clone(),
            #[serde(flatten)]
            outer: Outer = (any::<u8>(), address()).prop_map(|(level, inner)| Outer { level, inner }),
            #[serde(flatten)]
            billing: Option<BTreeMap<String, i64>> = optional(extras()),
            #[serde(flatten)]
            nothing: () = Just(()),
            plain_field: u8 = any::<u8>(),
        }
    }
}

#[test]
fn what_serde_cannot_flatten_is_an_error_here_too() {
    fn error(result: Result<String, serde_json::Error>) -> String {
        result.expect_err("serde cannot flatten it").to_string()
    }

    #[derive(Serialize, hookwright::WebhookObject)]
    struct Customer {
        id: u64,
        #[webhook(skip)]
        #[serde(rename = "hidden")]
        _hidden: Untouchable,
        #[serde(flatten)]
        contact: &'static str,
    }

    #[derive(Serialize)]
    struct Plain {
        #[serde(flatten)]
        contact: &'static str,
    }

    let customer = Customer { id: 1, _hidden: Untouchable, contact: "nobody" };
    let found = error(serde_json::to_string(&hookwright::WebhookObject::created(&customer)));
    let expected = error(serde_json::to_string(&Plain { contact: "nobody" }));
    assert_eq!(found, format!("the data of `customer.created` cannot be serialized: {expected}"));
}

#[test]
fn a_tag_writes_the_name_of_the_struct_before_the_fields() {
    check_payload! {
        #[serde(tag = "object")]
        struct Person {
            email: String = text(),
        }
    }
    check_payload! {
        #[serde(tag = "object", rename = "contact")]
        struct Person {
            email: String = text(),
        }
        redacted {
            phone: Untouchable = Just(Untouchable),
        }
    }
    check_payload! {
        #[serde(tag = "object")]
        struct r#Person {
            email: String = text(),
            #[serde(flatten)]
            extras: BTreeMap<String, i64> = extras(),
        }
    }
}

#[test]
fn fields_are_left_out_by_skip_and_skip_serializing() {
    check_payload! {
        struct Person {
            #[serde(skip)]
            cache: Untouchable = Just(Untouchable),
            email: String = text(),
            #[serde(skip_serializing)]
            password: Untouchable = Just(Untouchable),
            #[serde(skip_deserializing)]
            score: f32 = any::<f32>(),
        }
        redacted {
            #[serde(skip)]
            session: Untouchable = Just(Untouchable),
        }
    }
}

fn is_short(text: &str) -> bool {
    text.len() < 8
}

struct Limits;

impl Limits {
    fn are_none(limits: &[i8]) -> bool {
        limits.iter().all(|limit| *limit < 0)
    }
}

#[test]
fn a_field_is_left_out_when_its_function_says_so() {
    check_payload! {
        #[serde(rename_all = "camelCase")]
        struct Person {
            #[serde(skip_serializing_if = "Option::is_none")]
            email_address: Option<String> = optional(text()),
            #[serde(skip_serializing_if = "Vec::is_empty")]
            phone_numbers: Vec<u8> = any::<Vec<u8>>(),
            #[serde(skip_serializing_if = "is_short")]
            name: String = text(),
            #[serde(skip_serializing_if = "super::is_default")]
            generic_and_inferred: i8 = -1..1i8,
            #[serde(skip_serializing_if = "crate::payload::is_default::<Option<i8>>")]
            generic_and_named: Option<i8> = optional(-1..1i8),
            #[serde(skip_serializing_if = "Limits::are_none")]
            of_a_type: Vec<i8> = prop::collection::vec(-1..1i8, 0..2),
        }
        redacted {
            #[serde(skip_serializing_if = "super::is_default")]
            generic_and_hidden: Option<Untouchable> = optional(Just(Untouchable)),
            #[serde(skip_serializing_if = "Vec::is_empty")]
            hidden_list: Vec<Untouchable> = prop::collection::vec(Just(Untouchable), 0..2),
        }
    }
}

/// Borrows less than the field, which deref coercion allows to a function of its own.
fn length<S: Serializer>(letters: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(letters.len() as u64)
}

fn by_any_name<T: std::fmt::Debug, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{value:?}"))
}

#[test]
fn a_field_is_written_by_its_function_or_module() {
    check_payload! {
        struct Person {
            #[serde(serialize_with = "length")]
            name: String = text(),
            #[serde(serialize_with = "by_any_name")]
            generic: (u8, Option<char>) = any::<(u8, Option<char>)>(),
            #[serde(serialize_with = "by_any_name::<Option<i128>, _>")]
            named_generic: Option<i128> = optional(any::<i128>()),
            #[serde(with = "super::hex_digits")]
            colour: u32 = any::<u32>(),
            #[serde(with = "crate::payload::hex_digits", default)]
            background: u32 = any::<u32>(),
        }
    }
}
