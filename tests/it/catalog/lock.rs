//! `catalog.lock`: each change of a type, and whether it breaks a receiver.

mod difference;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use hookwright::schemars::JsonSchema;
use hookwright::{Catalog, LockError, WebhookEvent, WebhookObject};
use serde::{Deserialize, Serialize};

use super::documents::Worker;

/// The place of a lock that is not there.
fn place(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.lock"));
    // It is there when the test has run before.
    let _ = std::fs::remove_file(&path);
    path
}

/// Writes the lock of a catalogue. The environment is another process's, since it is shared by tests.
pub(super) fn write(name: &str, which: &str) -> PathBuf {
    let path = place(name);
    write_over(&path, which);
    path
}

/// Accepts a catalogue, whatever the lock was.
fn write_over(path: &Path, which: &str) {
    let status = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "catalog::lock::the_lock_is_written_on_demand", "--quiet"])
        .env("UPDATE_CATALOG", "1")
        .env("TEST_CATALOG", which)
        .env("TEST_LOCK", path)
        .output()
        .expect("it runs");
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
}

/// Run by the others with an environment; by itself it does nothing.
#[test]
fn the_lock_is_written_on_demand() {
    if let (Ok(which), Ok(path)) = (std::env::var("TEST_CATALOG"), std::env::var("TEST_LOCK")) {
        let (_, catalog) = versions().into_iter().find(|(name, _)| *name == which).expect("one");
        catalog.check_lock(path).expect("it is written");
    }
}

