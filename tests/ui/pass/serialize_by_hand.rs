// Data is what the record's own `Serialize` writes, be it written by hand, into or transparent.
#![deny(warnings)]

use hookwright::WebhookObject;
use serde::{Serialize, Serializer};
use serde_json::json;

#[derive(WebhookObject)]
struct Person {
    id: u64,
    name: &'static str,
}

impl Serialize for Person {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([("key", self.id.to_string()), ("called", self.name.to_owned())])
    }
}

#[derive(Clone, Serialize, WebhookObject)]
#[serde(into = "(u64, String)")]
struct Pair {
    id: u64,
    name: String,
}

impl From<Pair> for (u64, String) {
    fn from(pair: Pair) -> Self {
        (pair.id, pair.name)
    }
}

#[derive(Serialize, WebhookObject)]
#[serde(transparent)]
struct Number {
    id: u64,
}

fn main() {
    let person = Person { id: 1, name: "Alice" };
    assert_eq!(
        serde_json::to_value(&person.created()).unwrap()["data"],
        json!({ "key": "1", "called": "Alice" })
    );
    let pair = Pair { id: 1, name: "Alice".to_owned() };
    assert_eq!(serde_json::to_value(&pair.created()).unwrap()["data"], json!([1, "Alice"]));
    assert_eq!(serde_json::to_value(&Number { id: 1 }.created()).unwrap()["data"], json!(1));
}
