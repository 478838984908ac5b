//! Events of every format, read without being told which it is.

use hookwright::{
    Actor, CloudEvents, Endpoint, Event, EventData, Format, ObjectEvent, RawEvent, ReadError,
    ReadEvent, ReceiveError, Secret, Sender, Twenty, Verifier, WebhookEvent, WebhookEvents,
    WebhookObject, receiver,
};
use serde::{Deserialize, Serialize};

use super::{Company, Person, PersonMerged, Suspended, merged, person};
use crate::server::{Request, Server};

#[derive(Debug, WebhookEvents)]
enum CrmEvent {
    Person(ObjectEvent<Person>),
    Merged(Event<PersonMerged>),
    Suspended(Event<Suspended>),
    #[webhook(other)]
    Other(RawEvent),
}

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

pub(super) fn formats() -> [Format; 4] {
    let twenty = Twenty::new("w1").object("person", "o1").webhook("h1");
    let cloud_events = CloudEvents::new("/crm").expect("a source");
    [Format::Documented, twenty.into(), Format::Standard, cloud_events.into()]
}

fn is_twenty(format: &Format) -> bool {
    matches!(format, Format::Twenty(_))
}

/// The request that brings an event to an endpoint of this format.
pub(super) async fn sent<T>(event: &Event<T>, format: &Format) -> Request
where
    T: EventData + Sync,
{
    let server = Server::with_status(204).await;
    let sender = Sender::builder().allow("127.0.0.0/8".parse().expect("a network"));
    let endpoint = Endpoint::new(&server.url("/")).expect("an endpoint");
    let endpoint = endpoint.secret(Secret::new(SECRET).expect("a secret")).format(format.clone());
    sender.build().expect("a sender").send(&endpoint, event).await.expect("a receipt");
    server.requests().remove(0)
}

fn verify<E: ReadEvent>(request: &Request) -> Result<E, ReceiveError> {
    let verifier = Verifier::new(&Secret::new(SECRET).expect("a secret"));
    receiver::verify(&verifier, &request.headers, &request.body)
}

#[tokio::test]
async fn every_operation_of_an_object_is_read_in_every_format() {
    let person = person();
    for format in formats() {
        for (event, operation) in [
            (person.created(), "created"),
            (person.updated(), "updated"),
            (person.deleted(), "deleted"),
            (person.restored(), "restored"),
            (person.destroyed(), "destroyed"),
        ] {
            let request = sent(&event, &format).await;
            let read: CrmEvent = verify(&request).expect("a person");
            assert_eq!(read.name(), event.name());
            assert_eq!(read.id(), event.id(), "{format:?}");
            assert_eq!(read.timestamp(), event.timestamp());
            let CrmEvent::Person(read) = read else { panic!("{read:?}") };
            assert_eq!(read.name().operation(), operation);
            assert_eq!(*read.data(), person);
            assert!(read.event().updated_fields().is_empty());
            let read: Event<Person> = verify(&request).expect("a person");
            assert_eq!(*read.data(), person);
        }
    }
}

#[tokio::test]
async fn what_has_changed_is_read_in_every_format_and_what_it_was_where_it_is_told() {
    let before = person();
    let job_title = Some("Head of \"Sales\"\u{1f4de}".to_owned());
    let after = Person { email: "b@example.com".into(), job_title, ..before.clone() };
    for format in formats() {
        let event = after.updated_from(&before).expect("comparable").expect("changed");
        let request = sent(&event, &format).await;
        let read: CrmEvent = verify(&request).expect("a person");
        let CrmEvent::Person(ObjectEvent::Updated(read)) = read else { panic!("{read:?}") };
        assert_eq!(*read.data(), after);
        assert_eq!(read.updated_fields(), ["email", "jobTitle"]);
        assert!(read.changed(Person::EMAIL) && !read.changed(Person::ID));
        let (email, title) = (read.previous(Person::EMAIL), read.previous(Person::JOB_TITLE));
        let (email, title) = (email.expect("a text"), title.expect("null"));
        // Twenty's server tells no old values.
        let told = !is_twenty(&format);
        assert_eq!(email.as_deref(), told.then_some("alice@example.com"), "{format:?}");
        assert_eq!(title, told.then_some(None), "{format:?}");
    }
}

#[tokio::test]
async fn custom_events_are_read_in_every_format() {
    for format in formats() {
        let request = sent(&merged().event(), &format).await;
        let read: CrmEvent = verify(&request).expect("a merge");
        let CrmEvent::Merged(read) = read else { panic!("{read:?}") };
        assert_eq!(*read.data(), merged());
        let request = sent(&Suspended.event(), &format).await;
        let read: CrmEvent = verify(&request).expect("without data");
        assert!(matches!(read, CrmEvent::Suspended(_)), "{read:?}");
    }
}