/// Each version of a person, as a module of its own, so that all have one name.
macro_rules! versions {
    ($($name:ident { $($body:tt)* })*) => {
        $(mod $name {
            use super::*;

            #[derive(Serialize, Deserialize, JsonSchema)]
            #[allow(dead_code)]
            pub(super) struct City {
                pub(super) name: String,
            }

            versions!(@ $($body)*);
        })*

        fn versions() -> Vec<(&'static str, Catalog)> {
            let mut versions =
                vec![$((stringify!($name), Catalog::new().object::<$name::Person>())),*];
            let merged = Catalog::new().object::<first::Person>().event::<Merged>();
            versions.push(("merged", merged));
            versions.push(("hidden", Catalog::new().object::<Worker>()));
            versions
        }
    };
    (@ enum $kind:tt $(#[$attribute:meta])* struct $fields:tt) => {
        #[derive(Serialize, Deserialize, JsonSchema)]
        #[allow(dead_code)]
        pub(super) enum Kind $kind

        versions!(@ $(#[$attribute])* struct $fields);
    };
    // With other types first, whatever they are.
    (@ types { $($type:item)* } $(#[$attribute:meta])* struct $fields:tt) => {
        $(
            #[derive(Serialize, Deserialize, JsonSchema)]
            #[allow(dead_code)]
            $type
        )*

        versions!(@ $(#[$attribute])* struct $fields);
    };
    (@ $(#[$attribute:meta])* struct $fields:tt) => {
        #[derive(Serialize, Deserialize, WebhookObject, JsonSchema)]
        $(#[$attribute])*
        #[allow(dead_code)]
        pub(super) struct Person $fields
    };
}

#[derive(Serialize, Deserialize, WebhookEvent, JsonSchema)]
#[webhook(object = first::Person, name = "merged")]
struct Merged {
    winner: u8,
}

versions! {
    first { enum { A, B } struct { id: u8, email: String, age: Option<u8>, kind: Kind, city: City } }
    described {
        enum { A, B }
        /// Somebody.
        struct { id: u8, /** Where mail goes. */ email: String, age: Option<u8>, kind: Kind, city: City }
    }
    added {
        enum { A, B }
        #[webhook(events(created, updated, deleted, restored))]
        struct { id: u8, email: String, age: Option<u8>, kind: Kind, city: City, nickname: String, other: Option<u8> }
    }
    removed { enum { A, B } struct { id: u8, age: Option<u8>, kind: Kind, city: City } }
    skipped {
        enum { A, B }
        struct { id: u8, #[webhook(skip)] #[serde(default)] email: String, age: Option<u8>, kind: Kind, city: City }
    }
    redacted {
        enum { A, B }
        struct { id: u8, #[webhook(redact)] email: String, age: Option<u8>, kind: Kind, city: City }
    }
    renamed {
        enum { A, B }
        struct { id: u8, #[serde(rename = "mail")] email: String, age: Option<u8>, kind: Kind, city: City }
    }
    retyped { enum { A, B } struct { id: u8, email: u64, age: Option<u8>, kind: Kind, city: City } }
    larger { enum { A, B } struct { id: u32, email: String, age: Option<u8>, kind: Kind, city: City } }
    nullable { enum { A, B } struct { id: u8, email: Option<String>, age: Option<u8>, kind: Kind, city: City } }
    optional {
        enum { A, B }
        struct {
            id: u8,
            #[serde(default, skip_serializing_if = "String::is_empty")]
            email: String,
            age: Option<u8>,
            kind: Kind,
            city: City,
        }
    }
    required { enum { A, B } struct { id: u8, email: String, age: u8, kind: Kind, city: City } }
    widened { enum { A, B, C } struct { id: u8, email: String, age: Option<u8>, kind: Kind, city: City } }
    narrowed { enum { A } struct { id: u8, email: String, age: Option<u8>, kind: Kind, city: City } }
    read_first {
        enum { A, B, #[serde(skip_serializing)] C }
        struct { id: u8, email: String, age: Option<u8>, kind: Kind, city: City }
    }
    still_read {
        enum { A, #[serde(skip_serializing)] B }
        struct { id: u8, email: String, age: Option<u8>, kind: Kind, city: City }
    }
    no_event {
        enum { A, B }
        #[webhook(events(created, updated))]
        struct { id: u8, email: String, age: Option<u8>, kind: Kind, city: City }
    }
    listed { enum { A, B } struct { id: u8, email: String, age: Option<u8>, kind: Kind, city: Vec<City> } }
    nested { enum { A, B } struct { id: u8, email: String, age: Option<u8>, kind: Kind, city: Option<deep::Town> } }
    tagged {
        types {
            pub(super) struct Web { url: String }
            pub(super) struct Import { file: String }
            #[serde(tag = "type")]
            pub(super) enum Source { Web(Web), Import(Import) }
        }
        struct { id: u8, source: Source }
    }
    tagged_other_order {
        types {
            pub(super) struct Web { url: String }
            pub(super) struct Import { file: String, size: u8 }
            #[serde(tag = "type")]
            pub(super) enum Source { Import(Import), Web(Web) }
        }
        struct { id: u8, source: Source }
    }
    tagged_renamed {
        types {
            pub(super) struct Web { url: String }
            pub(super) struct Import { file: String }
            #[serde(tag = "type")]
            pub(super) enum Source { #[serde(rename = "Site")] Web(Web), Import(Import) }
        }
        struct { id: u8, source: Source }
    }
    tagged_elsewhere {
        types {
            pub(super) struct Web { url: String }
            #[serde(tag = "kind")]
            pub(super) enum Source { Web(Web) }
        }
        struct { id: u8, source: Source }
    }
    tagged_retyped {
        types {
            pub(super) struct Web { url: u8 }
            pub(super) struct Import { file: String }
            #[serde(tag = "type")]
            pub(super) enum Source { Web(Web), Import(Import) }
        }
        struct { id: u8, source: Source }
    }
    one_tagged {
        types {
            pub(super) struct Web { url: String }
            #[serde(tag = "type")]
            pub(super) enum Source { Web(Web) }
        }
        struct { id: u8, source: Source }
    }
    by_number { struct { id: u8, cities: BTreeMap<u32, City> } }
    by_number_added {
        types { #[schemars(rename = "City")] pub(super) struct Town { name: String, zip: u8 } }
        struct { id: u8, cities: BTreeMap<u32, Town> }
    }
    by_number_retyped {
        types { pub(super) struct Town { name: u8 } }
        struct { id: u8, cities: BTreeMap<u32, Town> }
    }
    by_negative { struct { id: u8, cities: BTreeMap<i32, City> } }
    by_text { struct { id: u8, cities: BTreeMap<String, City> } }
    by_text_retyped {
        types { pub(super) struct Town { name: u8 } }
        struct { id: u8, cities: BTreeMap<String, Town> }
    }
    flat {
        types {
            #[serde(tag = "a")]
            pub(super) enum One { A { size: u8 } }
            #[serde(tag = "b")]
            pub(super) enum Two { B { size: u8 } }
            pub(super) struct Both { #[serde(flatten)] one: One, #[serde(flatten)] two: Two }
        }
        struct { id: u8, both: Both }
    }
    flat_retyped {
        types {
            #[serde(tag = "a")]
            pub(super) enum One { A { size: u8 } }
            #[serde(tag = "b")]
            pub(super) enum Two { B { size: String } }
            pub(super) struct Both { #[serde(flatten)] one: One, #[serde(flatten)] two: Two }
        }
        struct { id: u8, both: Both }
    }
    keyed {
        types { pub(super) enum Source { Web { url: String }, Import(u8) } }
        struct { id: u8, source: Source }
    }
    keyed_retyped {
        types { pub(super) enum Source { Web { url: u8 }, Import(u8) } }
        struct { id: u8, source: Source }
    }
    tuple { struct { id: u8, place: (f64, u8) } }
    tuple_longer { struct { id: u8, place: (f64, u8, u8) } }
    tuple_retyped { struct { id: u8, place: (f64, String) } }
    recursive {
        types { pub(super) struct Link { name: String, next: Option<Box<Link>> } }
        struct { id: u8, link: Link }
    }
    recursive_retyped {
        types { pub(super) struct Link { name: u8, next: Option<Box<Link>> } }
        struct { id: u8, link: Link }
    }
    whole { struct { id: u8, size: i64 } }
    fraction { struct { id: u8, size: f64 } }
    short { struct { id: u8, #[schemars(length(max = 5))] code: String } }
    long { struct { id: u8, #[schemars(length(max = 9))] code: String } }
}

mod deep {
    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(super) struct Town {
        pub(super) name: u8,
    }
}

/// What stands in the error, without its first line and its help.
fn check(then: &str, now: &str, expected: &[&str]) {
    let path = write(&format!("{then}-{now}"), then);
    let (_, catalog) = versions().into_iter().find(|(name, _)| *name == now).expect("one");
    let found = match catalog.check_lock(&path) {
        Ok(()) => Vec::new(),
        Err(LockError::Broken { breaks, .. }) => breaks
            .iter()
            .map(|one| match one.path.as_str() {
                "" => format!("{}: {}", one.events.join(", "), one.problem),
                path => format!("{path}: {}", one.problem),
            })
            .collect(),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(found, expected, "from {then} to {now}");
}

#[test]
fn the_same_texts_and_additions_pass() {
    check("first", "first", &[]);
    check("first", "described", &[]);
    check("first", "added", &[]);
    check("first", "merged", &[]);
}

#[test]
fn a_field_that_is_gone_is_refused() {
    check("first", "removed", &["data.email: was removed"]);
    check("first", "skipped", &["data.email: was removed"]);
    check("first", "renamed", &["data.email: was removed"]);
}

#[test]
fn a_field_of_another_type_is_refused() {
    check("first", "retyped", &["data.email: was a string, and is an integer"]);
    check("first", "redacted", &["data.email: was a string, and is `\"[redacted]\"`"]);
    check("first", "larger", &["data.id: was of the format `uint8`, and is of `uint32`"]);
    check("first", "listed", &["data.city: was an object, and is a list"]);
    check(
        "first",
        "nested",
        &[
            "data.city: was never null, and may be now",
            "data.city.name: was a string, and is an integer",
        ],
    );
}

#[test]
fn a_field_that_may_be_missing_now_is_refused() {
    check("first", "optional", &["data.email: was always there, and may be absent now"]);
    check("first", "nullable", &["data.email: was never null, and may be now"]);
}

#[test]
fn a_field_that_receivers_require_now_is_refused() {
    check(
        "first",
        "required",
        &[
            "data.age: could be absent, and is required by receivers now",
            "data.age: could be null, which receivers do not read any more",
        ],
    );
}

#[test]
fn an_enum_is_refused_in_the_direction_that_breaks() {
    check("first", "widened", &["data.kind: may be `\"C\"` now, which receivers do not know"]);
    check(
        "first",
        "narrowed",
        &["data.kind: could be `\"B\"`, which receivers do not read any more"],
    );
    check("first", "still_read", &[]);
    check("first", "read_first", &[]);
    check("read_first", "widened", &["data.kind: may be `\"C\"` now, which receivers do not know"]);
}

#[test]
fn the_variants_of_a_tagged_enum_are_found_by_their_tag() {
    check("tagged", "tagged", &[]);
    check("tagged", "tagged_retyped", &["data.source.url: was a string, and is an integer"]);
    check("tagged", "tagged_other_order", &[]);
    check(
        "tagged",
        "tagged_renamed",
        &[
            "data.source: may be an object whose `type` is `\"Site\"` now, which receivers do not know",
            "data.source: could be an object whose `type` is `\"Web\"`, which receivers do not read any more",
        ],
    );
    check(
        "one_tagged",
        "tagged_elsewhere",
        &[
            "data.source: may be an object whose `kind` is `\"Web\"` now, which receivers do not know",
            "data.source: could be an object whose `type` is `\"Web\"`, which receivers do not read any more",
        ],
    );
    check("keyed", "keyed_retyped", &["data.source.Web.url: was a string, and is an integer"]);
}

#[test]
fn the_members_of_a_map_are_compared() {
    check("by_number", "by_number", &[]);
    check("by_number", "by_number_added", &[]);
    check(
        "by_number",
        "by_number_retyped",
        &["data.cities.*.name: was a string, and is an integer"],
    );
    check("by_text", "by_text_retyped", &["data.cities.*.name: was a string, and is an integer"]);
    check(
        "by_number",
        "by_negative",
        &[
            r"data.cities.*: the members named like `^\d+$` were removed",
            r"data.cities.*: there are members named like `^-?\d+$` now",
        ],
    );
}

#[test]
fn what_is_put_together_of_others_alone_is_compared() {
    check("flat", "flat", &[]);
    check("flat", "flat_retyped", &["data.both.size: was an integer, and is a string"]);
}

#[test]
fn lists_of_types_and_types_that_hold_themselves_are_compared() {
    check("tuple", "tuple_retyped", &["data.place[1]: was an integer, and is a string"]);
    check("recursive", "recursive", &[]);
    check("recursive", "recursive_retyped", &["data.link.name: was a string, and is an integer"]);
}

#[test]
fn a_number_for_an_integer_and_another_limit_are_refused() {
    check("whole", "fraction", &["data.size: was an integer, and is a number"]);
    check("short", "long", &["data.code: the rule `maxLength` was `5`, and is `9`"]);
}

#[test]
fn what_was_refused_passes_when_it_is_accepted() {
    let path = write("accepted", "first");
    let (_, removed) = versions().into_iter().find(|(name, _)| *name == "removed").expect("one");
    removed.check_lock(&path).expect_err("a field is gone");
    write_over(&path, "removed");
    removed.check_lock(&path).expect("it was accepted");
}

#[test]
fn an_event_that_is_gone_is_refused() {
    check("first", "no_event", &["person.deleted: the event was removed"]);
    check("merged", "first", &["person.merged: the event was removed"]);
}

#[test]
fn the_error_is_the_difference_and_what_to_do() {
    let path = write("text", "first");
    let error = Catalog::new().object::<removed::Person>().check_lock(&path).expect_err("a break");
    let expected = format!(
        "the events are not as `{}` promises them\n\n  \
         person.created, person.deleted, person.updated\n    data.email: was removed\n\n\
         help: keep what receivers rely on; or accept the difference, and tell them: run this test with `UPDATE_CATALOG=1`",
        path.display()
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(format!("{error:?}"), expected, "a test that unwraps it is readable");
}

#[test]
fn a_file_that_is_not_there_or_no_lock_is_told_with_what_to_do() {
    let catalog = Catalog::new().object::<first::Person>();
    let path = place("missing");
    let error = catalog.check_lock(&path).expect_err("no file");
    assert!(matches!(error, LockError::Missing { .. }));
    assert!(error.to_string().contains("once with `UPDATE_CATALOG=1`"), "{error}");
    std::fs::write(&path, "{\n<<<<<<< HEAD\n").expect("a file");
    let error = catalog.check_lock(&path).expect_err("no lock");
    assert!(matches!(error, LockError::NotALock { line: 2, .. }), "{error}");
    for later in [r#"{"version":2,"events":{},"sent":{},"read":{}}"#, r#"{"version":2,"more":{}}"#]
    {
        std::fs::write(&path, later).expect("a file");
        let error = catalog.check_lock(&path).expect_err("of a later version");
        assert!(matches!(error, LockError::OtherVersion { version: 2, .. }), "{error}");
        assert!(error.to_string().contains("was written by another version"), "{error}");
    }
    let error = catalog.check_lock(path.join("in_a_file")).expect_err("no folder");
    assert!(matches!(error, LockError::Read { .. } | LockError::Missing { .. }), "{error}");
}
