use super::*;
use crate::event::RawEvent;
use crate::format::{CloudEvents, Format, Twenty};
use crate::object::WebhookObject;

#[derive(Clone)]
struct Note {
    id: String,
    text: String,
}

impl WebhookObject for Note {
    const NAME: &'static str = "note";

    fn object_id(&self) -> &dyn std::fmt::Display {
        &self.id
    }

    fn serialize_data<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut data = serializer.serialize_struct("Note", 2)?;
        data.serialize_field("id", &self.id)?;
        data.serialize_field("text", &self.text)?;
        data.end()
    }
}

impl crate::emits::Created for Note {}
impl crate::emits::Updated for Note {}

fn note(id: &str, text: &str) -> Note {
    Note { id: id.into(), text: text.into() }
}

fn at(time: &str) -> DateTime<Utc> {
    time.parse().expect("a time of the test")
}

fn compose<T: WebhookObject>(event: &Event<T>, format: &Format) -> String {
    let parts = event.parts(Body::DEFAULT_LIMIT).expect("within the limit");
    let id = parts.id.to_string();
    let body = parts.written(&id).body(format).expect("a year of four digits");
    String::from_utf8(body).expect("UTF-8")
}

fn check(event: &Event<&Note>) {
    let body = event.body().expect("a body").into_bytes();
    let parts = event.parts(body.len()).expect("within the limit");
    let composed = parts.written("").body(&Format::Documented);
    assert_eq!(composed.expect("a year of four digits"), body);
    let error = event.parts(body.len() - 1).err().expect("over the limit");
    assert!(matches!(error, BodyError::TooLarge { .. }));
}

#[test]
fn a_body_of_parts_is_the_events_own_and_the_limit_is_met_to_the_byte() {
    let before = note("1", "a \"quoted\" \u{1f4de} text\n");
    let after = Note { text: String::new(), ..before.clone() };
    check(&before.created());
    check(&before.created().at(at("2024-12-24T18:57:19Z")));
    check(&before.updated());
    check(&after.updated_from(&before).expect("comparable").expect("changed"));
}

#[test]
fn a_year_that_cannot_be_written_is_an_error() {
    assert!(note("1", "").created().at(DateTime::<Utc>::MAX_UTC).parts(1000).is_err());
}

#[test]
fn who_did_it_counts_to_the_limit() {
    let note = note("1", "");
    let event = note.created().by(Actor::user("u".repeat(100)).workspace_member("m"));
    let length = event.body().expect("a body").as_bytes().len();
    assert!(event.parts(length + 100).is_err());
    assert!(event.parts(length + 101).is_ok());
}

/// An object whose data is given as JSON.
struct Given {
    id: &'static str,
    data: Box<serde_json::value::RawValue>,
}

impl WebhookObject for Given {
    const NAME: &'static str = "person";

    fn object_id(&self) -> &dyn std::fmt::Display {
        &self.id
    }

    fn serialize_data<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde::Serialize::serialize(&self.data, serializer)
    }
}

impl crate::emits::Updated for Given {}

fn person(job_title: &str) -> Given {
    let id = "20202020-ac73-4797-824e-87a1f5aea9e0";
    let data = format!(
        r#"{{"id":"{id}","name":{{"firstName":"Zoë","lastName":"O'Neil"}},"jobTitle":"{job_title}"}}"#
    );
    Given { id, data: serde_json::value::RawValue::from_string(data).expect("JSON") }
}

#[test]
fn a_body_of_twenty_is_the_one_of_its_server_to_the_byte() {
    let expected = include_str!("../../../../tests/vectors/twenty.json");
    let person = |title: &str| person(title);
    let (before, after) = (person("R&D"), person("R&D <lead>"));
    let event = after.updated_from(&before).expect("comparable").expect("changed");
    let event = event
        .at(at("2024-02-14T11:27:01.779Z"))
        .by(Actor::user("170ba418-85a2-4f91-8565-9cd714c6703a")
            .workspace_member("9062a1e3-e066-49ba-8c4a-d869b6a0ca12"));
    let twenty = Twenty::new("872cfcf1-c79f-42bc-877d-5829f06eb3f9")
        .object("person", "370985db-22d8-4463-8e5f-2271d30913bd");
    let format = Format::from(twenty.clone()).of_endpoint(
        "https://example.com/incomingWebhook",
        Some("90056586-1228-4e03-a507-70140aa85c05"),
    );
    assert_eq!(compose(&event, &format), expected);
    // A webhook that was given an id of its own keeps it.
    let format = Format::from(twenty.webhook("90056586-1228-4e03-a507-70140aa85c05"))
        .of_endpoint("https://example.com/incomingWebhook", Some("another"));
    assert_eq!(compose(&event, &format), expected);
}

#[test]
fn a_body_of_twenty_leaves_out_what_is_not_known() {
    let note = note("1", "");
    let event = note.created().at(at("2024-02-14T11:27:01Z"));
    assert_eq!(
        compose(&event, &Twenty::new("\"w\"").into()),
        concat!(
            r#"{"eventName":"note.created","objectMetadata":{"nameSingular":"note"},"#,
            r#""workspaceId":"\"w\"","eventDate":"2024-02-14T11:27:01.000Z","#,
            r#""record":{"id":"1","text":""}}"#,
        )
    );
}

