//! From an event to the bytes and the headers of a signed request.

use chrono::Utc;
use hookwright::{Body, EventId, Secret, SignatureHeaders, Signer, WebhookObject};
use hookwright_benches::{Bound, Case, Cases, Row, Table, allocations};
use http::HeaderValue;
use uuid::Uuid;

use crate::add_rows;
use crate::by_hand::{FixedWidth, Request, SECRET, new_id};
use crate::records::{Person, PersonByChrono, event_time};

/// What the baseline takes on the machine that the README names, in nanoseconds.
const KNOWN: f64 = 589.0;
const BOUND: Bound = Bound::AtMost(1.25);
/// The body, and the values of four headers.
const ALLOCATIONS: u32 = 5;

const ID: Uuid = Uuid::from_u128(0x0194_f0a8_4e10_7c3a_9d54_2f6b_8c71_e0d3);
const TIMESTAMP_MS: i64 = 1_739_201_450_123;
const NONCE: u128 = 0x5f1d_3c09_a2b4_4e86_97d0_18c3_6a7e_b25f;

pub(crate) fn measure() -> Table {
    let mut table =
        Table::new("sign", "from an event to the bytes and the headers of a signed request");
    if let Err(difference) = compare_bytes() {
        table.void(difference);
        return table;
    }
    let [made, by_chrono, making] = cases();
    let finish = |index, row: Row, ratio| match index {
        0 => row,
        _ => row.ratio(ratio).judged(ratio, BOUND),
    };
    let times = add_rows(&mut table, made, finish);
    add_rows(&mut table, by_chrono, finish);
    add_rows(&mut table, making, finish);
    table.expect_baseline(times[0], KNOWN, "ns");
    table.push(count_allocations());
    table
}

pub(crate) fn cases() -> [Cases; 3] {
    let mut request = Request::new();
    let person = Person::alice();
    let by_hand = Case::new("by hand", move || {
        request.write(&FixedWidth::from(&person), event_time(), ID, TIMESTAMP_MS, NONCE);
        request.header_values()
    });

    let mut request = Request::new();
    let person = PersonByChrono::alice();
    let by_hand_and_chrono = Case::new("by hand, createdAt by chrono's Serialize", move || {
        request.write(&person, event_time(), ID, TIMESTAMP_MS, NONCE);
        request.header_values()
    });

    let (person, signer) = (leaked(PersonByChrono::alice()), signer());
    let event = person.created().at(event_time()).with_id(ID.into());
    let ours_and_chrono = Case::new("the same by Event::body", move || {
        let id = event.id().expect("a new event has an id");
        let body = event.body().expect("a person can be written");
        sign(&signer, id, body)
    });

    let (person, signer) = (leaked(Person::alice()), self::signer());
    let event = person.created().at(event_time()).with_id(ID.into());
    let ours = Case::new("Event::body, Signer::headers", move || {
        let id = event.id().expect("a new event has an id");
        let body = event.body().expect("a person can be written");
        sign(&signer, id, body)
    });

    let mut request = Request::new();
    let person = Person::alice();
    let making_by_hand = Case::new("by hand, with clock and id", move || {
        let now = Utc::now();
        request.write(&FixedWidth::from(&person), now, new_id(now), TIMESTAMP_MS, NONCE);
        request.header_values()
    });

    let (person, signer) = (Person::alice(), self::signer());
    let making = Case::new("the same from Person::created", move || {
        let event = person.created();
        let id = event.id().expect("a new event has an id");
        let body = event.body().expect("a person can be written");
        sign(&signer, id, body)
    });
    [
        Cases::new(by_hand, [ours]),
        Cases::new(by_hand_and_chrono, [ours_and_chrono]),
        Cases::new(making_by_hand, [making]),
    ]
}

fn signer() -> Signer {
    Signer::new(&Secret::new(SECRET).expect("a long secret"))
}

/// A case lives as long as the process.
fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn sign(signer: &Signer, id: &EventId, body: Body) -> (Body, SignatureHeaders, HeaderValue) {
    let headers = signer.headers(id, TIMESTAMP_MS, NONCE.into(), body.as_bytes());
    (body, headers, id.into())
}

/// Both have to write the same.
fn compare_bytes() -> Result<(), String> {
    let person = Person::alice();
    let mut by_hand = Request::new();
    by_hand.write(&FixedWidth::from(&person), event_time(), ID, TIMESTAMP_MS, NONCE);
    let event = person.created().at(event_time()).with_id(ID.into());
    let id = event.id().expect("a new event has an id");
    let (body, headers, id) = sign(&signer(), id, event.body().expect("a person can be written"));
    let pairs: [(&str, &[u8], &[u8]); 5] = [
        ("body", &by_hand.body, body.as_bytes()),
        ("timestamp", &by_hand.timestamp, headers.timestamp.as_bytes()),
        ("signature", &by_hand.signature, headers.signature.as_bytes()),
        ("nonce", &by_hand.nonce, headers.nonce.as_bytes()),
        ("id", &by_hand.id, id.as_bytes()),
    ];
    match pairs.iter().find(|(_, by_hand, ours)| by_hand != ours) {
        Some((name, ..)) => Err(format!("the baseline writes another {name}")),
        None => Ok(()),
    }
}

fn count_allocations() -> Row {
    let (person, signer) = (Person::alice(), signer());
    let event = person.created();
    let id = event.id().expect("a new event has an id");
    let work = || sign(&signer, id, event.body().expect("a person can be written"));
    // The first may set something up that stays.
    drop(work());
    let count = allocations::during(work);
    Row::new("allocations: the body, four header values", count.to_string())
        .judged(count.into(), Bound::Exactly(ALLOCATIONS))
}
