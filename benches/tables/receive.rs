//! From a received body to an event that is matched.

use chrono::{DateTime, Utc};
use hookwright::{
    Event, ObjectEvent, RawEvent, ReadEvent, WebhookEvent, WebhookEvents, WebhookObject,
};
use hookwright_benches::{Bound, Case, Cases, Row, Table};
use serde::{Deserialize, Serialize};

use crate::add_rows;
use crate::records::Person;
use crate::verify::BODY;

/// What the baseline takes on the machine that the README names, in nanoseconds: provisional, since it
/// was not taken while that had nothing else to do.
const KNOWN: f64 = 720.0;
const BOUND: Bound = Bound::AtMost(1.2);

/// The known type, by serde alone.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known<'a> {
    event: &'a str,
    data: Person,
    #[serde(default)]
    updated_fields: Option<Vec<String>>,
    timestamp: DateTime<Utc>,
}

#[derive(Serialize, Deserialize, WebhookObject)]
struct Company {
    id: String,
    name: String,
}

#[derive(Serialize, Deserialize, WebhookObject)]
struct Note {
    id: u64,
    text: String,
}

#[derive(Serialize, Deserialize, WebhookEvent)]
#[webhook(object = Person, name = "merged")]
struct PersonMerged {
    winner: String,
    loser: String,
}

/// As a receiver has it; what the body is stands last.
#[derive(WebhookEvents)]
enum CrmEvent {
    Company(ObjectEvent<Company>),
    Note(ObjectEvent<Note>),
    Merged(Event<PersonMerged>),
    Person(ObjectEvent<Person>),
    #[webhook(other)]
    Other(RawEvent),
}

pub(crate) fn measure() -> Table {
    let mut table =
        Table::new("receive", "a received body of 300 bytes to an event that is matched");
    let [cases] = cases();
    let times = add_rows(&mut table, cases, |index, row: Row, ratio| match index {
        0 => row,
        1 => row.ratio(ratio).judged(ratio, BOUND),
        _ => row.ratio(ratio),
    });
    table.expect_baseline(times[0], KNOWN, "ns");
    table
}

pub(crate) fn cases() -> [Cases; 1] {
    let baseline = Case::new("serde_json::from_slice of the known type", || {
        let known: Known<'_> = serde_json::from_slice(BODY.as_bytes()).expect("the known type");
        assert_eq!(known.event, "person.created");
        assert!(known.updated_fields.is_none() && known.timestamp > DateTime::UNIX_EPOCH);
        known.data
    });
    let by_serde = Case::new("serde_json::from_slice of Event<Person>", || {
        serde_json::from_slice::<Event<Person>>(BODY.as_bytes()).expect("a person")
    });
    let [twenty, standard, cloud_events] = other_bodies();
    [Cases::new(
        baseline,
        [
            Case::new("CrmEvent::from_body", || read(BODY)),
            Case::new("CrmEvent::from_body, as Twenty's server sends it", move || read(&twenty)),
            Case::new("CrmEvent::from_body, of Standard Webhooks", move || read(&standard)),
            Case::new("CrmEvent::from_body, of CloudEvents", move || read(&cloud_events)),
            by_serde,
        ],
    )]
}

fn read(body: &str) -> Person {
    match CrmEvent::from_body(body.as_bytes()).expect("a person") {
        CrmEvent::Person(ObjectEvent::Created(event)) => event.into_data(),
        CrmEvent::Person(_)
        | CrmEvent::Company(_)
        | CrmEvent::Note(_)
        | CrmEvent::Merged(_)
        | CrmEvent::Other(_) => unreachable!("a person was created"),
    }
}

/// The same event in the other formats.
fn other_bodies() -> [String; 3] {
    let (_, rest) = BODY.split_once(r#""data":"#).expect("data");
    let (data, _) = rest.split_once(r#","timestamp""#).expect("a time after it");
    let (name, time) = ("person.created", "2025-02-10T15:30:50Z");
    [
        format!(
            r#"{{"targetUrl":"https://example.com/hooks","eventName":"{name}","objectMetadata":{{"id":"370985db-22d8-4463-8e5f-2271d30913bd","nameSingular":"person"}},"workspaceId":"872cfcf1-c79f-42bc-877d-5829f06eb3f9","webhookId":"90056586-1228-4e03-a507-70140aa85c05","eventDate":"2025-02-10T15:30:50.000Z","record":{data}}}"#
        ),
        format!(r#"{{"type":"{name}","timestamp":"{time}","data":{data}}}"#),
        format!(
            r#"{{"specversion":"1.0","id":"01949f5e-4e10-7c3a-9d54-2f6b8c71e0d3","source":"https://crm.example.com","type":"{name}","subject":"01949f5e-3a6c-7d21-8f40-5b2c9e7a1d36","time":"{time}","datacontenttype":"application/json","data":{data}}}"#
        ),
    ]
}
