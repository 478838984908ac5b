use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use hookwright::{Dispatcher, Event, JsonData, Outbox, Sender, Sqlite};

use super::browser::{Browser, Page, Site};

const ANSWER: &str = "<script>alert(1)</script>\u{202E}\u{1b}[31m";

/// An endpoint that answers everything by this status, and by a hostile text.
async fn endpoint(status: StatusCode) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let router = Router::new().fallback(async move || (status, ANSWER));
    tokio::spawn(axum::serve(listener, router).into_future());
    url
}

async fn emit(outbox: &Outbox<Sqlite>, name: &str, data: &str) {
    let event = Event::untyped(name.parse().unwrap(), JsonData::parse(data).unwrap());
    let mut transaction = outbox.begin().await.unwrap();
    outbox.emit(&mut transaction, &event).await.unwrap();
    transaction.commit().await.unwrap();
}

fn dispatch(outbox: &Outbox<Sqlite>) -> tokio::task::JoinHandle<()> {
    let sender = Sender::builder().allow("127.0.0.0/8".parse().unwrap()).build().unwrap();
    let dispatcher = Dispatcher::new(outbox.clone()).sender(sender);
    tokio::spawn(async move {
        dispatcher.run(std::future::pending::<()>()).await.unwrap();
    })
}

/// Reloads a page until it has a text.
async fn until(browser: &mut Browser, path: &str, text: &str) -> Page {
    for _ in 0..500 {
        let page = browser.get(path).await;
        if page.has(text) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{path} never has {text}");
}

#[tokio::test]
async fn a_delivery_shows_what_was_sent_and_what_came_back() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let url = endpoint(StatusCode::INTERNAL_SERVER_ERROR).await;
    let id = browser.make_webhook(&url, "person.*").await;
    assert!(browser.get(&format!("/webhooks/{id}")).await.has("Nothing was sent yet"));
    emit(&site.outbox, "person.created", r#"{"id":"p1","amount":1.10,"name":"<b>A</b>"}"#).await;
    let dispatcher = dispatch(&site.outbox);
    let page = until(&mut browser, &format!("/webhooks/{id}"), "1 attempt<").await;
    assert!(page.has(">Pending<") && page.has(">Due</span>"));
    let link = page.between(r#"<a href="/deliveries/"#, "\"").to_owned();
    let page = until(&mut browser, &format!("/deliveries/{link}"), "500 Internal").await;
    assert!(page.has("500 Internal Server Error") && page.has("Next attempt"));
    assert!(
        page.has("&#60;script&#62;alert(1)&#60;/script&#62;⟨U+202E⟩⟨U+001B⟩[31m"),
        "{}",
        page.text
    );
    assert!(!page.has("<script>alert") && !page.has("<b>A"));
    // The number as it was written, formatted and exactly.
    assert!(page.has("    &#34;amount&#34;: 1.10,\n"), "{}", page.text);
    assert!(page.has("&#34;data&#34;:{&#34;id&#34;:&#34;p1&#34;,&#34;amount&#34;:1.10,"));
    assert!(page.has("<code>webhook-id</code>") && page.has("<code>content-type</code>"));
    let body = browser.get(&format!("/deliveries/{link}/body")).await;
    assert!(body.text.starts_with(r#"{"event":"person.created","data":{"id":"p1","amount":1.10"#));
    assert_eq!(body.headers["content-type"], "application/octet-stream");
    browser.get(&format!("/deliveries/{link}")).await;
    let resent = browser.post(&format!("/deliveries/{link}/resend"), &[]).await;
    assert_eq!(resent.location(), format!("/deliveries/{link}?done=resent"));
    assert_eq!(browser.get("/deliveries/nothing").await.status, StatusCode::NOT_FOUND);
    dispatcher.abort();
}

#[tokio::test]
async fn deliveries_are_filtered_and_a_wrong_filter_is_told() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let id = browser.make_webhook(&endpoint(StatusCode::OK).await, "*.*").await;
    emit(&site.outbox, "person.created", r#"{"id":"1"}"#).await;
    emit(&site.outbox, "company.created", r#"{"id":"2"}"#).await;
    let dispatcher = dispatch(&site.outbox);
    let path = format!("/webhooks/{id}");
    until(
        &mut browser,
        &format!("{path}/deliveries?state=delivered&event=company.created"),
        ">Delivered<",
    )
    .await;
    let page = until(&mut browser, &format!("{path}?event=person.created"), ">Delivered<").await;
    assert!(page.has(">person.created</a>") && !page.has(">company.created</a>"));
    let page = browser.get(&format!("{path}?state=dead")).await;
    assert!(page.has("No delivery fits the filter") && page.has(r#"value="dead" selected"#));
    assert!(browser.get(&format!("{path}?since=2100-01-01T00:00")).await.has("No delivery fits"));
    assert!(
        browser.get(&format!("{path}?until=2100-01-01T00:00")).await.has(">person.created</a>")
    );
    let page = browser.get(&format!("{path}?since=yesterday&event=x&state=lost")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["since", "event", "state"] {
        assert!(page.has(&format!(r#"id="{field}-error""#)), "{field}");
    }
    assert!(page.has(r#"type="text" value="yesterday""#));
    // The part that is fetched again and again is the part alone.
    let part = browser.get(&format!("{path}/deliveries")).await;
    assert!(part.has(">person.created</a>") && !part.has("<html"));
    // The plots have a text and a table.
    let page = browser.get(&path).await;
    assert!(page.has("Attempts of the last 24 hours: 2 delivered, 0 failed"), "{}", page.text);
    assert!(page.has("The same as a table"));
    assert!(browser.get("/webhooks").await.has("2 delivered, 0 failed"));
    dispatcher.abort();
}

#[tokio::test]
async fn a_test_event_shows_its_attempt() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let url = endpoint(StatusCode::IM_A_TEAPOT).await;
    let id = browser.make_webhook(&url, "person.*").await;
    let path = format!("/webhooks/{id}/test");
    let sent = browser.post(&path, &[("event", "webhook.test")]).await;
    assert_eq!(sent.status, StatusCode::OK);
    assert!(sent.has("418 I&#39;m a teapot") && sent.has("webhook.test was sent"), "{}", sent.text);
    assert!(sent.has("&#60;script&#62;") && !sent.has("<script>alert"));
    let wrong = browser.post(&path, &[("event", "no<event>")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.has(r#"value="no&#60;event&#62;""#) && wrong.has(r#"id="event-error""#));
}

#[tokio::test]
async fn a_replay_is_begun_shown_and_cancelled() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let id = browser.make_webhook("http://127.0.0.1:1/", "person.*").await;
    let path = format!("/webhooks/{id}");
    assert!(browser.get(&format!("{path}/recover")).await.has("None yet"));
    for (action, fields) in [
        ("recover", [("recoverSince", "soon"), ("x", "")]),
        ("recover", [("recoverSince", ""), ("x", "")]),
        ("replay", [("since", "2026-01-02T00:00"), ("until", "2026-01-01T00:00")]),
        ("replay", [("since", ""), ("until", "later")]),
    ] {
        let page = browser.post(&format!("{path}/{action}"), &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(page.has(r#"aria-invalid="true""#));
        let entered = format!(r#"value="{}""#, fields[0].1);
        assert!(page.has(&entered), "{entered}");
        let is_turned = fields[1].1.starts_with("2026");
        assert_eq!(page.has("The end is not after the beginning."), is_turned, "{}", page.text);
    }
    let begun = browser
        .post(
            &format!("{path}/replay"),
            &[("since", "2026-01-01T00:00"), ("until", "2026-02-01T00:00")],
        )
        .await;
    let page = browser.get(begun.location()).await;
    assert!(page.has("The replay has begun.") && page.has(">Running<"), "{}", page.text);
    assert!(page.has("1 Feb 2026, 00:00:00 UTC"));
    let cancel = page.text.split('"').find(|part| part.ends_with("/cancel")).unwrap().to_owned();
    let cancelled = browser.post(&cancel, &[]).await;
    assert!(browser.get(cancelled.location()).await.has(">Cancelled<"));
    let begun =
        browser.post(&format!("{path}/recover"), &[("recoverSince", "2026-01-01T00:00")]).await;
    assert!(browser.get(begun.location()).await.has("Recovery<"));
    assert!(browser.get(&format!("{path}/replays")).await.has("Recovery<"));
}

/// The page of the one delivery of an event.
async fn delivery_of(name: &str, data: &str) -> (Page, Page) {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let id = browser.make_webhook("http://127.0.0.1:1/", "*.*").await;
    browser.post(&format!("/webhooks/{id}/pause"), &[]).await;
    emit(&site.outbox, name, data).await;
    let dispatcher = dispatch(&site.outbox);
    let path = format!("/webhooks/{id}");
    let list = until(&mut browser, &path, r#"<a href="/deliveries/"#).await;
    let link = list.between(r#"<a href="/deliveries/"#, "\"").to_owned();
    let page = browser.get(&format!("/deliveries/{link}")).await;
    assert_eq!(page.status, StatusCode::OK);
    dispatcher.abort();
    (list, page)
}

#[tokio::test]
async fn a_body_that_is_nested_without_end_is_shown_as_it_is() {
    let data = format!(r#"{{"id":"1","deep":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let (_, page) = delivery_of("person.created", &data).await;
    assert!(page.text.len() < 300_000, "{} bytes", page.text.len());
    assert!(!page.has("Formatted") && page.has("[[[[[[[[[[") && page.has("Download the body"));
    assert!(page.has("of which the beginning is shown, too long when it is formatted."));
    let hidden = format!(r#"{{"id":"1","text":"{}"}}"#, "\u{7f}".repeat(100_000));
    let (_, page) = delivery_of("person.created", &hidden).await;
    assert!(page.has("⟨U+007F⟩") && page.text.len() < 600_000, "{} bytes", page.text.len());
}

#[tokio::test]
async fn the_pages_of_an_event_with_a_long_name_are_small() {
    let name = format!("{}.created", "record".repeat(20_000));
    let data = format!(r#"{{"id":"{}"}}"#, "\u{ad}".repeat(250));
    let (list, page) = delivery_of(&name, &data).await;
    assert!(list.text.len() < 30_000, "{} bytes", list.text.len());
    let title = page.between("<title>", "</title>");
    assert!(title.len() < 300 && title.contains('…'), "{title}");
    let heading = page.between("<h1>", "</h1>");
    assert!(heading.len() < 300, "{heading}");
    assert!(page.has("<code>⟨U+00AD⟩⟨U+00AD⟩") && !page.has("\u{ad}"));
}
