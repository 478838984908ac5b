// Next to skipped and redacted fields, serde's attributes mean what serde says they mean.
#![deny(warnings)]

use std::collections::BTreeMap;

use hookwright::WebhookObject;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Serialize, Deserialize, WebhookObject)]
#[serde(tag = "kind", rename = "Contact", rename_all(serialize = "camelCase"))]
#[serde(rename_all(deserialize = "camelCase"))]
#[serde(bound = "", default, deny_unknown_fields, expecting = "a person")]
#[serde(crate = "serde")]
struct Person {
    id: u64,
    first_name: String,
    #[serde(rename = "surname", alias = "last")]
    last_name: String,
    #[serde(rename(serialize = "mail", deserialize = "email"))]
    email_address: String,
    #[serde(rename(deserialize = "born"))]
    birth_date: String,
    #[serde(skip)]
    cache: Option<u8>,
    #[serde(skip_serializing, default)]
    password: String,
    #[serde(skip_deserializing)]
    score: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(serialize_with = "shout", deserialize_with = "listen")]
    city: String,
    #[serde(with = "cents")]
    price: u64,
    #[serde(default = "sixty")]
    age: u8,
    #[serde(bound(serialize = "String: Serialize"))]
    note: String,
    #[webhook(skip)]
    #[serde(flatten)]
    skipped: BTreeMap<String, String>,
    #[webhook(redact)]
    #[serde(rename = "account", with = "cents")]
    iban: u64,
    #[webhook(redact)]
    #[serde(rename(serialize = "taxNumber"), serialize_with = "shout")]
    tax_id: String,
    #[webhook(redact)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pass_port: Option<String>,
    #[webhook(redact)]
    #[serde(skip)]
    unseen: String,
}

#[derive(Serialize, WebhookObject)]
struct Company {
    id: u64,
    #[serde(flatten)]
    extra: BTreeMap<String, u8>,
    #[serde(flatten)]
    address: Option<Address>,
    #[webhook(redact)]
    iban: String,
}

#[derive(Serialize)]
struct Address {
    city: String,
}

#[derive(Clone, Serialize, Deserialize, WebhookObject)]
#[serde(from = "(u64, String)")]
struct FromPair {
    id: u64,
    #[webhook(skip)]
    notes: String,
}

#[derive(Deserialize, WebhookObject)]
#[serde(try_from = "u64")]
struct TryFromNumber {
    id: u64,
    #[webhook(skip)]
    notes: &'static str,
}

impl From<(u64, String)> for FromPair {
    fn from((id, notes): (u64, String)) -> Self {
        Self { id, notes }
    }
}

impl TryFrom<u64> for TryFromNumber {
    type Error = std::num::TryFromIntError;

    fn try_from(id: u64) -> Result<Self, Self::Error> {
        u8::try_from(id).map(|_| Self { id, notes: "" })
    }
}

impl Default for Person {
    fn default() -> Self {
        serde_json::from_value(json!({ "kind": "Contact", "price": "1", "account": "2" })).unwrap()
    }
}

fn shout<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text.to_uppercase())
}

fn listen<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|text| text.to_lowercase())
}

fn sixty() -> u8 {
    60
}

mod cents {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(cents: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{}.{:02}", cents / 100, cents % 100))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn person() -> Person {
    Person {
        id: 1,
        first_name: "Alice".to_owned(),
        last_name: "Doe".to_owned(),
        email_address: "alice@example.com".to_owned(),
        birth_date: "1990-01-01".to_owned(),
        cache: Some(1),
        password: "password".to_owned(),
        score: 5,
        phone: None,
        tags: Vec::new(),
        city: "Paris".to_owned(),
        price: 1234,
        age: 34,
        note: "note".to_owned(),
        skipped: BTreeMap::from([("skipped".to_owned(), String::new())]),
        iban: 2,
        tax_id: "tax".to_owned(),
        pass_port: None,
        unseen: "unseen".to_owned(),
    }
}

fn seen() -> Person {
    let (phone, tags) = (Some("1".to_owned()), vec!["a".to_owned()]);
    Person { phone, tags, pass_port: Some("X1".to_owned()), ..person() }
}

fn main() {
    let person = person();
    let event = serde_json::to_value(&person.created()).unwrap();
    assert_eq!(event["event"], "person.created");
    assert_eq!(
        event["data"],
        json!({
            "kind": "Contact",
            "id": 1,
            "firstName": "Alice",
            "surname": "Doe",
            "mail": "alice@example.com",
            "birthDate": "1990-01-01",
            "score": 5,
            "city": "PARIS",
            "price": "12.34",
            "age": 34,
            "note": "note",
            "account": "[redacted]",
            "taxNumber": "[redacted]",
        })
    );

    // Of the fields that are not hidden, the payload has what the record's own `Serialize` writes.
    let mut own = serde_json::to_value(&person).unwrap();
    let own = own.as_object_mut().unwrap();
    own.remove("skipped");
    own.insert("account".to_owned(), "[redacted]".into());
    own.insert("taxNumber".to_owned(), "[redacted]".into());
    assert_eq!(event["data"], json!(own));

    let data = &serde_json::to_value(&seen().created()).unwrap()["data"];
    assert_eq!(data["phone"], "1");
    assert_eq!(data["tags"], json!(["a"]));
    assert_eq!(data["passPort"], "[redacted]");

    // A redacted member that has changed is known by the name that serde gives it.
    let before = Person { iban: 3, tax_id: "old".into(), pass_port: Some("X2".into()), ..seen() };
    let now = seen();
    let event = now.updated_from(&before).unwrap().unwrap();
    assert_eq!(
        serde_json::to_value(&event).unwrap()["updatedFields"],
        json!(["account", "taxNumber", "passPort"])
    );

    let company = Company {
        id: 1,
        extra: BTreeMap::from([("stars".to_owned(), 5)]),
        address: Some(Address { city: "Paris".to_owned() }),
        iban: "DE02".to_owned(),
    };
    assert_eq!(
        serde_json::to_value(&company.created()).unwrap()["data"],
        json!({ "id": 1, "stars": 5, "city": "Paris", "iban": "[redacted]" })
    );

    let pair = FromPair::from((1, "notes".to_owned()));
    assert_eq!(serde_json::to_value(&pair.created()).unwrap()["data"], json!({ "id": 1 }));
    assert_eq!(pair.notes, "notes");
    let number = TryFromNumber::try_from(7).unwrap();
    assert_eq!(serde_json::to_value(&number.created()).unwrap()["data"], json!({ "id": 7 }));
    assert_eq!(number.notes, "");
}
