use super::*;

fn read(body: &str) -> Result<Envelope<'_>, EnvelopeError> {
    Envelope::read(body.as_bytes(), "evt_1".parse().ok())
}

/// Reads a body that says the same in every format: an update of a person at one time.
fn check(body: &str, id: &str, has_previous: bool) {
    let envelope = read(body).unwrap_or_else(|error| panic!("{error}: {body}"));
    assert_eq!(envelope.name.to_string(), "person.updated", "{body}");
    assert_eq!(envelope.id.map(|id| id.to_string()).as_deref(), Some(id), "{body}");
    assert_eq!(envelope.timestamp.to_rfc3339(), "2024-02-14T11:27:01.779+00:00", "{body}");
    assert_eq!(envelope.data.get(), r#"{ "id": 1 ,"a":[{}]}"#, "{body}");
    let changes = envelope.changes.expect("an update");
    assert_eq!(changes.fields(), ["jobTitle"], "{body}");
    let previous = changes.previous().map(RawValue::get);
    assert_eq!(previous, has_previous.then_some(r#"{"jobTitle":null}"#), "{body}");
}

const DATA: &str = r#"{ "id": 1 ,"a":[{}]}"#;

#[test]
fn the_four_formats_are_told_apart_by_their_members() {
    let changes = r#""updatedFields":["jobTitle"],"previous":{"jobTitle":null}"#;
    let time = "2024-02-14T11:27:01.779Z";
    check(
        &format!(r#"{{"event":"person.updated","data":{DATA},{changes},"timestamp":"{time}"}}"#),
        "evt_1",
        true,
    );
    check(
        &format!(r#"{{"type":"person.updated","timestamp":"{time}","data":{DATA},{changes}}}"#),
        "evt_1",
        true,
    );
    check(
        &format!(
            r#"{{"targetUrl":"https://example.com","eventName":"person.updated","eventDate":"{time}","record":{DATA},"updatedFields":["jobTitle"]}}"#
        ),
        "evt_1",
        false,
    );
    check(
        &format!(
            r#"{{"specversion":"1.0","id":"own","source":"/crm","type":"person.updated","time":"{time}","updatedfields":"[\"jobTitle\"]","previous":"{{\"jobTitle\":null}}","data":{DATA}}}"#
        ),
        "own",
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
        "evt_1",
        true,
    );
}

#[test]
fn who_did_it_is_read_of_twentys() {
    let body = include_str!("../../../../tests/vectors/twenty.json");
    let envelope = read(body).expect("a body of Twenty");
    let actor = envelope.actor.expect("both ids");
    assert_eq!(actor.user_id(), Some("170ba418-85a2-4f91-8565-9cd714c6703a"));
    assert_eq!(actor.workspace_member_id(), Some("9062a1e3-e066-49ba-8c4a-d869b6a0ca12"));
    assert_eq!(envelope.changes.expect("an update").fields(), ["jobTitle"]);
}

#[test]
fn what_is_null_is_not_there_where_it_need_not_be() {
    let body = r#"{"event":"a.b","data":null,"timestamp":"2024-02-14T11:27:01Z","updatedFields":null,"previous":null}"#;
    let envelope = read(body).expect("an envelope");
    assert_eq!(envelope.data.get(), "null");
    assert!(envelope.changes.is_none() && envelope.actor.is_none());
    let body = body.replace(r#""updatedFields":null"#, r#""updatedFields":[]"#);
    let changes = read(&body).expect("an envelope").changes.expect("known to be none");
    assert!(changes.fields().is_empty() && changes.previous().is_none());
}

fn refuse(body: &str, expected: &str) {
    let error = read(body).err().unwrap_or_else(|| panic!("it was read: {body}"));
    assert_eq!(error.to_string(), expected, "{body}");
}

#[test]
fn what_is_no_envelope_is_refused_and_not_shown() {
    let time = r#""timestamp":"2024-02-14T11:27:01Z""#;
    refuse("", "the body is not JSON");
    refuse("{", "the body is not JSON");
    refuse("[]", "the body is no JSON object, or has a member twice");
    refuse("\"secret\"", "the body is no JSON object, or has a member twice");
    refuse(
        "{}",
        "the body is of no known format: it has neither `event`, nor `eventName`, nor `type`",
    );
    refuse(
        &format!(r#"{{"event":"a.b","data":1,{time},{time}}}"#),
        "the body is no JSON object, or has a member twice",
    );
    refuse(&format!(r#"{{"event":"a.b","data":1,{time}}} x"#), "the body is not JSON");
    refuse(&format!(r#"{{"event":"a.b",{time}}}"#), "`data` is missing");
    refuse(r#"{"event":"a.b","data":1}"#, "`timestamp` is missing");
    refuse(&format!(r#"{{"event":"secret","data":1,{time}}}"#), "`event` is not of its shape");
    refuse(&format!(r#"{{"event":null,"data":1,{time}}}"#), "`event` is not of its shape");
    refuse(r#"{"event":"a.b","data":1,"timestamp":"secret"}"#, "`timestamp` is not of its shape");
    refuse(
        &format!(r#"{{"event":"a.b","data":1,{time},"updatedFields":"secret"}}"#),
        "`updatedFields` is not of its shape",
    );
    refuse(
        r#"{"eventName":"a.b","eventDate":"2024-02-14T11:27:01Z","data":1}"#,
        "`record` is missing",
    );
    refuse(
        r#"{"eventName":"a.b","record":1,"timestamp":"2024-02-14T11:27:01Z"}"#,
        "`eventDate` is missing",
    );
    refuse(
        r#"{"eventName":"a.b","eventDate":"2024-02-14T11:27:01Z","record":1,"userId":7}"#,
        "`userId` is not of its shape",
    );
    refuse(r#"{"type":"a.b","timestamp":"2024-02-14T11:27:01Z"}"#, "`data` is missing");
    let event = |version: &str, rest: &str| {
        format!(
            r#"{{"specversion":"{version}","id":"1","type":"a.b","time":"2024-02-14T11:27:01Z"{rest}}}"#
        )
    };
    assert!(read(&event("1.0", r#","data":1"#)).is_ok());
    refuse(
        &event("0.3", r#","data":1"#),
        "`specversion` is not 1.0, the version of CloudEvents that is read",
    );
    refuse(&event("1.0", r#","data_base64":"MQ==""#), "`data` is missing");
    refuse(
        &event("1.0", r#","data":1,"updatedfields":["a"]"#),
        "`updatedfields` is not of its shape",
    );
    refuse(
        &event("1.0", r#","data":1,"updatedfields":"a""#),
        "`updatedfields` is not of its shape",
    );
    refuse(
        &event("1.0", r#","data":1,"updatedfields":"[]","previous":"{""#),
        "`previous` is not of its shape",
    );
    let error = Envelope::read(b"{\"event\":\"\xff\"}", None).err().expect("it is not UTF-8");
    assert_eq!(error.to_string(), "the body is not UTF-8");
}

#[test]
fn an_id_that_cannot_stand_in_a_header_gives_way_to_the_headers() {
    let body = r#"{"specversion":"1.0","id":"two words","type":"a.b","time":"2024-02-14T11:27:01Z","data":1}"#;
    let id = read(body).expect("an event").id.expect("the header's");
    assert_eq!(id.to_string(), "evt_1");
}

#[test]
fn depth_is_walked_over() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let body =
        format!(r#"{{"x":{deep},"event":"a.b","data":{deep},"timestamp":"2024-02-14T11:27:01Z"}}"#);
    assert_eq!(read(&body).expect("an envelope").data.get(), deep);
}
