use hookwright_console::{Principal, Scope};
use http::{Method, Request, StatusCode, header};

use super::browser::{Browser, Site, signed_in};

#[tokio::test]
async fn who_is_not_signed_in_is_led_there_and_back() {
    let site = Site::new().await;
    let console = site.console();
    let key = console.first_key().await.unwrap().unwrap();
    let mut browser = Browser::new(console.router());
    assert_eq!(browser.get("/").await.location(), "/webhooks");
    assert_eq!(browser.get("/webhooks").await.location(), "/sign-in");
    let sign_in = browser.get("/keys?x=1&y=2").await;
    assert_eq!(sign_in.location(), "/sign-in?next=%2Fkeys%3Fx%3D1%26y%3D2");
    let page = browser.get(sign_in.location()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.has(r#"name="next" value="/keys?x=1&#38;y=2""#), "{}", page.text);
    let fields = [("key", key.token()), ("next", "/keys?x=1&y=2")];
    assert_eq!(browser.post_as_it_is("/sign-in", &fields).await.location(), "/keys?x=1&y=2");
    assert_eq!(browser.get("/keys").await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_is_led_elsewhere_by_signing_in() {
    let site = Site::new().await;
    let console = site.console();
    let key = console.first_key().await.unwrap().unwrap();
    let mut browser = Browser::new(console.router());
    for next in ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example"] {
        let fields = [("key", key.token()), ("next", next)];
        assert_eq!(browser.post_as_it_is("/sign-in", &fields).await.location(), "/webhooks");
    }
}

#[tokio::test]
async fn a_wrong_key_is_told_beside_its_field_and_not_shown() {
    let site = Site::new().await;
    let mut browser = Browser::new(site.console().router());
    for (key, detail) in [("", "Enter an API key."), ("hwk_wrong", "There is no such API key")] {
        let page = browser.post_as_it_is("/sign-in", &[("key", key)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.has(detail) && page.has(r#"aria-invalid="true""#), "{}", page.text);
        assert!(page.has(r#"aria-describedby="key-error key-hint""#) && !page.has("hwk_wrong"));
        assert_eq!(browser.cookie, None);
    }
}

#[tokio::test]
async fn the_cookie_is_for_this_page_alone() {
    let site = Site::new().await;
    let console = site.console();
    let key = console.first_key().await.unwrap().unwrap();
    let check = async |mut browser: Browser, attributes: &str| {
        let page = browser.post_as_it_is("/sign-in", &[("key", key.token())]).await;
        let cookie = page.headers[header::SET_COOKIE].to_str().unwrap();
        assert!(cookie.ends_with(attributes), "{cookie}");
    };
    let plain = "; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200";
    check(Browser::new(console.clone().router()), plain).await;
    let nested = "; HttpOnly; SameSite=Strict; Path=/settings; Max-Age=43200; Secure";
    check(Browser::nested(console.https(), "/settings"), nested).await;
}

#[tokio::test]
async fn signing_out_ends_the_session_itself() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let cookie = browser.cookie.clone();
    assert_eq!(browser.post("/sign-out", &[]).await.location(), "/sign-in");
    assert_eq!(browser.cookie, None);
    browser.cookie = cookie;
    assert_eq!(browser.get("/webhooks").await.location(), "/sign-in");
}

#[tokio::test]
async fn a_form_that_came_too_late_is_told_to_be_lost() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let fields = [("targetUrl", "http://127.0.0.1:1/"), ("operations", "*.*")];
    sqlx::query("UPDATE hookwright_session SET expires_at = 1")
        .execute(site.outbox.pool())
        .await
        .unwrap();
    let lost = browser.post("/webhooks/new", &fields).await;
    assert_eq!(lost.location(), "/sign-in?lost=form");
    let page = browser.get(lost.location()).await;
    assert!(page.has("You were signed out, and nothing was saved."), "{}", page.text);
    assert!(!browser.get("/sign-in").await.has("nothing was saved"));
    assert_eq!(browser.post("/sign-out", &[]).await.location(), "/sign-in");
}

#[tokio::test]
async fn a_form_without_its_token_is_refused_in_words() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let mut other = browser.another();
    other.sign_in(site_key(&mut browser).await.as_str()).await;
    let fields = [("targetUrl", "http://127.0.0.1:1/"), ("operations", "*.*")];
    for csrf in [None, Some(""), Some("0"), Some(other.csrf.as_str())] {
        let fields = csrf.map(|csrf| ("csrf", csrf)).into_iter().chain(fields).collect::<Vec<_>>();
        for path in ["/webhooks/new", "/sign-out", "/keys/new"] {
            let page = browser.post_as_it_is(path, &fields).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
            assert!(page.has("The form was not sent from this page"), "{}", page.text);
        }
    }
    assert!(browser.get("/webhooks").await.has("No webhooks yet"));
}

/// A second key, which is made by the page.
async fn site_key(browser: &mut Browser) -> String {
    let fields = [("name", "Second"), ("scopes", "admin")];
    let page = browser.post("/keys/new", &fields).await;
    page.between(r#"type="text" value=""#, "\"").to_owned()
}

#[tokio::test]
async fn a_form_that_another_site_has_sent_is_refused() {
    let site = Site::new().await;
    let console = site.console();
    let key = console.first_key().await.unwrap().unwrap();
    let mut browser = Browser::new(console.router());
    for (site, status) in [
        ("cross-site", StatusCode::FORBIDDEN),
        ("same-site", StatusCode::FORBIDDEN),
        ("same-origin", StatusCode::SEE_OTHER),
    ] {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/sign-in")
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", site)
            .body(format!("key={}", key.token()).into());
        assert_eq!(browser.send_request(request.unwrap()).await.status, status, "{site}");
    }
}

#[tokio::test]
async fn what_a_key_may_not_do_is_not_offered_and_refused() {
    let site = Site::new().await;
    let mut admin = site.admin().await;
    let id = admin.make_webhook("http://127.0.0.1:1/hooks", "person.*").await;
    let made = admin.post("/keys/new", &[("name", "Reader"), ("scopes", "read")]).await;
    let token = made.between(r#"type="text" value=""#, "\"").to_owned();
    let mut reader = admin.another();
    reader.sign_in(&token).await;
    for path in ["/webhooks", &format!("/webhooks/{id}"), &format!("/webhooks/{id}/recover")] {
        let page = reader.get(path).await;
        assert_eq!(page.status, StatusCode::OK);
        for offered in ["Create webhook", ">Pause<", "/edit", "/test", "Replay</button>", "/keys"] {
            assert!(!page.has(offered), "{offered} in {path}");
        }
    }
    for path in ["/webhooks/new", "/keys", "/keys/new", &format!("/webhooks/{id}/edit")] {
        let page = reader.get(path).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        assert!(page.has("This needs a key with the scope"), "{}", page.text);
    }
    for action in
        ["new", "pause", "resume", "rotate", "delete", "test", "recover", "replay", "edit"]
    {
        let path = if action == "new" {
            "/webhooks/new".to_owned()
        } else {
            format!("/webhooks/{id}/{action}")
        };
        let fields =
            [("targetUrl", "http://127.0.0.1:1/"), ("operations", "*.*"), ("since", "2026-01-01")];
        assert_eq!(reader.post(&path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(admin.get("/webhooks").await.has("1 webhook<"));
}

#[tokio::test]
async fn a_tenants_key_sees_nothing_of_others() {
    let site = Site::new().await;
    let mut admin = site.admin().await;
    let foreign = admin.make_webhook("http://127.0.0.1:1/of-nobody", "person.*").await;
    let fields = [("name", "Acme"), ("scopes", "admin"), ("tenant", "acme")];
    let token =
        admin.post("/keys/new", &fields).await.between(r#"type="text" value=""#, "\"").to_owned();
    let mut acme = admin.another();
    acme.sign_in(&token).await;
    assert!(acme.get("/webhooks").await.has("No webhooks yet"));
    for page in ["", "/edit", "/recover", "/deliveries", "/delete", "/rotate", "/test", "/replays"]
    {
        let page = acme.get(&format!("/webhooks/{foreign}{page}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
        assert!(!page.has("of-nobody"));
    }
    assert_eq!(
        acme.post(&format!("/webhooks/{foreign}/delete"), &[]).await.status,
        StatusCode::NOT_FOUND
    );
    let own = acme.make_webhook("http://127.0.0.1:1/of-acme", "person.*").await;
    assert!(acme.get(&format!("/webhooks/{own}")).await.has("Tenant"));
    let keys = acme.get("/keys").await;
    assert!(keys.has("Acme") && !keys.has("First key"));
}

#[tokio::test]
async fn whom_the_application_has_signed_in_needs_no_key() {
    let site = Site::new().await;
    let who = Principal::new("alice@example.com", &[Scope::Write]);
    let router = site.console().router().layer(axum::Extension(who));
    let mut browser = Browser::new(router);
    let page = browser.get("/webhooks").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.has("Sign out"));
    let forged = browser.another().post("/webhooks/new", &[("csrf", "")]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    browser.get("/webhooks/new").await;
    browser.make_webhook("http://127.0.0.1:1/", "person.*").await;
}

#[tokio::test]
async fn a_revoked_key_is_signed_out() {
    let site = Site::new().await;
    let console = site.console();
    let key = console.first_key().await.unwrap().unwrap();
    let mut browser = signed_in(console, &key).await;
    let keys = browser.get("/keys").await;
    let revoke = keys.text.split('"').find(|part| part.ends_with("/revoke")).unwrap();
    assert!(browser.get(revoke).await.has("It is the key that you are signed in by"));
    browser.post(revoke, &[]).await;
    assert_eq!(browser.get("/webhooks").await.location(), "/sign-in");
}
