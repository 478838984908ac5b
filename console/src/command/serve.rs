//! `hookwright serve`.

mod connections;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use clap::Args;
use hookwright::IpNet;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;

use self::connections::Limits;
use super::database::{self, Missing};
use super::dispatch::{self, Delivering, Working};
use super::failure::{Exit, Failure};
use super::networks;
use super::output::Output;
use super::settings::{Settings, Values};
use super::signals::Signals;
use super::typed;
use crate::access::NewApiKey;
use crate::console::Console;

/// Where it is served, unless said otherwise.
pub(super) const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8600);
/// How long requests of the page and the API are waited for at the end.
const DRAIN: Duration = Duration::from_secs(10);

/// What is served, and where.
#[derive(Args, Debug, Default)]
pub(super) struct Serve {
    /// The address to listen at: 127.0.0.1:8600, unless given. Anywhere but on this machine it takes
    /// TLS, or a proxy that has it [env: HOOKWRIGHT_LISTEN]
    #[arg(long, value_name = "ADDRESS", value_parser = typed::read::<SocketAddr>)]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    delivering: Delivering,
    /// Answer to this name too, which stands in the Host header; may be given several times
    /// [env: HOOKWRIGHT_HOST, with commas]
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    /// People come by HTTPS, through a proxy that passes the Host header on
    /// [env: HOOKWRIGHT_BEHIND_PROXY=true]
    #[arg(long)]
    behind_proxy: bool,
    /// The certificates to serve HTTPS with, in PEM [env: HOOKWRIGHT_TLS_CERT]
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// The certificate's private key, in PEM [env: HOOKWRIGHT_TLS_KEY]
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// The events that there are: a JSON Schema, as `Catalog::json_schema` writes it
    /// [env: HOOKWRIGHT_CATALOG]
    #[arg(long, value_name = "FILE")]
    catalog: Option<String>,
}

impl Serve {
    pub(super) fn values(&self, values: &mut Values) {
        let one = |value: &Option<String>| value.iter().cloned().collect();
        self.delivering.values(values);
        values.insert("listen", self.listen.iter().map(ToString::to_string).collect());
        values.insert("host", self.host.clone());
        let behind_proxy = self.behind_proxy.then(|| "true".to_owned());
        values.insert("behind-proxy", behind_proxy.into_iter().collect());
        values.insert("tls-cert", one(&self.tls_cert));
        values.insert("tls-key", one(&self.tls_key));
        values.insert("catalog", one(&self.catalog));
    }
}

/// Serves until a signal comes.
pub(super) async fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    let signals = Signals::listen()?;
    let listen = settings.parsed("listen")?.unwrap_or(LISTEN);
    let tls = tls(settings).await?;
    let behind_proxy = settings.parsed("behind-proxy")?.unwrap_or(false);
    refuse_exposed(listen, tls.is_some() || behind_proxy)?;
    let allow: Vec<IpNet> = settings.list("allow")?;
    let sender = networks::sender(&allow)?;
    let catalog = settings.catalog()?;

    let listener = TcpListener::bind(listen)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .map_err(|error| {
            let text =
                format!("cannot listen at {listen}: {error}; choose another address by --listen");
            Failure::failed(text)
        })?;
    let address = listener.local_addr()?;
    let database = dispatch::own_database(settings)?;
    let outbox = database::open(database, Missing::Make).await?;
    let mut console = Console::new(outbox.clone())?.sender(sender.clone()).metrics(metrics()?);
    let hosts = settings.all("host").0;
    for host in hosts {
        console = console.host(host);
    }
    if !address.ip().is_loopback() && !address.ip().is_unspecified() {
        console = console.host(address.ip().to_string());
    }
    if tls.is_some() || behind_proxy {
        console = console.https();
    }
    if let Some(catalog) = catalog {
        console = console.catalog_schema(&catalog)?;
    }
    let mut working = Working::start(outbox, sender, &allow).await?;
    let console = console.dispatcher(working.health.clone());
    let key = console.first_key().await?;
    let url = url(address, tls.is_some(), behind_proxy, hosts);
    tell(output, &url, key.as_ref(), address, hosts)?;

    let handle = axum_server::Handle::new();
    let (router, limits) = (console.router(), Limits::default());
    let serving = connections::serve(listener, tls, router, handle.clone(), limits);
    let mut serving = tokio::spawn(serving);
    tokio::select! {
        () = signals.first() => {}
        failure = working.ended() => return Err(failure),
        ended = &mut serving => {
            return Err(match ended {
                Ok(Err(error)) => Failure::failed(format!("cannot be served: {error}")),
                _ => Failure::failed("the server has ended"),
            });
        }
    }
    output.note("ending: requests under way are waited for; Ctrl-C again ends at once");
    handle.graceful_shutdown(Some(DRAIN));
    let ending = async {
        working.stop().await?;
        // What is left of it has been cut off.
        let _ = serving.await;
        Ok(())
    };
    tokio::select! {
        ended = ending => ended,
        () = signals.second() => Err(Failure::silent(Exit::Interrupted)),
    }
}

