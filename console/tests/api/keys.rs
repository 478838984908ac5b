//! API keys over the API.

use serde_json::{Value, json};

use crate::fixture::Fixture;

pub(crate) async fn a_key_is_made_told_once_and_listed(fixture: &Fixture) {
    let new = json!({"name": "Billing", "scopes": ["write", "read"], "expiresAt": "2999-01-01T00:00:00Z"});
    let made = fixture.post("/api/keys", new).await.expect(201);
    let token = made["token"].as_str().expect("a token");
    assert!(token.starts_with("hwk_") && token.len() == 68, "{token}");
    let listed = fixture.get("/api/keys").await;
    assert!(!listed.text.contains(token), "{}", listed.text);
    let listed = listed.expect(200);
    let keys = listed["data"].as_array().expect("a list");
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0]["name"], "Billing");
    assert_eq!(keys[0]["scopes"], json!(["read", "write"]));
    assert_eq!(keys[0]["hint"], token[..8]);
    assert_eq!(keys[0]["usedAt"], Value::Null);
    assert_eq!(keys[1]["name"], "First key");
    assert!(keys[1]["usedAt"].is_string());
}

pub(crate) async fn a_key_without_name_or_scope_is_refused(fixture: &Fixture) {
    let new =
        json!({"name": " ", "scopes": [], "expiresAt": "2020-01-01T00:00:00Z", "tenant": "a b"});
    let errors = fixture.post("/api/keys", new).await.errors();
    let fields: Vec<_> = errors.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["name", "scopes", "tenant", "expiresAt"]);
    fixture.post("/api/keys", json!({"name": "x", "scopes": ["all"]})).await.expect(422);
}

pub(crate) async fn a_tenants_key_makes_keys_of_that_tenant_alone(fixture: &Fixture) {
    let acme = fixture.make_key(&["admin"], Some("acme")).await;
    let call = async |method, body| fixture.call_as(Some(&acme), method, "/api/keys", body).await;
    let made = call("POST", Some(json!({"name": "x", "scopes": ["read"]}))).await.expect(201);
    assert_eq!(made["tenant"], "acme");
    let other = json!({"name": "x", "scopes": ["read"], "tenant": "globex"});
    assert_eq!(call("POST", Some(other)).await.errors()[0].0, "tenant");
    let listed = call("GET", None).await.expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(2), "without the first key");
}
