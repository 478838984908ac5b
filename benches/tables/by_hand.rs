//! A signed request as an application would write it that has no framework: into buffers that are
//! used again, with the key prepared, and with times of a fixed width.

use chrono::{DateTime, Datelike, Timelike, Utc};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderValue;
use serde::{Serialize, Serializer};
use sha2::Sha256;
use uuid::Uuid;

use crate::records::Person;

pub(crate) type HmacSha256 = Hmac<Sha256>;

pub(crate) const SECRET: &str = "a secret of sixteen bytes or more";

/// The key, prepared.
pub(crate) fn keyed() -> HmacSha256 {
    HmacSha256::new_from_slice(SECRET.as_bytes()).expect("HMAC takes a key of any length")
}

/// The body and the values of the headers.
#[derive(Clone)]
pub(crate) struct Request {
    mac: HmacSha256,
    pub(crate) body: Vec<u8>,
    pub(crate) timestamp: [u8; 13],
    pub(crate) signature: [u8; 64],
    pub(crate) nonce: [u8; 32],
    pub(crate) id: [u8; 36],
}

impl Request {
    pub(crate) fn new() -> Self {
        Self {
            mac: keyed(),
            body: Vec::with_capacity(512),
            timestamp: [0; 13],
            signature: [0; 64],
            nonce: [0; 32],
            id: [0; 36],
        }
    }

    /// Writes the request of `person.created`.
    pub(crate) fn write(
        &mut self,
        person: &impl Serialize,
        time: DateTime<Utc>,
        id: Uuid,
        timestamp_ms: i64,
        nonce: u128,
    ) {
        self.body.clear();
        let envelope = Envelope { event: "person.created", data: person, timestamp: time };
        serde_json::to_writer(&mut self.body, &envelope).expect("a person can be written");

        let mut digits = itoa::Buffer::new();
        self.timestamp.copy_from_slice(digits.format(timestamp_ms).as_bytes());
        let mut mac = self.mac.clone();
        mac.update(&self.timestamp);
        mac.update(b":");
        mac.update(&self.body);
        let signature = mac.finalize().into_bytes();
        hex::encode_to_slice(signature, &mut self.signature).expect("64 digits");
        hex::encode_to_slice(nonce.to_be_bytes(), &mut self.nonce).expect("32 digits");
        id.hyphenated().encode_lower(&mut self.id);
    }
}

impl Request {
    /// The values of the headers, of the buffers' text.
    pub(crate) fn header_values(&self) -> [HeaderValue; 4] {
        let texts: [&[u8]; 4] = [&self.timestamp, &self.signature, &self.nonce, &self.id];
        texts.map(|text| HeaderValue::from_bytes(text).expect("digits are visible ASCII"))
    }
}

/// A new UUID of version 7.
pub(crate) fn new_id(time: DateTime<Utc>) -> Uuid {
    let milliseconds = time.timestamp_millis().unsigned_abs();
    let random = rand::random::<u128>().to_ne_bytes();
    let random = random.first_chunk().expect("ten of sixteen bytes");
    uuid::Builder::from_unix_timestamp_millis(milliseconds, random).into_uuid()
}

#[derive(Serialize)]
struct Envelope<'a, T> {
    event: &'static str,
    data: &'a T,
    #[serde(serialize_with = "fixed_width")]
    timestamp: DateTime<Utc>,
}

/// A person whose time is of a fixed width too, which takes less than chrono's own `Serialize`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FixedWidth<'a> {
    id: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
    #[serde(serialize_with = "fixed_width")]
    created_at: DateTime<Utc>,
    created_by: &'a str,
}

impl<'a> From<&'a Person> for FixedWidth<'a> {
    fn from(person: &'a Person) -> Self {
        Self {
            id: &person.id,
            first_name: &person.first_name,
            last_name: &person.last_name,
            email: &person.email,
            created_at: person.created_at,
            created_by: &person.created_by,
        }
    }
}

/// RFC 3339 in whole seconds, or in milliseconds where there are any.
fn fixed_width<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let time = time.naive_utc();
    let year = time.year().unsigned_abs();
    two_digits(&mut text[0..2], year / 100);
    two_digits(&mut text[2..4], year % 100);
    two_digits(&mut text[5..7], time.month());
    two_digits(&mut text[8..10], time.day());
    two_digits(&mut text[11..13], time.hour());
    two_digits(&mut text[14..16], time.minute());
    two_digits(&mut text[17..19], time.second());
    let milliseconds = time.nanosecond() / 1_000_000;
    let length = if milliseconds == 0 {
        text[19] = b'Z';
        20
    } else {
        text[20] = digit(milliseconds / 100);
        two_digits(&mut text[21..23], milliseconds % 100);
        24
    };
    serializer.serialize_str(str::from_utf8(&text[..length]).expect("digits are ASCII"))
}

fn two_digits(place: &mut [u8], number: u32) {
    place[0] = digit(number / 10);
    place[1] = digit(number % 10);
}

fn digit(number: u32) -> u8 {
    b'0' + u8::try_from(number % 10).expect("a digit is less than ten")
}
