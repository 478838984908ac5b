//! What is wrong with a request, as problem details (RFC 9457).

use std::{error, iter};

use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::response::{IntoResponse, Response};
use hookwright::{EmitError, OutboxError};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// How long a text is at most that shows what was sent, in characters.
const MAX_DETAIL: usize = 500;
/// How many members are told to be wrong at most.
const MAX_ERRORS: usize = 20;

/// What is wrong, for programs and for people: problem details by RFC 9457.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "about:blank",
    "title": "Unprocessable Content",
    "status": 422,
    "detail": "the webhook was not saved",
    "errors": [{"field": "targetUrl", "detail": "the URL has no host"}],
}))]
pub(crate) struct Problem {
    /// `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: String,
    /// The status of the answer.
    status: u16,
    /// What is wrong with this request, and what to do.
    pub(crate) detail: String,
    /// What is wrong with single members of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) errors: Vec<FieldError>,
}

/// What is wrong with a member of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// The member, such as `targetUrl`.
    pub(crate) field: &'static str,
    /// What is wrong with it.
    pub(crate) detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no such {what}"))
    }

    /// What is wrong with members: the request was understood, and is refused.
    pub(crate) fn of_fields(detail: impl Into<String>, mut errors: Vec<FieldError>) -> Self {
        errors.truncate(MAX_ERRORS);
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
        let details = errors.iter_mut().map(|error| &mut error.detail);
        for detail in details.chain([&mut problem.detail]) {
            if detail.chars().count() > MAX_DETAIL {
                *detail = detail.chars().take(MAX_DETAIL).chain(['…']).collect();
            }
        }
        Self { errors, ..problem }
    }

    /// What is wrong with one member.
    #[expect(clippy::needless_pass_by_value, reason = "it is an error that was just made")]
    pub(crate) fn of_field(field: &'static str, detail: impl ToString) -> Self {
        let detail: String = detail.to_string().chars().take(MAX_DETAIL).collect();
        Self::of_fields(detail.clone(), vec![FieldError { field, detail }])
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn database(error: &(dyn error::Error + 'static)) -> Self {
        tracing::error!(error, "the database refused what the console asked of it");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not do what was asked of it; the server's log says why",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, axum::Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::database(&error)
    }
}

impl From<OutboxError> for Problem {
    fn from(error: OutboxError) -> Self {
        if error.is_not_found() {
            return Self::new(StatusCode::NOT_FOUND, in_words_of_the_api(&error));
        }
        if let Some(unknown) = error.unknown_event() {
            return Self::of_field("operations", unknown);
        }
        if error.is_unsigned_standard() {
            return Self::of_field("format", in_words_of_the_api(&error));
        }
        Self::database(&error)
    }
}

/// What an outbox refuses, as those are told who see webhooks and no code.
pub(crate) fn in_words_of_the_api(error: &OutboxError) -> String {
    if error.is_unsigned_standard() {
        return "bodies of the format `standard` are signed by Standard Webhooks: give the webhook a \
            secret that begins with `whsec_` or `whsk_`, or none, so that one is made"
            .to_owned();
    }
    match error.to_string() {
        text if text == "there is no such endpoint" => "there is no such webhook".to_owned(),
        text => text,
    }
}

impl From<EmitError> for Problem {
    fn from(error: EmitError) -> Self {
        match error {
            EmitError::Outbox(error) => error.into(),
            error => Self::of_field("data", error),
        }
    }
}

/// An error with what has caused it, unless it says so itself.
pub(crate) fn with_sources(error: &(dyn error::Error + 'static)) -> String {
    let causes = iter::successors(error.source(), |error| error.source()).map(ToString::to_string);
    causes.fold(error.to_string(), |text, cause| {
        if text.ends_with(&cause) { text } else { format!("{text}: {cause}") }
    })
}

macro_rules! rejections {
    ($($rejection:ty)*) => {
        $(impl From<$rejection> for Problem {
            fn from(rejection: $rejection) -> Self {
                // It may show what was sent.
                let detail = rejection.body_text().chars().take(MAX_DETAIL).collect::<String>();
                Self::new(rejection.status(), detail)
            }
        })*
    };
}

rejections!(BytesRejection JsonRejection PathRejection QueryRejection);
