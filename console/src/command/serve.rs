//! `hookwright serve`.

use std::error::Error;
use std::net::SocketAddr;

use clap::Args;
use hookwright::{Dispatcher, IpNet, Sender};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::database;
use crate::console::Console;
use crate::outbox::on_store;

/// What is served, and where.
#[derive(Args)]
pub(super) struct Serve {
    /// The path of a file of SQLite, or a URL of PostgreSQL.
    #[arg(long, env = "HOOKWRIGHT_DATABASE", default_value = database::DEFAULT)]
    database: String,
    /// The address to listen at.
    #[arg(long, env = "HOOKWRIGHT_LISTEN", default_value = "127.0.0.1:8600")]
    listen: SocketAddr,
    /// Allow webhooks in this network, which are refused otherwise; may be given several times.
    #[arg(long)]
    allow: Vec<IpNet>,
    /// Print a line of JSON first: `{"url":…,"key":…}`.
    #[arg(long)]
    json: bool,
}

impl Serve {
    pub(super) async fn run(self) -> Result<(), Box<dyn Error>> {
        let outbox = database::open(&self.database).await?;
        let sender = self.allow.iter().fold(Sender::builder(), |sender, net| sender.allow(*net));
        let sender = sender.build()?;
        let listener = TcpListener::bind(self.listen).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let console = Console::new(outbox.clone())?.sender(sender.clone());
        let key = console.first_key().await?;
        let key = key.as_ref().map(crate::access::NewApiKey::token);
        if self.json {
            println!("{}", json!({"url": url, "key": key}));
        } else {
            println!("serving {url}");
            if let Some(key) = key {
                println!("sign in with the key {key}, which is shown this once");
            }
        }
        let (stop, stopped) = watch::channel(());
        let until_stopped = move || {
            let mut stopped = stopped.clone();
            async move {
                let _ = stopped.changed().await;
            }
        };
        let (console, dispatching) = on_store!(outbox, outbox => {
            let dispatcher = Dispatcher::new(outbox).sender(sender);
            let console = console.dispatcher(dispatcher.health());
            (console, tokio::spawn(dispatcher.run(until_stopped())))
        });
        let serving =
            axum::serve(listener, console.router()).with_graceful_shutdown(until_stopped());
        let serving = tokio::spawn(serving.into_future());
        tokio::signal::ctrl_c().await?;
        drop(stop);
        dispatching.await??;
        serving.await??;
        Ok(())
    }
}
