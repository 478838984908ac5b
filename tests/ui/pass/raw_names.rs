// Names that are keywords are on the wire without `r#`.
#![deny(warnings)]
#![allow(non_camel_case_types)]

use hookwright::WebhookObject;
use serde_json::json;

#[derive(serde::Serialize, WebhookObject)]
struct r#type {
    #[webhook(id)]
    r#struct: u64,
    r#fn: &'static str,
}

#[derive(WebhookObject)]
#[serde(tag = "kind", rename_all = "UPPERCASE")]
struct r#match {
    r#id: u64,
    r#type: &'static str,
    #[webhook(redact)]
    r#use: &'static str,
    #[webhook(skip)]
    r#loop: Option<Box<Self>>,
}

fn main() {
    let record = r#type { r#struct: 7, r#fn: "f" };
    assert_eq!(r#type::NAME, "type");
    assert_eq!(record.object_id().to_string(), "7");
    assert_eq!(
        serde_json::to_value(&record.created()).unwrap()["data"],
        json!({ "struct": 7, "fn": "f" })
    );

    let before = r#match { id: 7, r#type: "t", r#use: "old", r#loop: None };
    let record = r#match { r#use: "new", r#loop: Some(Box::new(before)), ..MATCH };
    let before = record.r#loop.as_deref().unwrap();
    let event = record.updated_from(before).unwrap().unwrap();
    assert_eq!(record.object_id().to_string(), "7");
    let event = serde_json::to_value(&event).unwrap();
    assert_eq!(event["event"], "match.updated");
    assert_eq!(
        event["data"],
        json!({ "kind": "match", "ID": 7, "TYPE": "t", "USE": "[redacted]" })
    );
    assert_eq!(event["updatedFields"], json!(["USE"]));
}

const MATCH: r#match = r#match { id: 7, r#type: "t", r#use: "", r#loop: None };
