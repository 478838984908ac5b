//! Signing in by an API key, and out.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};

use super::answer;
use super::failure::Failure;
use super::field::Field;
use super::form::Errors;
use super::frame::Frame;
use super::place::{Place, local};
use super::visitor::{Posted, SESSION, cookie, read_fields, set_cookie};
use crate::access::Sessions;
use crate::console::Console;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    frame: Frame,
    next: String,
    /// Whether a form was sent by somebody who was not signed in any more.
    has_lost: bool,
    key: Field,
}

impl SignIn {
    fn new(place: &Place, next: String, errors: &Errors) -> Self {
        let key = Field::new("key", "API key")
            .kind("password")
            .autocomplete("current-password")
            .hint("It begins with hwk_. The program that serves this page prints the first one.")
            .wrong(errors);
        let has_lost = place.query().text("lost") == "form";
        Self { frame: Frame::of_nobody(place), next, has_lost, key }
    }
}

pub(super) async fn form(place: Place) -> Result<Response, Failure> {
    let next = local(place.query().text("next"));
    answer::html(StatusCode::OK, &SignIn::new(&place, next, &Errors::default()))
}

pub(super) async fn begin(
    State(console): State<Arc<Console>>,
    place: Place,
    request: Request,
) -> Result<Response, Response> {
    let fields = read_fields(request).await?;
    signed_in(&console, &place, &fields).await.map_err(IntoResponse::into_response)
}

async fn signed_in(
    console: &Console,
    place: &Place,
    fields: &super::form::Fields,
) -> Result<Response, Failure> {
    let next = local(fields.text("next"));
    let mut errors = Errors::default();
    let Some(key) = fields.given("key") else {
        errors.add("key", "enter an API key");
        return answer::html(StatusCode::UNPROCESSABLE_ENTITY, &SignIn::new(place, next, &errors));
    };
    let Some(session) = console.sessions().await?.begin(key).await? else {
        errors.add("key", "there is no such API key, or it has expired or was revoked");
        return answer::html(StatusCode::UNPROCESSABLE_ENTITY, &SignIn::new(place, next, &errors));
    };
    let age = Some(Sessions::MAX_AGE);
    let cookie = set_cookie(SESSION, &session, age, place, console.is_https);
    let mut response = answer::see_other(&place.link(&next));
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

pub(super) async fn end(headers: HeaderMap, posted: Posted) -> Result<Response, Failure> {
    let visitor = &posted.visitor;
    if let Some(session) = cookie(&headers, SESSION) {
        visitor.console.sessions().await?.end(session).await?;
    }
    let gone = set_cookie(SESSION, "", Some(0), &visitor.place, visitor.console.is_https);
    let mut response = answer::see_other(&visitor.place.link("/sign-in"));
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(response)
}
