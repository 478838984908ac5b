//! Who uses the page, and whether a form was sent by themselves.

use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use ctutils::CtEq;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::answer;
use super::failure::Failure;
use super::form::Fields;
use super::frame::{Around, Frame};
use super::place::{self, Place};
use crate::access::{Principal, Scope, Session, is_of_other_site, random_token};
use crate::console::Console;
use crate::outbox::AnyOutbox;
use crate::problem::Problem;

/// The cookie of somebody who signed in here.
pub(super) const SESSION: &str = "hookwright_session";
/// The cookie of somebody whom the application has signed in, that their forms are known by.
const FORM: &str = "hookwright_form";

/// Somebody who is signed in, and what they see.
pub(super) struct Visitor {
    pub(super) console: Arc<Console>,
    pub(super) principal: Principal,
    /// What they see of the outbox.
    pub(super) outbox: AnyOutbox,
    pub(super) place: Place,
    pub(super) csrf: String,
    /// Whether they signed in here, and not at the application.
    pub(super) is_session: bool,
    has_new_cookie: bool,
}

impl Visitor {
    /// Refuses those who may not do something.
    pub(super) fn needs(&self, scope: Scope) -> Result<(), Failure> {
        Ok(self.principal.needs(scope)?)
    }

    pub(super) fn frame(&self) -> Frame {
        Frame::of(self)
    }

    /// Shows a page.
    pub(super) fn show(&self, page: &impl Template) -> Result<Response, Failure> {
        self.show_as(StatusCode::OK, page)
    }

    /// Shows the page of a form that was not right.
    pub(super) fn show_again(&self, page: &impl Template) -> Result<Response, Failure> {
        self.show_as(StatusCode::UNPROCESSABLE_ENTITY, page)
    }

    fn show_as(&self, status: StatusCode, page: &impl Template) -> Result<Response, Failure> {
        let mut response = answer::html(status, page)?;
        if self.has_new_cookie {
            let cookie = set_cookie(FORM, &self.csrf, None, &self.place, self.console.is_https);
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(response)
    }

    /// Leads to another page, and has it say what was done.
    pub(super) fn lead(&self, path: &str, done: &str) -> Response {
        let separator = if path.contains('?') { '&' } else { '?' };
        answer::see_other(&format!("{}{separator}done={done}", self.place.link(path)))
    }
}

impl FromRequestParts<Arc<Console>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, Response> {
        let place = Place::of(&parts.uri, &parts.extensions);
        let (session, is_session, has_new_cookie) = match parts.extensions.get::<Principal>() {
            Some(principal) => {
                let known = cookie(&parts.headers, FORM).filter(|value| value.len() == 64);
                let csrf = known.map_or_else(random_token, str::to_owned);
                (Session { principal: principal.clone(), csrf }, false, known.is_none())
            }
            None => match session(&parts.headers, console).await {
                Ok(Some(session)) => (session, true, false),
                Ok(None) => return Err(to_sign_in(&place, &parts.method)),
                Err(failure) => return Err(failure.into_response()),
            },
        };
        let outbox = session.principal.outbox(&console.outbox);
        let visitor = Self {
            outbox: outbox.map_err(|error| Failure::from(error).into_response())?,
            console: console.clone(),
            principal: session.principal,
            place,
            csrf: session.csrf,
            is_session,
            has_new_cookie,
        };
        if let Some(around) = parts.extensions.get::<Around>() {
            around.know(&visitor);
        }
        Ok(visitor)
    }
}

async fn session(headers: &HeaderMap, console: &Console) -> Result<Option<Session>, Failure> {
    let Some(cookie) = cookie(headers, SESSION) else {
        return Ok(None);
    };
    Ok(console.sessions().await?.get(cookie).await?)
}

fn to_sign_in(place: &Place, method: &Method) -> Response {
    // What was sent by a form is lost, which is told there, and its page need not be there to read.
    let is_read = [Method::GET, Method::HEAD].contains(method);
    let here = if is_read { place.here() } else { String::new() };
    let back = if here == "/webhooks" || here == "/" { "" } else { &here };
    let lost = if is_read || place.here() == "/sign-out" { "" } else { "form" };
    let query = place::query(&[("next", back), ("lost", lost)]);
    answer::see_other(&place.link(&format!("/sign-in{query}")))
}

/// A form that somebody sent from this page.
pub(super) struct Posted {
    pub(super) visitor: Visitor,
    pub(super) fields: Fields,
}

impl FromRequest<Arc<Console>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, console).await?;
        let fields = read_fields(Request::from_parts(parts, body)).await?;
        let is_own = fields.text("csrf").as_bytes().ct_eq(visitor.csrf.as_bytes()).to_bool();
        if !is_own || visitor.has_new_cookie {
            return Err(refuse_foreign().into_response());
        }
        Ok(Self { visitor, fields })
    }
}

/// Reads the fields of a form, whoever sent it, unless the browser says that another site did.
pub(super) async fn read_fields(request: Request) -> Result<Fields, Response> {
    let headers = request.headers();
    if is_of_other_site(headers) {
        return Err(refuse_foreign().into_response());
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let detail = "this is not a form of this page";
        let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail);
        return Err(Failure::from(problem).into_response());
    }
    let bytes = Bytes::from_request(request, &()).await;
    let bytes = bytes.map_err(|rejection| Failure::from(rejection).into_response())?;
    Ok(Fields::parse(&bytes))
}

fn refuse_foreign() -> Failure {
    let detail = "the form was not sent from this page, or it is too old: nothing was done. \
        Go back, reload the page, and try again";
    Problem::new(StatusCode::FORBIDDEN, detail).into()
}

/// The value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|all| all.to_str().ok());
    cookies
        .flat_map(|all| all.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

/// Has the browser keep a cookie, which scripts do not see and no other site has sent.
pub(super) fn set_cookie(
    name: &str,
    value: &str,
    max_age: Option<i64>,
    place: &Place,
    is_https: bool,
) -> HeaderValue {
    let path = if place.prefix.is_empty() { "/" } else { &place.prefix };
    let age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let secure = if is_https { "; Secure" } else { "" };
    let text = format!("{name}={value}; HttpOnly; SameSite=Strict; Path={path}{age}{secure}");
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}
