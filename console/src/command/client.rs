//! The REST API, as commands speak to it: of a server, or of a database within this process.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hookwright::IpNet;
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use url::{Host, Url};

use super::database::{self, Missing};
use super::failure::{Exit, Failure};
use super::networks;
use super::settings::{Origin, Settings, Target};
use crate::access::{Principal, Scope};
use crate::console::Console;
use crate::outbox::{AnyOutbox, on_store};
use crate::problem::with_sources;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// The largest answer.
const MOST: usize = 64 * 1024 * 1024;

/// Speaks to the API.
pub(super) struct Client {
    base: Url,
    transport: Transport,
    /// What delivers may dial less than a URL was taken by: by whom it is looked at again.
    pub(super) dispatcher: Dispatching,
}

/// What is known of who delivers from a database.
pub(super) enum Dispatching {
    /// What was judged by when a URL was saved.
    AsJudged,
    /// Nothing: no address was refused.
    Unknown,
    /// This is allowed, and something else was judged by.
    Allowed(Vec<IpNet>),
}

enum Transport {
    Server { client: reqwest::Client, key: String },
    Database { router: Router, outbox: AnyOutbox },
}

impl Client {
    /// Of the server or the database that the settings name.
    pub(super) async fn new(settings: &Settings, missing: Missing) -> Result<Self, Failure> {
        Self::with_catalog(settings, missing, None).await
    }

    /// As [`new`](Self::new), for a command that makes an event: a database's is looked at by the
    /// catalogue that is set, a server has its own.
    pub(super) async fn to_send(settings: &Settings, missing: Missing) -> Result<Self, Failure> {
        let catalog = match settings.target()? {
            Target::Server(_) => None,
            Target::Database(_) => settings.catalog()?,
        };
        Self::with_catalog(settings, missing, catalog).await
    }

    async fn with_catalog(
        settings: &Settings,
        missing: Missing,
        catalog: Option<String>,
    ) -> Result<Self, Failure> {
        match settings.target()? {
            Target::Server(url) => Self::of_server(url, settings),
            Target::Database(path) => {
                let outbox = database::open(path, missing).await?;
                let allowed = networks::allowed(settings, &outbox).await?.unwrap_or_default();
                let console = Console::new(outbox)?.sender(networks::sender(&allowed)?);
                Self::of_console(knowing(console, catalog)?)
            }
        }
    }

    /// How many events no dispatcher has looked at yet: of a database, since a server has one.
    pub(super) async fn undispatched(&self) -> Result<u64, Failure> {
        Ok(match &self.transport {
            Transport::Server { .. } => 0,
            Transport::Database { outbox, .. } => {
                on_store!(outbox, outbox => outbox.history().undispatched().await?)
            }
        })
    }

    /// As [`to_send`](Self::to_send), for a command that saves a webhook. Where nothing tells which
    /// networks are allowed, since the database was never served from, no address is refused: the
    /// dispatcher does so when it sends.
    pub(super) async fn to_save(settings: &Settings) -> Result<Self, Failure> {
        let Target::Database(path) = settings.target()? else {
            return Self::new(settings, Missing::Make).await;
        };
        let catalog = settings.catalog()?;
        let outbox = database::open(path, Missing::Make).await?;
        let told: Vec<IpNet> = settings.list("allow")?;
        let noted = networks::noted(&outbox).await?;
        let (sender, dispatcher) = match noted {
            Some(noted) if told.is_empty() => (networks::sender(&noted)?, Dispatching::AsJudged),
            Some(noted) => (networks::sender(&told)?, Dispatching::Allowed(noted)),
            None if told.is_empty() => (networks::unguarded()?, Dispatching::Unknown),
            None => (networks::sender(&told)?, Dispatching::AsJudged),
        };
        let console = knowing(Console::new(outbox)?.sender(sender), catalog)?;
        Ok(Self { dispatcher, ..Self::of_console(console)? })
    }

    fn of_console(console: Console) -> Result<Self, Failure> {
        let outbox = console.outbox.clone();
        let router = console.router();
        let base =
            Url::parse("http://localhost/").map_err(|error| Failure::of(Exit::Usage, &error))?;
        Ok(Self {
            base,
            transport: Transport::Database { router, outbox },
            dispatcher: Dispatching::AsJudged,
        })
    }

    fn of_server(url: &str, settings: &Settings) -> Result<Self, Failure> {
        let base = server_url(url)?;
        if settings.all("allow").1 == Origin::Flag {
            let text =
                "what is allowed is the server's to say: give --allow to its `hookwright serve`";
            return Err(Failure::usage(text));
        }
        let key = settings.one("key").ok_or_else(|| {
            Failure::usage("a server asks for a key: give it by HOOKWRIGHT_KEY, or --key; `hookwright keys create` makes one")
        })?;
        settings.refuse_lure("key")?;
        // A redirect could lead the key elsewhere.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(PATIENCE)
            .user_agent(concat!("hookwright/", env!("CARGO_PKG_VERSION")));
        // To a proxy, the key would leave this machine in the clear.
        let client = if base.scheme() == "http" { client.no_proxy() } else { client };
        let client = client.build().map_err(|error| Failure::of(Exit::Failed, &error))?;
        let transport = Transport::Server { client, key: key.to_owned() };
        Ok(Self { base, transport, dispatcher: Dispatching::AsJudged })
    }

