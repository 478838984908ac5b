//! Which changes of a schema break a receiver.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::catalog::node::strings;
use crate::catalog::references::{TEXTS, resolve};

type Schemas = BTreeMap<String, Value>;

/// In which direction values go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// From the program of today to a receiver of then: everything new is unknown there.
    Sent,
    /// From then to a receiver of today: everything old must still be read.
    Read,
}

/// Compares two schemas, and what they refer to.
pub(super) struct Comparison<'a> {
    direction: Direction,
    then: &'a Schemas,
    now: &'a Schemas,
    /// The pairs of types that are compared already: types may hold themselves.
    seen: BTreeSet<(*const Value, *const Value)>,
    found: Difference,
}

/// What differs between the data of then and of now.
#[derive(Default)]
pub(super) struct Difference {
    /// What breaks: where, and what.
    pub(super) breaks: Vec<(String, String)>,
    /// Where there are members that were not there, each with all that is in it.
    pub(super) added: Vec<String>,
}

/// Keywords that are compared by their meaning, and not as they stand.
const KNOWN: [&str; 12] = [
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "enum",
    "items",
    "oneOf",
    "patternProperties",
    "prefixItems",
    "properties",
    "required",
    "type",
];

/// The schema alone.
pub(super) fn without_texts(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(without_texts).collect(),
        Value::Object(keywords) => {
            let keep = keywords.iter().filter(|(keyword, _)| !TEXTS.contains(&keyword.as_str()));
            let keep = keep.map(|(keyword, value)| {
                let value = match (keyword.as_str(), value) {
                    // Their keys are names, and no keywords.
                    ("properties" | "patternProperties", Value::Object(members)) => {
                        let strip = |(name, schema): (&String, &Value)| {
                            (name.clone(), without_texts(schema))
                        };
                        Value::Object(members.iter().map(strip).collect())
                    }
                    ("const" | "enum" | "required", value) => value.clone(),
                    (_, value) => without_texts(value),
                };
                (keyword.clone(), value)
            });
            Value::Object(keep.collect())
        }
        scalar => scalar.clone(),
    }
}

impl<'a> Comparison<'a> {
    pub(super) fn sent(then: &'a Schemas, now: &'a Schemas) -> Self {
        Self::new(Direction::Sent, then, now)
    }

    pub(super) fn read(then: &'a Schemas, now: &'a Schemas) -> Self {
        Self::new(Direction::Read, then, now)
    }

    fn new(direction: Direction, then: &'a Schemas, now: &'a Schemas) -> Self {
        Self { direction, then, now, seen: BTreeSet::new(), found: Difference::default() }
    }

    /// What differs in the data of these names.
    pub(super) fn of(mut self, then: &str, now: &str) -> Difference {
        if let (Some(then), Some(now)) = (self.then.get(then), self.now.get(now)) {
            self.compare("data", then, now);
        }
        self.found
    }

    fn report(&mut self, path: &str, problem: impl Into<String>) {
        self.found.breaks.push((path.to_owned(), problem.into()));
    }

    fn compare(&mut self, path: &str, then: &'a Value, now: &'a Value) {
        let then = alternatives(self.then, std::slice::from_ref(then));
        let now = alternatives(self.now, std::slice::from_ref(now));
        self.compare_alternatives(path, then, now);
    }

    fn compare_alternatives(
        &mut self,
        path: &str,
        then: Vec<Alternative<'a>>,
        mut now: Vec<Alternative<'a>>,
    ) {
        let mut gone = Vec::new();
        let mut pairs = Vec::new();
        for then in then {
            match now.iter().position(|now| now.kind == then.kind) {
                Some(index) => pairs.push((then, now.remove(index))),
                None => gone.push(then),
            }
        }
        self.compare_kinds(path, &gone, &now);
        for (then, now) in pairs {
            // Types may hold themselves.
            if self.seen.insert((then.schema, now.schema)) {
                self.compare_pair(path, then.schema, now.schema);
            }
        }
    }

