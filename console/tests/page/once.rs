//! Forms that make a secret, sent more than once.

use http::StatusCode;

use super::browser::{Browser, Page, Site};

/// The fields of a form, with the token that its page has.
async fn with_token<'a>(
    browser: &mut Browser,
    path: &str,
    fields: &[(&'a str, &'a str)],
) -> Vec<(&'a str, String)> {
    let page = browser.get(path).await;
    let token = page.between(r#"name="once" value=""#, "\"").to_owned();
    assert_eq!(token.len(), 64);
    let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned()));
    fields.chain([("once", token)]).collect()
}

async fn send(browser: &mut Browser, path: &str, fields: &[(&str, String)]) -> Page {
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(path, &fields).await
}

/// Another window of a browser.
fn same(browser: &Browser) -> Browser {
    let mut window = browser.another();
    window.cookie.clone_from(&browser.cookie);
    window.csrf.clone_from(&browser.csrf);
    window
}

fn secret(page: &Page) -> String {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.between(r#"type="text" value=""#, "\"").to_owned()
}

const WEBHOOK: [(&str, &str); 2] = [("targetUrl", "http://127.0.0.1:1/"), ("operations", "*.*")];
const KEY: [(&str, &str); 2] = [("name", "Billing"), ("scopes", "admin")];

#[tokio::test]
async fn reloading_the_page_of_a_secret_makes_no_other() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let id = browser.make_webhook("http://127.0.0.1:1/", "person.*").await;
    let rotate = format!("/webhooks/{id}/rotate");
    for (path, fields) in [
        ("/webhooks/new", &WEBHOOK[..]),
        ("/keys/new", &KEY[..]),
        (&rotate, &[("overlap", "3600")][..]),
    ] {
        let fields = with_token(&mut browser, path, fields).await;
        let first = send(&mut browser, path, &fields).await;
        let again = send(&mut browser, path, &fields).await;
        assert_eq!(secret(&first), secret(&again), "{path}");
        assert_eq!(first.text, again.text, "{path}");
        assert_eq!(again.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(again.headers["cache-control"], "no-store");
        // The form as it is shown the next time makes another.
        let fields: Vec<_> = fields[..fields.len() - 1].iter().collect();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let fields = with_token(&mut browser, path, &fields).await;
        assert_ne!(secret(&first), secret(&send(&mut browser, path, &fields).await), "{path}");
    }
    assert!(browser.get("/webhooks").await.has("3 webhooks<"));
    assert_eq!(browser.get("/keys").await.text.matches("<bdi>Billing</bdi>").count(), 2);
}

#[tokio::test]
async fn a_double_click_makes_one_and_shows_it() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let fields = with_token(&mut browser, "/webhooks/new", &WEBHOOK).await;
    let mut second = same(&browser);
    let (one, two) = tokio::join!(
        send(&mut browser, "/webhooks/new", &fields),
        send(&mut second, "/webhooks/new", &fields),
    );
    assert_eq!(secret(&one), secret(&two));
    assert!(browser.get("/webhooks").await.has("1 webhook<"));
}

#[tokio::test]
async fn a_form_whose_browser_went_away_is_done_to_its_end() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let fields = with_token(&mut browser, "/webhooks/new", &WEBHOOK).await;
    let mut gone = same(&browser);
    let sent = fields.clone();
    let sent = tokio::spawn(async move { send(&mut gone, "/webhooks/new", &sent).await.status });
    let is_begun = "SELECT count(*) FROM hookwright_idempotency";
    while sqlx::query_scalar::<_, i64>(is_begun).fetch_one(site.outbox.pool()).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    sent.abort();
    secret(&send(&mut browser, "/webhooks/new", &fields).await);
    assert!(browser.get("/webhooks").await.has("1 webhook<"));
}

#[tokio::test]
async fn what_was_changed_or_wrong_is_another_form() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let mut fields = with_token(&mut browser, "/webhooks/new", &WEBHOOK).await;
    fields[0].1 = "no URL".to_owned();
    let wrong = send(&mut browser, "/webhooks/new", &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_ne!(wrong.between(r#"name="once" value=""#, "\""), fields[2].1);
    fields[0].1 = "http://127.0.0.1:1/right".to_owned();
    let right = secret(&send(&mut browser, "/webhooks/new", &fields).await);
    fields[0].1 = "http://127.0.0.1:1/other".to_owned();
    assert_ne!(right, secret(&send(&mut browser, "/webhooks/new", &fields).await));
    assert!(browser.get("/webhooks").await.has("2 webhooks<"));
}

#[tokio::test]
async fn a_secret_is_shown_again_to_its_session_alone() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let path = "/keys/new";
    let fields = with_token(&mut browser, path, &KEY).await;
    let token = secret(&send(&mut browser, path, &fields).await);
    let mut other = browser.another();
    other.sign_in(&token).await;
    let page = send(&mut other, path, &fields).await;
    assert_ne!(token, secret(&page));
    // It does not lie in the database to be read.
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT COALESCE(answer, '') FROM hookwright_idempotency")
            .fetch_all(site.outbox.pool())
            .await
            .unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|(answer,)| answer.len() > 100));
    let hidden = hex::encode(&token);
    assert!(rows.iter().all(|(answer,)| !answer.contains(&token) && !answer.contains(&hidden)));
}

#[tokio::test]
async fn a_form_waits_for_the_one_before_it_and_is_done_when_that_has_failed() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let fields = with_token(&mut browser, "/webhooks/new", &WEBHOOK).await;
    let first = secret(&send(&mut browser, "/webhooks/new", &fields).await);
    let execute = async |sql: &'static str| {
        sqlx::query(sql).execute(site.outbox.pool()).await.unwrap();
    };
    execute("CREATE TABLE kept AS SELECT answer FROM hookwright_idempotency").await;
    for (then, count) in [
        ("UPDATE hookwright_idempotency SET answer = (SELECT answer FROM kept)", 1),
        ("DELETE FROM hookwright_idempotency", 2),
    ] {
        execute("UPDATE hookwright_idempotency SET answer = NULL").await;
        let mut window = same(&browser);
        let sent = fields.clone();
        let waiting = tokio::spawn(async move { send(&mut window, "/webhooks/new", &sent).await });
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert!(!waiting.is_finished());
        execute(then).await;
        let again = secret(&waiting.await.unwrap());
        assert_eq!(first == again, count == 1, "{then}");
        let counted = if count == 1 { "1 webhook<" } else { "2 webhooks<" };
        assert!(browser.get("/webhooks").await.has(counted), "{then}");
    }
}
