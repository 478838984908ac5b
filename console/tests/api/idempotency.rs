//! `Idempotency-Key`.

use axum::body::Body;
use hookwright_console::{Principal, Scope};
use http::Request;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, send};

async fn post(fixture: &Fixture, key: &str, path: &str, body: Value) -> Answer {
    let request = Request::builder()
        .method("POST")
        .uri(path)
        .header("host", "localhost")
        .header("authorization", format!("Bearer {}", fixture.key))
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()));
    send(&fixture.router, request.expect("a request")).await
}

fn webhook(number: usize) -> Value {
    json!({"targetUrl": format!("http://127.0.0.1:9/{number}")})
}

async fn count(fixture: &Fixture) -> usize {
    let listed = fixture.get("/api/webhooks").await.expect(200);
    listed["data"].as_array().map_or(0, Vec::len)
}

pub(crate) async fn a_repeated_write_is_done_once_and_answered_the_same(fixture: &Fixture) {
    let first = post(fixture, "k1", "/api/webhooks", webhook(1)).await;
    let again = post(fixture, "k1", "/api/webhooks", webhook(1)).await;
    assert_eq!(first.expect(201), again.expect(201));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(again.headers["location"], first.headers["location"]);
    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(count(fixture).await, 1);
    // Somebody else's key of the same text is another.
    let other = fixture.make_key(&["write"], None).await;
    let request = Request::builder()
        .method("POST")
        .uri("/api/webhooks")
        .header("host", "localhost")
        .header("authorization", format!("Bearer {other}"))
        .header("content-type", "application/json")
        .header("idempotency-key", "k1")
        .body(Body::from(webhook(1).to_string()));
    fixture.send(request.expect("a request")).await.expect(201);
    assert_eq!(count(fixture).await, 2);
    let none = post(fixture, "", "/api/webhooks", webhook(1)).await;
    none.expect(400);
    post(fixture, &"k".repeat(256), "/api/webhooks", webhook(1)).await.expect(400);
}

pub(crate) async fn a_key_is_not_for_another_request(fixture: &Fixture) {
    post(fixture, "k1", "/api/webhooks", webhook(1)).await.expect(201);
    let other = post(fixture, "k1", "/api/webhooks", webhook(2)).await.expect(422);
    let detail = "this Idempotency-Key was used for another request: take a new one";
    assert_eq!(other["detail"], detail);
    assert_eq!(count(fixture).await, 1);
}

pub(crate) async fn two_at_once_are_done_once(fixture: &Fixture) {
    let asked = (0..8).map(|_| post(fixture, "k1", "/api/webhooks", webhook(1)));
    let answers = futures_of(asked).await;
    let mut made = 0;
    for answer in &answers {
        match answer.status.as_u16() {
            201 => made += 1,
            409 => {}
            _ => panic!("{answer:?}"),
        }
    }
    assert!(made > 0);
    assert_eq!(count(fixture).await, 1);
}

/// Polls all of them by turns.
async fn futures_of<F: Future<Output = Answer>>(futures: impl Iterator<Item = F>) -> Vec<Answer> {
    let mut futures: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, answer) in &mut futures {
            if answer.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *answer = Some(ready);
            }
        }
        if futures.iter().all(|(_, answer)| answer.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    futures.into_iter().filter_map(|(_, answer)| answer).collect()
}

pub(crate) async fn a_kept_answer_shows_no_secret_in_the_database(fixture: &Fixture) {
    let made = post(fixture, "k1", "/api/webhooks", webhook(1)).await.expect(201);
    let secret = made["secret"].as_str().expect("a secret");
    let stored = fixture.dump("hookwright_idempotency").await;
    let decoded: String = stored
        .split_whitespace()
        .filter_map(|text| hex::decode(text).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    for lies in [&stored, &decoded] {
        assert!(!lies.contains(secret) && !lies.contains("targetUrl"), "{lies}");
    }
}

pub(crate) async fn a_refused_request_may_be_made_again(fixture: &Fixture) {
    let refused = json!({"targetUrl": "ftp://x"});
    let first = post(fixture, "k1", "/api/webhooks", refused.clone()).await.expect(422);
    let again = post(fixture, "k1", "/api/webhooks", refused).await.expect(422);
    assert_eq!(first, again);
    // With a key that may not, nothing is kept.
    let reader = fixture.make_key(&["read"], None).await;
    let request = |key: &str| {
        Request::builder()
            .method("POST")
            .uri("/api/webhooks")
            .header("host", "localhost")
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .header("idempotency-key", "k2")
            .body(Body::from(webhook(1).to_string()))
            .expect("a request")
    };
    fixture.send(request(&reader)).await.expect(403);
    fixture.send(request(&reader)).await.expect(403);
    fixture.send(request("hwk_1")).await.expect(401);
}

pub(crate) async fn who_goes_away_and_comes_again_finds_it_done_once(fixture: &Fixture) {
    for number in 0..20 {
        let key = format!("k{number}");
        // Gone before it is answered: at any step of the way.
        let asked = post(fixture, &key, "/api/webhooks", webhook(number));
        let wait = std::time::Duration::from_micros(number as u64 * 300);
        let _ = tokio::time::timeout(wait, asked).await;
        let mut again = post(fixture, &key, "/api/webhooks", webhook(number)).await;
        while again.status == 409 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            again = post(fixture, &key, "/api/webhooks", webhook(number)).await;
        }
        again.expect(201);
        assert_eq!(count(fixture).await, number + 1, "round {number}");
    }
}

