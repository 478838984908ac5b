//! The refusals that a route can answer with, for its description.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::{Ref, RefOr, Response, ResponseBuilder};

/// What reading can be refused with.
pub(crate) struct ReadRefusals;

/// What a write can be refused with.
pub(crate) struct WriteRefusals;

const READ: [(u16, &str); 6] = [
    (400, "A parameter is wrong."),
    (401, "There is no API key, or it is not good."),
    (403, "The API key does not have the scope."),
    (404, "There is no such thing, or it is another tenant's."),
    (421, "The `Host` header names another server."),
    (503, "The database does not do what was asked of it: try again."),
];

const WRITE: [(u16, &str); 4] = [
    (409, "A request with the same `Idempotency-Key` is under way."),
    (413, "The body is too large."),
    (415, "The body is not said to be JSON."),
    (422, "What was asked is refused, and nothing has changed."),
];

impl IntoResponses for ReadRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        READ.iter().map(refusal).collect()
    }
}

impl IntoResponses for WriteRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        READ.iter().chain(&WRITE).map(refusal).collect()
    }
}

fn refusal((status, description): &(u16, &str)) -> (String, RefOr<Response>) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = ResponseBuilder::new()
        .description(*description)
        .content("application/problem+json", content)
        .build();
    (status.to_string(), response.into())
}
