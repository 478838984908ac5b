//! The REST API, under `/api`, and the document that describes it.

mod catalog;
mod deliveries;
mod events;
mod extract;
mod health;
mod idempotency;
mod keys;
mod layers;
mod replays;
mod responses;
mod stats;
mod webhooks;

use std::sync::Arc;

use axum::extract::{OriginalUri, State};
use axum::{Router, middleware};
use http::{StatusCode, Uri, header};
use serde_json::json;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use self::extract::{Json as Input, Path, Query};
use crate::console::Console;
use crate::page;
use crate::problem::Problem;

/// The largest body of a request, in bytes.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Webhooks",
        description = "Webhooks, what was sent to them, and what came of it.\n\n\
            Every request carries an API key: `Authorization: Bearer hwk_…`. A key has scopes, and may be of \
            one tenant: then there is nothing else than what is the tenant's. A write that carries an \
            `Idempotency-Key` can be repeated without being done twice: within 24 hours the same answer comes back.",
        license(name = "MIT OR Apache-2.0"),
    ),
    components(schemas(Problem)),
    modifiers(&KeyScheme),
    tags(
        (name = "webhooks", description = "Where events go."),
        (name = "events", description = "What has happened."),
        (name = "deliveries", description = "Each event on its way to each webhook, and its attempts."),
        (name = "replays", description = "Sending again what was sent, or should have been."),
        (name = "keys", description = "Who may use this API."),
        (name = "health", description = "For probes and scrapers."),
    )
)]
struct Document;

struct KeyScheme;

impl Modify for KeyScheme {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "key",
            SecurityScheme::Http(Http::builder().scheme(HttpAuthScheme::Bearer).build()),
        );
    }
}

/// Everything that a console answers.
pub(crate) fn router(console: Arc<Console>) -> Router {
    let (api, document) = documented().split_for_parts();
    let document = document.to_json().expect("every member of the document has a name");
    // Without its brace, so that where the console is nested can stand before the rest.
    let document: Arc<str> = document.trim_start_matches('{').into();
    let describe = move |OriginalUri(original): OriginalUri, uri: Uri| {
        let prefix = original.path().strip_suffix(uri.path()).unwrap_or_default();
        let servers = json!([{"url": if prefix.is_empty() { "/" } else { prefix }}]);
        let written = format!("{{\"servers\":{servers},{document}");
        async move { ([(header::CONTENT_TYPE, "application/json")], written) }
    };
    let api = api
        .route("/api/openapi.json", axum::routing::get(describe))
        .route("/api/{*rest}", axum::routing::any(nothing))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this cannot be done here")
        });
    api.layer(middleware::from_fn_with_state(console.clone(), idempotency::answer_once))
        .merge(page::routes())
        .layer(axum::extract::DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn_with_state(console.clone(), layers::check_host))
        .layer(middleware::from_fn(layers::add_headers))
        .with_state(console)
}

/// The routes that the document describes.
fn documented() -> OpenApiRouter<Arc<Console>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::read, webhooks::update, webhooks::delete))
        .routes(routes!(webhooks::rotate_secret))
        .routes(routes!(webhooks::test))
        .routes(routes!(replays::recover))
        .routes(routes!(replays::replay))
        .routes(routes!(replays::list))
        .routes(routes!(replays::read, replays::cancel))
        .routes(routes!(events::list, events::emit))
        .routes(routes!(events::read))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::read))
        .routes(routes!(deliveries::request))
        .routes(routes!(deliveries::resend))
        .routes(routes!(deliveries::attempts))
        .routes(routes!(stats::read))
        .routes(routes!(catalog::read))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
}

async fn nothing(
    State(_): State<Arc<Console>>,
    OriginalUri(original): OriginalUri,
    uri: Uri,
) -> Problem {
    let prefix = original.path().strip_suffix(uri.path()).unwrap_or_default();
    let detail = format!("there is nothing here: see {prefix}/api/openapi.json");
    Problem::new(StatusCode::NOT_FOUND, detail)
}
