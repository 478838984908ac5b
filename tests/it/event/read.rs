//! Which bodies are read, and which are refused.

use hookwright::{Event, WebhookObject};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DOCUMENTED, Person, alice, time};

#[derive(Debug, PartialEq, Serialize, serde::Deserialize, WebhookObject)]
struct Note {
    id: u64,
}

const EVENT: &str = r#""event":"note.updated""#;
const DATA: &str = r#""data":{"id":7}"#;
const FIELDS: &str = r#""updatedFields":["id","\u0061"]"#;
const PREVIOUS: &str = r#""previous":{"id":6}"#;
const TIMESTAMP: &str = r#""timestamp":"2025-02-10T15:30:50Z""#;
const MEMBERS: [&str; 5] = [EVENT, DATA, FIELDS, PREVIOUS, TIMESTAMP];

fn object(members: &[&str]) -> String {
    format!("{{{}}}", members.join(","))
}

fn read(body: &str) -> Result<Event<Note>, String> {
    serde_json::from_str(body).map_err(|error| error.to_string())
}

fn check_read(body: &str) -> Event<Note> {
    let event = read(body).unwrap_or_else(|error| panic!("{error} in {body}"));
    assert_eq!(event.name().to_string(), "note.updated");
    assert_eq!(event.timestamp(), time("2025-02-10T15:30:50Z"));
    assert_eq!(event.data(), &Note { id: 7 });
    event
}

fn check_refused(body: &str, expected: &str) {
    let error = read(body).expect_err(body);
    let (found, _place) = error.split_once(" at line ").unwrap_or((&error, ""));
    assert_eq!(found, expected, "{body}");
}

