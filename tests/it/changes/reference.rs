//! Generated pairs of records, compared as `serde_json`'s own values are.

use std::collections::{BTreeMap, BTreeSet};

use hookwright::{Event, WebhookObject, emits};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Record, Shape, body};
use crate::payload::cases::{check_cases, optional, text};

const CASES: u32 = 1024;

/// What a body says.
struct Told {
    data: Map<String, Value>,
    updated_fields: Vec<String>,
    previous: Map<String, Value>,
}

impl Told {
    fn by<T: WebhookObject>(event: Event<T>) -> Self {
        let mut body: Value = serde_json::from_str(&body(event)).expect("a body is JSON");
        let mut object = |name: &str| match body[name].take() {
            Value::Object(members) => members,
            Value::Null => Map::new(),
            other => panic!("`{name}` is no object: {other}"),
        };
        let (data, previous) = (object("data"), object("previous"));
        let updated_fields = match body["updatedFields"].take() {
            Value::Null => Vec::new(),
            names => serde_json::from_value(names).expect("a list of names"),
        };
        Self { data, updated_fields, previous }
    }
}

/// The names whose values differ, an absent one being none of all values.
fn changed(old: &Map<String, Value>, new: &Map<String, Value>) -> BTreeSet<String> {
    let names = old.keys().chain(new.keys());
    names.filter(|name| old.get(*name) != new.get(*name)).cloned().collect()
}

fn without_nulls(mut members: Map<String, Value>) -> Map<String, Value> {
    members.retain(|_, value| !value.is_null());
    members
}

/// Checks what is told of a change, but for values that are hidden in `redacted`.
fn check<T>(before: &T, after: &T, redacted: &[&str]) -> Result<(), TestCaseError>
where
    T: WebhookObject + emits::Updated,
{
    let old = Told::by(before.updated()).data;
    let new = Told::by(after.updated()).data;
    let mut expected = changed(&old, &new);
    expected.extend(redacted.iter().map(|name| (*name).to_owned()));

    let event =
        after.updated_from(before).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(event.is_none(), expected.is_empty());
    let Some(event) = event else { return Ok(()) };
    let told = Told::by(event.clone());
    prop_assert_eq!(&told.data, &new);
    prop_assert_eq!(told.updated_fields.len(), expected.len(), "each is named once");
    prop_assert_eq!(told.updated_fields.iter().cloned().collect::<BTreeSet<_>>(), expected);
    prop_assert_eq!(event.updated_fields(), told.updated_fields.as_slice());
    prop_assert_eq!(told.previous.len(), told.updated_fields.len());
    for name in event.updated_fields() {
        let was = old.get(&**name).filter(|value| !value.is_null());
        let value: Option<Value> = event.previous_value(name).expect("any value is a `Value`");
        prop_assert_eq!(value.as_ref(), was);
        prop_assert_eq!(told.previous.get(&**name).filter(|value| !value.is_null()), was);
    }

    let mut restored = told.data;
    restored.extend(told.previous);
    prop_assert_eq!(without_nulls(restored), without_nulls(old));
    Ok(())
}

/// Values of which two are often the same, and often nearly.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-1..2i64).prop_map(Value::from),
        prop::sample::select(vec![0.5, 1.0, 1e300]).prop_map(Value::from),
        prop::sample::select(vec!["", "a", "\u{e9}", "e\u{301}", "\"\\"]).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(vec!["k", "l", "\n"]), inner), 0..3)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// The JSON of a value with the keys of its objects in the other order, and blanks.
fn rewritten(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(rewritten).collect();
            format!("[ {} ]", items.join(" , "))
        }
        Value::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .rev()
                .map(|(name, value)| format!("{} : {}", Value::from(&**name), rewritten(value)))
                .collect();
            format!("{{ {} }}", members.join(" , "))
        }
        other => other.to_string(),
    }
}

const NAMES: [&str; 6] = ["a", "b", "c", "\u{e9}", "\"", ""];

/// A member is absent, is as it was, is written otherwise, or is another.
#[derive(Debug, Clone)]
enum Change {
    Gone,
    Kept,
    Rewritten,
    Set(Value),
}

