// `Self` is the record, in its fields' types and in its serde attributes.
#![deny(warnings)]

use hookwright::WebhookObject;
use serde_json::json;

trait Sized2 {
    const LENGTH: usize;
    type Number;
}

#[derive(WebhookObject)]
struct Company {
    id: <Self as Sized2>::Number,
    parent: Option<Box<Self>>,
    grades: [u8; Self::LENGTH],
    #[serde(skip_serializing_if = "Self::is_zero")]
    employees: u32,
    #[serde(serialize_with = "<Self as Words>::write")]
    domain: &'static str,
    #[serde(rename = "Self")]
    own: u8,
    #[webhook(redact)]
    subsidiaries: Vec<Self>,
    #[webhook(skip)]
    #[allow(dead_code)]
    previous: Option<Box<Self>>,
}

impl Sized2 for Company {
    const LENGTH: usize = 2;
    type Number = u64;
}

impl PartialEq for Company {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Company {
    fn is_zero(number: &u32) -> bool {
        *number == 0
    }

    fn new(id: u64) -> Self {
        Self {
            id,
            parent: None,
            grades: [1, 2],
            employees: 0,
            domain: "example.com",
            own: 1,
            subsidiaries: Vec::new(),
            previous: None,
        }
    }
}

trait Words {
    fn write<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error>;
}

impl Words for Company {
    fn write<S: serde::Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&text.replace('.', " "))
    }
}

// A record that holds another of its kind needs a `Serialize`, which the payload does not use.
impl serde::Serialize for Company {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.id)
    }
}

fn main() {
    let company = Company { parent: Some(Box::new(Company::new(7))), ..Company::new(1) };
    assert_eq!(company.object_id().to_string(), "1");
    assert_eq!(
        serde_json::to_value(&company.created()).unwrap()["data"],
        json!({
            "id": 1,
            "parent": 7,
            "grades": [1, 2],
            "domain": "example com",
            "Self": 1,
            "subsidiaries": "[redacted]",
        })
    );

    let grown = Company { subsidiaries: vec![Company::new(2)], employees: 3, ..Company::new(1) };
    let event = grown.updated_from(&Company::new(1)).unwrap().unwrap();
    assert_eq!(
        serde_json::to_value(&event).unwrap()["updatedFields"],
        json!(["employees", "subsidiaries"])
    );
}
