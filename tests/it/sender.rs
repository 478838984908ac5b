//! Sending over real sockets.

mod addresses;
mod answers;
mod check;
mod deliveries;
mod formats;
mod requests;
mod tls;

use hookwright::{Endpoint, SendError, Sender, WebhookObject};
use serde::{Deserialize, Serialize};

use crate::server::Server;

#[derive(Debug, Clone, Serialize, Deserialize, WebhookObject)]
struct Person {
    id: String,
    email: String,
}

fn alice() -> Person {
    Person { id: "1".into(), email: "alice@example.com".into() }
}

/// A sender that may dial loopback.
fn local_sender() -> Sender {
    let network = "127.0.0.0/8".parse().expect("a network");
    Sender::builder().allow(network).build().expect("a sender")
}

fn endpoint(server: &Server, path: &str) -> Endpoint {
    Endpoint::new(&server.url(path)).expect("an endpoint")
}

/// The error of sending to a server that is told how to answer.
async fn refusal_of(server: &Server) -> SendError {
    let sent = local_sender().send(&endpoint(server, "/"), &alice().created()).await;
    sent.expect_err("a refusal")
}
