//! What is written to an endpoint that wants another envelope.

use chrono::{DateTime, Utc};
use hookwright::{Actor, CloudEvents, EventId, Format, Secret, Twenty, Verifier, WebhookObject};

use super::{alice, endpoint, local_sender};
use crate::server::Server;

/// Sends an event in a format, and gives the content type and the body.
async fn check(format: impl Into<Format>, content_type: &str, expected: &str) {
    let server = Server::with_status(204).await;
    let secret = Secret::generate();
    let endpoint = endpoint(&server, "/hooks?a=b").secret(secret.clone()).format(format);
    let id: EventId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("an id");
    let time: DateTime<Utc> = "2025-02-10T15:30:50Z".parse().expect("a time");
    let person = alice();
    let event = person.created().with_id(id.clone()).at(time).by(Actor::user("u1"));
    let receipt = local_sender().send(&endpoint, &event).await.expect("a receipt");
    assert_eq!(receipt.event_id(), &id);

    let request = &server.requests()[0];
    let data = serde_json::to_string(&person).expect("data");
    let expected = expected
        .replace("DATA", &data)
        .replace("SUBJECT", &event.object_id().to_string())
        .replace("ADDRESS", &server.address.to_string());
    assert_eq!(String::from_utf8_lossy(&request.body), expected);
    assert_eq!(request.headers["content-type"], content_type);
    assert_eq!(request.headers["webhook-id"], id.to_string().as_str());
    let verifier = Verifier::new(&secret);
    verifier.verify(&request.headers, &request.body).expect("a right signature");
    let verifier = verifier.standard_webhooks_only();
    verifier.verify(&request.headers, &request.body).expect("a right signature");
}

#[tokio::test]
async fn an_endpoint_gets_bodies_of_its_format() {
    let json = "application/json";
    check(
        Format::Documented,
        json,
        r#"{"event":"person.created","data":DATA,"timestamp":"2025-02-10T15:30:50Z"}"#,
    )
    .await;
    check(
        Format::Standard,
        json,
        r#"{"type":"person.created","timestamp":"2025-02-10T15:30:50Z","data":DATA}"#,
    )
    .await;
    check(
        Twenty::new("w1").object("person", "m1").webhook("h1"),
        json,
        concat!(
            r#"{"targetUrl":"http://ADDRESS/hooks?a=b","eventName":"person.created","#,
            r#""objectMetadata":{"id":"m1","nameSingular":"person"},"workspaceId":"w1","webhookId":"h1","#,
            r#""eventDate":"2025-02-10T15:30:50.000Z","userId":"u1","record":DATA}"#,
        ),
    )
    .await;
    check(
        CloudEvents::new("/crm").expect("a URI"),
        "application/cloudevents+json",
        concat!(
            r#"{"specversion":"1.0","id":"01890a5d-ac96-774b-bcce-b302099a8057","source":"/crm","#,
            r#""type":"person.created","subject":"SUBJECT","time":"2025-02-10T15:30:50Z","#,
            r#""datacontenttype":"application/json","data":DATA}"#,
        ),
    )
    .await;
}
