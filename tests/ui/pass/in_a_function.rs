// An object may be local to a function, and so may be what its serde attributes name.
#![deny(warnings)]

use hookwright::WebhookObject;
use serde_json::json;

fn first() -> serde_json::Value {
    #[derive(serde::Serialize, WebhookObject)]
    struct Person {
        id: u64,
    }

    serde_json::to_value(&Person { id: 1 }.created()).unwrap()
}

fn second() -> serde_json::Value {
    fn shout<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text.to_uppercase())
    }

    struct Phone(u32);

    #[derive(WebhookObject)]
    #[webhook(events(destroyed))]
    struct Person {
        #[webhook(id)]
        #[serde(serialize_with = "shout")]
        key: &'static str,
        #[webhook(skip)]
        phone: Phone,
    }

    let person = Person { key: "a", phone: Phone(7) };
    assert_eq!(person.phone.0, 7);
    serde_json::to_value(&person.destroyed()).unwrap()
}

fn main() {
    assert_eq!(first()["event"], "person.created");
    assert_eq!(first()["data"], json!({ "id": 1 }));
    assert_eq!(second()["event"], "person.destroyed");
    assert_eq!(second()["data"], json!({ "key": "A" }));
}