#[test]
fn generated_changes_are_told_as_a_comparison_of_all_values_tells_them() {
    let change = prop_oneof![
        Just(Change::Gone),
        Just(Change::Kept),
        Just(Change::Rewritten),
        value().prop_map(Change::Set),
    ];
    let order = || Just(NAMES.to_vec()).prop_shuffle();
    let shape = || prop_oneof![Just(Shape::Struct), Just(Shape::Map)];
    let before = prop::collection::btree_map(prop::sample::select(&NAMES[..]), value(), 0..6);
    let after = prop::collection::vec(change, NAMES.len());
    let all = (before, after, order(), order(), shape(), shape());
    check_cases(CASES, &all, |(before, changes, old_order, new_order, old_shape, new_shape)| {
        let mut after = BTreeMap::new();
        for (name, change) in NAMES.into_iter().zip(changes) {
            let was = before.get(name);
            let json = match change {
                Change::Gone => None,
                Change::Kept => was.map(Value::to_string),
                Change::Rewritten => was.map(rewritten),
                Change::Set(value) => Some(value.to_string()),
            };
            after.extend(json.map(|json| (name, json)));
        }
        let before: BTreeMap<_, _> =
            before.into_iter().map(|(name, value)| (name, value.to_string())).collect();
        let record = |members: &BTreeMap<&'static str, String>, order: &[&'static str], shape| {
            let members: Vec<_> =
                order.iter().filter_map(|name| Some((*name, &**members.get(name)?))).collect();
            Record::new(&members, shape)
        };
        let old = record(&before, &old_order, old_shape);
        let new = record(&after, &new_order, new_shape);
        check(&old, &new, &[])?;
        in_order(&old, &new)
    });
}

/// Members of the new payload are told in its order, and those that are gone in that of the old.
fn in_order(old: &Record, new: &Record) -> Result<(), TestCaseError> {
    let names = |record: &Record| record.members.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let event = new.updated_from(old).expect("it was compared before");
    let told: Vec<&str> = event.iter().flat_map(Event::updated_fields).map(AsRef::as_ref).collect();
    let (old, new) = (names(old), names(new));
    let listed = |order: &[&'static str], is_gone: bool| {
        let wanted = |name: &&str| new.contains(name) != is_gone;
        let expected = order.iter().copied().filter(|name| told.contains(name)).filter(wanted);
        let found = told.iter().copied().filter(wanted);
        (found.collect::<Vec<_>>(), expected.collect::<Vec<_>>())
    };
    let (found, expected) = listed(&new, false);
    prop_assert_eq!(found, expected);
    let (found, expected) = listed(&old, true);
    prop_assert_eq!(found, expected);
    Ok(())
}

#[derive(Debug, Clone, Serialize, WebhookObject)]
#[serde(rename_all = "camelCase")]
struct Company {
    id: u8,
    legal_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[webhook(redact)]
    tax_number: Option<u8>,
    #[serde(flatten)]
    extras: BTreeMap<String, Option<bool>>,
    staff: Vec<u8>,
    #[webhook(skip)]
    notes: u8,
    raw: Box<RawValue>,
}

fn company() -> impl Strategy<Value = Company> {
    let name = || prop::sample::select(vec!["", "ACME", "\u{1f}"]).prop_map(str::to_owned);
    let extra = prop::sample::select(vec!["x", "y", "z"]).prop_map(str::to_owned);
    let raw = prop::sample::select(vec!["{\"k\":1,\"l\":2}", "{ \"l\": 2, \"k\": 1 }", "3"])
        .prop_map(|json| RawValue::from_string(json.to_owned()).expect("it is JSON"));
    (
        name(),
        optional(name()),
        optional(0..2u8),
        prop::collection::btree_map(extra, optional(any::<bool>()), 0..3),
        prop::collection::vec(0..2u8, 0..2),
        0..2u8,
        raw,
    )
        .prop_map(|(legal_name, domain, tax_number, extras, staff, notes, raw)| Company {
            id: 1,
            legal_name,
            domain,
            tax_number,
            extras,
            staff,
            notes,
            raw,
        })
}

#[test]
fn generated_changes_of_a_derived_record_are_told_as_well() {
    check_cases(CASES, &(company(), company()), |(before, after)| {
        let hidden = if before.tax_number == after.tax_number { &[][..] } else { &["taxNumber"] };
        check(&before, &after, hidden)
    });
}
