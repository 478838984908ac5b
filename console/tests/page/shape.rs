//! What holds for every page: where it leads, and what it never has.

use http::{StatusCode, header};

use super::browser::{Browser, Site};

/// Every page of somebody with a webhook.
fn pages(id: &str) -> Vec<String> {
    let of_webhook = ["", "/edit", "/rotate", "/delete", "/test", "/recover"];
    let of_webhook = of_webhook.iter().map(|page| format!("/webhooks/{id}{page}"));
    let others = ["/webhooks", "/webhooks/new", "/keys", "/keys/new", "/nowhere", "/webhooks/0"];
    of_webhook.chain(others.map(str::to_owned)).collect()
}

#[tokio::test]
async fn under_a_prefix_every_link_has_it() {
    let site = Site::new().await;
    let console = site.console();
    let key = console.first_key().await.unwrap().unwrap();
    let mut browser = Browser::nested(console, "/crm/settings");
    assert_eq!(browser.get("").await.location(), "/crm/settings/webhooks");
    assert_eq!(browser.get("/keys").await.location(), "/crm/settings/sign-in?next=%2Fkeys");
    let fields = [("key", key.token()), ("next", "/keys")];
    assert_eq!(browser.post_as_it_is("/sign-in", &fields).await.location(), "/crm/settings/keys");
    browser.get("/webhooks").await;
    let id = browser.make_webhook("http://127.0.0.1:1/", "person.*").await;
    for path in pages(&id) {
        let page = browser.get(&path).await;
        for attribute in ["href=\"", "action=\"", "src=\"", "data-live=\""] {
            for link in page.text.split(attribute).skip(1) {
                let link = link.split('"').next().unwrap();
                let is_here = link.starts_with("/crm/settings/") || link.starts_with(['#', '?']);
                assert!(is_here, "{link} on {path}");
            }
        }
    }
    let paused = browser.post(&format!("/webhooks/{id}/pause"), &[]).await;
    assert_eq!(paused.location(), format!("/crm/settings/webhooks/{id}?done=paused"));
}

#[tokio::test]
async fn every_page_is_as_the_policy_and_a_screen_reader_want_it() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let id = browser.make_webhook("http://127.0.0.1:1/", "person.*").await;
    let mut titles = Vec::new();
    for path in pages(&id) {
        let page = browser.get(&path).await;
        let html = page.text.as_str();
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert_eq!(page.headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
        assert!(page.headers.contains_key(header::CONTENT_SECURITY_POLICY), "{path}");
        for refused in
            ["<style", " style=", " onclick", " onload", "javascript:", "<script>", "http-equiv"]
        {
            assert!(!html.contains(refused), "{refused} on {path}");
        }
        assert_eq!(html.matches("<h1").count(), 1, "{path}");
        assert_eq!(html.matches("<main").count(), 1, "{path}");
        assert!(html.contains(r#"<html lang="en">"#) && html.contains("Skip to content"), "{path}");
        let posts = html.matches(r#"method="post""#).count();
        assert_eq!(html.matches(r#"name="csrf" value=""#).count(), posts, "{path}");
        titles.push(page.between("<title>", "</title>").to_owned());
    }
    let missing = titles.iter().filter(|title| title.starts_with("Not found")).count();
    assert_eq!(missing, 2);
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), pages(&id).len() - 1, "{titles:?}");
}

#[tokio::test]
async fn the_page_of_a_failure_has_the_navigation_of_who_is_signed_in() {
    let site = Site::new().await;
    let mut admin = site.admin().await;
    let made = admin.post("/keys/new", &[("name", "Reader"), ("scopes", "read")]).await;
    let token = made.between(r#"type="text" value=""#, "\"").to_owned();
    let mut reader = admin.another();
    reader.sign_in(&token).await;
    for (path, status) in [
        ("/nowhere", StatusCode::NOT_FOUND),
        ("/webhooks/0?done=deleted", StatusCode::NOT_FOUND),
        ("/keys", StatusCode::FORBIDDEN),
        ("/webhooks/0/pause", StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let page = reader.get(path).await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.has(r#"class="sections""#) && page.has(">Sign out<"), "{path}: {}", page.text);
        assert!(page.has("Your key: read<") && !page.has("The webhook is deleted."), "{path}");
    }
    let refused = reader.post_as_it_is("/webhooks/new", &[("csrf", "0")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.has(r#"class="sections""#), "{}", refused.text);
    // Whoever is nobody sees none.
    let nobody = Browser::new(site.console().router()).get("/nowhere").await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    assert!(!nobody.has(r#"class="sections""#) && !nobody.has("Your key"));
}

#[tokio::test]
async fn files_are_kept_for_long_under_names_of_their_content() {
    let site = Site::new().await;
    let mut browser = Browser::new(site.console().router());
    let page = browser.get("/sign-in").await;
    for (attribute, kind) in [
        (r#"<link rel="stylesheet" href=""#, "text/css; charset=utf-8"),
        (r#"<script src=""#, "text/javascript; charset=utf-8"),
        (r#"<link rel="icon" href=""#, "image/svg+xml"),
    ] {
        let file = browser.get(page.between(attribute, "\"")).await;
        assert_eq!(file.status, StatusCode::OK);
        assert_eq!(file.headers[header::CONTENT_TYPE], kind);
        assert_eq!(file.headers[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    }
    for missing in ["/assets/page.css", "/assets/page-0000000000000000.css", "/assets/..%2Fpage.rs"]
    {
        assert_eq!(browser.get(missing).await.status, StatusCode::NOT_FOUND);
    }
}
