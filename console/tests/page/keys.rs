use http::StatusCode;

use super::browser::Site;

#[tokio::test]
async fn a_key_is_made_shown_once_and_revoked() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let fields = [
        ("name", "Billing <b>"),
        ("scopes", "read"),
        ("scopes", "replay"),
        ("expiresAt", "2100-01-01T00:00"),
    ];
    let made = browser.post("/keys/new", &fields).await;
    assert_eq!(made.status, StatusCode::OK);
    let token = made.between(r#"type="text" value=""#, "\"").to_owned();
    assert!(token.starts_with("hwk_"), "{token}");
    let keys = browser.get("/keys").await;
    assert!(keys.has("Billing &#60;b&#62;") && keys.has("read, replay") && keys.has("1 Jan 2100"));
    assert!(!keys.has(&token) && keys.has(&token[..8]));
    let revoke = keys.text.split('"').find(|part| part.ends_with("/revoke")).unwrap().to_owned();
    assert!(browser.get(&revoke).await.has("Billing &#60;b&#62;"));
    let mut other = browser.another();
    other.sign_in(&token).await;
    let revoked = browser.post(&revoke, &[]).await;
    assert!(browser.get(revoked.location()).await.has("The API key is revoked."));
    assert_eq!(other.get("/webhooks").await.location(), "/sign-in");
    assert_eq!(browser.get(&revoke).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_told_and_what_was_entered_stays() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let page = browser.post("/keys/new", &[("name", ""), ("expiresAt", "2020-01-01T00:00")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["name", "scopes", "expiresAt"] {
        assert!(page.has(&format!(r#"id="{field}-error""#)), "{field}: {}", page.text);
    }
    assert!(page.has(r#"value="2020-01-01T00:00""#));
    let fields = [("name", "Kept"), ("scopes", "write"), ("scopes", "all"), ("expiresAt", "never")];
    let page = browser.post("/keys/new", &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.has(r#"value="Kept""#) && page.has(r#"value="write" checked"#));
    assert!(page.has(r#"type="text" value="never""#), "{}", page.text);
}
