use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use hookwright::receiver::axum::Verified;
use hookwright::{Event, Secret, Verifier};
use serde_json::json;

use super::{Anything, Tool, bodies, check_receiver, check_signatures, script};

const SECRET: &str = "a secret of 16 bytes or more";

#[test]
fn node_computes_the_same_signatures() {
    check_signatures(Tool::start(
        "node",
        &[concat!(env!("CARGO_MANIFEST_DIR"), "/foreign/sign.js")],
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn node_verifies_our_requests_by_the_readme() {
    let script = script("js", include_str!("../../foreign/receive.js"), "receive.js");
    check_receiver(Tool::start("node", &[&script, SECRET]), SECRET).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_node_signs_are_accepted_and_changed_ones_are_not() {
    async fn hook(Verified(_event): Verified<Event<Anything>>) -> StatusCode {
        StatusCode::NO_CONTENT
    }

    let verifier = Verifier::new(&Secret::new(SECRET).expect("a secret"));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let app = Router::new().route("/", post(hook)).with_state(verifier);
    tokio::spawn(async move { axum::serve(listener, app).await });

    let mut node = Tool::start("node", &[concat!(env!("CARGO_MANIFEST_DIR"), "/foreign/post.js")]);
    let bodies = bodies();
    for body in &bodies {
        let question = json!({ "url": url, "secret": SECRET, "body": body, "sent": body });
        assert_eq!(node.ask(&question), "204", "{body}");
    }
    for body in bodies.iter().take(20) {
        let spaced = body.replacen("{\"event\":", "{ \"event\":", 1);
        let question = json!({ "url": url, "secret": SECRET, "body": body, "sent": spaced });
        assert_eq!(node.ask(&question), "401", "{body}");
        let question = json!({ "url": url, "secret": "another", "body": body, "sent": body });
        assert_eq!(node.ask(&question), "401", "{body}");
    }
}
