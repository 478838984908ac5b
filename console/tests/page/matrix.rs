//! Every route of the page, asked by everybody.

use axum::body::Body;
use hookwright::EndpointSettings;
use hookwright_console::Console;
use http::{Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::browser::{Browser, Site};

/// What is done, and who may do it.
struct Row {
    method: &'static str,
    path: &'static str,
    /// `None` for what is open to all.
    scope: Option<&'static str>,
    /// What somebody of another tenant gets.
    other_tenant: u16,
    right: u16,
    form: &'static [(&'static str, &'static str)],
}

const fn read(path: &'static str, scope: Option<&'static str>, other_tenant: u16) -> Row {
    Row { method: "get", path, scope, other_tenant, right: 200, form: &[] }
}

const fn write(
    path: &'static str,
    scope: &'static str,
    other_tenant: u16,
    right: u16,
    form: &'static [(&'static str, &'static str)],
) -> Row {
    Row { method: "post", path, scope: Some(scope), other_tenant, right, form }
}

const READ: Option<&str> = Some("read");
const WRITE: Option<&str> = Some("write");
const ADMIN: Option<&str> = Some("admin");
const URL: (&str, &str) = ("targetUrl", "http://127.0.0.1:9/x");
const SINCE: (&str, &str) = ("since", "2026-01-01T00:00");

/// A route that has no row here fails the test. Those that delete come last.
const ROWS: &[Row] = &[
    read("/webhooks", READ, 200),
    read("/webhooks/new", WRITE, 200),
    write("/webhooks/new", "write", 200, 200, &[URL, ("operations", "*.*")]),
    read("/webhooks/{id}", READ, 404),
    read("/webhooks/{id}/deliveries", READ, 404),
    read("/webhooks/{id}/edit", WRITE, 404),
    write("/webhooks/{id}/edit", "write", 404, 303, &[URL, ("operations", "*.*")]),
    write("/webhooks/{id}/pause", "write", 404, 303, &[]),
    write("/webhooks/{id}/resume", "write", 404, 303, &[]),
    read("/webhooks/{id}/rotate", WRITE, 404),
    write("/webhooks/{id}/rotate", "write", 404, 200, &[("overlap", "0")]),
    read("/webhooks/{id}/test", WRITE, 404),
    write("/webhooks/{id}/test", "write", 404, 200, &[("event", "webhook.test")]),
    read("/webhooks/{id}/recover", READ, 404),
    write("/webhooks/{id}/recover", "replay", 404, 303, &[("recoverSince", "2026-01-01T00:00")]),
    read("/webhooks/{id}/replay", READ, 404),
    write("/webhooks/{id}/replay", "replay", 404, 303, &[SINCE, ("until", "2026-01-02T00:00")]),
    read("/webhooks/{id}/replays", READ, 404),
    write("/webhooks/{id}/replays/{replay}/cancel", "replay", 404, 303, &[]),
    read("/deliveries/{id}", READ, 404),
    read("/deliveries/{id}/body", READ, 404),
    write("/deliveries/{id}/resend", "replay", 404, 303, &[]),
    read("/keys", ADMIN, 200),
    read("/keys/new", ADMIN, 200),
    write("/keys/new", "admin", 200, 200, &[("name", "a key"), ("scopes", "read")]),
    read("/keys/{id}/revoke", ADMIN, 404),
    write("/keys/{id}/revoke", "admin", 404, 303, &[]),
    read("/webhooks/{id}/delete", WRITE, 404),
    write("/webhooks/{id}/delete", "write", 404, 303, &[]),
];

/// What asks nobody who they are: it leads on, signs in and out, or is the same for all.
const OPEN: [(&str, &str); 5] = [
    ("get", "/"),
    ("get", "/sign-in"),
    ("post", "/sign-in"),
    ("post", "/sign-out"),
    ("get", "/assets/{file}"),
];

/// The routes as the page's own source names them.
fn routes() -> Vec<(&'static str, &'static str)> {
    let source = include_str!("../../src/page.rs");
    let lines = source.lines().filter_map(|line| line.trim().strip_prefix(".route(\""));
    let mut routes = Vec::new();
    for line in lines {
        let (path, handlers) = line.split_once('"').expect("a path, then its handlers");
        for (method, written) in [("get", [", get(", ".get("]), ("post", [", post(", ".post("])] {
            if written.iter().any(|written| handlers.contains(written)) {
                routes.push((method, path));
            }
        }
    }
    routes
}

/// The tenant that has everything, and its ids.
struct Acme {
    webhook: String,
    event: String,
    replay: String,
    key: String,
}

impl Acme {
    fn path(&self, path: &str) -> String {
        let id = if path.starts_with("/keys") {
            self.key.clone()
        } else if path.starts_with("/deliveries") {
            format!("{}:{}", self.event, self.webhook)
        } else {
            self.webhook.clone()
        };
        path.replace("{id}", &id).replace("{replay}", &self.replay)
    }
}

struct Api {
    console: Console,
    admin: String,
}

impl Api {
    async fn post(&self, key: &str, path: &str, body: Value) -> Value {
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()));
        let response = self.console.clone().router().oneshot(request.unwrap()).await.unwrap();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&bytes).unwrap()
    }

    async fn key(&self, name: &str, scope: &str, tenant: &str) -> String {
        let new = json!({"name": name, "scopes": [scope], "tenant": tenant});
        let made = self.post(&self.admin, "/api/keys", new).await;
        made["token"].as_str().unwrap().to_owned()
    }

    async fn browser(&self, key: &str) -> Browser {
        let mut browser = Browser::new(self.console.clone().router());
        browser.sign_in(key).await;
        browser
    }
}

