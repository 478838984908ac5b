// Attributes without options, with a comma at the end, and several on one item.
#![deny(warnings)]

use hookwright::WebhookObject;

#[rustfmt::skip]
#[derive(serde::Serialize, WebhookObject)]
#[webhook()]
#[webhook(name = "contact",)]
#[webhook(events(deleted, created,))]
struct Person {
    #[webhook()]
    id: u64,
    #[webhook(id,)]
    #[webhook()]
    key: &'static str,
}

fn main() {
    let person = Person { id: 1, key: "a" };
    assert_eq!(person.object_id().to_string(), "a");
    assert_eq!(person.created().name().to_string(), "contact.created");
    assert_eq!(person.deleted().name().to_string(), "contact.deleted");
}
