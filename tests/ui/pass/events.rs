// An object emits the events that it lists, in any order, and without a list the first three.
#![deny(warnings)]

use hookwright::{WebhookObject, emits};

#[derive(serde::Serialize, WebhookObject)]
struct Default {
    id: u8,
}

#[derive(serde::Serialize, WebhookObject)]
#[webhook(events(destroyed, restored, deleted, updated, created))]
struct All {
    id: u8,
}

#[derive(serde::Serialize, WebhookObject)]
#[webhook(events(restored))]
struct One {
    id: u8,
}

// Such impls may stand beside the derive's: it declares nothing that is not listed.
impl emits::Restored for Default {}
impl emits::Destroyed for Default {}
impl emits::Created for One {}
impl emits::Updated for One {}
impl emits::Deleted for One {}
impl emits::Destroyed for One {}

fn names<T>(record: &T) -> [String; 5]
where
    T: WebhookObject
        + emits::Created
        + emits::Updated
        + emits::Deleted
        + emits::Restored
        + emits::Destroyed,
{
    [
        record.created().name().to_string(),
        record.updated().name().to_string(),
        record.deleted().name().to_string(),
        record.restored().name().to_string(),
        record.destroyed().name().to_string(),
    ]
}

fn main() {
    let all = ["all.created", "all.updated", "all.deleted", "all.restored", "all.destroyed"];
    assert_eq!(names(&All { id: 1 }), all);
    assert_eq!(names(&Default { id: 1 })[0], "default.created");
    assert_eq!(names(&One { id: 1 })[3], "one.restored");
}