#[test]
fn a_body_of_standard_webhooks_has_its_three_members_first() {
    let (before, after) = (note("1", "a"), note("1", "b"));
    let event = before.created().at(at("2022-11-03T20:26:10.344Z"));
    assert_eq!(
        compose(&event, &Format::Standard),
        r#"{"type":"note.created","timestamp":"2022-11-03T20:26:10.344Z","data":{"id":"1","text":"a"}}"#
    );
    let event = after.updated_from(&before).expect("comparable").expect("changed");
    let event = event.at(at("2022-11-03T20:26:10Z"));
    assert_eq!(
        compose(&event, &Format::Standard),
        concat!(
            r#"{"type":"note.updated","timestamp":"2022-11-03T20:26:10Z","#,
            r#""data":{"id":"1","text":"b"},"updatedFields":["text"],"previous":{"text":"a"}}"#,
        )
    );
}

fn cloud_events() -> CloudEvents {
    CloudEvents::new("https://crm.example.com/acme").expect("a URI")
}

#[test]
fn a_body_of_cloud_events_has_its_attributes() {
    let (before, after) = (note("n/1", "\"a\"\u{85}\u{1ffff}\n"), note("n/1", "b"));
    let id = "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("an id");
    let event = before.created().with_id(id).at(at("2022-11-03T20:26:10.344Z"));
    let beginning = concat!(
        r#"{"specversion":"1.0","id":"01890a5d-ac96-774b-bcce-b302099a8057","#,
        r#""source":"https://crm.example.com/acme","type":"note."#,
    );
    assert_eq!(
        compose(&event, &cloud_events().into()),
        format!(
            "{beginning}{}{}",
            r#"created","subject":"n/1","time":"2022-11-03T20:26:10.344Z","datacontenttype":"application/json","#,
            "\"data\":{\"id\":\"n/1\",\"text\":\"\\\"a\\\"\u{85}\u{1ffff}\\n\"}}",
        )
    );
    let event = after.updated_from(&before).expect("comparable").expect("changed");
    let event = event.with_id(before_id()).at(at("2022-11-03T20:26:10Z"));
    let format = cloud_events().schema_base("https://crm.example.com/schemas/").expect("a URI");
    // What a string of CloudEvents must not have is escaped within.
    assert_eq!(
        compose(&event, &format.into()),
        [
            beginning,
            r#"updated","subject":"n/1","time":"2022-11-03T20:26:10Z","datacontenttype":"application/json","#,
            r#""dataschema":"https://crm.example.com/schemas/note.updated","#,
            r#""updatedfields":"[\"text\"]","#,
            r#""previous":"{\"text\":\"\\\"a\\\"\\u0085\\ud83f\\udfff\\n\"}","#,
            r#""data":{"id":"n/1","text":"b"}}"#,
        ]
        .concat()
    );
}

fn before_id() -> EventId {
    "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("an id")
}

#[test]
fn a_subject_is_whole_and_of_legal_characters_or_not_there() {
    let check = |id: &str, expected: Option<&str>| {
        let body = compose(&note(id, "").created(), &cloud_events().into());
        let json: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(json["subject"].as_str(), expected, "{id:?}");
    };
    check("7", Some("7"));
    check("Zoë \u{1f4de}", Some("Zoë \u{1f4de}"));
    check("", None);
    check("a\nb", None);
    check("a\u{9f}b", None);
    check("a\u{fffe}b", None);
    check("a\u{fdd0}b", None);
    check(&"é".repeat(250), Some(&"é".repeat(250)));
    check(&"é".repeat(251), None);
    check(&"x".repeat(10_000), None);
}

#[test]
fn each_format_is_read_back() {
    let (before, after) = (note("1", "\u{85}"), note("1", "b"));
    let event = after.updated_from(&before).expect("comparable").expect("changed");
    let event = event.by(Actor::user("u").workspace_member("m"));
    for format in
        [Format::Documented, Twenty::new("w").into(), Format::Standard, cloud_events().into()]
    {
        let body = compose(&event, &format);
        let raw = RawEvent::parse(body.as_bytes());
        let raw = raw.unwrap_or_else(|error| panic!("{error}: {body}"));
        assert_eq!(raw.name(), event.name());
        let is_cloud_events = matches!(format, Format::CloudEvents(_));
        assert_eq!(raw.id(), event.id().filter(|_| is_cloud_events));
        assert_eq!(raw.timestamp(), event.timestamp());
        assert_eq!(raw.data(), r#"{"id":"1","text":"b"}"#);
        assert_eq!(raw.updated_fields(), ["text"]);
        let is_twenty = matches!(format, Format::Twenty(_));
        assert_eq!(raw.previous().is_some(), !is_twenty);
        if let Some(previous) = raw.previous() {
            let previous: serde_json::Value = serde_json::from_str(previous).expect("JSON");
            assert_eq!(previous["text"], "\u{85}");
        }
        assert_eq!(raw.actor(), event.actor().filter(|_| is_twenty));
    }
}
