//! Every route, asked by everybody.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::fixture::Fixture;

/// What a route asks for, and what it answers.
struct Row {
    method: &'static str,
    path: &'static str,
    scope: Scope,
    /// What the key of another tenant gets: 404, or a list without what is not its own.
    other_tenant: u16,
    right: u16,
}

#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Nothing,
    Of(&'static str),
}

const fn row(
    method: &'static str,
    path: &'static str,
    scope: &'static str,
    other_tenant: u16,
    right: u16,
) -> Row {
    let scope = if scope.is_empty() { Scope::Nothing } else { Scope::Of(scope) };
    Row { method, path, scope, other_tenant, right }
}

/// A route that has no row here fails the test. Those that delete come last.
const ROWS: &[Row] = &[
    row("GET", "/health/live", "", 200, 200),
    row("GET", "/health/ready", "", 200, 200),
    row("GET", "/metrics", "read", 404, 200),
    row("GET", "/api/webhooks", "read", 200, 200),
    row("POST", "/api/webhooks", "write", 201, 201),
    row("GET", "/api/webhooks/{id}", "read", 404, 200),
    row("PATCH", "/api/webhooks/{id}", "write", 404, 200),
    row("POST", "/api/webhooks/{id}/rotate-secret", "write", 404, 200),
    row("POST", "/api/webhooks/{id}/test", "write", 404, 200),
    row("POST", "/api/webhooks/{id}/recover", "replay", 404, 202),
    row("POST", "/api/webhooks/{id}/replay", "replay", 404, 202),
    row("GET", "/api/webhooks/{id}/replays", "read", 404, 200),
    row("GET", "/api/webhooks/{id}/replays/{replay}", "read", 404, 200),
    row("GET", "/api/events", "read", 200, 200),
    row("POST", "/api/events", "write", 201, 201),
    row("GET", "/api/events/{id}", "read", 404, 200),
    row("GET", "/api/deliveries", "read", 200, 200),
    row("GET", "/api/deliveries/{id}", "read", 404, 200),
    row("GET", "/api/deliveries/{id}/request", "read", 404, 200),
    row("POST", "/api/deliveries/{id}/resend", "replay", 404, 202),
    row("GET", "/api/attempts", "read", 200, 200),
    row("GET", "/api/stats", "read", 200, 200),
    row("GET", "/api/catalog", "read", 200, 200),
    row("GET", "/api/keys", "admin", 200, 200),
    row("POST", "/api/keys", "admin", 201, 201),
    row("DELETE", "/api/keys/{id}", "admin", 404, 204),
    row("DELETE", "/api/webhooks/{id}/replays/{replay}", "replay", 404, 204),
    row("DELETE", "/api/webhooks/{id}", "write", 404, 204),
];

/// The ids of what the tenant `acme` has.
struct Ids {
    webhook: String,
    event: String,
    replay: String,
    key: String,
}

impl Ids {
    fn path(&self, path: &str) -> String {
        let id = match path {
            path if path.starts_with("/api/webhooks") => self.webhook.clone(),
            path if path.starts_with("/api/keys") => self.key.clone(),
            path if path.starts_with("/api/deliveries") => {
                format!("{}:{}", self.event, self.webhook)
            }
            _ => self.event.clone(),
        };
        path.replace("{id}", &id).replace("{replay}", &self.replay)
    }
}

fn body(row: &Row) -> Option<Value> {
    let body = match (row.method, row.path) {
        ("POST", "/api/webhooks") => json!({"targetUrl": "http://127.0.0.1:9/x"}),
        ("PATCH", _) => json!({"description": "changed"}),
        ("POST", path) if path.ends_with("/recover") || path.ends_with("/replay") => {
            json!({"since": "2026-01-01T00:00:00Z"})
        }
        ("POST", "/api/events") => json!({"event": "person.created", "data": {"id": "2"}}),
        ("POST", "/api/keys") => json!({"name": "a key", "scopes": ["read"]}),
        ("POST", path) if path.ends_with("/resend") => return None,
        ("POST", _) => json!({}),
        _ => return None,
    };
    Some(body)
}

