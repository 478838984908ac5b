//! Names, the way out, and the clocks of others.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hookwright::AddressPolicy;
use http::header;
use tokio::net::{TcpStream, lookup_host};
use url::Url;

use super::Findings;
use crate::command::client::Client;
use crate::command::database::Missing;
use crate::command::failure::Failure;
use crate::command::networks::ALLOWING;
use crate::command::settings::Settings;
use crate::problem::with_sources;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How far clocks may be apart: a signature is taken within five minutes.
const WARN: i64 = 5_000;
const FAIL: i64 = 120_000;

/// Whether a server works, and takes the key.
pub(super) async fn look_at_server(
    server: &str,
    settings: &Settings,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let client = Client::new(settings, Missing::Refuse).await?;
    match client.get(&["health", "ready"], &[]).await {
        Ok(_) => {
            findings.ok("server", "it is ready: the database answers, and the dispatcher works")?;
        }
        Err(failure) => return findings.fail("server", failure.text()),
    }
    match client.get(&["api", "webhooks"], &[("limit", "1".to_owned())]).await {
        Ok(_) => findings.ok("key", "it is taken")?,
        Err(failure) => findings.fail("key", failure.text())?,
    }
    let Ok(mut url) = Url::parse(server) else {
        return Ok(());
    };
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["health", "live"]);
    }
    probe("server", &url, findings).await
}

/// Whether a URL answers, and what time it is there.
pub(super) async fn probe(what: &str, url: &Url, findings: &mut Findings) -> Result<(), Failure> {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build();
    let host = url.host_str().unwrap_or_default();
    let answer = match client {
        Ok(client) => client.get(url.clone()).send().await,
        Err(error) => Err(error),
    };
    match answer {
        Err(error) => {
            let why = with_sources(&error.without_url());
            let text =
                format!("{host} does not answer: {why}; see the firewall, the proxy and the DNS");
            findings.fail(what, &text)
        }
        Ok(answer) => {
            findings.ok(what, &format!("{host} answers with {}", answer.status().as_u16()))?;
            let date = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok());
            match date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) {
                Some(date) => {
                    let apart = date.timestamp_millis() - Utc::now().timestamp_millis();
                    judge_clock(host, apart, findings)
                }
                None => Ok(()),
            }
        }
    }
}

/// Says how far a clock is from this machine's, in milliseconds.
pub(super) fn judge_clock(whose: &str, apart: i64, findings: &mut Findings) -> Result<(), Failure> {
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let seconds = apart.abs() as f64 / 1e3;
    let way = if apart > 0 { "behind" } else { "ahead of" };
    let text = format!("this machine's is {seconds:.1} s {way} that of {whose}");
    match apart.abs() {
        FAIL.. => findings
            .fail("clock", &format!("{text}: receivers refuse signatures; synchronize it (NTP)")),
        WARN.. => findings.warn("clock", &format!("{text}: synchronize it (NTP)")),
        _ => findings.ok("clock", &text),
    }
}

/// Whether a webhook's name is known, its addresses are allowed by the policy, where one is to be
/// asked, and one of them can be reached. Nothing is sent.
pub(super) async fn reach(
    url: &Url,
    policy: Option<&AddressPolicy>,
    findings: &mut Findings,
) -> Result<(), Failure> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(443);
    let name = host.trim_matches(['[', ']']);
    let found = tokio::time::timeout(PATIENCE, lookup_host((name, port))).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => {
            let text = format!("{host} is not known: {error}; see the webhook's URL and the DNS");
            return findings.fail("dns", &text);
        }
        Err(_) => return findings.fail("dns", &format!("{host}: the DNS does not answer")),
    };
    let refused = policy.and_then(|policy| {
        let judge = |address: &SocketAddr| match url.scheme() {
            "https" => policy.judge(address.ip()),
            _ => policy.judge_plain(address.ip()),
        };
        addresses.iter().find_map(|address| judge(address).err())
    });
    if let Some(refused) = refused {
        let text = format!("{host} is dialled only where that is allowed: {refused}; {ALLOWING}");
        return findings.warn("egress", &text);
    }
    for address in &addresses {
        let dialled = tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await;
        if matches!(dialled, Ok(Ok(_))) {
            return findings.ok("egress", &format!("{host}:{port} can be reached"));
        }
    }
    let text =
        format!("{host}:{port} cannot be reached: see the receiver, the firewall and the routes");
    findings.fail("egress", &text)
}
