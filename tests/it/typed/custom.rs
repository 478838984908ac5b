//! What a custom event is on the wire, and that it is read back.

use hookwright::{Event, EventData, ReadEvent, WebhookEvent};
use serde::{Deserialize, Serialize};

use super::{PersonMerged, Suspended, body, merged};

fn check<T: WebhookEvent>(data: T, name: &str, json: &str) -> Event<T> {
    assert_eq!(T::NAME.to_string(), name);
    let time = "2025-02-10T15:30:50Z".parse().expect("a time");
    let event = data.event().at(time);
    assert_eq!(event.name(), &T::NAME);
    assert!(event.id().is_some(), "a new event has an id");
    let written = event.body().expect("it can be written");
    assert_eq!(str::from_utf8(written.as_bytes()).expect("UTF-8"), body(name, json));
    event
}

#[test]
fn an_event_of_an_object_is_named_for_it_and_has_data_of_its_own() {
    let event = check(merged(), "person.merged", r#"{"winner":"p1","loser":"p2"}"#);
    assert_eq!(event.object_id().to_string(), "p1");
    assert_eq!((PersonMerged::OBJECT, PersonMerged::OPERATION), ("person", Some("merged")));
}

#[test]
fn an_event_without_an_object_has_its_whole_name_and_no_id_of_a_record() {
    let event = check(Suspended, "workspace.suspended", "{}");
    assert_eq!(event.object_id().to_string(), "");
}

#[test]
fn an_event_is_read_back() {
    let sent = merged().event().body().expect("it can be written");
    let read: Event<PersonMerged> = serde_json::from_slice(sent.as_bytes()).expect("its own body");
    assert_eq!(read.into_data(), merged());
    let read = Event::<PersonMerged>::from_body(sent.as_bytes()).expect("its own body");
    assert_eq!(read.into_data(), merged());
}

#[test]
fn an_event_without_members_is_read_back_whatever_members_it_has_by_then() {
    #[derive(Debug, PartialEq, Serialize, Deserialize, WebhookEvent)]
    #[webhook(name = "workspace.resumed")]
    struct Resumed {}

    for data in ["{}", r#"{"reason":"late"}"#, "null"] {
        let body = body("workspace.suspended", data);
        let read: Event<Suspended> = serde_json::from_str(&body).expect(data);
        assert_eq!(read.data(), &Suspended);
        let read = Event::<Suspended>::from_body(body.as_bytes()).expect(data);
        assert_eq!(read.data(), &Suspended);
    }

    let _ = check(Resumed {}, "workspace.resumed", "{}");
    let read = Event::<Resumed>::from_body(body("workspace.resumed", "{}").as_bytes());
    assert_eq!(read.expect("no members").into_data(), Resumed {});
}

#[test]
fn another_event_of_the_object_is_refused_by_name() {
    let data = r#"{"winner":"p1","loser":"p2"}"#;
    for other in ["person.created", "company.merged", "person.Merged"] {
        let error = serde_json::from_str::<Event<PersonMerged>>(&body(other, data));
        let error = error.map(|_event| ()).expect_err(other).to_string();
        let expected = format!("`{other}` is not the event `person.merged`");
        assert!(error.starts_with(&expected), "{error}");
        let error = Event::<PersonMerged>::from_body(body(other, data).as_bytes());
        let error = error.map(|_event| ()).expect_err(other).to_string();
        assert_eq!(error, format!("`{other}` is not read here"));
    }
}

#[derive(Serialize, WebhookEvent)]
#[webhook(name = "login.refused")]
#[serde(rename_all = "camelCase")]
struct LoginRefused {
    id: u64,
    user_name: String,
    #[webhook(redact)]
    ip_address: String,
    #[webhook(skip)]
    password: NotSerialize,
    #[serde(rename = "at")]
    happened_at: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(flatten)]
    place: Place,
}

#[derive(Serialize)]
struct Place {
    city: String,
}

#[test]
fn the_fields_attributes_mean_what_they_mean_for_an_object() {
    // Without `Serialize` of the whole: the skipped field has none.
    #[derive(WebhookEvent)]
    #[webhook(name = "login.tried")]
    struct LoginTried {
        user: String,
        #[webhook(skip)]
        #[expect(dead_code)]
        password: NotSerialize,
    }
    let tried = LoginTried { user: "alice".into(), password: NotSerialize };
    let _ = check(tried, "login.tried", r#"{"user":"alice"}"#);

    let refused = LoginRefused {
        id: 7,
        user_name: "alice".into(),
        ip_address: "192.0.2.1".into(),
        password: NotSerialize,
        happened_at: 12,
        reason: None,
        place: Place { city: "Paris".into() },
    };
    let data = r#"{"id":7,"userName":"alice","ipAddress":"[redacted]","at":12,"city":"Paris"}"#;
    let event = check(refused, "login.refused", data);
    // A field `id` is the id, as it is of an object.
    assert_eq!(event.object_id().to_string(), "7");
}

struct NotSerialize;

impl Serialize for NotSerialize {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("what is skipped is never handed to a serializer")
    }
}
