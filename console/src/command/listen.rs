//! `hookwright listen`: a receiver on this machine, to see what is sent.

mod forward;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use chrono::{Local, Utc};
use clap::Args;
use hookwright::receiver::Incoming;
use hookwright::{Secret, Verifier};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use url::Url;

use self::forward::Forward;
use super::failure::{Exit, Failure};
use super::output::{Colour, Output};
use super::settings::{Settings, Values};
use super::signals::Signals;

/// The largest body that is taken.
const MOST: usize = 32 * 1024 * 1024;

/// What is listened for, and answered.
#[derive(Args, Debug)]
pub(super) struct Listen {
    /// The port to listen at, on this machine alone; 0 takes a free one.
    #[arg(long, default_value_t = 4040)]
    port: u16,
    /// Verify requests by this secret; may be given several times, while one is rotated
    /// [env: HOOKWRIGHT_SECRET]
    #[arg(long)]
    secret: Vec<String>,
    /// Pass each request on to this URL, and answer as it does.
    #[arg(long, value_name = "URL", value_parser = super::typed::read::<Url>)]
    forward: Option<Url>,
    /// The status to answer with: 204, unless given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(200..=599))]
    status: Option<u16>,
    /// Answer after this time, such as 500ms or 40s.
    #[arg(long, value_parser = super::time::duration)]
    delay: Option<Duration>,
    /// Answer the first requests with 500.
    #[arg(long, value_name = "REQUESTS", default_value_t = 0)]
    fail_first: u64,
}

struct Listener {
    verifier: Option<Verifier>,
    forward: Option<Forward>,
    status: Option<StatusCode>,
    delay: Duration,
    fail_first: u64,
    seen: AtomicU64,
    output: Output,
    /// Set when nobody reads what is printed.
    closed: watch::Sender<bool>,
}

impl Listen {
    pub(super) fn values(&self, values: &mut Values) {
        values.insert("secret", self.secret.clone());
    }

    pub(super) async fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        let signals = Signals::listen()?;
        let (closed, mut is_closed) = watch::channel(false);
        let verifier = verifier(settings)?;
        let is_verifying = verifier.is_some();
        let status = self.status.map(StatusCode::from_u16).transpose();
        let listener = Arc::new(Listener {
            verifier,
            forward: self.forward.map(Forward::new).transpose()?,
            status: status.map_err(|error| Failure::of(Exit::Usage, &error))?,
            delay: self.delay.unwrap_or_default(),
            fail_first: self.fail_first,
            seen: AtomicU64::new(0),
            output,
            closed,
        });
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let socket = TcpListener::bind(address)
            .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
            .map_err(|error| {
                Failure::failed(format!(
                    "cannot listen at {address}: {error}; choose another --port"
                ))
            })?;
        let url = format!("http://{}", socket.local_addr()?);
        if output.is_json {
            output.json(&json!({"url": url}))?;
        } else {
            output.line(&format!("listening at {url}; Ctrl-C ends it"))?;
            if !is_verifying {
                output.note("nothing is verified: give the webhook's secret by --secret");
            }
        }
        let router = Router::new().fallback(take).with_state(listener);
        let serving = axum_server::from_tcp(socket)?.serve(router.into_make_service());
        tokio::select! {
            () = signals.first() => Ok(()),
            _ = is_closed.wait_for(|closed| *closed) => Err(Failure::silent(Exit::Closed)),
            ended = serving => Ok(ended?),
        }
    }
}

/// Verifies by the secrets that are set.
fn verifier(settings: &Settings) -> Result<Option<Verifier>, Failure> {
    let (secrets, _) = settings.all("secret");
    let mut verifier = None;
    for secret in secrets {
        let secret = Secret::imported(secret).map_err(|error| Failure::of(Exit::Usage, &error))?;
        verifier = Some(match verifier {
            None => Verifier::new(&secret),
            Some(verifier) => Verifier::and(verifier, &secret),
        });
    }
    Ok(verifier.map(|verifier| verifier.body_limit(MOST)))
}

async fn take(State(listener): State<Arc<Listener>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MOST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let number = listener.seen.fetch_add(1, Ordering::Relaxed);
    let verified =
        listener.verifier.as_ref().map(|verifier| verifier.verify(&parts.headers, &body));
    tokio::time::sleep(listener.delay).await;
    let response = if number < listener.fail_first {
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    } else if let Some(Err(_)) = &verified {
        StatusCode::UNAUTHORIZED.into_response()
    } else if let Some(forward) = &listener.forward {
        forward.pass(&parts, &body).await
    } else {
        listener.status.unwrap_or(StatusCode::NO_CONTENT).into_response()
    };
    let seen = Seen {
        method: parts.method.as_str(),
        path: parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str),
        headers: &parts.headers,
        body: &body,
        verified: verified.map(|verified| verified.map_err(|error| error.to_string())),
        status: response.status(),
    };
    if seen.print(listener.output).is_err() {
        listener.closed.send_replace(true);
    }
    response
}

/// A request, and what it was answered.
struct Seen<'a> {
    method: &'a str,
    path: &'a str,
    headers: &'a HeaderMap,
    body: &'a [u8],
    verified: Option<Result<(), String>>,
    status: StatusCode,
}

impl Seen<'_> {
    fn print(&self, output: Output) -> Result<(), Failure> {
        if output.is_json {
            return output.json(&self.json());
        }
        let time = Local::now().format("%H:%M:%S");
        let event = Incoming::parse(self.body).ok();
        let event = event.map(|event| format!("  {}.{}", event.object(), event.operation()));
        let id = self.header("webhook-id").map(|id| format!("  {id}"));
        let attempt = self.header("webhook-attempt").filter(|attempt| *attempt != "1");
        let attempt = attempt.map(|attempt| format!("  attempt {attempt}"));
        let line = format!(
            "{} {}{}{}{}  answered {}",
            self.method,
            self.path,
            event.unwrap_or_default(),
            id.unwrap_or_default(),
            attempt.unwrap_or_default(),
            self.status.as_u16(),
        );
        match &self.verified {
            None => output.marked(Colour::Yellow, &format!("{time} unverified"), &line)?,
            Some(Ok(())) => output.marked(Colour::Green, &format!("{time} verified"), &line)?,
            Some(Err(why)) => {
                output.marked(
                    Colour::Red,
                    &format!("{time} refused"),
                    &format!("{line}: {why}"),
                )?;
            }
        }
        output.body(self.body)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn json(&self) -> Value {
        let headers = self.headers.iter().map(|(name, value)| {
            (name.to_string(), json!(String::from_utf8_lossy(value.as_bytes())))
        });
        let text = String::from_utf8_lossy(self.body);
        json!({
            "at": Utc::now(),
            "method": self.method,
            "path": self.path,
            "headers": headers.collect::<serde_json::Map<_, _>>(),
            "body": serde_json::from_slice(self.body).unwrap_or_else(|_| json!(text)),
            "text": text,
            "verified": self.verified.as_ref().map(Result::is_ok),
            "problem": self.verified.as_ref().and_then(|verified| verified.as_ref().err()),
            "status": self.status.as_u16(),
        })
    }
}
