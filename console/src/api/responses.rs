//! The refusals that a route can answer with, for its description.

use utoipa::IntoResponses;

use crate::problem::Problem;

/// What reading can be refused with.
#[derive(IntoResponses)]
pub(crate) enum ReadRefusals {
    /// A parameter is wrong.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// There is no key, or it is not good.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// The key does not have the scope.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// There is no such thing, or it is another tenant's.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// The `Host` header names another server.
    #[response(status = 421, content_type = "application/problem+json")]
    Misdirected(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// The database does not do what was asked of it: try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(#[expect(dead_code, reason = "it is the schema")] Problem),
}

/// What a write can be refused with.
#[derive(IntoResponses)]
pub(crate) enum WriteRefusals {
    /// The request is not JSON, or a parameter is wrong.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// There is no key, or it is not good.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// The key does not have the scope.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// There is no such thing, or it is another tenant's.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// A request with the same `Idempotency-Key` is under way.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// The body is not said to be JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// The `Host` header names another server.
    #[response(status = 421, content_type = "application/problem+json")]
    Misdirected(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// What was asked is refused, and nothing has changed.
    #[response(status = 422, content_type = "application/problem+json")]
    Unprocessable(#[expect(dead_code, reason = "it is the schema")] Problem),
    /// The database does not do what was asked of it: try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(#[expect(dead_code, reason = "it is the schema")] Problem),
}
