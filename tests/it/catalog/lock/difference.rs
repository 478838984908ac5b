//! Two locks beside each other: what breaks, and what was added.

use hookwright::{CatalogLock, LockError};

use super::{place, versions, write};

fn lock(version: &str) -> CatalogLock {
    let (_, catalog) = versions().into_iter().find(|(name, _)| *name == version).expect("one");
    CatalogLock::of(&catalog)
}

#[test]
fn what_was_added_is_told_beside_what_breaks() {
    let of_person = "person.created, person.deleted, person.updated: data";
    for (then, now, expected) in [
        ("first", "first", vec![]),
        ("first", "described", vec![]),
        ("first", "removed", vec![]),
        ("removed", "first", vec![format!("{of_person}.email")]),
        ("first", "renamed", vec![format!("{of_person}.mail")]),
        ("first", "merged", vec!["person.merged".to_owned()]),
        (
            "first",
            "added",
            vec![
                "person.restored".to_owned(),
                format!("{of_person}.nickname"),
                format!("{of_person}.other"),
            ],
        ),
        // Within a type, a map and a variant.
        ("by_number", "by_number_added", vec![format!("{of_person}.cities.*.zip")]),
        ("tagged", "tagged_other_order", vec![format!("{of_person}.source.size")]),
        ("tagged", "tagged_renamed", vec![]),
        ("recursive", "recursive_retyped", vec![]),
    ] {
        let added: Vec<_> = lock(then).added(&lock(now)).iter().map(ToString::to_string).collect();
        assert_eq!(added, expected, "from {then} to {now}");
    }
    let breaks = lock("first").breaks(&lock("renamed"));
    let [one] = &breaks[..] else { panic!("{breaks:?}") };
    assert_eq!(one.to_string(), format!("{of_person}.email: was removed"));
    let breaks = lock("merged").breaks(&lock("first"));
    let [one] = &breaks[..] else { panic!("{breaks:?}") };
    assert_eq!(one.to_string(), "person.merged: the event was removed");
}

#[test]
fn a_lock_that_is_read_is_what_was_written() {
    let read = CatalogLock::read(write("read", "first")).expect("a lock");
    let events: Vec<_> = read.events().collect();
    assert_eq!(events, ["person.created", "person.deleted", "person.updated"]);
    let first = lock("first");
    assert!(read.breaks(&first).is_empty() && first.breaks(&read).is_empty());
    assert!(read.added(&first).is_empty() && first.added(&read).is_empty());
    assert!(!read.breaks(&lock("removed")).is_empty());
    let error = CatalogLock::read(place("unread")).expect_err("no file");
    assert!(matches!(error, LockError::Missing { .. }), "{error}");
}
