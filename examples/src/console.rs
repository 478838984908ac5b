//! The settings page mounted into the CRM, and events to watch there.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::{get, post};
use hookwright::{EndpointSettings, Outbox, Secret, Sender, Verifier};
use hookwright_console::Console;
use tokio::net::TcpListener;

use crate::crm::Crm;
use crate::day;
use crate::model;
use crate::receiver::Receiver;
use crate::records::Records;
use crate::worker::Worker;

/// How long there is nothing to see between two events.
const PAUSE: Duration = Duration::from_millis(700);

/// Serves the page under `/settings`, and plays day after day, until Ctrl-C.
///
/// Two webhooks are there to begin with: the CRM's own receiver, and one that is often overloaded.
///
/// # Errors
///
/// What the outbox or the system refuses, such as an address that is taken.
pub async fn run<S: Records>(outbox: Outbox<S>, listen: SocketAddr) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    let sender = Sender::builder().allow("127.0.0.0/8".parse()?).allow("::1/128".parse()?);
    let sender = sender.build()?;
    let console =
        Console::new(S::any(outbox.clone()))?.sender(sender.clone()).catalog(&model::catalog())?;
    let key = console.first_key().await?;

    let secret = Secret::generate();
    let receiver = Receiver::bind(0).await?;
    let settings = EndpointSettings::new(&receiver.url())?;
    let settings = settings.secret(secret.clone()).description("The receiver of this program");
    tokio::spawn(receiver.serve(Verifier::new(&secret), drop));
    let endpoints = outbox.endpoints();
    let own = *endpoints.create(settings).await?.id();
    let settings = EndpointSettings::new(&format!("http://{address}/overloaded"))?;
    let settings = settings.secret(Secret::generate()).description("Refuses one request of three");
    let overloaded = *endpoints.create(settings.wants("person.*".parse()?)).await?.id();

    tokio::spawn(axum::serve(listener, application(console.router())).into_future());
    println!("the settings page: http://{address}/settings");
    match key {
        Some(key) => println!("sign in with the key {}", key.token()),
        None => println!("sign in with a key that was made before"),
    }
    println!("events flow until Ctrl-C");

    let worker = Worker::new(outbox.clone(), sender);
    let mut crm = Crm::open(outbox.clone(), worker, usize::MAX).await?.with_pause(PAUSE);
    tokio::select! {
        () = day::play(&mut crm) => {}
        ended = tokio::signal::ctrl_c() => ended?,
    }
    for endpoint in [own, overloaded] {
        // Somebody may have deleted it on the page.
        let _ = outbox.endpoints().delete(&endpoint).await;
    }
    Ok(())
}

/// The CRM's own routes, with the settings page among them.
fn application(settings: Router) -> Router {
    Router::new()
        .route("/", get(async || Redirect::temporary("/settings")))
        .route("/overloaded", post(refuse_one_of_three))
        // What is nested has no route for the slash alone.
        .route("/settings/", get(async || Redirect::permanent("/settings")))
        .nest("/settings", settings)
}

async fn refuse_one_of_three() -> (StatusCode, &'static str) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    match COUNT.fetch_add(1, Ordering::Relaxed) % 3 {
        2 => (StatusCode::SERVICE_UNAVAILABLE, "overloaded, come again later"),
        _ => (StatusCode::NO_CONTENT, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_settings_are_found_with_a_slash_and_without() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let settings = Router::new().route("/", get(async || "the page"));
        tokio::spawn(axum::serve(listener, application(settings)).into_future());
        for path in ["", "/", "/settings", "/settings/"] {
            let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
            assert_eq!(answer.url().path(), "/settings", "{path}");
            assert_eq!(answer.text().await.unwrap(), "the page", "{path}");
        }
    }
}