pub(crate) async fn every_route_asks_for_its_scope_and_keeps_tenants_apart(fixture: &Fixture) {
    // Those of the document are those of the router, since both come of the same list.
    let document = fixture.get("/api/openapi.json").await.expect(200);
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            documented.insert((method.to_uppercase(), path.clone()));
        }
    }
    let rows: BTreeSet<_> =
        ROWS.iter().map(|row| (row.method.to_owned(), row.path.to_owned())).collect();
    assert_eq!(rows, documented, "each route has a row here");

    let acme = fixture.make_key(&["admin"], Some("acme")).await;
    let other = fixture.make_key(&["admin"], Some("globex")).await;
    let ids = acme_has(fixture, &acme).await;
    let expired = fixture.make_expired_key("acme").await;

    for row in ROWS {
        let path = ids.path(row.path);
        let name = format!("{} {}", row.method, row.path);
        let ask = async |key: Option<&str>, is_right: bool| {
            let answer = fixture.call_as(key, row.method, &path, body(row)).await;
            assert!(is_right || !answer.text.contains(&ids.webhook), "{name}: {}", answer.text);
            answer.status.as_u16()
        };
        let documented = &document["paths"][row.path][row.method.to_lowercase()]["security"];
        match row.scope {
            Scope::Nothing => {
                assert_eq!(ask(None, false).await, row.right, "{name} without a key");
                assert_eq!(*documented, json!([{}]), "{name}");
                continue;
            }
            Scope::Of(scope) => assert_eq!(*documented, json!([{"key": [scope]}]), "{name}"),
        }
        assert_eq!(ask(None, false).await, 401, "{name} without a key");
        assert_eq!(ask(Some("hwk_0123"), false).await, 401, "{name} with a bad key");
        assert_eq!(ask(Some(&expired), false).await, 401, "{name} with an expired key");
        for scope in ["read", "write", "replay"] {
            if row.scope != Scope::Of(scope) && row.scope != Scope::Of("read") {
                let wrong = fixture.make_key(&[scope], Some("acme")).await;
                assert_eq!(ask(Some(&wrong), false).await, 403, "{name} with {scope}");
            }
        }
        let answer = ask(Some(&other), false).await;
        assert_eq!(answer, row.other_tenant, "{name} by another tenant");
        // The key that has just the scope, of the same tenant; metrics are of all tenants.
        let tenant = (row.path != "/metrics").then_some("acme");
        let Scope::Of(scope) = row.scope else { unreachable!("it has a scope") };
        let right = fixture.make_key(&[scope], tenant).await;
        assert_eq!(ask(Some(&right), true).await, row.right, "{name} with the right key");
    }
}

async fn acme_has(fixture: &Fixture, acme: &str) -> Ids {
    let call = async |method, path: &str, body, status| {
        fixture.call_as(Some(acme), method, path, Some(body)).await.expect(status)
    };
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let new = json!({"targetUrl": "http://127.0.0.1:9/acme"});
    let webhook = text(&call("POST", "/api/webhooks", new, 201).await["id"]);
    let new = json!({"event": "person.created", "data": {"id": "1"}});
    let event = text(&call("POST", "/api/events", new, 201).await["id"]);
    let dispatcher = fixture.dispatch();
    let path = format!("/api/deliveries/{event}:{webhook}");
    fixture
        .until(&format!("/api/deliveries?webhook={webhook}"), |page| {
            page["data"][0]["id"].is_string()
        })
        .await;
    assert_eq!(fixture.call_as(Some(acme), "GET", &path, None).await.status, 200);
    drop(dispatcher);
    let since = json!({"since": "2025-01-01T00:00:00Z"});
    let path = format!("/api/webhooks/{webhook}/replay");
    let replay = text(&call("POST", &path, since, 202).await["id"]);
    let new = json!({"name": "to be revoked", "scopes": ["read"]});
    let key = text(&call("POST", "/api/keys", new, 201).await["id"]);
    Ids { webhook, event, replay, key }
}
