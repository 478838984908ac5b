//! Custom events, constants and enums: nothing is looked up in the prelude, nothing is warned of.
#![no_implicit_prelude]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]
#![allow(dead_code, non_camel_case_types)]

mod core {}
mod hookwright {}
mod serde {}
mod std {}

struct Err;
struct None;
struct Ok;
struct Option;
struct Result;
struct Some;
struct String;
struct Vec;
trait Display {}

/// Public, and so are its constants.
#[derive(
    ::std::fmt::Debug, ::serde::Serialize, ::serde::Deserialize, ::hookwright::WebhookObject,
)]
#[webhook(fields)]
pub struct Person {
    /// The id.
    pub id: ::std::string::String,
    pub(crate) r#type: u64,
    hidden: bool,
    /// Old.
    #[deprecated]
    pub old: u8,
}

#[derive(::std::fmt::Debug, ::serde::Serialize, ::serde::Deserialize, ::hookwright::WebhookEvent)]
#[webhook(object = Person, name = "merged")]
struct r#struct {
    #[webhook(id)]
    r#use: u64,
    #[webhook(redact)]
    secret: ::std::string::String,
    #[webhook(skip)]
    #[serde(default)]
    own: ::std::option::Option<u8>,
}

#[derive(::std::fmt::Debug, ::serde::Serialize, ::serde::Deserialize, ::hookwright::WebhookEvent)]
#[webhook(name = "workspace.suspended")]
struct Unit;

#[derive(::std::fmt::Debug, ::hookwright::WebhookEvents)]
enum r#enum {
    r#Person(::hookwright::ObjectEvent<Person>),
    r#struct(::std::boxed::Box<::hookwright::Event<r#struct>>),
    Unit(::hookwright::Event<Unit>),
    #[webhook(other)]
    Other(::hookwright::RawEvent),
}

/// The crate under another name.
mod renamed {
    #[allow(unused_imports)]
    pub(crate) use ::hookwright as webhooks;
}

#[derive(::std::fmt::Debug, ::serde::Serialize, ::serde::Deserialize, ::hookwright::WebhookEvent)]
#[webhook(name = "a.b", crate = "renamed::webhooks")]
struct Renamed {
    #[webhook(redact)]
    id: ::std::primitive::u64,
    #[webhook(id)]
    key: ::std::primitive::u64,
}

#[derive(::std::fmt::Debug, ::hookwright::WebhookEvents)]
#[webhook(crate = "renamed::webhooks")]
enum Small {
    Renamed(::hookwright::Event<Renamed>),
}

fn main() {
    use ::hookwright::{ReadEvent as _, WebhookEvent as _};
    use ::std::string::ToString as _;

    ::std::assert_eq!(Person::TYPE.name(), "type");
    ::std::assert_eq!(Person::ID.name(), "id");

    let merged = r#struct { r#use: 1, secret: "s".to_string(), own: ::std::option::Option::None };
    let body = ::serde_json::to_string(&merged.event()).unwrap();
    ::std::assert!(body.contains("\"data\":{\"use\":1,\"secret\":\"[redacted]\"}"));
    let read = r#enum::from_body(body.as_bytes()).unwrap();
    ::std::assert_eq!(read.name().to_string(), "person.merged");
    ::std::assert!(::std::matches!(read, r#enum::r#struct(_)));

    {
        #[derive(::std::fmt::Debug, ::hookwright::WebhookEvents)]
        enum InAFunction {
            Unit(::hookwright::Event<Unit>),
        }
        let body = ::serde_json::to_string(&Unit.event()).unwrap();
        ::std::assert!(InAFunction::from_body(body.as_bytes()).is_ok());
        ::std::assert!(Small::from_body(body.as_bytes()).is_err());
    }
}
