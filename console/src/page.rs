//! The settings page: what people see and do, in HTML, without JavaScript and better with it.

mod answer;
mod assets;
mod create;
mod delivery;
mod edit;
mod failure;
mod field;
mod figures;
mod form;
mod frame;
mod keys;
mod list;
mod once;
mod place;
mod secret;
mod send_again;
mod settings;
mod sign_in;
mod test_event;
mod text;
mod visitor;
mod webhook;

use std::sync::Arc;

use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, middleware};
use http::StatusCode;

use self::failure::Failure;
use self::place::Place;
use self::visitor::Visitor;
use crate::console::Console;
use crate::problem::Problem;

/// Every page.
pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/", get(home))
        .route("/sign-in", get(sign_in::form).post(sign_in::begin))
        .route("/sign-out", post(sign_in::end))
        .route("/webhooks", get(list::page))
        .route("/webhooks/new", get(create::form).post(create::create))
        .route("/webhooks/{id}", get(webhook::page))
        .route("/webhooks/{id}/deliveries", get(webhook::deliveries))
        .route("/webhooks/{id}/edit", get(edit::form).post(edit::save))
        .route("/webhooks/{id}/pause", post(settings::pause))
        .route("/webhooks/{id}/resume", post(settings::resume))
        .route("/webhooks/{id}/rotate", get(settings::ask_rotate).post(settings::rotate))
        .route("/webhooks/{id}/delete", get(settings::ask_delete).post(settings::delete))
        .route("/webhooks/{id}/test", get(test_event::form).post(test_event::send))
        .route("/webhooks/{id}/recover", get(send_again::page).post(send_again::recover))
        .route("/webhooks/{id}/replay", get(send_again::page).post(send_again::replay))
        .route("/webhooks/{id}/replays", get(send_again::replays))
        .route("/webhooks/{id}/replays/{replay}/cancel", post(send_again::cancel))
        .route("/deliveries/{id}", get(delivery::page))
        .route("/deliveries/{id}/body", get(delivery::body))
        .route("/deliveries/{id}/resend", post(delivery::resend))
        .route("/keys", get(keys::page))
        .route("/keys/new", get(keys::form).post(keys::create))
        .route("/keys/{id}/revoke", get(keys::ask_revoke).post(keys::revoke))
        .route("/assets/{file}", get(assets::file))
        .fallback(nothing)
        .method_not_allowed_fallback(not_allowed)
        .layer(middleware::from_fn(failure::dress))
}

async fn home(place: Place) -> Response {
    answer::see_other(&place.link("/webhooks"))
}

/// Who asks is not needed, but the page that says so has their navigation.
async fn nothing(_: Result<Visitor, Response>) -> Failure {
    Problem::not_found("page").into()
}

async fn not_allowed(_: Result<Visitor, Response>) -> Failure {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this page cannot be used like that").into()
}
