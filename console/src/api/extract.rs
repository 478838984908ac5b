//! What handlers take, with refusals as problem details.

use std::error::Error;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::BODY_LIMIT;
use crate::problem::Problem;

/// How long a text is at most that shows what was sent, in characters.
const MAX_DETAIL: usize = 500;
/// The members that are times.
const TIMES: [&str; 4] = ["timestamp", "since", "until", "expiresAt"];

/// A body of JSON, which is an object.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = axum::Json::<Box<RawValue>>::from_request(request, state).await;
        let axum::Json(body) = body.map_err(refused_body)?;
        // serde would read an array too, as the members in the order of the struct.
        if !body.get().starts_with('{') {
            return Err(Problem::of_fields("the body is to be an object of JSON", Vec::new()));
        }
        let value = axum::Json::from_bytes(body.get().as_bytes());
        let axum::Json(value) = value.map_err(refused_body)?;
        Ok(Self(value))
    }
}

/// The parameters behind the `?`.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Query::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(QueryRejection::FailedToDeserializeQueryString(error)) => {
                Err(Problem::new(error.status(), in_words(&of_serde(&error))))
            }
            Err(other) => Err(other.into()),
        }
    }
}

/// The parameters in the path.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(crate) struct Path<T>(pub(crate) T);

fn refused_body(rejection: JsonRejection) -> Problem {
    let status = rejection.status();
    let detail = match &rejection {
        JsonRejection::JsonDataError(error) => in_words(&of_serde(error)),
        JsonRejection::JsonSyntaxError(error) => match of_serde(error).rsplit_once(" at line ") {
            Some((_, place)) => {
                format!("the body is not JSON, at line {}", place.replace(" column", ", column"))
            }
            None => "the body is not JSON".to_owned(),
        },
        JsonRejection::MissingJsonContentType(_) => {
            "send the body as JSON, and say so: `Content-Type: application/json`".to_owned()
        }
        _ if status == StatusCode::PAYLOAD_TOO_LARGE => {
            format!("a body has {BODY_LIMIT} bytes at most")
        }
        _ => return rejection.into(),
    };
    Problem::new(status, detail)
}

/// What serde says, with the path of the member: without what axum says before it.
fn of_serde(rejection: &impl Error) -> String {
    rejection.source().map(ToString::to_string).unwrap_or_default()
}

/// What serde says is wrong with a member, and what to write: it may show what was sent.
fn in_words(text: &str) -> String {
    let text = text.rsplit_once(" at line ").map_or(text, |(text, _)| text);
    let is_path =
        |path: &str| path.chars().all(|one| one.is_alphanumeric() || "_-.[]?".contains(one));
    let (path, text) = match text.split_once(": ") {
        Some((path, text)) if is_path(path) => (path, text),
        _ => ("", text),
    };
    let what = if path.is_empty() { "it".to_owned() } else { format!("`{path}`") };
    let between = |before: &str, between: &str| {
        let (one, other) = text.strip_prefix(before)?.rsplit_once(between)?;
        Some((one.to_owned(), other.to_owned()))
    };
    let words = if let Some((name, _)) = between("missing field `", "`") {
        let separator = if path.is_empty() { "" } else { "." };
        format!("`{path}{separator}{name}` is missing")
    } else if let Some((name, known)) = between("unknown field `", "`, expected ") {
        format!("there is no `{name}` here: write {known}")
    } else if TIMES.contains(&path) {
        format!("`{path}` is no time: write it as 2025-02-10T15:30:50Z")
    } else if let Some((name, known)) = between("unknown variant `", "`, expected ") {
        format!("{what} cannot be `{name}`: write {known}")
    } else if let Some((found, expected)) = between("invalid type: ", ", expected ")
        .or_else(|| between("invalid value: ", ", expected "))
    {
        format!("{what} is {found}: {expected} is expected")
    } else if text.contains("digit found") || text.contains("parse integer") {
        format!("{what} takes a whole number")
    } else if path.is_empty() {
        text.to_owned()
    } else {
        format!("{what}: {text}")
    };
    words.chars().take(MAX_DETAIL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serde_says_is_told_in_words() {
        for (said, told) in [
            ("missing field `data` at line 1 column 26", "`data` is missing"),
            ("a.b: missing field `c`", "`a.b.c` is missing"),
            (
                "dta: unknown field `dta`, expected `event` or `data` at line 1 column 9",
                "there is no `dta` here: write `event` or `data`",
            ),
            (
                "timestamp: input contains invalid characters at line 1 column 9",
                "`timestamp` is no time: write it as 2025-02-10T15:30:50Z",
            ),
            (
                "state: unknown variant `lost`, expected `held`",
                "`state` cannot be `lost`: write `held`",
            ),
            (
                "a[0]: invalid type: string \"x, expected y\", expected u32",
                "`a[0]` is string \"x, expected y\": u32 is expected",
            ),
            ("limit: invalid digit found in string", "`limit` takes a whole number"),
            (
                "limit: a number from 1 to 500 is expected",
                "`limit`: a number from 1 to 500 is expected",
            ),
            ("the key: of that", "the key: of that"),
        ] {
            assert_eq!(in_words(said), told);
        }
        assert_eq!(in_words(&"ä".repeat(600)).chars().count(), 500);
    }
}
