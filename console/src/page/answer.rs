//! Answers.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::failure::Failure;
use crate::problem::Problem;

/// A page.
pub(super) fn html(status: StatusCode, page: &impl Template) -> Result<Response, Failure> {
    let text = page.render().map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a page could not be written");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the page could not be written")
    })?;
    Ok((status, Html(text)).into_response())
}

/// Leads on, so that reloading what comes then does nothing twice.
pub(super) fn see_other(link: &str) -> Response {
    let location = HeaderValue::try_from(link).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}
