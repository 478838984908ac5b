use super::*;
use crate::event::RawEvent;

/// Reads a body that says the same in every format: an update of a person at one time.
fn check(body: &str, id: Option<&str>, has_previous: bool) {
    let envelope = Envelope::read(body).unwrap_or_else(|error| panic!("{error}: {body}"));
    assert_eq!(
        (&*envelope.name.object, &*envelope.name.operation),
        ("person", "updated"),
        "{body}"
    );
    assert_eq!(envelope.data.get(), DATA, "{body}");
    let Beside { id: own, timestamp, fields, previous, .. } = envelope.beside;
    assert_eq!(own.map(|id| id.to_string()).as_deref(), id, "{body}");
    assert_eq!(timestamp.to_rfc3339(), "2024-02-14T11:27:01.779+00:00", "{body}");
    assert_eq!(fields.expect("an update"), ["jobTitle"], "{body}");
    let previous = previous.as_deref().map(RawValue::get);
    assert_eq!(previous, has_previous.then_some(r#"{"jobTitle":null}"#), "{body}");
}

const DATA: &str = r#"{ "id": 1 ,"a":[{}]}"#;

#[test]
fn the_four_formats_are_told_apart_by_their_members() {
    let changes = r#""updatedFields":["jobTitle"],"previous":{"jobTitle":null}"#;
    let time = "2024-02-14T11:27:01.779Z";
    check(
        &format!(r#"{{"event":"person.updated","data":{DATA},{changes},"timestamp":"{time}"}}"#),
        None,
        true,
    );
    check(
        &format!(r#"{{"type":"person.updated","timestamp":"{time}","data":{DATA},{changes}}}"#),
        None,
        true,
    );
    check(
        &format!(
            r#"{{"targetUrl":"https://example.com","eventName":"person.updated","eventDate":"{time}","record":{DATA},"updatedFields":["jobTitle"]}}"#
        ),
        None,
        false,
    );
    check(
        &format!(
            r#"{{"specversion":"1.0","id":"own","source":"/crm","type":"person.updated","time":"{time}","updatedfields":"[\"jobTitle\"]","previous":"{{\"jobTitle\":null}}","data":{DATA}}}"#
        ),
        Some("own"),
        true,
    );
}

#[test]
fn members_may_stand_in_any_order_with_others_and_space_between() {
    check(
        &format!(
            "\n{{ \"timestamp\" : \"2024-02-14T12:27:01.779999+01:00\", \"data\":{DATA} ,\
             \"previous\":{{\"jobTitle\":null}}, \"x\":{{\"data\":1}}, \"id\":{{}}, \"time\":7,\
             \"updatedFields\":[\"jobTitle\"], \"type\":[], \"ev\\u0065nt\":\"person.updated\"}} "
        ),
        None,
        true,
    );
}

#[test]
fn who_did_it_is_read_of_twentys() {
    let body = include_str!("../../../../tests/vectors/twenty.json");
    let event = RawEvent::parse(body.as_bytes()).expect("a body of Twenty");
    let actor = event.actor().expect("both ids");
    assert_eq!(actor.user_id(), Some("170ba418-85a2-4f91-8565-9cd714c6703a"));
    assert_eq!(actor.workspace_member_id(), Some("9062a1e3-e066-49ba-8c4a-d869b6a0ca12"));
    assert_eq!(event.updated_fields(), ["jobTitle"]);
}

#[test]
fn what_is_null_is_not_there_where_it_need_not_be() {
    let body = r#"{"event":"a.b","data":null,"timestamp":"2024-02-14T11:27:01Z","updatedFields":null,"previous":null}"#;
    let envelope = Envelope::read(body).expect("an envelope");
    assert_eq!(envelope.data.get(), "null");
    let Beside { fields, previous, actor, .. } = envelope.beside;
    assert!(fields.is_none() && previous.is_none() && actor.is_none());
    let body = body.replace(r#""updatedFields":null"#, r#""updatedFields":[]"#);
    let Beside { fields, previous, .. } = Envelope::read(&body).expect("an envelope").beside;
    assert!(fields.is_some_and(|fields| fields.is_empty()) && previous.is_none());
    let body = r#"{"eventName":"a.b","eventDate":"2024-02-14T11:27:01Z","record":1,"userId":null}"#;
    assert!(Envelope::read(body).expect("an envelope").beside.actor.is_none());
}

fn refuse(body: &str, expected: &str) {
    let error = Envelope::read(body).err().unwrap_or_else(|| panic!("it was read: {body}"));
    assert_eq!(error.to_string(), format!("the body is not {expected}"), "{body}");
}

const NO_FORMAT: &str =
    "of one format: it has `event`, or `eventName`, or `type`, or `specversion` with `type`";

#[test]
fn what_is_no_envelope_is_refused_and_not_shown() {
    let time = r#""timestamp":"2024-02-14T11:27:01Z""#;
    let other = "where another type is expected";
    let value = "has a value that is not taken";
    refuse("", "JSON, at line 1 column 0");
    refuse("{", "JSON, at line 1 column 1");
    refuse("[]", &format!("an event: it is a list, {other}"));
    refuse("\"secret\"", &format!("an event: it is a string, {other}"));
    refuse("{}", NO_FORMAT);
    refuse(r#"{"data":1,"timestamp":"2024-02-14T11:27:01Z"}"#, NO_FORMAT);
    refuse(
        &format!(r#"{{"event":"a.b","data":1,{time},{time}}}"#),
        "an event: `timestamp` stands there twice",
    );
    refuse(&format!(r#"{{"event":"a.b","data":1,{time}}} x"#), "JSON, at line 1 column 61");
    refuse(&format!(r#"{{"event":"a.b",{time}}}"#), "an event: `data` is missing");
    refuse(r#"{"event":"a.b","data":1}"#, "an event: `timestamp` is missing");
    refuse(
        &format!(r#"{{"event":"secret","data":1,{time}}}"#),
        &format!("an event: `event` {value}"),
    );
    refuse(
        &format!(r#"{{"event":null,"data":1,{time}}}"#),
        &format!("an event: `event` is null, {other}"),
    );
    refuse(
        r#"{"event":"a.b","data":1,"timestamp":"secret"}"#,
        &format!("an event: `timestamp` {value}"),
    );
    refuse(
        &format!(r#"{{"event":"a.b","data":1,{time},"updatedFields":"secret"}}"#),
        &format!("an event: `updatedFields` is a string, {other}"),
    );
    refuse(
        &format!(r#"{{"event":"a.b","data":1,{time},"updatedFields":["a",{{"secret":1}}]}}"#),
        &format!("an event: `updatedFields[1]` is an object, {other}"),
    );
    refuse(
        r#"{"eventName":"a.b","eventDate":"2024-02-14T11:27:01Z","data":1}"#,
        "an event: `record` is missing",
    );
    refuse(
        r#"{"eventName":"a.b","record":1,"timestamp":"2024-02-14T11:27:01Z"}"#,
        "an event: `eventDate` is missing",
    );
    refuse(
        r#"{"eventName":"a.b","eventDate":"2024-02-14T11:27:01Z","record":1,"userId":7}"#,
        &format!("an event: `userId` is a number, {other}"),
    );
    refuse(r#"{"type":"a.b","timestamp":"2024-02-14T11:27:01Z"}"#, "an event: `data` is missing");
    refuse(
        &format!(r#"{{"type":["secret"],{time},"data":1}}"#),
        &format!("an event: `type` is a list, {other}"),
    );
}

#[test]
fn what_is_no_cloud_event_is_refused_and_not_shown() {
    let event = |version: &str, rest: &str| {
        format!(
            r#"{{"specversion":{version},"id":"1","type":"a.b","time":"2024-02-14T11:27:01Z"{rest}}}"#
        )
    };
    let check = |rest: &str, expected: &str| {
        refuse(&event("\"1.0\"", rest), &format!("an event: {expected}"));
    };
    let other = "where another type is expected";
    let value = "has a value that is not taken";
    assert!(Envelope::read(&event("\"1.0\"", r#","data":1"#)).is_ok());
    let version = format!("an event: `specversion` {value}");
    refuse(&event("\"0.3\"", r#","data":1"#), &version);
    refuse(&event("1.0", r#","data":1"#), &format!("an event: `specversion` is a number, {other}"));
    check(r#","data_base64":"MQ==""#, "`data` is missing");
    check(r#","data":1,"updatedfields":["a"]"#, &format!("`updatedfields` is a list, {other}"));
    check(r#","data":1,"updatedfields":"a""#, &format!("`updatedfields` {value}"));
    check(
        r#","data":1,"updatedfields":"[\"a\",7]""#,
        &format!("`updatedfields[1]` is a number, {other}"),
    );
    check(r#","data":1,"updatedfields":"[]","previous":"{""#, &format!("`previous` {value}"));
    check(
        r#","data":1,"updatedfields":"[]","previous":{}"#,
        &format!("`previous` is an object, {other}"),
    );
    refuse(
        r#"{"specversion":"1.0","type":"a.b","time":"2024-02-14T11:27:01Z","data":1}"#,
        "an event: `id` is missing",
    );
    refuse(
        r#"{"specversion":"1.0","id":"1","time":"2024-02-14T11:27:01Z","data":1}"#,
        "an event: `type` is missing",
    );
}

#[test]
fn a_body_of_two_formats_is_refused_whatever_stands_first() {
    let members = [
        r#""event":"a.b","data":1,"timestamp":"2024-02-14T11:27:01Z""#,
        r#""eventName":"a.c","eventDate":"2024-02-14T11:27:01Z","record":1"#,
        r#""specversion":"1.0","id":"1","type":"a.d","time":"2024-02-14T11:27:01Z""#,
    ];
    for (index, first) in members.iter().enumerate() {
        for second in members.iter().enumerate().filter(|(other, _)| *other != index) {
            refuse(&format!("{{{first},{}}}", second.1), NO_FORMAT);
        }
    }
}

#[test]
fn an_id_of_the_body_counts_for_more_than_the_headers_and_gives_way_where_it_cannot_stand_in_one() {
    let check = |own: &str, expected: &str| {
        let body = format!(
            r#"{{"specversion":"1.0","id":"{own}","type":"a.b","time":"2024-02-14T11:27:01Z","data":1}}"#
        );
        let incoming = crate::event::Incoming::parse(body.as_bytes()).expect("an event");
        let event = incoming.with_id("evt_1".parse().ok()).into_raw().expect("an event");
        assert_eq!(event.id().expect("one of the two").to_string(), expected);
    };
    check("own", "own");
    check("two words", "evt_1");
    check(&"x".repeat(257), "evt_1");
}

#[test]
fn depth_is_walked_over() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let body =
        format!(r#"{{"x":{deep},"event":"a.b","data":{deep},"timestamp":"2024-02-14T11:27:01Z"}}"#);
    assert_eq!(Envelope::read(&body).expect("an envelope").data.get(), deep);
}
