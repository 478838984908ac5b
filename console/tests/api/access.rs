//! Keys, and who is let in.

use axum::body::Body;
use hookwright_console::{Principal, Scope};
use http::Request;
use serde_json::json;

use crate::fixture::{self, Fixture};

pub(crate) async fn a_key_is_asked_for_and_told_how_to_be_sent(fixture: &Fixture) {
    let answer = fixture.call_as(None, "GET", "/api/webhooks", None).await;
    let problem = answer.expect(401);
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(problem["detail"], "send an API key: `Authorization: Bearer hwk_…`");
    for value in ["hwk_1", "Basic hwk_1", "Bearer", "Bearer ", "Bearer \u{e4}"] {
        let request = Request::builder()
            .uri("/api/webhooks")
            .header("host", "localhost")
            .header("authorization", value.as_bytes());
        let answer = fixture.send(request.body(Body::empty()).expect("a request")).await;
        answer.expect(401);
    }
    let request = Request::builder()
        .uri("/api/webhooks")
        .header("host", "localhost")
        .header("authorization", format!("bearer {}", fixture.key));
    fixture.send(request.body(Body::empty()).expect("a request")).await.expect(200);
}

pub(crate) async fn a_revoked_key_is_refused(fixture: &Fixture) {
    let new = json!({"name": "a colleague", "scopes": ["read"]});
    let made = fixture.post("/api/keys", new).await.expect(201);
    let (id, token) = (made["id"].as_str().expect("an id"), made["token"].as_str());
    fixture.call_as(token, "GET", "/api/webhooks", None).await.expect(200);
    let path = format!("/api/keys/{id}");
    fixture.call("DELETE", &path, None).await.expect(204);
    let problem = fixture.call_as(token, "GET", "/api/webhooks", None).await.expect(401);
    assert_eq!(problem["detail"], "there is no such API key, or it was revoked");
    fixture.call("DELETE", &path, None).await.expect(404);
    fixture.call("DELETE", "/api/keys/1", None).await.expect(404);
}

pub(crate) async fn no_key_lies_in_the_database(fixture: &Fixture) {
    let stored = fixture.dump("hookwright_api_key").await;
    let random = fixture.key.strip_prefix("hwk_").expect("the prefix");
    assert_eq!(random.len(), 64);
    assert!(stored.contains(&random[..4]), "a hint is there: {stored}");
    assert!(!stored.contains(&random[..8]), "{stored}");
}

pub(crate) async fn the_first_key_is_made_once(fixture: &Fixture) {
    let console = fixture.console();
    assert!(console.first_key().await.expect("a database").is_none());
    // Revoked by hand, there is none, and somebody has to get in.
    fixture.execute("UPDATE hookwright_api_key SET revoked_at = 1").await;
    let key = console.first_key().await.expect("a database").expect("the first");
    // Nor does one help that has expired.
    fixture.execute("UPDATE hookwright_api_key SET expires_at = 1").await;
    assert!(fixture.call_as(Some(key.token()), "GET", "/api/keys", None).await.status == 401);
    let key = console.first_key().await.expect("a database").expect("the first");
    fixture.call_as(Some(key.token()), "GET", "/api/keys", None).await.expect(200);
}

pub(crate) async fn an_application_may_say_who_asks(fixture: &Fixture) {
    let ask = async |principal: Principal, method: &str| {
        let mut request = Request::builder()
            .method(method)
            .uri("/api/webhooks")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Body::from(r#"{"targetUrl":"http://127.0.0.1:9/x"}"#))
            .expect("a request");
        request.extensions_mut().insert(principal);
        fixture::send(&fixture.router, request).await
    };
    let colleague = Principal::new("alice", &[Scope::Read]);
    ask(colleague.clone(), "GET").await.expect(200);
    ask(colleague, "POST").await.expect(403);
    let owner = Principal::new("bob", &[Scope::Write]).tenant("acme");
    assert_eq!(ask(owner, "POST").await.expect(201)["tenant"], "acme");
    let nobody = Principal::new("carol", &[]);
    ask(nobody, "GET").await.expect(403);
    // It is the application that is wrong, and not the database.
    let astray = Principal::new("dave", &[Scope::Read]).tenant("acme corp");
    let problem = ask(astray, "GET").await.expect(500);
    let detail = "the application has not said rightly whose you are: a tenant's id is 1 to 256 visible ASCII characters";
    assert_eq!(problem["detail"], detail);
}

pub(crate) async fn what_an_application_vouches_for_is_not_sent_by_another_site(fixture: &Fixture) {
    let ask = async |site: &str, method: &str| {
        let mut request = Request::builder()
            .method(method)
            .uri("/api/webhooks")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("sec-fetch-site", site)
            .body(Body::from(r#"{"targetUrl":"http://127.0.0.1:9/x"}"#))
            .expect("a request");
        request.extensions_mut().insert(Principal::new("alice", &[Scope::Admin]));
        fixture::send(&fixture.router, request).await
    };
    ask("cross-site", "POST").await.expect(403);
    ask("same-site", "POST").await.expect(403);
    ask("same-origin", "POST").await.expect(201);
    ask("cross-site", "GET").await.expect(200);
}

/// Nobody waits for it either, and no right to make tables is needed.
pub(crate) async fn a_key_is_good_where_its_use_cannot_be_noted(fixture: &Fixture) {
    fixture.execute("UPDATE hookwright_api_key SET used_at = NULL").await;
    match &fixture.outbox {
        hookwright_console::AnyOutbox::Sqlite(outbox) => {
            let writing = outbox.begin().await.expect("a transaction");
            fixture.get("/api/webhooks").await.expect(200);
            drop(writing);
        }
        hookwright_console::AnyOutbox::Postgres(outbox) => {
            let mut writing = outbox.pool().begin().await.expect("a transaction");
            let lock = sqlx::query("UPDATE hookwright_api_key SET name = name");
            lock.execute(&mut *writing).await.expect("rows");
            fixture.get("/api/webhooks").await.expect(200);
        }
    }
}
