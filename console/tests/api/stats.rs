//! Figures.

use hookwright::testing::{Reply, TestReceiver};
use serde_json::{Value, json};

use crate::fixture::Fixture;

pub(crate) async fn what_was_delivered_and_what_waits_is_counted(fixture: &Fixture) {
    let good = TestReceiver::start().await;
    let bad = TestReceiver::start().await;
    bad.reply_always(Reply::status(500));
    let mut ids = Vec::new();
    for receiver in [&good, &bad] {
        let new = json!({"targetUrl": receiver.url("/")});
        let made = fixture.post("/api/webhooks", new).await.expect(201);
        ids.push(made["id"].as_str().expect("an id").to_owned());
    }
    let _dispatcher = fixture.dispatch();
    for number in 0..3 {
        let new = json!({"event": "person.created", "data": {"id": number}});
        fixture.post("/api/events", new).await.expect(201);
    }
    let path = format!("/api/stats?webhooks={},{}", ids[0], ids[1]);
    let is_counted = |stats: &Value| {
        stats["webhooks"][0]["delivered"] == 3 && stats["webhooks"][1]["failed"] == 3
    };
    let stats = fixture.until(&path, is_counted).await;
    let [first, second] = [&stats["webhooks"][0], &stats["webhooks"][1]];
    assert_eq!(first["webhookId"], ids[0].as_str());
    assert_eq!(first["failureShare"], 0.0);
    assert_eq!(second["failureShare"], 1.0);
    assert_eq!(second["pending"], 3);
    assert!(second["oldestDue"].is_string());
    assert!(first["p50Ms"].as_f64().expect("a number") > 0.0);
    assert_eq!(first["buckets"].as_array().map(Vec::len), Some(24));
    let whole: u64 = first["buckets"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|bucket| bucket["delivered"].as_u64())
        .sum();
    assert_eq!(whole, 3);

    let total = fixture.get("/api/stats?bucketSeconds=60&buckets=60").await.expect(200);
    assert_eq!(total["total"]["delivered"], 3);
    assert_eq!(total["total"]["failed"], 3);
    assert_eq!(total["webhooks"], json!([]));
    assert_eq!(total["bucketSeconds"], 60);
    // A year that has begun a minute ago has had a minute of attempts.
    let since = chrono::Utc::now() - chrono::TimeDelta::minutes(1);
    let since = since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let path = format!("/api/stats?bucketSeconds=31536000&buckets=1&since={since}");
    let year = fixture.get(&path).await.expect(200);
    assert!(year["total"]["perSecond"].as_f64().expect("a number") > 0.05, "{year}");
    fixture.get("/api/stats?webhooks=1").await.expect(400);
}