    pub(super) async fn get(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<Value, Failure> {
        self.call(Method::GET, path, query, None).await
    }

    pub(super) async fn post(&self, path: &[&str], body: &Value) -> Result<Value, Failure> {
        self.call(Method::POST, path, &[], Some(body.to_string())).await
    }

    pub(super) async fn delete(&self, path: &[&str]) -> Result<(), Failure> {
        self.call(Method::DELETE, path, &[], None).await.map(drop)
    }

    /// Makes a request; `null` where the answer has no body.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<String>,
    ) -> Result<Value, Failure> {
        let url = self.url(path, query)?;
        let (status, body) = match &self.transport {
            Transport::Server { client, key } => over_http(client, key, method, url, body).await?,
            Transport::Database { router, .. } => in_process(router, method, &url, body).await?,
        };
        judge(status, &body)
    }

    fn url(&self, path: &[&str], query: &[(&str, String)]) -> Result<Url, Failure> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Failure::usage("--server takes a URL of http or https"))?
            .pop_if_empty()
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }
}

/// Reads the URL of a server, to which a key can be sent.
pub(super) fn server_url(url: &str) -> Result<Url, Failure> {
    let wrong = |problem: &str| {
        Failure::usage(format!("--server {problem}: such as https://hooks.example.com"))
    };
    let mut base = Url::parse(url).map_err(|_| wrong("takes a URL of http or https"))?;
    if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
        return Err(wrong("takes a URL of http or https"));
    }
    if base.password().is_some() {
        return Err(wrong("takes no password in the URL, a key is given by --key"));
    }
    if base.scheme() == "http" && !is_this_machine(&base) {
        let host = base.host_str().unwrap_or_default();
        return Err(Failure::usage(format!(
            "to http://{host} the key would cross the network in the clear: name the server by https://; plain http is for localhost, to which a tunnel can lead"
        )));
    }
    base.set_query(None);
    base.set_fragment(None);
    Ok(base)
}

/// The console with the catalogue, where there is one.
fn knowing(console: Console, catalog: Option<String>) -> Result<Console, Failure> {
    Ok(match catalog {
        Some(catalog) => console.catalog_schema(&catalog)?,
        None => console,
    })
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.') == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

async fn over_http(
    client: &reqwest::Client,
    key: &str,
    method: Method,
    url: Url,
    body: Option<String>,
) -> Result<(StatusCode, Vec<u8>), Failure> {
    let mut request = client.request(method, url.clone()).bearer_auth(key);
    if let Some(body) = body {
        request = request.header(header::CONTENT_TYPE, "application/json").body(body);
    }
    let answer = request.send().await.map_err(|error| unreachable(&url, error))?;
    let status = answer.status();
    let body = read_whole(answer, MOST).await.map_err(|error| unreachable(&url, error))?;
    let body =
        body.ok_or_else(|| Failure::new(Exit::OutOfReach, "the server's answer has no end"))?;
    Ok((status, body))
}

/// Why a server does not answer.
pub(super) fn unreachable(url: &Url, error: reqwest::Error) -> Failure {
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let why = with_sources(&error.without_url());
    let text = format!("the server at {host} does not answer, is the URL right? {why}");
    Failure::new(Exit::OutOfReach, text)
}

/// The body of an answer; `None` where it is larger than so many bytes.
pub(super) async fn read_whole(
    mut answer: reqwest::Response,
    most: usize,
) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

async fn in_process(
    router: &Router,
    method: Method,
    url: &Url,
    body: Option<String>,
) -> Result<(StatusCode, Vec<u8>), Failure> {
    let target = url[url::Position::BeforePath..].to_owned();
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json")
        .extension(Principal::new("command", &[Scope::Admin]))
        .body(Body::from(body.unwrap_or_default()))
        .map_err(|error| Failure::of(Exit::Usage, &error))?;
    let answer = match router.clone().oneshot(request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    let status = answer.status();
    let body = answer.into_body().collect().await;
    let body = body.map_err(|error| Failure::failed(error.to_string()))?;
    Ok((status, body.to_bytes().to_vec()))
}

/// What was answered, or the problem as a failure.
fn judge(status: StatusCode, body: &[u8]) -> Result<Value, Failure> {
    let value = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(body) };
    if status.is_success() {
        return value.map_err(|_| {
            Failure::new(
                Exit::OutOfReach,
                "the answer is not JSON: is this a server of Hookwright?",
            )
        });
    }
    let exit = match status {
        StatusCode::NOT_FOUND => Exit::NotFound,
        _ if status.is_client_error() => Exit::Refused,
        _ => Exit::OutOfReach,
    };
    let problem = value.unwrap_or_default();
    let Some(detail) = problem["detail"].as_str() else {
        let text = format!("the server answered {status}: is this a server of Hookwright?");
        return Err(Failure::new(exit, text));
    };
    let details = problem["errors"].as_array().cloned().unwrap_or_default();
    Err(Failure::new(exit, detail).with_details(details))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        for url in [
            "https://hooks.example.com/under?query#part",
            "http://localhost:8600",
            "http://127.0.0.1:8600",
            "http://127.8.0.1",
            "http://[::1]:8600",
        ] {
            assert!(server_url(url).is_ok(), "{url}");
        }
        for url in [
            "http://hooks.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://10.0.0.5:8600",
            "http://[::2]",
            "http://[::ffff:10.0.0.5]",
        ] {
            let failure = server_url(url).unwrap_err();
            assert!(failure.text().contains("https://"), "{failure:?}");
        }
    }
}
