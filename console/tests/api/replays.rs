//! Recoveries and replays.

use hookwright::testing::TestReceiver;
use serde_json::{Value, json};

use crate::fixture::Fixture;

async fn make(fixture: &Fixture, url: &str) -> String {
    let made = fixture.post("/api/webhooks", json!({"targetUrl": url})).await.expect(201);
    format!("/api/webhooks/{}", made["id"].as_str().expect("an id"))
}

async fn emit(fixture: &Fixture, count: usize) {
    for number in 0..count {
        let new = json!({"event": "person.created", "data": {"id": number}});
        fixture.post("/api/events", new).await.expect(201);
    }
}

pub(crate) async fn a_recovery_is_followed_and_asked_for_again_the_same(fixture: &Fixture) {
    let receiver = TestReceiver::start().await;
    let webhook = make(fixture, &receiver.url("/")).await;
    emit(fixture, 3).await;
    let dispatcher = fixture.dispatch();
    let id = webhook.rsplit('/').next().expect("an id");
    let delivered = format!("/api/deliveries?state=delivered&webhook={id}");
    let is_all = |page: &Value| page["data"].as_array().map(Vec::len) == Some(3);
    fixture.until(&delivered, is_all).await;
    drop(dispatcher);
    fixture.execute("UPDATE hookwright_delivery SET state = 1, died_at = 1900000000000").await;

    let since = json!({"since": "2026-01-01T00:00:00Z"});
    let begun = fixture.post(&format!("{webhook}/recover"), since.clone()).await.expect(202);
    assert_eq!(begun["kind"], "recovery");
    assert_eq!(begun["until"], Value::Null);
    let again = fixture.post(&format!("{webhook}/recover"), since).await.expect(202);
    assert_eq!(begun["id"], again["id"]);
    let listed = fixture.get(&format!("{webhook}/replays")).await.expect(200);
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1));
    let path = format!("{webhook}/replays/{}", begun["id"].as_str().expect("an id"));
    let _dispatcher = fixture.dispatch();
    fixture.until(&path, |replay| replay["state"] == "done").await;

    // All of them again, dead or not.
    let span = json!({"since": "2026-01-01T00:00:00Z", "perSecond": 100});
    let begun = fixture.post(&format!("{webhook}/replay"), span).await.expect(202);
    let path = format!("{webhook}/replays/{}", begun["id"].as_str().expect("an id"));
    let done = fixture.until(&path, |replay| replay["state"] == "done").await;
    assert_eq!(done["queued"], 3);
    receiver.wait_for(6).await;
}

pub(crate) async fn a_replay_is_cancelled(fixture: &Fixture) {
    let webhook = make(fixture, "http://127.0.0.1:9/").await;
    let span = json!({"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"});
    let begun = fixture.post(&format!("{webhook}/replay"), span).await.expect(202);
    assert_eq!(begun["state"], "running");
    let path = format!("{webhook}/replays/{}", begun["id"].as_str().expect("an id"));
    fixture.call("DELETE", &path, None).await.expect(204);
    assert_eq!(fixture.get(&path).await.expect(200)["state"], "cancelled");
    fixture.get(&format!("{webhook}/replays/999")).await.expect(404);
    fixture.get(&format!("{webhook}/replays/x")).await.expect(404);
    // Of another webhook it is none.
    let other = make(fixture, "http://127.0.0.1:9/").await;
    let path = format!("{other}/replays/{}", begun["id"].as_str().expect("an id"));
    fixture.get(&path).await.expect(404);
}

pub(crate) async fn a_span_that_ends_before_it_begins_is_refused(fixture: &Fixture) {
    let webhook = make(fixture, "http://127.0.0.1:9/").await;
    let span = json!({"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"});
    let errors = fixture.post(&format!("{webhook}/replay"), span).await.errors();
    assert_eq!(errors, [("until".to_owned(), "the end is not after the beginning".to_owned())]);
    for wrong in [
        json!({}),
        json!({"since": "yesterday"}),
        json!({"since": "2026-01-01T00:00:00Z", "perSecond": 0}),
    ] {
        fixture.post(&format!("{webhook}/recover"), wrong).await.expect(422);
    }
}