#[tokio::test]
async fn every_page_asks_for_its_scope_and_keeps_tenants_apart() {
    let mut known: Vec<_> = ROWS.iter().map(|row| (row.method, row.path)).chain(OPEN).collect();
    let mut routes = routes();
    known.sort_unstable();
    routes.sort_unstable();
    assert_eq!(known, routes, "each route has a row here");

    let site = Site::new().await;
    let console = site.console();
    let admin = console.first_key().await.unwrap().unwrap().token().to_owned();
    let api = Api { console, admin };
    let acme = acme_has(&site, &api).await;
    let mut other = api.browser(&api.key("other", "admin", "globex").await).await;
    let mut expired = api.browser(&api.key("expired", "admin", "acme").await).await;
    let expire = "UPDATE hookwright_api_key SET expires_at = 1 WHERE name = 'expired'";
    sqlx::query(expire).execute(site.outbox.pool()).await.unwrap();

    for row in ROWS {
        let path = acme.path(row.path);
        let name = format!("{} {}", row.method, row.path);
        let ask = async |browser: &mut Browser| {
            if row.method == "get" {
                return browser.get(&path).await;
            }
            browser.post(&path, row.form).await
        };
        // Nobody, a cookie that nobody was given, and one of a key that is good no more.
        let mut nobody = Browser::new(api.console.clone().router());
        let mut liar = nobody.another();
        liar.cookie = Some(format!("hookwright_session={}", "0".repeat(64)));
        for browser in [&mut nobody, &mut liar, &mut expired] {
            let page = ask(browser).await;
            assert!(page.location().starts_with("/sign-in"), "{name}: {}", page.location());
        }
        let scope = row.scope.expect("every row has a scope");
        for wrong in ["read", "write", "replay"] {
            if scope != "read" && scope != wrong {
                let mut browser = api.browser(&api.key("wrong", wrong, "acme").await).await;
                assert_eq!(ask(&mut browser).await.status, 403, "{name} with {wrong}");
            }
        }
        let page = ask(&mut other).await;
        assert_eq!(page.status, row.other_tenant, "{name} of another tenant");
        assert!(row.other_tenant == 404 || !page.has(&acme.webhook), "{name}");
        let mut right = api.browser(&api.key("right", scope, "acme").await).await;
        assert_eq!(ask(&mut right).await.status, row.right, "{name} with {scope}");
        if row.method == "post" {
            // Without the token of the page nothing is done.
            let page = right.post_as_it_is(&path, row.form).await;
            assert_eq!(page.status, 403, "{name} without the token");
        }
    }
}

async fn acme_has(site: &Site, api: &Api) -> Acme {
    let key = api.key("acme", "admin", "acme").await;
    let outbox = site.outbox.tenant("acme").unwrap();
    let settings = EndpointSettings::new("http://127.0.0.1:9/acme").unwrap();
    let webhook = outbox.endpoints().create(settings).await.unwrap().id().to_string();
    let new = json!({"event": "person.created", "data": {"id": "1"}});
    let event = api.post(&key, "/api/events", new).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/deliveries/{event}:{webhook}/resend");
    let request = Request::post(path)
        .header(header::HOST, "localhost")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .body(Body::empty());
    let response = api.console.clone().router().oneshot(request.unwrap()).await.unwrap();
    assert_eq!(response.status(), 202);
    let path = format!("/api/webhooks/{webhook}/replay");
    let replay = api.post(&key, &path, json!({"since": "2025-01-01T00:00:00Z"})).await;
    let new = json!({"name": "to be revoked", "scopes": ["read"]});
    let key = api.post(&key, "/api/keys", new).await["id"].as_str().unwrap().to_owned();
    Acme { webhook, event, replay: replay["id"].as_str().unwrap().to_owned(), key }
}
