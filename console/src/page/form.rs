//! What forms and links carry.

use chrono::{DateTime, NaiveDateTime, Timelike, Utc};
use url::form_urlencoded;

use crate::problem::{FieldError, Problem};

/// Names and values, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(super) fn parse(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    /// The value of a field as it was entered; empty when it was not.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The value of a field, unless there is nothing in it.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// All of it as bytes: two forms that are not the same differ in them.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish().into_bytes()
    }

    /// A time that was entered, in UTC.
    pub(super) fn time(&self, name: &'static str) -> Result<Option<DateTime<Utc>>, FieldError> {
        let Some(text) = self.given(name) else {
            return Ok(None);
        };
        read_time(text).map(Some).ok_or_else(|| FieldError {
            field: name,
            detail: "this is not a time: write it such as 2026-03-31T09:30".to_owned(),
        })
    }
}

fn read_time(text: &str) -> Option<DateTime<Utc>> {
    let local = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"];
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let midnight = || format!("{text}T00:00");
    local
        .into_iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| NaiveDateTime::parse_from_str(&midnight(), local[0]).ok())
        .map(|time| time.and_utc())
}

/// A time as a field of times holds it.
pub(super) fn entered(time: DateTime<Utc>) -> String {
    let has_seconds = time.second() > 0;
    time.format(if has_seconds { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M" }).to_string()
}

/// What is wrong with single fields.
#[derive(Debug, Clone, Default)]
pub(super) struct Errors(Vec<FieldError>);

impl Errors {
    /// The errors of a problem with fields; any other problem is given back.
    pub(super) fn of(problem: Problem) -> Result<Self, Problem> {
        if problem.errors.is_empty() { Err(problem) } else { Ok(Self(problem.errors)) }
    }

    pub(super) fn add(&mut self, field: &'static str, detail: impl Into<String>) {
        self.0.push(FieldError { field, detail: detail.into() });
    }

    /// The value, or nothing when it is wrong.
    pub(super) fn keep<T>(&mut self, result: Result<Option<T>, FieldError>) -> Option<T> {
        result.unwrap_or_else(|error| {
            self.0.push(error);
            None
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with a field, in sentences.
    pub(super) fn about(&self, field: &str) -> Option<String> {
        let sentences: Vec<String> = self
            .0
            .iter()
            .filter(|error| error.field == field)
            .map(|error| sentence(&error.detail))
            .collect();
        if sentences.is_empty() { None } else { Some(sentences.join(" ")) }
    }

    /// Every field that is wrong, once, with what is wrong with it.
    pub(super) fn summary(&self) -> Vec<(&'static str, String)> {
        let mut summary: Vec<(&'static str, String)> = Vec::new();
        for error in &self.0 {
            if !summary.iter().any(|(field, _)| *field == error.field) {
                summary.push((error.field, self.about(error.field).unwrap_or_default()));
            }
        }
        summary
    }
}

/// A detail as a sentence.
pub(super) fn sentence(detail: &str) -> String {
    let detail = super::text::visible(detail.trim()).replace('`', "");
    let mut chars = detail.chars();
    let Some(first) = chars.next() else {
        return detail;
    };
    let end = if detail.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_browsers_and_people_write_them() {
        let expected = "2026-03-31T09:30:00Z".parse().ok();
        for text in ["2026-03-31T09:30", "2026-03-31 09:30", "2026-03-31T11:30:00+02:00"] {
            assert_eq!(read_time(text), expected, "{text}");
        }
        assert_eq!(read_time("2026-03-31"), "2026-03-31T00:00:00Z".parse().ok());
        assert_eq!(read_time("yesterday"), None);
    }

    #[test]
    fn what_is_wrong_is_told_in_sentences() {
        let mut errors = Errors::default();
        errors.add("name", "a name has 1 to 100 characters");
        errors.add("name", "Choose another.");
        let all = "A name has 1 to 100 characters. Choose another.";
        assert_eq!(errors.about("name").as_deref(), Some(all));
        assert_eq!(errors.summary(), [("name", all.to_owned())]);
        assert_eq!(errors.about("scopes"), None);
    }
}
