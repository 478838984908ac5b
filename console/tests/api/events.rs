//! Events, deliveries, attempts, and events that only try a webhook out.

use hookwright::schemars::JsonSchema;
use hookwright::testing::{Reply, TestReceiver};
use hookwright::{Catalog, WebhookObject};
use serde_json::{Value, json};

use crate::fixture::Fixture;

#[derive(serde::Serialize, WebhookObject, JsonSchema)]
#[schemars(crate = "hookwright::schemars")]
struct Person {
    id: String,
    email: String,
}

async fn make(fixture: &Fixture, receiver: &TestReceiver) -> String {
    let secret = receiver.secret().expose();
    let new = json!({"targetUrl": receiver.url("/"), "secret": secret});
    let made = fixture.post("/api/webhooks", new).await.expect(201);
    made["id"].as_str().expect("an id").to_owned()
}

pub(crate) async fn an_event_of_another_program_arrives_as_it_was_written(fixture: &Fixture) {
    let receiver = TestReceiver::start().await;
    make(fixture, &receiver).await;
    let _dispatcher = fixture.dispatch();
    let request = http::Request::builder()
        .method("POST")
        .uri("/api/events")
        .header("host", "localhost")
        .header("authorization", format!("Bearer {}", fixture.key))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(
            r#"{"event":"person.updated","data":{"id":7, "amount":1200.00},"timestamp":"2026-02-10T15:30:50Z","updatedFields":["amount"],"previous":{"amount":1.50}}"#,
        ));
    let made = fixture.send(request.expect("a request")).await.expect(201);
    let requests = receiver.wait_for(1).await;
    assert!(requests[0].is_verified(), "{:?}", requests[0].verdict());
    assert_eq!(requests[0].header("webhook-id"), made["id"].as_str().expect("an id"));
    assert_eq!(
        str::from_utf8(requests[0].body()).expect("UTF-8"),
        r#"{"event":"person.updated","data":{"id":7, "amount":1200.00},"updatedFields":["amount"],"previous":{"amount":1.50},"timestamp":"2026-02-10T15:30:50Z"}"#,
    );
}

pub(crate) async fn an_event_that_is_none_is_refused_with_what_to_do(fixture: &Fixture) {
    let check = async |new: Value, fields: &[&str]| {
        let errors = fixture.post("/api/events", new.clone()).await.errors();
        let named: Vec<_> = errors.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(named, fields, "{new}: {errors:?}");
    };
    check(json!({"event": "person", "data": []}), &["event", "data"]).await;
    check(json!({"event": "person.created", "data": {"id": []}}), &["data"]).await;
    check(json!({"event": "person.created", "data": {}, "previous": {}}), &["updatedFields"]).await;
    check(json!({"event": "webhookDelivery.exhausted", "data": {}}), &["event"]).await;
    let wrong =
        json!({"event": "person.updated", "data": {}, "updatedFields": ["a"], "previous": []});
    check(wrong, &["previous"]).await;
    for timestamp in ["+10000-01-01T00:00:00Z", "-0001-12-31T23:59:59Z"] {
        let late = json!({"event": "person.created", "data": {}, "timestamp": timestamp});
        check(late, &["timestamp"]).await;
    }
    let large =
        json!({"event": "person.created", "data": {"id": "1", "text": "x".repeat(1_500_000)}});
    check(large, &["data"]).await;
    let listed = fixture.get("/api/events").await.expect(200);
    assert_eq!(listed["data"], json!([]), "nothing was taken");
}

