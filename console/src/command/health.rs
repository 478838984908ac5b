//! `hookwright health`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use serde_json::json;
use url::Url;

use super::client::unreachable;
use super::failure::{Exit, Failure};
use super::output::Output;
use super::serve::LISTEN;
use super::settings::{Settings, Target};
use super::typed;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whom to ask.
#[derive(Args, Debug)]
pub(super) struct Health {
    /// Where `hookwright serve` is: the server that is set, unless given, or this machine's at the
    /// address to listen at.
    url: Option<String>,
}

impl Health {
    pub(super) async fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        let mut client = reqwest::Client::builder().timeout(PATIENCE);
        let url = match (&self.url, settings.target()) {
            (Some(url), _) => url.clone(),
            (None, Ok(Target::Server(url))) => url.to_owned(),
            (None, Ok(Target::Database(_))) => {
                let own = Own::of(settings)?;
                client = client.resolve(&own.name, own.address).no_proxy();
                own.url
            }
            (None, Err(failure)) => return Err(failure),
        };
        let mut url: Url = typed::read(&url).map_err(|_: &str| {
            Failure::usage(format!("`{url}` is no URL of a server: such as http://{LISTEN}"))
        })?;
        if url.scheme() == "http" {
            client = client.no_proxy();
        }
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["health", "ready"]);
        }
        let client = client.build().map_err(|error| Failure::of(Exit::Failed, &error))?;
        let answer = client.get(url.clone()).send().await;
        let status = answer.map_err(|error| unreachable(&url, error))?.status();
        if !status.is_success() {
            return Err(Failure::failed(format!("the server answers {status}: it does not work")));
        }
        if output.is_json {
            return output.json(&json!({"status": status.as_u16()}));
        }
        output.line("the server works")
    }
}

/// The server of this machine, as the settings have it.
#[derive(Debug, PartialEq, Eq)]
struct Own {
    url: String,
    /// The name that its certificate is of.
    name: String,
    address: SocketAddr,
}

impl Own {
    fn of(settings: &Settings) -> Result<Self, Failure> {
        let mut address: SocketAddr = settings.parsed("listen")?.unwrap_or(LISTEN);
        match address.ip() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        let name = settings.one("host").unwrap_or("localhost").to_owned();
        let url = match settings.one("tls-cert") {
            Some(_) => format!("https://{name}:{}", address.port()),
            None => format!("http://{address}"),
        };
        Ok(Self { url, name, address })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_server_of_this_machine_is_asked_where_it_listens() {
        for (listen, tls, host, url, address) in [
            (None, None, None, "http://127.0.0.1:8600", "127.0.0.1:8600"),
            (Some("0.0.0.0:80"), None, Some("a.example"), "http://127.0.0.1:80", "127.0.0.1:80"),
            (Some("[::]:80"), None, None, "http://[::1]:80", "[::1]:80"),
            (Some("10.0.0.5:80"), None, None, "http://10.0.0.5:80", "10.0.0.5:80"),
            (Some("0.0.0.0:443"), Some("c"), None, "https://localhost:443", "127.0.0.1:443"),
            (Some("0.0.0.0:1"), Some("c"), Some("a.b"), "https://a.b:1", "127.0.0.1:1"),
        ] {
            let set = [("listen", listen), ("tls-cert", tls), ("host", host)];
            let set =
                set.map(|(name, value)| (name, value.into_iter().map(str::to_owned).collect()));
            let settings = Settings::of(set.into(), [].into(), [].into(), Path::new(""));
            let own = Own::of(&settings).unwrap();
            assert_eq!((own.url.as_str(), own.address), (url, address.parse().unwrap()));
        }
    }
}
