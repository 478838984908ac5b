// Attributes that are not the derive's own are left alone, on the struct and on its fields.
#![deny(warnings)]
#![allow(unused_parens)]

use hookwright::WebhookObject;
use serde_json::json;

#[rustfmt::skip]
#[doc(alias = "contact")]
#[cfg_attr(all(), derive(serde::Serialize, WebhookObject), webhook(name = "contact"))]
#[cfg_attr(any(), webhook(colour = "red"))]
#[must_use]
#[non_exhaustive]
#[repr(C)]
struct Person {
    #[cfg(any())]
    id: NoSuchType,
    #[cfg_attr(all(), webhook(id))]
    #[rustfmt::skip]
    email: (String),
    #[cfg(all())]
    #[cfg_attr(all(), serde(rename = "telephone"))]
    #[cfg_attr(any(), webhook(skip))]
    phone: String,
    #[cfg_attr(all(), webhook(redact), serde(rename = "account"))]
    iban: String,
    #[cfg(any())]
    #[webhook(colour)]
    gone: NoSuchType,
}

fn main() {
    let person = Person {
        email: "alice@example.com".to_owned(),
        phone: "123".to_owned(),
        iban: "DE02".to_owned(),
    };
    assert_eq!(person.object_id().to_string(), "alice@example.com");
    let event = serde_json::to_value(&person.created()).unwrap();
    assert_eq!(event["event"], "contact.created");
    assert_eq!(
        event["data"],
        json!({ "email": "alice@example.com", "telephone": "123", "account": "[redacted]" })
    );
}