#[tokio::test]
async fn an_event_that_is_not_known_is_kept_in_every_format_and_read_later() {
    let company = Company { id: 7, name: "Zoë & Söhne".into() };
    let older = Company { name: "Zoë".into(), ..company.clone() };
    for format in formats() {
        let event = company.updated_from(&older).expect("comparable").expect("changed");
        let event = event.by(Actor::user("u1").workspace_member("m1"));
        let request = sent(&event, &format).await;
        let CrmEvent::Other(raw) = verify(&request).expect("an event") else {
            panic!("nothing else reads it");
        };
        assert_eq!(raw.body().as_bytes(), request.body);
        assert_eq!(raw.data(), r#"{"id":7,"name":"Zoë & Söhne"}"#);
        assert_eq!(raw.id(), event.id());
        assert_eq!(raw.updated_fields(), ["name"]);
        let previous = (!is_twenty(&format)).then_some(r#"{"name":"Zoë"}"#);
        assert_eq!(raw.previous(), previous);
        let later: Event<Company> = raw.read().expect("a company");
        assert_eq!(*later.data(), company);
        assert_eq!(later.id(), event.id());
        assert_eq!(later.timestamp(), event.timestamp());
        assert_eq!(later.updated_fields(), ["name"]);
        let told = event.actor().filter(|_| is_twenty(&format));
        assert_eq!(raw.actor(), told);
        assert_eq!(later.actor(), told);
        let read: Event<Company> = verify(&request).expect("a company");
        assert_eq!(read.actor(), told);
    }
}

#[tokio::test]
async fn without_a_header_cloud_events_have_their_own_id_and_no_others() {
    let alice = person();
    for format in formats() {
        let event = alice.created().with_id("evt_1".parse().expect("an id"));
        let request = sent(&event, &format).await;
        let own = event.id().filter(|_| matches!(format, Format::CloudEvents(_)));
        let read = CrmEvent::from_body(&request.body).expect("a person");
        assert_eq!(read.id(), own, "{format:?}");
        let by_serde: CrmEvent = serde_json::from_slice(&request.body).expect("a person");
        assert_eq!(by_serde.id(), own);
        let CrmEvent::Person(by_serde) = by_serde else { panic!("{by_serde:?}") };
        assert_eq!(*by_serde.data(), alice);
    }
}

#[tokio::test]
async fn the_id_that_is_signed_counts_when_the_header_has_another() {
    let alice = person();
    let event = alice.created().with_id("evt_1".parse().expect("an id"));
    let cloud_events = formats()[3].clone();
    let mut request = sent(&event, &cloud_events).await;
    request.headers.insert("webhook-id", "evt_2".parse().expect("a value"));
    // By Twenty's signature, which does not cover the header.
    let read: CrmEvent = verify(&request).expect("it is signed");
    assert_eq!(read.id(), event.id());
}

#[test]
fn a_body_of_twentys_server_is_read() {
    #[derive(Debug, Serialize, Deserialize, WebhookObject)]
    #[serde(rename_all = "camelCase")]
    #[webhook(name = "person")]
    struct Theirs {
        id: String,
        job_title: Option<String>,
    }

    let body = include_bytes!("../../vectors/twenty.json");
    let event = ObjectEvent::<Theirs>::from_body(body).expect("a person");
    let ObjectEvent::Updated(event) = event else { panic!("{event:?}") };
    assert_eq!(event.updated_fields(), ["jobTitle"]);
    assert!(event.actor().is_some_and(|actor| actor.user_id().is_some()));
    assert!(event.data().job_title.is_some() && !event.data().id.is_empty());
}

/// A receiver's own struct, which asks for what is not sent.
#[derive(Debug, Serialize, Deserialize, WebhookObject)]
#[webhook(name = "person")]
struct Demanding {
    id: String,
    phone: String,
}

#[tokio::test]
async fn what_is_missing_is_told_by_event_and_path_as_the_format_calls_it() {
    for format in formats() {
        let request = sent(&person().created(), &format).await;
        let error = verify::<ObjectEvent<Demanding>>(&request).expect_err("there is no phone");
        let member = if is_twenty(&format) { "record" } else { "data" };
        let expected = format!("`person.created`: `{member}.phone` is missing");
        assert_eq!(error.to_string(), format!("the event is not taken: {expected}"));

        // Later as well.
        let raw: RawEvent = verify(&request).expect("an event");
        let error = raw.read::<Event<Demanding>>().expect_err("there is no phone");
        assert_eq!(error.to_string(), expected);

        let error = verify::<Event<PersonMerged>>(&request).expect_err("another event");
        let ReceiveError::Body(ReadError::UnknownEvent { name, .. }) = error else {
            panic!("{error:?}");
        };
        assert_eq!(name.to_string(), "person.created");
    }
}

#[tokio::test]
async fn an_event_by_serde_alone_is_the_documented_one() {
    for format in formats() {
        let request = sent(&person().created(), &format).await;
        let read = serde_json::from_slice::<Event<Person>>(&request.body);
        assert_eq!(read.is_ok(), format == Format::Documented);
    }
}
