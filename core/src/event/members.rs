//! The top-level members of a payload.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{self, Impossible, SerializeStruct, Serializer};
use serde_json::value::RawValue;

use crate::object::WebhookObject;

/// The members in the order of the payload, each with its exact JSON.
pub(crate) struct Members {
    json: String,
    members: Vec<(Cow<'static, str>, Range<usize>)>,
}

/// Enough for most payloads, so that collecting one allocates once.
const FIRST_CAPACITY: usize = 512;

/// Why a payload has no members.
pub(crate) enum MembersError {
    NotAnObject,
    Serialize(serde_json::Error),
}

impl Members {
    /// Takes the members as a struct hands them over. A payload that is written in any other way
    /// (by `flatten`, as a map, as an enum) is read back from its JSON. So is one that fails: a
    /// `Serialize` may put an error into words of its own, so that only JSON tells what was wrong.
    pub(crate) fn of<T: WebhookObject>(record: &T) -> Result<Self, MembersError> {
        let mut collector =
            Collector { json: Vec::with_capacity(FIRST_CAPACITY), members: Vec::new() };
        match record.serialize_data(&mut collector) {
            Ok(()) => {
                let json = String::from_utf8(collector.json).expect("serde_json writes UTF-8");
                Ok(Self { json, members: collector.members })
            }
            Err(NotCollected) => Self::read_back(record),
        }
    }

    fn read_back<T: WebhookObject>(record: &T) -> Result<Self, MembersError> {
        let mut json = Vec::new();
        record
            .serialize_data(&mut serde_json::Serializer::new(&mut json))
            .map_err(MembersError::Serialize)?;
        if json.first() != Some(&b'{') {
            return Err(MembersError::NotAnObject);
        }
        serde_json::from_slice(&json).map_err(MembersError::Serialize)
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn name(&self, index: usize) -> &Cow<'static, str> {
        &self.members[index].0
    }

    pub(crate) fn value(&self, index: usize) -> &str {
        &self.json[self.members[index].1.clone()]
    }

    pub(crate) fn finder(&self) -> Finder<'_> {
        Finder { members: self, by_name: OnceCell::new() }
    }
}

/// Finds members by name.
pub(crate) struct Finder<'a> {
    members: &'a Members,
    /// Made when a member is not where it is looked for first.
    by_name: OnceCell<HashMap<&'a str, usize>>,
}

impl Finder<'_> {
    /// The index of the member `name`, which is `likely` when the payloads have the same members.
    pub(crate) fn find(&self, name: &str, likely: usize) -> Option<usize> {
        let members = &self.members.members;
        if members.get(likely).is_some_and(|member| member.0 == name) {
            return Some(likely);
        }
        let by_name = self.by_name.get_or_init(|| {
            // Of members with one name, the first counts.
            members.iter().enumerate().rev().map(|(index, member)| (&*member.0, index)).collect()
        });
        by_name.get(name).copied()
    }
}

/// Reads an object's members as they stand.
impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Members { json: String::new(), members: Vec::new() };
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    let start = members.json.len();
                    members.json.push_str(value.get());
                    members.members.push((Cow::Owned(name), start..members.json.len()));
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// Serializes a struct into the JSON of its fields.
struct Collector {
    json: Vec<u8>,
    members: Vec<(Cow<'static, str>, Range<usize>)>,
}

/// The payload is no struct, or a field cannot be written.
#[derive(Debug)]
struct NotCollected;

impl SerializeStruct for &mut Collector {
    type Ok = ();
    type Error = NotCollected;

    fn serialize_field<T>(&mut self, name: &'static str, value: &T) -> Result<(), NotCollected>
    where
        T: Serialize + ?Sized,
    {
        let start = self.json.len();
        value
            .serialize(&mut serde_json::Serializer::new(&mut self.json))
            .map_err(|_| NotCollected)?;
        self.members.push((Cow::Borrowed(name), start..self.json.len()));
        Ok(())
    }

    fn end(self) -> Result<(), NotCollected> {
        Ok(())
    }
}

/// Refuses every shape but a struct's.
macro_rules! not_a_struct {
    ($($method:ident($($argument:ty),*) -> $output:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$output, NotCollected> {
            Err(NotCollected)
        })*
    };
}

impl Serializer for &mut Collector {
    type Ok = ();
    type Error = NotCollected;
    type SerializeSeq = Impossible<(), NotCollected>;
    type SerializeTuple = Impossible<(), NotCollected>;
    type SerializeTupleStruct = Impossible<(), NotCollected>;
    type SerializeTupleVariant = Impossible<(), NotCollected>;
    type SerializeMap = Impossible<(), NotCollected>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), NotCollected>;

    fn serialize_struct(self, name: &'static str, length: usize) -> Result<Self, NotCollected> {
        // Under such a name `serde_json` hides a `RawValue` or a number, which is no struct.
        if name.starts_with("$serde_json::private::") {
            return Err(NotCollected);
        }
        self.members.reserve(length);
        Ok(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotCollected> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), NotCollected> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _value: &T,
    ) -> Result<(), NotCollected> {
        Err(NotCollected)
    }

    not_a_struct! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_i128(i128) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_u128(u128) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
}

impl ser::Error for NotCollected {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self
    }
}

impl fmt::Display for NotCollected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the members cannot be collected")
    }
}

impl std::error::Error for NotCollected {}
