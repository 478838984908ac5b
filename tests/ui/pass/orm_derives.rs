// Next to the derives of ORMs, each with the attributes of its own.
#![deny(warnings)]

use hookwright::WebhookObject;
use serde_json::json;

mod post {
    use sea_orm::entity::prelude::*;

    #[derive(
        Clone, Debug, PartialEq, Eq, DeriveEntityModel, serde::Serialize, hookwright::WebhookObject,
    )]
    #[sea_orm(table_name = "posts")]
    #[webhook(name = "post")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        #[sea_orm(column_name = "headline", indexed)]
        pub title: String,
        #[sea_orm(column_type = "Text", nullable)]
        #[webhook(skip)]
        pub draft: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod label {
    use sea_orm::entity::prelude::*;

    #[derive(
        Clone, Debug, PartialEq, Eq, DeriveEntityModel, serde::Serialize, hookwright::WebhookObject,
    )]
    #[sea_orm(table_name = "labels")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

#[derive(sqlx::FromRow, serde::Serialize, WebhookObject)]
#[sqlx(rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
struct Person {
    id: i64,
    #[sqlx(rename = "mail")]
    email_address: String,
    #[sqlx(default)]
    #[webhook(redact)]
    phone: String,
    #[sqlx(skip)]
    #[webhook(skip)]
    notes: Vec<u8>,
    #[cfg(any())]
    #[sqlx(rename = "gone")]
    #[webhook(colour)]
    gone: NoSuchType,
}

fn data(event: impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(event).unwrap()["data"].take()
}

fn main() {
    let post = post::Model { id: 1, title: "News".to_owned(), draft: Some("secret".to_owned()) };
    assert_eq!(post::Model::NAME, "post");
    assert_eq!(data(post.created()), json!({ "id": 1, "title": "News" }));

    let label = label::Model { id: 7 };
    assert_eq!(label.updated().name().to_string(), "model.updated");

    let person = Person {
        id: 1,
        email_address: "alice@example.com".to_owned(),
        phone: "123".to_owned(),
        notes: vec![1],
    };
    assert_eq!(
        data(person.deleted()),
        json!({ "id": 1, "emailAddress": "alice@example.com", "phone": "[redacted]" })
    );
}
