//! The ids of events.

use std::collections::HashSet;
use std::error::Error;

use hookwright::{EventId, WebhookObject};
use serde::Serialize;

use super::{alice, time};

#[derive(Serialize, WebhookObject)]
struct Note {
    id: u8,
}

/// The time in a UUID of version 7, in milliseconds since the epoch.
fn milliseconds(id: &EventId) -> i64 {
    let text = id.to_string();
    let (time, _rest) = text.split_at(13);
    i64::from_str_radix(&time.replace('-', ""), 16).expect("a UUID begins with hex digits")
}

#[test]
fn an_id_is_a_uuid_of_version_7_with_the_time_of_its_event() {
    for _ in 0..1000 {
        let alice = alice();
        let event = alice.created();
        let id = event.id().expect("a new event has an id");
        let text = id.to_string();
        let bytes = text.as_bytes();
        assert_eq!(bytes.len(), 36);
        for (place, byte) in bytes.iter().enumerate() {
            match place {
                8 | 13 | 18 | 23 => assert_eq!(*byte, b'-', "{text}"),
                14 => assert_eq!(*byte, b'7', "the version of {text}"),
                19 => assert!(b"89ab".contains(byte), "the variant of {text}"),
                _ => assert!(matches!(byte, b'0'..=b'9' | b'a'..=b'f'), "{text}"),
            }
        }
        assert_eq!(milliseconds(id), event.timestamp().timestamp_millis());
    }
}

#[test]
fn ids_are_unique() {
    const EVENTS: usize = 100_000;

    let note = Note { id: 1 };
    let ids: HashSet<_> = (0..EVENTS).map(|_| note.created().id().cloned()).collect();
    assert_eq!(ids.len(), EVENTS);
    assert!(!ids.contains(&None));
}

#[test]
fn ids_sort_by_time() {
    let note = Note { id: 1 };
    let earlier = note.created();
    while chrono::Utc::now().timestamp_millis() == earlier.timestamp().timestamp_millis() {
        std::thread::yield_now();
    }
    let later = note.created();
    let text = |id: Option<&EventId>| id.expect("a new event has an id").to_string();
    assert!(text(earlier.id()) < text(later.id()));
}

#[test]
fn an_event_can_be_given_any_id() {
    let alice = alice();
    let id: EventId = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk".parse().expect("visible");
    let event = alice.created().at(time("2025-02-10T15:30:50Z")).with_id(id.clone());
    assert_eq!(event.id(), Some(&id));
    assert_eq!(event.timestamp(), time("2025-02-10T15:30:50Z"));
    assert_eq!(super::json(&event), super::DOCUMENTED, "a body holds no id");
}

fn check(text: &str, is_id: bool) {
    match text.parse::<EventId>() {
        Ok(id) => {
            assert!(is_id, "{text:?} is an id");
            assert_eq!(id.to_string(), text);
            assert_eq!(format!("{id:?}"), format!("EventId({text})"));
        }
        Err(error) => {
            assert!(!is_id, "{text:?} is no id");
            assert_eq!(error.to_string(), "an event's id is 1 to 256 visible ASCII characters");
            assert!(error.source().is_none());
        }
    }
}

#[test]
fn ids_are_visible_ascii() {
    for byte in 0..=127_u8 {
        let visible = (b'!'..=b'~').contains(&byte);
        check(&char::from(byte).to_string(), visible);
        check(&format!("evt{}1", char::from(byte)), visible);
    }
    for text in ["é", "evt_é", "evt\u{a0}1", "１", "🦀", "evt\u{7f}"] {
        check(text, false);
    }
}

#[test]
fn ids_have_1_to_256_bytes() {
    check("", false);
    for length in [1, 35, 36, 37, 255, 256] {
        check(&"x".repeat(length), true);
    }
    for length in [257, 10_000] {
        check(&"x".repeat(length), false);
    }
}

#[test]
fn ids_are_kept_as_they_were_written() {
    let texts = [
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "01890A5D-AC96-774B-BCCE-B302099A8057",
        "01890a5dac96774bbcceb302099a8057",
        "{01890a5d-ac96-774b-bcce-b302099a8057}",
        "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
        "00000000-0000-0000-0000-000000000000",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
    ];
    let ids: HashSet<EventId> = texts.map(|text| text.parse().expect(text)).into();
    assert_eq!(ids.len(), texts.len(), "each is another id");
    for text in texts {
        check(text, true);
        assert!(ids.contains(&text.parse::<EventId>().expect(text)));
    }
}

#[test]
fn an_id_of_ours_is_the_same_when_it_is_read_back() {
    let note = Note { id: 1 };
    let event = note.created();
    let id = event.id().expect("a new event has an id");
    let read: EventId = id.to_string().parse().expect("ours are visible");
    assert_eq!(&read, id);
    assert_eq!(HashSet::from([id.clone()]).get(&read), Some(id));
}
