use http::StatusCode;
use serde_json::json;

use super::browser::Site;

#[tokio::test]
async fn a_webhook_is_made_and_its_secret_is_shown_once() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let fields = [
        ("targetUrl", " http://127.0.0.1:1/hooks "),
        ("operations", "person.created, company.*\r\nperson.updated[email, phone]"),
        ("description", "Keeps billing in step"),
    ];
    let made = browser.post("/webhooks/new", &fields).await;
    assert_eq!(made.status, StatusCode::OK);
    let secret = made.between(r#"type="text" value=""#, "\"").to_owned();
    assert!(secret.starts_with("whsec_"), "{secret}");
    for language in ["Rust", "Node", "Python"] {
        assert!(made.has(&format!("<summary>{language}</summary>")));
    }
    let link = made.between(r#"class="button primary" href=""#, "\"").to_owned();
    let page = browser.get(&link).await;
    for shown in [
        "http://127.0.0.1:1/hooks",
        "person.created",
        "company.*",
        "person.updated[email,phone]",
        ">Active<",
    ] {
        assert!(page.has(shown), "{shown}");
    }
    for path in [link.clone(), format!("{link}/edit"), "/webhooks".to_owned()] {
        assert!(!browser.get(&path).await.has(&secret), "{path}");
    }
}

#[tokio::test]
async fn everything_wrong_is_told_at_once_and_what_was_entered_stays() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let fields = [
        ("targetUrl", "http://10.0.0.1/\"><script>"),
        ("operations", "person"),
        ("description", "</textarea><b>kept</b>"),
        ("tenant", "acme"),
    ];
    let page = browser.post("/webhooks/new", &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.has("2 fields need another look"), "{}", page.text);
    for field in ["targetUrl", "operations"] {
        assert!(page.has(&format!(r##"<a href="#{field}">"##)), "{field}");
        assert!(page.has(&format!(r#"id="{field}-error""#)), "{field}");
    }
    assert!(page.has("http://10.0.0.1/&#34;&#62;&#60;script&#62;"), "{}", page.text);
    assert!(page.has("&#60;/textarea&#62;&#60;b&#62;kept") && page.has(r#"value="acme""#));
    assert!(page.has("\nperson</textarea>") && !page.has("<script>"), "{}", page.text);
    assert!(browser.get("/webhooks").await.has("No webhooks yet"));
}

#[tokio::test]
async fn operations_are_picked_of_the_catalogue() {
    let site = Site::new().await;
    let event = |description: &str| json!({"type": "object", "description": description});
    let schema = json!({
        "oneOf": [{"$ref": "#/$defs/person.created"}, {"$ref": "#/$defs/person.updated"}, {"$ref": "#/$defs/company.created"}],
        "$defs": {"person.created": event("A <person> is new"), "person.updated": event(""), "company.created": event("")},
    });
    let console = site.console().catalog_schema(&schema.to_string()).unwrap();
    let key = console.first_key().await.unwrap().unwrap();
    let mut browser = super::browser::signed_in(console, &key).await;
    let form = browser.get("/webhooks/new").await;
    assert!(form.has(r#"aria-label="company.created""#) && form.has("A &#60;person&#62; is new"));
    let nothing = browser.post("/webhooks/new", &[("targetUrl", "http://127.0.0.1:1/")]).await;
    assert!(nothing.has("Name one event at least"), "{}", nothing.text);
    let is_marked = |page: &super::browser::Page| {
        let field = page.between(r#"<textarea id="operations""#, ">");
        assert_eq!(page.text.matches(r#"id="operations-error""#).count(), 1);
        field.contains(r#"aria-invalid="true""#)
            && field.contains(r#"aria-describedby="operations-error operations-hint""#)
    };
    assert!(is_marked(&nothing), "{}", nothing.text);
    let fields = [("targetUrl", "http://127.0.0.1:1/"), ("operations", "person")];
    assert!(is_marked(&browser.post("/webhooks/new", &fields).await));
    assert!(!form.has("aria-invalid") && !form.has("operations-error"));
    let fields = [
        ("targetUrl", "http://127.0.0.1:1/"),
        ("operation", "person.created"),
        ("operation", "company.created"),
        ("operations", "person.updated[email]"),
    ];
    let made = browser.post("/webhooks/new", &fields).await;
    let edit = format!("{}/edit", made.between(r#"class="button primary" href=""#, "\""));
    let form = browser.get(&edit).await;
    assert!(form.has(r#"aria-label="person.created" checked"#), "{}", form.text);
    assert!(form.has(r#"aria-label="person.updated">"#));
    assert!(form.has("\nperson.updated[email]</textarea>"));
}

#[tokio::test]
async fn a_webhook_is_changed_paused_rotated_and_deleted() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let id = browser.make_webhook("http://127.0.0.1:1/one", "person.*").await;
    let path = format!("/webhooks/{id}");
    let fields =
        [("targetUrl", "http://127.0.0.1:1/two"), ("operations", "*.*"), ("description", "Moved")];
    let saved = browser.post(&format!("{path}/edit"), &fields).await;
    assert_eq!(saved.location(), format!("{path}?done=saved"));
    let page = browser.get(saved.location()).await;
    assert!(
        page.has("The webhook is saved.")
            && page.has("http://127.0.0.1:1/two")
            && page.has("Moved")
    );

    let paused = browser.post(&format!("{path}/pause"), &[]).await;
    let page = browser.get(paused.location()).await;
    assert!(page.has(">Paused<") && page.has(">Resume<"));
    let resumed = browser.post(&format!("{path}/resume"), &[]).await;
    assert!(browser.get(resumed.location()).await.has(">Active<"));

    assert!(browser.get(&format!("{path}/rotate")).await.has("The secret before signs on for"));
    let wrong = browser.post(&format!("{path}/rotate"), &[("overlap", "5")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let rotated = browser.post(&format!("{path}/rotate"), &[("overlap", "3600")]).await;
    assert!(rotated.between(r#"type="text" value=""#, "\"").starts_with("whsec_"));

    assert!(browser.get(&format!("{path}/delete")).await.has("Delete this webhook?"));
    let deleted = browser.post(&format!("{path}/delete"), &[]).await;
    assert!(browser.get(deleted.location()).await.has("The webhook is deleted."));
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_url_that_is_not_allowed_any_more_can_stay() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let id = browser.make_webhook("http://127.0.0.1:1/hooks", "person.*").await;
    let strict = hookwright_console::Console::new(site.outbox.clone()).unwrap();
    let mut strict = super::browser::Browser::new(strict.router());
    strict.cookie = browser.cookie.clone();
    let path = format!("/webhooks/{id}/edit");
    strict.get(&path).await;
    let mut fields = [("targetUrl", "http://127.0.0.1:1/hooks"), ("operations", "*.*")];
    assert_eq!(strict.post(&path, &fields).await.status, StatusCode::SEE_OTHER);
    fields[0].1 = "http://127.0.0.1:1/other";
    assert_eq!(strict.post(&path, &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn webhooks_are_found_by_a_text_and_shown_a_page_at_a_time() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    for number in 0..40 {
        let url = format!("https://example.com/{number}");
        let settings = hookwright::EndpointSettings::new(&url).unwrap();
        site.outbox.endpoints().create(settings).await.unwrap();
    }
    let first = browser.get("/webhooks").await;
    assert_eq!(first.text.matches(r#"class="url""#).count(), 25);
    assert!(first.has("https://example.com/39<") && !first.has("https://example.com/9<"));
    let older = first.between(r#"rel="next" href=""#, "\"").replace("&#38;", "&");
    let second = browser.get(&older).await;
    assert_eq!(second.text.matches(r#"class="url""#).count(), 15);
    assert!(
        second.has("https://example.com/0<") && second.has(">Newest<") && !second.has(">Older<")
    );
    let found = browser.get("/webhooks?q=com%2F32").await;
    assert!(found.has("https://example.com/32<"), "{}", found.text);
    assert_eq!(found.text.matches(r#"class="url""#).count(), 1);
    let none = browser.get("/webhooks?q=%3Cb%3E").await;
    assert!(none.has("No webhook has “&#60;b&#62;” in its URL"), "{}", none.text);
}

#[tokio::test]
async fn a_page_of_webhooks_is_small() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    for number in 0..50 {
        let url = format!("https://example.com/{}/{number}", "long".repeat(40));
        let settings = hookwright::EndpointSettings::new(&url).unwrap();
        let settings = settings.description("What it is for. ".repeat(20));
        site.outbox.endpoints().create(settings).await.unwrap();
    }
    let bytes = browser.get("/webhooks").await.text.len();
    assert!(bytes < 300_000, "{bytes} bytes");
}

#[tokio::test]
async fn a_page_of_webhooks_that_want_much_is_small() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let mut id = String::new();
    for webhook in 0..25 {
        let url = format!("https://example.com/?{}", "&".repeat(2000));
        let mut settings = hookwright::EndpointSettings::new(&url).unwrap();
        for number in 0..200 {
            let operation = format!("{}{webhook}x{number}.created", "record".repeat(200));
            settings = settings.wants(operation.parse().unwrap());
        }
        let settings = settings.description("\u{7}".repeat(1000));
        id = site.outbox.endpoints().create(settings).await.unwrap().id().to_string();
    }
    let list = browser.get("/webhooks").await;
    assert!(list.has("recordrecord") && list.has("…</code>") && list.has("and 197 more"));
    assert!(list.text.len() < 300_000, "{} bytes", list.text.len());
    let page = browser.get(&format!("/webhooks/{id}")).await;
    assert!(page.has(">and 180 more</a>"), "{}", page.text);
    assert!(page.text.len() < 100_000, "{} bytes", page.text.len());
    // To be changed, they are all there, and whole.
    let form = browser.get(&format!("/webhooks/{id}/edit")).await;
    assert_eq!(form.text.matches(&"record".repeat(200)).count(), 200);
}

#[tokio::test]
async fn what_customers_wrote_is_shown_as_text() {
    let site = Site::new().await;
    let mut browser = site.admin().await;
    let hostile = "<img src=x onerror=alert(1)> \u{202E}desrever\u{0007}";
    let settings = hookwright::EndpointSettings::new("https://example.com/?<script>").unwrap();
    let stored = site.outbox.endpoints().create(settings.description(hostile)).await.unwrap();
    for path in ["/webhooks".to_owned(), format!("/webhooks/{}", stored.id())] {
        let page = browser.get(&path).await;
        assert!(
            page.has("&#60;img src=x onerror=alert(1)&#62; ⟨U+202E⟩desrever⟨U+0007⟩"),
            "{}",
            page.text
        );
        assert!(!page.has("<img") && !page.has("\u{202E}") && !page.has("?<script>"));
    }
}
