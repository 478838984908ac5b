//! A record of every shape, and events of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use hookwright::{
    Catalog, Event, ObjectEvent, RawEvent, WebhookEvent, WebhookEvents, WebhookObject,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A contact.
///
/// With everything that a contact has */ and more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, WebhookObject, JsonSchema)]
#[webhook(events(created, updated, deleted, restored, destroyed))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contact {
    pub(crate) id: u64,
    /// The name | of the contact.
    pub(crate) full_name: String,
    #[serde(rename = "e-mail")]
    pub(crate) email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) job_title: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) kind: Kind,
    pub(crate) source: Source,
    pub(crate) origin: Origin,
    pub(crate) offices: BTreeMap<u32, Address>,
    pub(crate) phone: Phone,
    pub(crate) number: Number,
    pub(crate) tags: BTreeSet<String>,
    pub(crate) custom: BTreeMap<String, Option<i32>>,
    pub(crate) place: (f64, f64),
    pub(crate) parent: Option<Box<Link>>,
    pub(crate) address: Option<Address>,
    #[serde(flatten)]
    pub(crate) stage: Stage,
    #[serde(flatten)]
    pub(crate) audit: Audit,
    #[webhook(redact)]
    pub(crate) iban: Option<String>,
    #[webhook(skip)]
    #[serde(default)]
    pub(crate) internal_notes: String,
    #[webhook(skip)]
    #[serde(flatten, default)]
    #[schemars(skip)]
    pub(crate) secret: Secret,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Secret {
    pub(crate) salary: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Kind {
    /// Not a customer yet.
    Lead,
    Customer,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Source {
    Web { url: String },
    Import,
}

/// Where it was first heard of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "via")]
pub(crate) enum Origin {
    Link(Link),
    Place(Address),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Phone {
    None,
    Mobile(String),
    Desk { number: String, extension: u16 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Number {
    Whole(i64),
    Text(String),
}

/// One in a chain of any length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Link {
    pub(crate) name: String,
    pub(crate) next: Option<Box<Link>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Address {
    pub(crate) city: String,
    #[serde(default)]
    pub(crate) lines: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "stage")]
pub(crate) enum Stage {
    New,
    Won { amount: u32 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Audit {
    pub(crate) created_by: String,
}

/// Two contacts became one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, WebhookEvent, JsonSchema)]
#[webhook(object = Contact, name = "merged")]
pub(crate) struct ContactMerged {
    #[webhook(id)]
    pub(crate) winner: u64,
    pub(crate) loser: Link,
    #[webhook(redact)]
    pub(crate) reason: String,
}

/// Nothing works any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, WebhookEvent, JsonSchema)]
#[webhook(name = "workspace.suspended")]
pub(crate) struct Suspended;

#[derive(Debug, WebhookEvents)]
#[allow(dead_code)]
pub(crate) enum ContactEvent {
    Contact(Box<ObjectEvent<Contact>>),
    Merged(Event<ContactMerged>),
    Suspended(Event<Suspended>),
    #[webhook(other)]
    Other(RawEvent),
}

pub(crate) fn catalog() -> Catalog {
    Catalog::of::<ContactEvent>().title("Contacts")
}

fn link() -> impl Strategy<Value = Option<Box<Link>>> {
    let leaf = any::<String>().prop_map(|name| Some(Box::new(Link { name, next: None })));
    let leaf = prop_oneof![Just(None), leaf];
    leaf.prop_recursive(4, 8, 1, |next| {
        (any::<String>(), next).prop_map(|(name, next)| Some(Box::new(Link { name, next })))
    })
}

fn address() -> impl Strategy<Value = Address> {
    (any::<String>(), proptest::collection::vec(any::<String>(), 0..3))
        .prop_map(|(city, lines)| Address { city, lines })
}

fn phone() -> impl Strategy<Value = Phone> {
    prop_oneof![
        Just(Phone::None),
        any::<String>().prop_map(Phone::Mobile),
        (any::<String>(), any::<u16>())
            .prop_map(|(number, extension)| Phone::Desk { number, extension }),
    ]
}

fn contact() -> impl Strategy<Value = Contact> {
    let text = any::<String>;
    let maybe = any::<Option<String>>;
    let names = (any::<u64>(), text(), maybe(), maybe(), 0..4_000_000_000_000_i64);
    let kinds = (
        prop_oneof![Just(Kind::Lead), Just(Kind::Customer)],
        prop_oneof![Just(Source::Import), text().prop_map(|url| Source::Web { url })],
        prop_oneof![
            address().prop_map(Origin::Place),
            text().prop_map(|name| Origin::Link(Link { name, next: None })),
        ],
        phone(),
        prop_oneof![any::<i64>().prop_map(Number::Whole), text().prop_map(Number::Text)],
        prop_oneof![Just(Stage::New), any::<u32>().prop_map(|amount| Stage::Won { amount })],
    );
    let lists = (
        proptest::collection::btree_set(text(), 0..3),
        proptest::collection::btree_map(text(), any::<Option<i32>>(), 0..3),
        (-90.0..90.0_f64, -180.0..180.0_f64),
        link(),
        proptest::option::of(address()),
        proptest::collection::btree_map(any::<u32>(), address(), 0..3),
    );
    (names, kinds, lists, text(), maybe(), text()).prop_map(
        |(names, kinds, lists, created_by, iban, internal_notes)| {
            let (id, full_name, email, job_title, milliseconds) = names;
            let (kind, source, origin, phone, number, stage) = kinds;
            let (tags, custom, place, parent, address, offices) = lists;
            Contact {
                id,
                full_name,
                email,
                job_title,
                created_at: DateTime::from_timestamp_millis(milliseconds).expect("a time"),
                kind,
                source,
                origin,
                offices,
                phone,
                number,
                tags,
                custom,
                place,
                parent,
                address,
                stage,
                audit: Audit { created_by },
                iban,
                internal_notes,
                secret: Secret { salary: 7 },
            }
        },
    )
}

/// Bodies of every event, of the same seed in each run.
pub(crate) fn bodies(count: usize) -> Vec<String> {
    fn text<T: hookwright::EventData>(event: &Event<T>) -> String {
        serde_json::to_string(event).expect("a body")
    }

    let contacts = contact();
    let mut runner = TestRunner::deterministic();
    let mut next = || contacts.new_tree(&mut runner).expect("a contact").current();
    (0..count)
        .map(|index| {
            let contact = next();
            match index % 8 {
                0 => text(&contact.created()),
                1 => text(&contact.updated()),
                2 => text(&contact.deleted()),
                3 => text(&contact.restored()),
                4 => text(&contact.destroyed()),
                5 => {
                    let loser = Link { name: contact.full_name, next: contact.parent };
                    let reason = contact.internal_notes;
                    text(&ContactMerged { winner: contact.id, loser, reason }.event())
                }
                6 => text(&Suspended.event()),
                _ => {
                    let before = Contact { id: contact.id, ..next() };
                    match contact.updated_from(&before).expect("both are objects") {
                        Some(event) => text(&event),
                        None => text(&contact.updated()),
                    }
                }
            }
        })
        .collect()
}