    /// What a value was, and is not; and what it is, and was not.
    fn compare_kinds(&mut self, path: &str, gone: &[Alternative<'a>], new: &[Alternative<'a>]) {
        let mut all = gone.iter().chain(new);
        if !gone.is_empty() && !new.is_empty() && all.any(|one| matches!(one.kind, Kind::Type(_))) {
            // One type in place of another is told in either direction alike.
            if !is_number_of(self.direction, gone, new) {
                let (gone, new) = (in_words(gone), in_words(new));
                self.report(path, format!("was {gone}, and is {new}"));
            }
            return;
        }
        if self.direction == Direction::Sent {
            for Alternative { kind, .. } in new {
                let problem = match kind {
                    Kind::Null => "was never null, and may be now".to_owned(),
                    kind => format!("may be {} now, which receivers do not know", kind.words()),
                };
                self.report(path, problem);
            }
        } else {
            for Alternative { kind, .. } in gone {
                let problem = match kind {
                    Kind::Null => "could be null, which receivers do not read any more".to_owned(),
                    kind => {
                        format!("could be {}, which receivers do not read any more", kind.words())
                    }
                };
                self.report(path, problem);
            }
        }
    }

    fn compare_pair(&mut self, path: &str, then: &'a Value, now: &'a Value) {
        if let (Some(then), Some(now)) = (then.as_object(), now.as_object()) {
            self.compare_rules(path, then, now);
            self.compare_members(path, then, now);
            self.compare_items(path, then, now);
        }
        self.compare_parts(path, then, now);
    }

    /// Of what a value is put together: enums and types that are flattened, or what a tagged enum
    /// holds.
    fn compare_parts(&mut self, path: &str, then: &'a Value, now: &'a Value) {
        for keyword in ["anyOf", "oneOf"] {
            match (then[keyword].as_array(), now[keyword].as_array()) {
                (Some(then), Some(now)) => {
                    let then = alternatives(self.then, then);
                    let now = alternatives(self.now, now);
                    self.compare_alternatives(path, then, now);
                }
                (Some(_), None) if self.direction == Direction::Sent => {
                    self.report(path, "members of an enum were removed");
                }
                _ => {}
            }
        }
        let list = |schema: &'a Value| schema["allOf"].as_array().map_or(&[][..], Vec::as_slice);
        let (then, now) = (list(then), list(now));
        if then.len() != now.len() {
            self.report(path, "is put together in another way");
        }
        for (then, now) in then.iter().zip(now) {
            self.compare(path, then, now);
        }
    }

    /// Formats, limits, and whatever else is a rule of one value.
    fn compare_rules(&mut self, path: &str, then: &Map<String, Value>, now: &Map<String, Value>) {
        let is_rule = |keyword: &&String| !KNOWN.contains(&keyword.as_str());
        let keywords: BTreeSet<&String> = then.keys().chain(now.keys()).filter(is_rule).collect();
        let show = |value: Option<&Value>| match value {
            Some(Value::String(text)) => format!("`{text}`"),
            Some(value) => format!("`{value}`"),
            None => "none".to_owned(),
        };
        // Of a number, the format tells its limits.
        if then.get("format") != now.get("format") {
            let (then, now) = (show(then.get("format")), show(now.get("format")));
            return self.report(path, format!("was of the format {then}, and is of {now}"));
        }
        for keyword in keywords {
            let (then, now) = (then.get(keyword), now.get(keyword));
            if then != now {
                let (then, now) = (show(then), show(now));
                self.report(path, format!("the rule `{keyword}` was {then}, and is {now}"));
            }
        }
    }

