//! `Catalog::of`: whatever a variant may hold.

use hookwright::schemars::JsonSchema;
use hookwright::{Catalog, Event, ObjectEvent, WebhookEvents, WebhookObject};
use serde::{Deserialize, Serialize};

use super::shapes::{ContactEvent, ContactMerged};

#[derive(Debug, Serialize, Deserialize, WebhookObject, JsonSchema)]
struct Company {
    id: u64,
}

#[derive(Debug, WebhookEvents)]
#[allow(dead_code)]
enum Everything {
    Contacts(ContactEvent),
    Merged(Box<Event<ContactMerged>>),
    Company(Event<Company>),
    CompanyAgain(ObjectEvent<Company>),
}

#[test]
fn enums_within_enums_boxes_and_repeated_types_are_described_once() {
    let names: Vec<_> = Catalog::of::<Everything>().names().map(|name| name.to_string()).collect();
    assert_eq!(
        names,
        [
            "contact.created",
            "contact.updated",
            "contact.deleted",
            "contact.restored",
            "contact.destroyed",
            "contact.merged",
            "workspace.suspended",
            "company.created",
            "company.updated",
            "company.deleted",
        ]
    );
}
