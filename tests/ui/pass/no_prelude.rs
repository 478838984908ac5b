// Nothing that the derive writes is looked up in the prelude, or in the names of this file.
#![no_implicit_prelude]
#![deny(warnings)]
#![allow(dead_code)]

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

trait Display {}
trait Serialize {}
trait Serializer {}

#[derive(::serde::Serialize, ::hookwright::WebhookObject)]
struct Plain {
    id: u64,
}

#[derive(::hookwright::WebhookObject)]
#[webhook(name = "hiding", events(created, updated, deleted, restored, destroyed))]
struct Hiding {
    #[webhook(id)]
    number: u64,
    #[webhook(skip)]
    skipped: Option,
    #[webhook(redact)]
    redacted: ::std::string::String,
}

fn main() {
    use ::hookwright::WebhookObject as _;
    use ::std::string::ToString as _;

    let plain = Plain { id: 1 };
    ::std::assert_eq!(plain.created().name().to_string(), "plain.created");

    let record =
        Hiding { number: 1, skipped: Option, redacted: ::std::convert::From::from("IBAN") };
    let event = ::serde_json::to_value(&record.destroyed()).unwrap();
    ::std::assert_eq!(event["event"], "hiding.destroyed");
    ::std::assert_eq!(event["data"].to_string(), r#"{"number":1,"redacted":"[redacted]"}"#);
}