    fn compare_members(
        &mut self,
        path: &str,
        then: &'a Map<String, Value>,
        now: &'a Map<String, Value>,
    ) {
        let members =
            |schema: &'a Map<String, Value>| schema.get("properties").and_then(Value::as_object);
        let (old, new) = (members(then), members(now));
        let required = |schema: &'a Map<String, Value>| -> BTreeSet<&'a str> {
            schema.get("required").into_iter().flat_map(strings).collect()
        };
        let (required_then, required_now) = (required(then), required(now));
        for (name, member) in old.into_iter().flatten() {
            let path = format!("{path}.{name}");
            let Some(new_member) = new.and_then(|members| members.get(name)) else {
                if self.direction == Direction::Sent {
                    self.report(&path, "was removed");
                }
                continue;
            };
            let (then, now) =
                (required_then.contains(name.as_str()), required_now.contains(name.as_str()));
            match self.direction {
                Direction::Sent if then && !now => {
                    self.report(&path, "was always there, and may be absent now");
                }
                Direction::Read if !then && now => {
                    self.report(&path, "could be absent, and is required by receivers now");
                }
                _ => {}
            }
            self.compare(&path, member, new_member);
        }
        let is_new = |name: &&String| old.is_none_or(|old| !old.contains_key(*name));
        for name in new.into_iter().flat_map(Map::keys).filter(is_new) {
            self.found.added.push(format!("{path}.{name}"));
        }
        self.compare_patterns(path, then, now);
        match (then.get("additionalProperties"), now.get("additionalProperties")) {
            (Some(then @ Value::Object(_)), Some(now @ Value::Object(_))) => {
                self.compare(&format!("{path}.*"), then, now);
            }
            (Some(Value::Object(_)), None | Some(Value::Bool(_))) => {
                self.report(&format!("{path}.*"), "the members of any name were removed");
            }
            (None | Some(Value::Bool(true)), Some(Value::Bool(false)))
                if self.direction == Direction::Read =>
            {
                self.report(path, "could have members of other names, which are refused now");
            }
            (None | Some(Value::Bool(_)), Some(Value::Object(_))) => {
                self.found.added.push(format!("{path}.*"));
            }
            _ => {}
        }
    }

    /// Members whose names are of a pattern, such as numbers.
    fn compare_patterns(
        &mut self,
        path: &str,
        then: &'a Map<String, Value>,
        now: &'a Map<String, Value>,
    ) {
        let patterns = |schema: &'a Map<String, Value>| {
            schema.get("patternProperties").and_then(Value::as_object)
        };
        let path = format!("{path}.*");
        let (then, now) = (patterns(then), patterns(now));
        for (pattern, member) in then.into_iter().flatten() {
            match now.and_then(|members| members.get(pattern)) {
                Some(now) => self.compare(&path, member, now),
                None => {
                    self.report(&path, format!("the members named like `{pattern}` were removed"));
                }
            }
        }
        // Receivers of then read names of the other patterns alone.
        let is_new = |pattern: &&String| then.is_some_and(|then| !then.contains_key(*pattern));
        if self.direction == Direction::Sent {
            for pattern in now.into_iter().flat_map(Map::keys).filter(is_new) {
                self.report(&path, format!("there are members named like `{pattern}` now"));
            }
        }
    }

    fn compare_items(
        &mut self,
        path: &str,
        then: &'a Map<String, Value>,
        now: &'a Map<String, Value>,
    ) {
        let list =
            |schema: &'a Map<String, Value>| schema.get("prefixItems").and_then(Value::as_array);
        match (list(then), list(now)) {
            (Some(then), Some(now)) => {
                if then.len() != now.len() {
                    let (then, now) = (then.len(), now.len());
                    self.report(path, format!("was a list of {then}, and is one of {now}"));
                }
                for (index, (then, now)) in then.iter().zip(now).enumerate() {
                    self.compare(&format!("{path}[{index}]"), then, now);
                }
            }
            (None, None) => {}
            _ => self.report(path, "was another kind of list"),
        }
        if let (Some(then), Some(now)) = (then.get("items"), now.get("items")) {
            self.compare(&format!("{path}[]"), then, now);
        }
    }
}

/// Whether a number has taken an integer's place, or the other way round, where that is no break.
fn is_number_of(direction: Direction, gone: &[Alternative<'_>], new: &[Alternative<'_>]) -> bool {
    let ([gone], [new]) = (gone, new) else {
        return false;
    };
    let (integer, number) = (Kind::Type("integer"), Kind::Type("number"));
    match direction {
        Direction::Sent => gone.kind == number && new.kind == integer,
        Direction::Read => gone.kind == integer && new.kind == number,
    }
}

