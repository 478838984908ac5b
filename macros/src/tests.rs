//! Names, and a few expansions, which are compared with the files in `tests/expand`.
//!
//! After a change that is meant: `UPDATE_SNAPSHOTS=1 cargo test -p hookwright-macros`, then read
//! the difference. What users are told of their mistakes is tested in the workspace's `tests/ui`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::errors::Position;
use crate::names::{RenameRule, camel_case, is_webhook_name, nearest};
use crate::{webhook_event, webhook_events, webhook_object};

#[test]
fn an_object_is_named_for_its_struct_in_camel_case() {
    fn check(rust: &str, expected: &str) {
        assert_eq!(camel_case(rust), expected, "{rust}");
    }
    check("Person", "person");
    check("CalendarEvent", "calendarEvent");
    check("NoteTarget", "noteTarget");
    check("SMSMessage", "smsMessage");
    check("HTTPServer2", "httpServer2");
    check("Person_V2", "personV2");
    check("V2Api", "v2Api");
    check("OAuth2Token", "oAuth2Token");
    check("URL", "url");
    check("UserID", "userId");
    check("A", "a");
    check("ABTest", "abTest");
    check("note_target", "noteTarget");
    check("SCREAMING_CASE", "screamingCase");
    check("_Leading", "leading");
    check("Trailing__", "trailing");
    check("Two__Underscores", "twoUnderscores");
    check("Job Offer!", "jobOffer");
    check("crm.person-note", "crmPersonNote");
    check("alreadyCamel", "alreadyCamel");
    check("MöbelStück", "möbelStück");
    check("2fa", "2fa");
    check("_", "");
    check("", "");
}

#[test]
fn a_camel_case_name_stays_as_it_is() {
    for name in ["person", "calendarEvent", "httpServer2", "oAuth2Token", "möbel"] {
        assert_eq!(camel_case(name), name);
    }
}

#[test]
fn a_webhook_name_is_a_letter_then_letters_digits_and_underscores() {
    fn check(name: &str, expected: bool) {
        assert_eq!(is_webhook_name(name), expected, "{name:?}");
    }
    for name in ["person", "P", "jobOffer2", "Person_V2", "a_", "z9"] {
        check(name, true);
    }
    for name in
        ["", "_person", "2fa", "job offer", "job-offer", "person.created", "möbel", "a\0", "a\n"]
    {
        check(name, false);
    }
}

#[test]
fn the_nearest_word_is_the_one_that_was_meant() {
    fn check(word: &str, expected: Option<&str>) {
        let known = ["name", "events", "crate", "created", "updated", "id"];
        assert_eq!(nearest(word, &known), expected, "{word:?}");
    }
    check("nane", Some("name"));
    check("nmae", Some("name"));
    check("names", Some("name"));
    check("Name", Some("name"));
    check("evnt", Some("events"));
    check("create", Some("crate"));
    check("Created", Some("created"));
    check("update", Some("updated"));
    check("ip", Some("id"));
    check("identity", Some("id"));
    check("id_of_it", None);
    check("is_id", None);
    check("colour", None);
    check("x", None);
    check("", None);
    check("nämé", None);
    assert_eq!(nearest("name", &[]), None);
}

#[test]
fn fields_are_renamed_as_serde_renames_them() {
    const FIELDS: [&str; 8] =
        ["outcome", "very_tasty", "a", "z42", "user_ID", "_id", "line__2_b", "mixedCase_"];
    fn check(rule: &str, expected: [&str; 8]) {
        let known = RenameRule::from_name(rule).expect("it is one of serde's rules");
        assert_eq!(FIELDS.map(|field| known.apply(field)), expected, "{rule}");
    }
    check("lowercase", FIELDS);
    check("snake_case", FIELDS);
    check(
        "UPPERCASE",
        ["OUTCOME", "VERY_TASTY", "A", "Z42", "USER_ID", "_ID", "LINE__2_B", "MIXEDCASE_"],
    );
    check(
        "SCREAMING_SNAKE_CASE",
        ["OUTCOME", "VERY_TASTY", "A", "Z42", "USER_ID", "_ID", "LINE__2_B", "MIXEDCASE_"],
    );
    check(
        "PascalCase",
        ["Outcome", "VeryTasty", "A", "Z42", "UserID", "Id", "Line2B", "MixedCase"],
    );
    check("camelCase", ["outcome", "veryTasty", "a", "z42", "userID", "id", "line2B", "mixedCase"]);
    check(
        "kebab-case",
        ["outcome", "very-tasty", "a", "z42", "user-ID", "-id", "line--2-b", "mixedCase-"],
    );
    check(
        "SCREAMING-KEBAB-CASE",
        ["OUTCOME", "VERY-TASTY", "A", "Z42", "USER-ID", "-ID", "LINE--2-B", "MIXEDCASE-"],
    );
}

#[test]
fn no_field_name_makes_a_rule_panic() {
    for rule in ["PascalCase", "camelCase", "kebab-case", "UPPERCASE"] {
        let rule = RenameRule::from_name(rule).expect("it is one of serde's rules");
        for field in ["", "_", "__", "é", "_é_", "ß", "日本"] {
            rule.apply(field);
        }
    }
    assert_eq!(RenameRule::Camel.apply("__"), "");
    assert_eq!(RenameRule::Camel.apply("été_passé"), "étéPassé");
}