pub(crate) async fn what_is_wrong_with_a_body_is_told_in_plain_words(fixture: &Fixture) {
    let detail = async |content_type: &str, body: &str, status: u16| {
        let request = http::Request::builder()
            .method("POST")
            .uri("/api/events")
            .header("host", "localhost")
            .header("authorization", format!("Bearer {}", fixture.key))
            .header("content-type", content_type)
            .body(axum::body::Body::from(body.to_owned()));
        let problem = fixture.send(request.expect("a request")).await.expect(status);
        problem["detail"].as_str().expect("a text").to_owned()
    };
    let json = "application/json";
    for (body, says) in [
        (r#"{"event":"person.created"}"#, "`data` is missing"),
        (r#"{"event":5,"data":{}}"#, "`event` is integer `5`: a string is expected"),
        (
            r#"{"event":"person.created","data":{},"timestamp":"yesterday"}"#,
            "`timestamp` is no time: write it as 2025-02-10T15:30:50Z",
        ),
        (
            r#"{"event":"person.created","data":{},"timestamp":1}"#,
            "`timestamp` is no time: write it as 2025-02-10T15:30:50Z",
        ),
    ] {
        assert_eq!(detail(json, body, 422).await, says);
    }
    let unknown = detail(json, r#"{"event":"person.created","dta":{}}"#, 422).await;
    assert!(
        unknown.starts_with("there is no `dta` here: write one of `event`, `data`"),
        "{unknown}"
    );
    assert_eq!(
        detail(json, "{\n\"event\":", 400).await,
        "the body is not JSON, at line 2, column 8"
    );
    let plain = detail("text/plain", "{}", 415).await;
    assert!(plain.contains("`Content-Type: application/json`"), "{plain}");
    for (query, says) in [
        ("since=yesterday", "`since` is no time: write it as 2025-02-10T15:30:50Z"),
        ("limit=ten", "`limit` takes a whole number"),
        ("state=lost", "`state` cannot be `lost`: write one of `pending`"),
    ] {
        let problem = fixture.get(&format!("/api/deliveries?{query}")).await.expect(400);
        let detail = problem["detail"].as_str().expect("a text");
        assert!(detail.starts_with(says), "{detail}");
    }
}

pub(crate) async fn an_event_is_checked_against_the_catalogue(fixture: &Fixture) {
    let catalog = Catalog::new().object::<Person>();
    let console = fixture.console().catalog(&catalog).expect("a catalogue");
    let schema = fixture.console().catalog_schema(&catalog.json_schema()).expect("a catalogue");
    for console in [console, schema] {
        let router = console.router();
        let ask = async |method: &str, path: &str, body: Option<Value>| {
            let request = http::Request::builder()
                .method(method)
                .uri(path)
                .header("host", "localhost")
                .header("authorization", format!("Bearer {}", fixture.key))
                .header("content-type", "application/json")
                .body(axum::body::Body::from(
                    body.map(|body| body.to_string()).unwrap_or_default(),
                ));
            crate::fixture::send(&router, request.expect("a request")).await
        };
        let emit = async |body| ask("POST", "/api/events", Some(body)).await;
        let good =
            json!({"event": "person.created", "data": {"id": "1", "email": "a@example.com"}});
        emit(good).await.expect(201);
        let unknown = json!({"event": "deal.won", "data": {"id": "1"}});
        let errors = emit(unknown).await.errors();
        assert_eq!(errors[0].1, "there is no event deal.won in the catalogue");
        let customer = "alice@example.com";
        let wrong = json!({"event": "person.created", "data": {"id": 1, "mail": customer}});
        let answer = emit(wrong).await;
        let errors = answer.errors();
        assert!(errors.iter().any(|(_, detail)| detail.starts_with("/data/id: ")), "{errors:?}");
        assert!(errors.iter().any(|(_, detail)| detail.contains("email")), "{errors:?}");
        assert!(!answer.text.contains(customer), "{}", answer.text);

        let told = ask("GET", "/api/catalog", None).await.expect(200);
        assert_eq!(told["events"][0]["event"], "person.created");
        assert_eq!(told["events"][0]["example"]["event"], "person.created");
        assert!(told["schema"]["$defs"]["person"].is_object());
    }
    assert!(fixture.console().catalog_schema("{}").is_err());
    assert_eq!(fixture.get("/api/catalog").await.expect(200)["events"], json!([]));
}

pub(crate) async fn an_event_is_read_back_with_its_body(fixture: &Fixture) {
    let new = json!({"event": "person.created", "data": {"id": "1"}});
    let made = fixture.post("/api/events", new).await.expect(201);
    let path = format!("/api/events/{}", made["id"].as_str().expect("an id"));
    let read = fixture.get(&path).await.expect(200);
    assert_eq!(read["event"], "person.created");
    assert_eq!(read["objectId"], "1");
    assert_eq!(read["body"]["data"], json!({"id": "1"}));
    fixture.get("/api/events/none").await.expect(404);
}

pub(crate) async fn a_delivery_is_read_back_with_its_request_and_attempts(fixture: &Fixture) {
    let receiver = TestReceiver::start().await;
    receiver.reply_always(Reply::status(503).body("<script>alert(1)</script>\u{1b}[31m"));
    let webhook = make(fixture, &receiver).await;
    let new = json!({"event": "person.created", "data": {"id": "1"}});
    let made = fixture.post("/api/events", new).await.expect(201);
    let _dispatcher = fixture.dispatch();
    let id = format!("{}:{webhook}", made["id"].as_str().expect("an id"));
    let attempts = format!("/api/attempts?webhook={webhook}");
    let page = fixture.until(&attempts, |page| page["data"][0].is_object()).await;
    let attempt = &page["data"][0];
    assert_eq!(attempt["outcome"], "failed");
    assert_eq!(attempt["status"], 503);
    assert_eq!(attempt["attempt"], 1);
    assert_eq!(attempt["answer"], "<script>alert(1)</script>\u{1b}[31m");
    let delivery = fixture.get(&format!("/api/deliveries/{id}")).await.expect(200);
    assert_eq!(delivery["id"], id.as_str());
    assert_eq!(delivery["state"], "pending");
    assert_eq!(delivery["attempts"], 1);
    let request = fixture.get(&format!("/api/deliveries/{id}/request")).await.expect(200);
    assert_eq!(request["method"], "POST");
    assert_eq!(request["headers"]["webhook-id"], made["id"]);
    let sent = receiver.wait_for(1).await;
    assert_eq!(request["body"].as_str().map(str::as_bytes), Some(sent[0].body()));
    for wrong in ["none", "a:b", &format!("{webhook}:{webhook}")] {
        fixture.get(&format!("/api/deliveries/{wrong}")).await.expect(404);
    }
}

pub(crate) async fn a_delivery_is_sent_again(fixture: &Fixture) {
    let receiver = TestReceiver::start().await;
    let webhook = make(fixture, &receiver).await;
    let new = json!({"event": "person.created", "data": {"id": "1"}});
    let made = fixture.post("/api/events", new).await.expect(201);
    let _dispatcher = fixture.dispatch();
    receiver.wait_for(1).await;
    let id = format!("{}:{webhook}", made["id"].as_str().expect("an id"));
    let path = format!("/api/deliveries/{id}");
    fixture.until(&path, |delivery| delivery["state"] == "delivered").await;
    fixture.call("POST", &format!("{path}/resend"), None).await.expect(202);
    let requests = receiver.wait_for(2).await;
    assert_eq!(requests[0].body(), requests[1].body());
    assert_eq!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
}

pub(crate) async fn what_is_asked_for_is_filtered_a_page_at_a_time(fixture: &Fixture) {
    for (name, id) in [("person.created", "1"), ("person.updated", "1"), ("deal.won", "2")] {
        let new = json!({"event": name, "data": {"id": id}});
        fixture.post("/api/events", new).await.expect(201);
    }
    let names = async |query: &str| {
        let page = fixture.get(&format!("/api/events?{query}")).await.expect(200);
        let names = page["data"].as_array().expect("a list").iter();
        names.map(|event| event["event"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("").await, ["deal.won", "person.updated", "person.created"]);
    assert_eq!(names("object=person").await, ["person.updated", "person.created"]);
    assert_eq!(names("event=person.created").await, ["person.created"]);
    assert_eq!(names("objectId=2").await, ["deal.won"]);
    assert_eq!(names("since=2999-01-01T00:00:00Z").await, [""; 0]);
    let page = fixture.get("/api/events?limit=2").await.expect(200);
    let next = page["next"].as_str().expect("another page");
    assert_eq!(names(&format!("limit=2&cursor={next}")).await, ["person.created"]);
    for wrong in ["event=person", "since=yesterday", "webhook=1", "state=lost", "limit=-1"] {
        let problem = fixture.get(&format!("/api/deliveries?{wrong}")).await.expect(400);
        let detail = problem["detail"].as_str().expect("a text");
        assert!(!detail.contains("endpoint"), "{detail}");
    }
}

pub(crate) async fn what_does_not_count_for_a_list_is_refused(fixture: &Fixture) {
    let id = uuid::Uuid::nil();
    for (path, parameters) in [
        ("events", vec![format!("webhook={id}"), "state=dead".into(), "outcome=failed".into()]),
        ("deliveries", vec!["outcome=failed".into(), "text=x".into()]),
        ("attempts", vec!["state=dead".into(), "text=x".into()]),
        ("webhooks", vec!["state=dead".into(), "event=person.created".into()]),
    ] {
        fixture.get(&format!("/api/{path}")).await.expect(200);
        for parameter in parameters {
            fixture.get(&format!("/api/{path}?{parameter}")).await.expect(400);
        }
    }
    let document = fixture.get("/api/openapi.json").await.expect(200);
    let documented = |path: &str| -> Vec<String> {
        let parameters = document["paths"][path]["get"]["parameters"].as_array();
        let names = parameters.into_iter().flatten();
        names.map(|one| one["name"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let common = ["eventId", "event", "object", "objectId", "since", "until", "limit", "cursor"];
    assert_eq!(documented("/api/events"), common);
    assert_eq!(documented("/api/deliveries"), [&["webhook", "state"], &common[..]].concat());
    assert_eq!(documented("/api/attempts"), [&["webhook", "outcome"], &common[..]].concat());
    assert_eq!(documented("/api/webhooks"), ["text", "limit", "cursor"]);
}

pub(crate) async fn attempts_are_filtered_by_what_came_of_them(fixture: &Fixture) {
    let receiver = TestReceiver::start().await;
    receiver.reply([Reply::status(500), Reply::status(200)]);
    make(fixture, &receiver).await;
    let _dispatcher = fixture.dispatch();
    for number in 1..=2 {
        let new = json!({"event": "person.created", "data": {"id": number.to_string()}});
        fixture.post("/api/events", new).await.expect(201);
        receiver.wait_for(number).await;
    }
    fixture.until("/api/attempts", |page| page["data"][1].is_object()).await;
    for (outcome, status) in [("failed", 500), ("delivered", 200)] {
        let path = format!("/api/attempts?outcome={outcome}&limit=10");
        let page = fixture.get(&path).await.expect(200);
        let attempts = page["data"].as_array().expect("a list");
        assert_eq!(attempts.len(), 1, "{page}");
        assert_eq!(
            (&attempts[0]["outcome"], &attempts[0]["status"]),
            (&json!(outcome), &json!(status))
        );
    }
    let page = fixture.get("/api/attempts?outcome=late").await.expect(200);
    assert_eq!(page["data"], json!([]));
}

pub(crate) async fn a_test_event_tells_what_came_of_it_and_is_not_kept(fixture: &Fixture) {
    let receiver = TestReceiver::start().await;
    let webhook = make(fixture, &receiver).await;
    let path = format!("/api/webhooks/{webhook}/test");
    let attempt = fixture.post(&path, json!({})).await.expect(200);
    assert_eq!(attempt["outcome"], "delivered");
    assert_eq!(attempt["status"], 200);
    let requests = receiver.wait_for(1).await;
    assert!(requests[0].is_verified());
    assert_eq!(attempt["eventId"], requests[0].header("webhook-id"));
    assert!(requests[0].body().starts_with(br#"{"event":"webhook.test","data":{"id":"test""#));

    receiver.reply([Reply::status(500).body("no")]);
    let given = json!({"event": "person.created", "data": {"id": "9"}});
    let attempt = fixture.post(&path, given).await.expect(200);
    assert_eq!(attempt["outcome"], "failed");
    assert_eq!(attempt["status"], 500);
    assert_eq!(attempt["answer"], "no");
    let requests = receiver.wait_for(2).await;
    assert!(requests[1].body().starts_with(br#"{"event":"person.created","data":{"id":"9"}"#));
    assert_eq!(fixture.get("/api/events").await.expect(200)["data"], json!([]));
    assert_eq!(fixture.post(&path, json!({"event": "x"})).await.errors()[0].0, "event");
}