/// All orders of the members.
fn orders(members: &[&'static str]) -> Vec<Vec<&'static str>> {
    if members.is_empty() {
        return vec![Vec::new()];
    }
    (0..members.len())
        .flat_map(|first| {
            let mut rest = members.to_vec();
            let first = rest.remove(first);
            orders(&rest).into_iter().map(move |mut order| {
                order.insert(0, first);
                order
            })
        })
        .collect()
}

#[test]
fn members_may_stand_in_any_order() {
    let orders = orders(&MEMBERS);
    assert_eq!(orders.len(), 120);
    for order in orders {
        let event = check_read(&object(&order));
        assert_eq!(event.updated_fields(), ["id", "a"]);
        assert_eq!(event.previous_value("id").expect("a number"), Some(6));
    }
}

#[test]
fn members_that_are_not_known_are_passed_over() {
    let unknown = [r#""id":"7""#, r#""Event":{"event":[1,{"data":2}]}"#, r#""":null"#];
    for member in unknown {
        for place in 0..=3 {
            let mut members = vec![EVENT, DATA, TIMESTAMP];
            members.insert(place, member);
            members.insert(0, member);
            assert!(check_read(&object(&members)).updated_fields().is_empty());
        }
    }
}

#[test]
fn blanks_and_escapes_are_read() {
    let event = check_read(
        "\n{ \"\\u0065vent\" : \"note\\u002eupdated\" ,\t\"data\" : { \"id\" : 7 } ,\r\n \
         \"timestamp\" : \"2025-02-10T15:30:50\\u005a\" } ",
    );
    assert_eq!(event.object_id().to_string(), "7");
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    for (member, name) in
        MEMBERS.into_iter().zip(["event", "data", "updatedFields", "previous", "timestamp"])
    {
        let mut members = MEMBERS.to_vec();
        members.push(member);
        check_refused(&object(&members), &format!("duplicate field `{name}`"));
    }
}

#[test]
fn a_member_that_is_missing_is_named() {
    check_refused(&object(&[DATA, TIMESTAMP]), "missing field `event`");
    check_refused(&object(&[EVENT, TIMESTAMP]), "missing field `data`");
    check_refused(&object(&[EVENT, DATA]), "missing field `timestamp`");
    check_refused("{}", "missing field `timestamp`");
}

#[test]
fn what_has_changed_may_be_missing_in_part() {
    let event = check_read(&object(&[EVENT, DATA, TIMESTAMP]));
    assert!(event.updated_fields().is_empty());
    assert_eq!(event.previous_value::<u64>("id").expect("nothing"), None);

    let event = check_read(&object(&[EVENT, DATA, FIELDS, TIMESTAMP]));
    assert_eq!(event.updated_fields(), ["id", "a"]);
    assert_eq!(event.previous_value::<u64>("id").expect("nothing"), None);
    assert_eq!(
        serde_json::to_string(&event).expect("it can be written"),
        r#"{"event":"note.updated","data":{"id":7},"updatedFields":["id","a"],"timestamp":"2025-02-10T15:30:50Z"}"#
    );

    let null = [r#""updatedFields":null"#, r#""previous":null"#];
    for members in [&null[..], &[FIELDS, null[1]], &[null[0], PREVIOUS]] {
        let body = object(&[&[EVENT, DATA, TIMESTAMP], members].concat());
        let event = check_read(&body);
        assert_eq!(event.previous_value::<u64>("id").expect(&body), None);
    }
}

#[test]
fn an_event_of_another_object_is_refused_by_name() {
    const EXPECTED: &str = "`person.created` is not an event of the object `note`";
    check_refused(DOCUMENTED, EXPECTED);
    let error = serde_json::from_str::<Event<Person>>(&object(&[EVENT, DATA, TIMESTAMP]));
    let error = error.expect_err("a note is no person").to_string();
    assert!(error.starts_with("`note.updated` is not an event of the object `person`"), "{error}");
    for near in ["Note", "notes", "NOTE", "not"] {
        let event = format!(r#""event":"{near}.updated""#);
        let expected = format!("`{near}.updated` is not an event of the object `note`");
        check_refused(&object(&[&event, DATA, TIMESTAMP]), &expected);
    }
}

#[test]
fn an_operation_that_the_object_does_not_declare_is_read() {
    let body = object(&[r#""event":"note.archived""#, DATA, TIMESTAMP]);
    let event = read(&body).expect("the sender may know more than we do");
    assert_eq!(event.name().operation(), "archived");
}

#[test]
fn a_name_that_is_none_is_refused() {
    for name in ["", "note", "note.", ".updated", "note.updated.twice", "note updated", "1.2"] {
        let event = format!(r#""event":"{name}""#);
        let expected = format!(
            "{name:?} is not an event's name: write `object.operation`, each of letters, digits and `_`"
        );
        check_refused(&object(&[&event, DATA, TIMESTAMP]), &expected);
    }
    check_refused(
        &object(&[r#""event":7"#, DATA, TIMESTAMP]),
        "invalid type: integer `7`, expected a string",
    );
}

fn with_timestamp(timestamp: &str) -> String {
    object(&[EVENT, DATA, &format!(r#""timestamp":{timestamp}"#)])
}

#[test]
fn times_of_any_offset_are_read_as_utc_to_the_millisecond() {
    for (text, expected) in [
        ("2025-02-10T16:30:50+01:00", "2025-02-10T15:30:50Z"),
        ("2025-02-10T04:00:50.5-11:30", "2025-02-10T15:30:50.500Z"),
        ("2025-03-01T00:00:00+00:01", "2025-02-28T23:59:00Z"),
        ("2025-02-10T15:30:50.123999Z", "2025-02-10T15:30:50.123Z"),
        ("2025-02-10T15:30:50-00:00", "2025-02-10T15:30:50Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999Z"),
    ] {
        let event = read(&with_timestamp(&format!("{text:?}"))).expect(text);
        assert_eq!(event.timestamp(), time(expected), "{text}");
        let body = serde_json::to_string(&event).expect("it has a year of four digits");
        assert_eq!(body, with_timestamp(&format!("{expected:?}")));
    }
}

#[test]
fn what_is_no_time_is_refused() {
    for wrong in [
        r#""""#,
        r#""2025-02-10""#,
        r#""2025-02-10T15:30:50""#,
        r#""2025-02-30T15:30:50Z""#,
        r#""2025-02-10T24:30:50Z""#,
        r#""2025-02-10T15:30:50+25:00""#,
        r#""yesterday""#,
        "1739201450000",
        "null",
        "{}",
    ] {
        assert!(read(&with_timestamp(wrong)).is_err(), "{wrong} was read");
    }
}

#[test]
fn a_body_that_is_no_object_is_refused() {
    let expected = "expected an event of the object `note`";
    check_refused("[]", &format!("invalid type: sequence, {expected}"));
    check_refused("null", &format!("invalid type: null, {expected}"));
    check_refused(
        r#""note.updated""#,
        &format!("invalid type: string \"note.updated\", {expected}"),
    );
    let body = object(&[EVENT, DATA, TIMESTAMP]);
    check_refused(&format!("{body}x"), "trailing characters");
    for end in 0..body.len() {
        assert!(read(&body[..end]).is_err(), "read to byte {end}");
    }
}

#[test]
fn data_that_is_not_the_records_is_refused() {
    for (data, expected) in [
        (r#""data":null"#, "invalid type: null, expected struct Note"),
        (r#""data":{}"#, "missing field `id`"),
        (r#""data":{"id":"7"}"#, "invalid type: string \"7\", expected u64"),
    ] {
        check_refused(&object(&[EVENT, data, TIMESTAMP]), expected);
    }
}

#[test]
fn what_has_changed_is_a_list_of_names() {
    for wrong in [r#""updatedFields":"id""#, r#""updatedFields":[1]"#, r#""updatedFields":{}"#] {
        assert!(read(&object(&[EVENT, DATA, wrong, TIMESTAMP])).is_err(), "{wrong} was read");
    }
    let list = r#""previous":[6]"#;
    let event = check_read(&object(&[EVENT, DATA, FIELDS, list, TIMESTAMP]));
    assert!(event.previous_value::<u64>("id").is_err(), "a list has no members");
}

#[test]
fn a_body_is_read_from_anything_that_serde_json_reads() {
    fn check<E: DeserializeOwned + Into<Event<Person>>>() {
        let value: serde_json::Value = serde_json::from_str(DOCUMENTED).expect("it is JSON");
        for event in [
            serde_json::from_value::<E>(value),
            serde_json::from_slice(DOCUMENTED.as_bytes()),
            serde_json::from_reader(DOCUMENTED.as_bytes()),
        ] {
            let event: Event<Person> = event.expect("it is documented").into();
            assert_eq!(event.into_data(), alice());
        }
    }

    check::<Event<Person>>();

    let body = object(&MEMBERS);
    let value: serde_json::Value = serde_json::from_str(&body).expect("it is JSON");
    let event: Event<Note> = serde_json::from_value(value).expect("it is an event");
    assert_eq!(event.previous_value("id").expect("a number"), Some(6));
    let value = serde_json::to_value(&event).expect("it can be written");
    assert_eq!(value["previous"]["id"], 6);
}

#[test]
fn an_enum_of_events_may_be_untagged() {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Any {
        Person(Event<Person>),
        Note(Event<Note>),
    }

    for members in [&[][..], &[FIELDS], &[FIELDS, PREVIOUS], &[FIELDS, r#""previous":null"#]] {
        let body = object(&[&[EVENT, DATA, TIMESTAMP], members].concat());
        let Ok(Any::Note(event)) = serde_json::from_str(&body) else {
            panic!("not read as a note: {body}");
        };
        assert_eq!(event.updated_fields().is_empty(), members.is_empty());
        let old: Option<u64> = event.previous_value("id").expect("a number");
        assert_eq!(old, members.contains(&PREVIOUS).then_some(6));
    }
    let Ok(Any::Person(event)) = serde_json::from_str(DOCUMENTED) else {
        panic!("not read as a person");
    };
    assert_eq!(event.into_data(), alice());
    assert!(serde_json::from_str::<Any>("{}").is_err());
}