#[test]
fn a_rule_that_serde_does_not_know_is_none() {
    for name in ["", "camelcase", "CamelCase", "Snake_case", "kebab_case"] {
        assert_eq!(RenameRule::from_name(name), None, "{name}");
    }
}

#[test]
fn a_record_that_is_sent_whole() {
    check_expansion(
        "whole",
        quote! {
            #[serde(rename_all = "camelCase")]
            struct CalendarEvent {
                id: u64,
                pub title: String,
            }
        },
    );
}

#[test]
fn a_record_with_hidden_fields() {
    check_expansion(
        "hidden_fields",
        quote! {
            #[webhook(name = "contact", events(created, destroyed))]
            #[serde(rename_all = "camelCase", tag = "kind", deny_unknown_fields)]
            struct r#type {
                #[webhook(id)]
                #[serde(with = "key")]
                r#use: Key,
                #[serde(default, skip_serializing_if = "Self::is_empty")]
                parent: Option<Box<Self>>,
                #[webhook(redact)]
                #[serde(rename(serialize = "account"), serialize_with = "iban")]
                iban: Vec<String>,
                #[webhook(redact)]
                tax_id: u64,
                #[webhook(skip)]
                #[serde(default)]
                internal_notes: String,
            }
        },
    );
}

#[test]
fn another_path_of_the_crate() {
    check_expansion(
        "crate_path",
        quote! {
            #[webhook(crate = "crate::vendored::hookwright")]
            struct Person {
                id: u64,
                #[webhook(skip)]
                notes: String,
            }
        },
    );
}

#[test]
fn a_record_with_a_constant_for_each_field() {
    check_expansion(
        "fields",
        quote! {
            #[webhook(fields)]
            #[serde(rename_all = "camelCase")]
            struct Company {
                id: u64,
                pub name: String,
                #[serde(rename = "kind")]
                pub(crate) r#type: Option<String>,
                #[serde(flatten)]
                address: Address,
                #[serde(skip)]
                cache: Cache,
            }
        },
    );
}

#[test]
fn a_custom_event_with_hidden_fields() {
    check_expansion_of(
        webhook_event,
        "custom_event",
        quote! {
            #[webhook(object = model::Person, name = "merged")]
            struct PersonMerged {
                #[webhook(id)]
                winner: String,
                #[webhook(redact)]
                reason: String,
                #[webhook(skip)]
                by: User,
            }
        },
    );
}

#[test]
fn a_custom_event_without_data() {
    check_expansion_of(
        webhook_event,
        "unit_event",
        quote! {
            #[webhook(name = "workspace.suspended")]
            struct Suspended;
        },
    );
}

#[test]
fn an_enum_of_events() {
    check_expansion_of(
        webhook_events,
        "variants",
        quote! {
            enum Crm {
                A(ObjectEvent<P>),
                B(Event<M>),
                #[webhook(other)]
                Other(RawEvent),
            }
        },
    );
}

#[test]
fn wrong_events_get_implementations_that_compile() {
    check_expansion_of(
        webhook_event,
        "fallback_event",
        quote!(
            enum Merged<T: Clone> {
                One(T),
            }
        ),
    );
    check_expansion_of(
        webhook_events,
        "fallback_events",
        quote!(
            struct CrmEvent<T>(T);
        ),
    );
}

#[test]
fn a_wrong_record_gets_an_implementation_that_compiles() {
    check_expansion(
        "fallback",
        quote! {
            #[webhook(nane = "person")]
            struct Person<'a, S: Display = String, const N: usize>
            where
                S: Clone,
            {
                id: S,
            }
        },
    );
}

fn check_expansion(name: &str, input: TokenStream) {
    check_expansion_of(webhook_object, name, input);
}

fn check_expansion_of(
    derive: fn(&DeriveInput, Position) -> TokenStream,
    name: &str,
    input: TokenStream,
) {
    let input = syn::parse2(input).expect("it is a type");
    // The order of mistakes is the compiler's to tell: here all stand in one place.
    let actual = derive(&input, |_| (0, 0));
    let path = Path::new("src/tests/expand").join(name).with_extension("rs");
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, format(&actual)).expect("tests run in the package's folder");
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    let expected = text.parse().expect("it was written as Rust");
    assert!(
        unformatted(&actual) == unformatted(&expected),
        "the expansion is not that of {}, but:\n{}",
        path.display(),
        format(&actual),
    );
}

/// The code without what rustfmt puts in and takes out: whitespace, and commas that end a list.
fn unformatted(code: &TokenStream) -> String {
    let mut text: String = code.to_string().split_whitespace().collect();
    for end in ["{", "}", ")", "]", ">"] {
        text = text.replace(&format!(",{end}"), end);
    }
    text
}

fn format(code: &TokenStream) -> String {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt is installed");
    let mut input = rustfmt.stdin.take().expect("it was asked for");
    input.write_all(code.to_string().as_bytes()).expect("rustfmt reads its input");
    drop(input);
    let output = rustfmt.wait_with_output().expect("rustfmt ends");
    String::from_utf8(output.stdout).expect("Rust is UTF-8")
}