/// Of an answer that cannot be opened, nobody knows what was done.
pub(crate) async fn an_answer_that_cannot_be_read_any_more_is_told(fixture: &Fixture) {
    post(fixture, "k1", "/api/webhooks", webhook(1)).await.expect(201);
    for sealed in [
        "UPDATE hookwright_idempotency SET answer = '00'",
        "UPDATE hookwright_idempotency SET answer = 'x'",
    ] {
        fixture.execute(sealed).await;
        let problem = post(fixture, "k1", "/api/webhooks", webhook(1)).await.expect(409);
        let detail = problem["detail"].as_str().expect("a text");
        assert!(detail.ends_with("take a new Idempotency-Key"), "{detail}");
    }
    assert_eq!(count(fixture).await, 1);
}

/// An answer may be as large as a page.
pub(crate) async fn an_answer_is_kept_in_little_more_than_its_own_size(fixture: &Fixture) {
    let mut new = webhook(1);
    new["description"] = json!("x".repeat(1000));
    let answer = post(fixture, "k1", "/api/webhooks", new).await;
    answer.expect(201);
    let stored = fixture.dump("hookwright_idempotency").await;
    assert!(stored.len() < 3 * answer.text.len() + 1000, "{} bytes", stored.len());
}

pub(crate) async fn what_is_too_old_counts_no_longer_and_is_removed_now_and_then(
    fixture: &Fixture,
) {
    let stored = async || fixture.dump("hookwright_idempotency").await.lines().count();
    for number in 1..=2 {
        post(fixture, &format!("k{number}"), "/api/webhooks", webhook(number)).await.expect(201);
    }
    // One that was never answered, whose server has died long ago, is done again.
    fixture.execute("UPDATE hookwright_idempotency SET answer = NULL").await;
    post(fixture, "k1", "/api/webhooks", webhook(1)).await.expect(409);
    fixture.execute("UPDATE hookwright_idempotency SET created_at = created_at - 130000").await;
    post(fixture, "k1", "/api/webhooks", webhook(1)).await.expect(201);
    assert_eq!(count(fixture).await, 3);
    // One that is older than a day is done again, and may be another.
    fixture.execute("UPDATE hookwright_idempotency SET created_at = created_at - 86400000").await;
    post(fixture, "k1", "/api/webhooks", webhook(3)).await.expect(201);
    assert_eq!(count(fixture).await, 4);

    // The others are not looked for at each write.
    assert_eq!(stored().await, 2);
    // Another process has not looked yet.
    let request = Request::builder()
        .method("POST")
        .uri("/api/webhooks")
        .header("host", "localhost")
        .header("authorization", format!("Bearer {}", fixture.key))
        .header("content-type", "application/json")
        .header("idempotency-key", "k3")
        .body(Body::from(webhook(4).to_string()))
        .expect("a request");
    send(&fixture.console().router(), request).await.expect(201);
    assert_eq!(stored().await, 2, "k1 and k3");
    // What it looks for is found without reading all of a day.
    fixture.execute("DROP INDEX hookwright_idempotency_open").await;
}

/// Whom an application has signed in is asked for no key, by which the tables are made else.
pub(crate) async fn the_first_request_of_all_may_be_such_a_one(fixture: &Fixture) {
    fixture.execute("DROP TABLE hookwright_idempotency").await;
    let mut request = Request::builder()
        .method("POST")
        .uri("/api/webhooks")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("idempotency-key", "k1")
        .body(Body::from(webhook(1).to_string()))
        .expect("a request");
    request.extensions_mut().insert(Principal::new("alice", &[Scope::Write]));
    send(&fixture.console().router(), request).await.expect(201);
}
