// Structs of an ORM are named for their modules, and carry the attributes of other derives.
#![deny(warnings)]

use hookwright::WebhookObject;
use serde_json::json;

mod post {
    /// A row of `posts`.
    #[derive(
        Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, hookwright::WebhookObject,
    )]
    #[webhook(name = "post")]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    pub struct Model {
        /// The primary key.
        #[serde(alias = "key")]
        pub id: i32,
        pub created_at: chrono::DateTime<chrono::Utc>,
        /// Never shown.
        #[doc(hidden)]
        #[webhook(skip)]
        #[serde(default)]
        pub draft: String,
    }
}

mod label {
    #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, hookwright::WebhookObject)]
    pub struct Model {
        pub id: i32,
    }
}

fn main() {
    let created_at = "2025-02-10T15:30:50Z".parse().unwrap();
    let post = post::Model { id: 1, created_at, draft: "secret".to_owned() };
    let event = serde_json::to_value(&post.created()).unwrap();
    assert_eq!(event["event"], "post.created");
    assert_eq!(event["data"], json!({ "id": 1, "createdAt": "2025-02-10T15:30:50Z" }));
    let read: post::Model = serde_json::from_value(event["data"].clone()).unwrap();
    assert_eq!(read, post::Model { draft: String::new(), ..post });

    assert_eq!(label::Model::NAME, "model");
    assert_eq!(label::Model { id: 1 }.updated().name().to_string(), "model.updated");
}