/// Refuses to let keys and secrets go over a network in the clear.
fn refuse_exposed(listen: SocketAddr, is_https: bool) -> Result<(), Failure> {
    if listen.ip().is_loopback() || is_https {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "at {listen} keys and secrets would cross the network in the clear: give --tls-cert and --tls-key, or --behind-proxy where a proxy serves HTTPS; or listen at 127.0.0.1"
    )))
}

async fn tls(settings: &Settings) -> Result<Option<RustlsConfig>, Failure> {
    match (settings.one("tls-cert"), settings.one("tls-key")) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => {
            let config = RustlsConfig::from_pem_file(certificate, key).await;
            let wrong = |error| {
                Failure::usage(format!("`{certificate}` with `{key}` cannot serve HTTPS: {error}"))
            };
            config.map(Some).map_err(wrong)
        }
        _ => Err(Failure::usage("--tls-cert and --tls-key belong together: give both")),
    }
}

/// Keeps the metrics of this process, and gives what writes them.
fn metrics() -> Result<impl Fn() -> String + Send + Sync + 'static, Failure> {
    let handle = PrometheusBuilder::new()
        .install_recorder()
        .map_err(|error| Failure::of(Exit::Failed, &error))?;
    let upkeep = handle.clone();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            upkeep.run_upkeep();
        }
    });
    Ok(move || handle.render())
}

/// Where people find it: behind a proxy by its name, and at the port that HTTPS has.
fn url(address: SocketAddr, is_tls: bool, behind_proxy: bool, hosts: &[String]) -> String {
    let (ip, port) = (address.ip(), address.port());
    let scheme = if is_tls { "https" } else { "http" };
    match hosts.first() {
        Some(host) if behind_proxy => format!("https://{host}"),
        Some(host) if !ip.is_loopback() => format!("{scheme}://{host}:{port}"),
        _ if ip.is_unspecified() => format!("{scheme}://localhost:{port}"),
        _ => format!("{scheme}://{address}"),
    }
}

fn tell(
    output: Output,
    url: &str,
    key: Option<&NewApiKey>,
    address: SocketAddr,
    hosts: &[String],
) -> Result<(), Failure> {
    let key = key.map(NewApiKey::token);
    if output.is_json {
        return output.json(&json!({"url": url, "listen": address, "key": key}));
    }
    if url.ends_with(&address.to_string()) {
        output.line(&format!("serving {url}"))?;
    } else {
        output.line(&format!("serving {url}, at {address}"))?;
    }
    if let Some(key) = key {
        output.line(&format!("sign in with the key {key}, which is shown this once"))?;
    }
    if address.ip().is_unspecified() && hosts.is_empty() {
        output
            .note("note: it answers to localhost alone: give the names that people use by --host");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_people_find_it_is_told() {
        let url = |address: &str, is_tls, behind_proxy, host: Option<&str>| {
            let hosts: Vec<String> = host.into_iter().map(str::to_owned).collect();
            url(address.parse().unwrap(), is_tls, behind_proxy, &hosts)
        };
        let name = Some("hooks.example.com");
        assert_eq!(url("127.0.0.1:8600", false, false, None), "http://127.0.0.1:8600");
        assert_eq!(url("127.0.0.1:8600", false, false, name), "http://127.0.0.1:8600");
        assert_eq!(url("0.0.0.0:8600", true, false, None), "https://localhost:8600");
        assert_eq!(url("0.0.0.0:8600", true, false, name), "https://hooks.example.com:8600");
        for address in ["127.0.0.1:8600", "0.0.0.0:8600"] {
            assert_eq!(url(address, false, true, name), "https://hooks.example.com");
        }
        assert_eq!(url("0.0.0.0:8600", false, true, None), "http://localhost:8600");
    }
}
