//! What is answered when a page cannot be shown.

use askama::Template;
use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::answer;
use super::form::sentence;
use super::frame::{Around, Frame};
use super::place::Place;
use crate::problem::Problem;

/// A problem, which is told on a page.
#[derive(Debug)]
pub(super) struct Failure(Problem);

impl<E: Into<Problem>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// Without a page, which [`dress`] puts around it.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.0.status().into_response();
        response.extensions_mut().insert(self.0);
        response
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    frame: Frame,
    heading: &'static str,
    detail: String,
}

/// Puts a page around every failure.
pub(super) async fn dress(mut request: Request, next: Next) -> Response {
    let place = Place::of(request.uri(), request.extensions());
    let around = Around::default();
    request.extensions_mut().insert(around.clone());
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let status = problem.status();
    let heading = match status {
        StatusCode::FORBIDDEN => "This is not for you to do",
        StatusCode::NOT_FOUND => "Not found",
        status if status.is_server_error() => "This does not work right now",
        _ => "This cannot be done",
    };
    let page = FailurePage {
        frame: around.of_failure(&place),
        heading,
        detail: sentence(&problem.detail),
    };
    answer::html(status, &page).unwrap_or_else(|_| status.into_response())
}

/// A part of the path.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Failure))]
pub(super) struct Segment<T>(pub(super) T);
