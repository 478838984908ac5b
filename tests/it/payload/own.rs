//! Without a hidden field the data is what the record's own `Serialize` writes.

use std::collections::BTreeMap;

use hookwright::WebhookObject;
use proptest::prelude::*;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::cases::{CASES, check_cases, optional, same_text, text};
use super::{Address, address, data, extras};

/// Checks that the data of the records is their own JSON.
fn check<S>(records: S)
where
    S: Strategy,
    S::Value: WebhookObject + Serialize + hookwright::emits::Created,
{
    check_cases(CASES, &records, |record| {
        let expected = serde_json::to_string(&record).expect("the record can be written");
        same_text(&data(record.created()), &expected)
    });
}

#[test]
fn a_derived_serialize_is_used_as_it_is() {
    #[derive(Debug, Clone, Serialize, WebhookObject)]
    #[serde(rename_all = "camelCase", tag = "type")]
    struct Company {
        id: u64,
        #[serde(skip_serializing_if = "Option::is_none", rename = "web-site")]
        domain_name: Option<String>,
        #[serde(flatten)]
        address: Address,
        #[serde(with = "super::hex_digits")]
        brand_colour: u32,
        #[serde(flatten)]
        extras: BTreeMap<String, i64>,
        parent: Option<Box<Self>>,
    }

    let companies =
        (any::<u64>(), optional(text()), address(), any::<u32>(), extras(), optional(text()))
            .prop_map(|(id, domain_name, address, brand_colour, extras, parent)| {
                let company =
                    Company { id, domain_name, address, brand_colour, extras, parent: None };
                let parent = parent.map(|domain| {
                    Box::new(Company { domain_name: Some(domain), ..company.clone() })
                });
                Company { parent, ..company }
            });
    check(companies);
}

#[test]
fn attributes_that_hidden_fields_forbid_are_serdes_without_them() {
    #[derive(Debug, Clone, Serialize, WebhookObject)]
    #[serde(transparent)]
    struct Wrapped {
        #[webhook(id)]
        address: DisplayedAddress,
    }

    #[derive(Debug, Clone, Serialize, WebhookObject)]
    #[serde(into = "Address")]
    struct Converted {
        id: u32,
        street: String,
    }

    #[derive(Debug, Clone, Serialize)]
    struct DisplayedAddress(Address);

    impl std::fmt::Display for DisplayedAddress {
        fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str(&self.0.street_name)
        }
    }

    impl From<Converted> for Address {
        fn from(converted: Converted) -> Self {
            Self { street_name: converted.street, zip_code: Some(converted.id) }
        }
    }

    check(address().prop_map(|address| Wrapped { address: DisplayedAddress(address) }));
    check((any::<u32>(), text()).prop_map(|(id, street)| Converted { id, street }));

    let converted = Converted { id: 12, street: "Main".into() };
    assert_eq!(data(converted.created()), r#"{"streetName":"Main","zipCode":12}"#);
}

/// Writes what it is told to.
#[derive(Debug, Clone, WebhookObject)]
struct ByHand {
    id: u64,
    shape: Shape,
}

#[derive(Debug, Clone)]
enum Shape {
    Map(Vec<(String, i128)>),
    List(Vec<f64>),
    Text(String),
    Number(u128),
    Nothing,
}

impl Serialize for ByHand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.shape {
            Shape::Map(entries) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("no", &self.id)?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Shape::List(items) => items.serialize(serializer),
            Shape::Text(text) => serializer.collect_str(text),
            Shape::Number(number) => number.serialize(serializer),
            Shape::Nothing => serializer.serialize_none(),
        }
    }
}

#[test]
fn a_serialize_by_hand_may_write_anything() {
    let shapes = prop_oneof![
        prop::collection::vec((text(), any::<i128>()), 0..4).prop_map(Shape::Map),
        prop::collection::vec(prop::num::f64::ANY, 0..4).prop_map(Shape::List),
        text().prop_map(Shape::Text),
        any::<u128>().prop_map(Shape::Number),
        Just(Shape::Nothing),
    ];
    check((any::<u64>(), shapes).prop_map(|(id, shape)| ByHand { id, shape }));

    let written = |shape| data(ByHand { id: 1, shape }.created());
    assert_eq!(written(Shape::Map(vec![("a".into(), -1)])), r#"{"no":1,"a":-1}"#);
    assert_eq!(written(Shape::Nothing), "null");
    assert_eq!(written(Shape::Text("é\n".into())), r#""é\n""#);
}

#[test]
fn an_object_by_hand_says_itself_what_its_data_is() {
    struct Ticket {
        number: u32,
        secret: &'static str,
    }

    impl WebhookObject for Ticket {
        const NAME: &'static str = "ticket";

        fn object_id(&self) -> &dyn std::fmt::Display {
            &self.number
        }

        fn serialize_data<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(1))?;
            map.serialize_entry("number", &self.number)?;
            map.end()
        }
    }

    impl hookwright::emits::Created for Ticket {}

    let ticket = Ticket { number: 3, secret: "gate code" };
    assert_eq!(data(ticket.created()), r#"{"number":3}"#);
    assert_eq!(ticket.created().object_id().to_string(), "3");
    assert!(!ticket.secret.is_empty());
}