fn in_words(alternatives: &[Alternative<'_>]) -> String {
    let words: Vec<_> = alternatives.iter().map(|one| one.kind.words()).collect();
    words.join(" or ")
}

/// The values of which one is this, where nothing else is said of them.
fn choices(schema: &Value) -> Option<&Vec<Value>> {
    let says = |keyword: &str| schema.get(keyword).is_some();
    match (schema["anyOf"].as_array(), schema["oneOf"].as_array()) {
        (Some(_), Some(_)) => None,
        (any, one) => any.or(one).filter(|_| !says("allOf") && !says("properties")),
    }
}

/// One of the things that a value may be.
struct Alternative<'a> {
    kind: Kind<'a>,
    schema: &'a Value,
}

/// By what alternatives are told apart, and found again.
#[derive(Debug, Clone, PartialEq)]
enum Kind<'a> {
    Null,
    /// One value, such as that of an enum.
    Value(&'a Value),
    /// An object in which one member has this value: the tag of an enum.
    Tagged(&'a str, &'a Value),
    /// An object with just this member: what an enum is without a tag.
    Keyed(&'a str),
    Type(&'a str),
    Anything,
}

impl Kind<'_> {
    fn words(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Value(value) => format!("`{value}`"),
            Self::Tagged(tag, value) => format!("an object whose `{tag}` is `{value}`"),
            Self::Keyed(key) => format!("an object of `{key}`"),
            Self::Type("array") => "a list".to_owned(),
            Self::Type(kind @ ("integer" | "object")) => format!("an {kind}"),
            Self::Type(kind) => format!("a {kind}"),
            Self::Anything => "anything".to_owned(),
        }
    }
}

/// How far names of names, and alternatives of alternatives, are followed.
const DEPTH: usize = 16;

/// Everything that a value may be which is one of these.
fn alternatives<'a>(schemas: &'a Schemas, of: &'a [Value]) -> Vec<Alternative<'a>> {
    let mut found = Vec::new();
    for schema in of {
        add_alternatives(schemas, schema, &mut found, 0);
    }
    found
}

fn add_alternatives<'a>(
    schemas: &'a Schemas,
    schema: &'a Value,
    found: &mut Vec<Alternative<'a>>,
    depth: usize,
) {
    let schema = resolve(schemas, schema);
    if let Some(either) = choices(schema).filter(|_| depth < DEPTH) {
        for schema in either {
            add_alternatives(schemas, schema, found, depth + 1);
        }
        return;
    }
    let mut add = |kind| found.push(Alternative { kind, schema });
    let of_value = |value: &'a Value| match value {
        Value::Null => Kind::Null,
        value => Kind::Value(value),
    };
    if let Some(value) = schema.get("const") {
        return add(of_value(value));
    }
    match (&schema["enum"], &schema["type"]) {
        (Value::Array(values), _) => values.iter().for_each(|value| add(of_value(value))),
        (_, Value::String(kind)) => add(of_type(schema, kind)),
        (_, Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).for_each(|kind| add(of_type(schema, kind)));
        }
        // It is what the type is to which a rule was added.
        _ => match schema["allOf"].as_array().and_then(|all| all.first()).filter(|_| depth < DEPTH)
        {
            Some(first) => {
                let start = found.len();
                add_alternatives(schemas, first, found, depth + 1);
                found[start..].iter_mut().for_each(|one| one.schema = schema);
            }
            None => add(Kind::Anything),
        },
    }
}

fn of_type<'a>(schema: &'a Value, kind: &'a str) -> Kind<'a> {
    if kind == "null" {
        return Kind::Null;
    }
    let members = schema["properties"].as_object().filter(|_| kind == "object");
    for (name, member) in members.into_iter().flatten() {
        let is_redacted = |value: &Value| value == "[redacted]";
        if let Some(value) = member.get("const").filter(|value| !is_redacted(value)) {
            return Kind::Tagged(name, value);
        }
    }
    // As an enum without a tag is written: one member, and no other.
    if schema["additionalProperties"] == Value::Bool(false)
        && let Some(members) = members.filter(|members| members.len() == 1)
        && let Some(name) = members.keys().next()
    {
        return Kind::Keyed(name);
    }
    Kind::Type(kind)
}
