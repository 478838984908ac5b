//! A browser: it keeps cookies, and sends forms as they are on the page.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use hookwright::{Outbox, Sender, Sqlite};
use hookwright_console::{Console, NewApiKey};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// A console on an outbox of its own, in a file that goes with it.
pub(crate) struct Site {
    pub(crate) outbox: Outbox<Sqlite>,
    directory: PathBuf,
}

impl Site {
    pub(crate) async fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hookwright-page-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("crm.db");
        let outbox = Outbox::sqlite(path.to_str().unwrap()).await.unwrap();
        Self { outbox, directory }
    }

    /// A console that may send to this machine.
    pub(crate) fn console(&self) -> Console {
        let sender = Sender::builder().allow("127.0.0.0/8".parse().unwrap()).build().unwrap();
        Console::new(self.outbox.clone()).unwrap().sender(sender)
    }

    /// Somebody with the first key, who has signed in.
    pub(crate) async fn admin(&self) -> Browser {
        let console = self.console();
        let key = console.first_key().await.unwrap().unwrap();
        signed_in(console, &key).await
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

pub(crate) async fn signed_in(console: Console, key: &NewApiKey) -> Browser {
    let mut browser = Browser::new(console.router());
    browser.sign_in(key.token()).await;
    browser
}

pub(crate) struct Browser {
    router: Router,
    prefix: &'static str,
    pub(crate) cookie: Option<String>,
    pub(crate) csrf: String,
}

/// What came back.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new(router: Router) -> Self {
        Self { router, prefix: "", cookie: None, csrf: String::new() }
    }

    /// Of a console that is nested.
    pub(crate) fn nested(console: Console, prefix: &'static str) -> Self {
        let router = Router::new().nest(prefix, console.router());
        Self { router, prefix, cookie: None, csrf: String::new() }
    }

    /// Another browser on the same console.
    pub(crate) fn another(&self) -> Self {
        Self { router: self.router.clone(), prefix: self.prefix, cookie: None, csrf: String::new() }
    }

    pub(crate) async fn sign_in(&mut self, token: &str) {
        let page = self.post_as_it_is("/sign-in", &[("key", token)]).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
        self.get("/webhooks").await;
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let page = self.send(Method::GET, path, None).await;
        if let Some((_, rest)) = page.text.split_once(r#"name="csrf" value=""#) {
            rest.split('"').next().unwrap_or_default().clone_into(&mut self.csrf);
        }
        page
    }

    /// Sends a form with the token of the page.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.csrf.clone();
        let fields: Vec<_> =
            [("csrf", csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.post_as_it_is(path, &fields).await
    }

    pub(crate) async fn post_as_it_is(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(Method::POST, path, Some(body)).await
    }

    async fn send(&mut self, method: Method, path: &str, form: Option<String>) -> Page {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.prefix))
            .header(header::HOST, "localhost");
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("theme=dark; {cookie}"));
        }
        if form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(form.map_or_else(Body::empty, Body::from)).unwrap();
        self.send_request(request).await
    }

    pub(crate) async fn send_request(&mut self, request: Request<Body>) -> Page {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        if let Some(cookie) = parts.headers.get(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(pair.to_owned()).filter(|pair| !pair.ends_with('='));
        }
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Page { status: parts.status, headers: parts.headers, text }
    }

    /// Makes a webhook by its form, and gives its id.
    pub(crate) async fn make_webhook(&mut self, url: &str, operations: &str) -> String {
        let fields = [("targetUrl", url), ("operations", operations), ("description", "")];
        let page = self.post("/webhooks/new", &fields).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        page.between(r#"class="button primary" href=""#, "\"")
            .rsplit('/')
            .next()
            .unwrap()
            .to_owned()
    }
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.headers[header::LOCATION].to_str().unwrap()
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// What stands between two texts first.
    pub(crate) fn between(&self, before: &str, after: &str) -> &str {
        let (_, rest) =
            self.text.split_once(before).unwrap_or_else(|| panic!("{before} in {}", self.text));
        rest.split_once(after).unwrap().0
    }
}
