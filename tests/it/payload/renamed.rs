//! `rename` and `rename_all`.

#![allow(non_snake_case, reason = "the rules are for fields of any name")]

use super::cases::{optional, text};
use super::check_payload;
use proptest::prelude::*;

#[test]
fn a_field_has_the_name_that_rename_gives_it() {
    check_payload! {
        struct Person {
            #[serde(rename = "e-mail")]
            email: String = text(),
            #[serde(rename = "\"quoted\"\\ \u{1f} 名前 🦀")]
            name: String = text(),
            #[serde(rename = "")]
            nameless: u8 = any::<u8>(),
            #[serde(rename = r"\raw")]
            raw: u8 = any::<u8>(),
        }
        redacted {
            #[serde(rename = "tele-phone")]
            phone: String = text(),
        }
    }
}

#[test]
fn of_two_names_the_one_for_serializing_counts() {
    check_payload! {
        struct Person {
            #[serde(rename(serialize = "e-mail", deserialize = "mail"))]
            email: String = text(),
            #[serde(rename(deserialize = "given", serialize = "first"))]
            first_name: String = text(),
            #[serde(rename(deserialize = "surname"))]
            last_name: String = text(),
            #[serde(rename(serialize = "y"))]
            year: i32 = any::<i32>(),
            #[serde(rename(serialize = "m"))]
            #[serde(rename(deserialize = "mm"))]
            month: u8 = any::<u8>(),
        }
        redacted {
            #[serde(rename(serialize = "tele-phone", deserialize = "phone_number"))]
            phone: String = text(),
            #[serde(rename(deserialize = "telefax"))]
            fax: Option<u64> = optional(any::<u64>()),
        }
    }
}

#[test]
fn the_attributes_of_a_field_may_stand_in_one_list_or_in_many() {
    check_payload! {
        #[serde(rename_all = "camelCase", rename = "human", tag = "type")]
        struct Person {
            #[serde(rename = "e-mail", skip_serializing_if = "Option::is_none", alias = "mail",)]
            email: Option<String> = optional(text()),
            #[serde(rename = "first")]
            #[serde(default)]
            #[serde(skip_serializing_if = "String::is_empty")]
            first_name: String = text(),
            #[serde()]
            last_name: String = text(),
        }
    }
}

/// All rules give these fields names of their own.
macro_rules! check_rule {
    ($($rule:tt)*) => {
        check_payload! {
            #[serde(rename_all $($rule)*)]
            struct Person {
                email: String = text(),
                first_name: String = text(),
                x: u8 = any::<u8>(),
                r#type: u8 = any::<u8>(),
                _leading: u8 = any::<u8>(),
                trailing_: u8 = any::<u8>(),
                double__underscore: u8 = any::<u8>(),
                line_2_of_3: u8 = any::<u8>(),
                line2of3: u8 = any::<u8>(),
                camelCase: u8 = any::<u8>(),
                a_größe_é_ß: u8 = any::<u8>(),
                #[serde(rename = "as_it_is")]
                renamed_field: u8 = any::<u8>(),
                #[serde(rename(deserialize = "another_name"))]
                half_renamed_field: u8 = any::<u8>(),
            }
            redacted {
                phone_number: String = text(),
                r#match: u8 = any::<u8>(),
                #[serde(rename = "credit_card")]
                credit_card_number: u8 = any::<u8>(),
            }
        }
    };
}

macro_rules! rules {
    ($($test:ident: $rule:literal;)*) => {
        $(
            #[test]
            fn $test() {
                check_rule!(= $rule);
                check_rule!((serialize = $rule, deserialize = "UPPERCASE"));
                check_rule!((serialize = $rule));
            }
        )*
    };
}

rules! {
    rename_all_to_lowercase_is_serdes: "lowercase";
    rename_all_to_uppercase_is_serdes: "UPPERCASE";
    rename_all_to_pascal_case_is_serdes: "PascalCase";
    rename_all_to_camel_case_is_serdes: "camelCase";
    rename_all_to_snake_case_is_serdes: "snake_case";
    rename_all_to_screaming_snake_case_is_serdes: "SCREAMING_SNAKE_CASE";
    rename_all_to_kebab_case_is_serdes: "kebab-case";
    rename_all_to_screaming_kebab_case_is_serdes: "SCREAMING-KEBAB-CASE";
}

#[test]
fn a_rule_for_deserializing_renames_nothing() {
    check_rule!((deserialize = "UPPERCASE"));
}
