//! Webhooks: made, read, changed, deleted.

use serde_json::{Value, json};

use crate::fixture::Fixture;

const URL: &str = "http://127.0.0.1:9/hooks";

pub(crate) async fn a_webhook_is_made_read_changed_and_deleted(fixture: &Fixture) {
    let new = json!({
        "targetUrl": URL,
        "operations": ["person.created", "company.*"],
        "description": "Billing",
        "rateLimit": 5,
        "headers": {"X-Team": "billing"},
    });
    let answer = fixture.post("/api/webhooks", new).await;
    let made = answer.expect(201);
    let path = format!("/api/webhooks/{}", made["id"].as_str().expect("an id"));
    assert_eq!(answer.headers["location"], path.as_str());
    let read = fixture.get(&path).await.expect(200);
    for (member, expected) in [
        ("targetUrl", json!(URL)),
        ("operations", json!(["person.created", "company.*"])),
        ("description", json!("Billing")),
        ("rateLimit", json!(5)),
        ("headers", json!({"x-team": "[hidden]"})),
        ("enabled", json!(true)),
        ("format", json!("documented")),
        ("tenant", Value::Null),
    ] {
        assert_eq!(made[member], expected, "{member}");
        assert_eq!(read[member], expected, "{member}");
    }

    let changes = json!({"description": "Invoices", "enabled": false});
    let after = fixture.call("PATCH", &path, Some(changes)).await.expect(200);
    assert_eq!(after["description"], "Invoices");
    assert_eq!(after["enabled"], false);
    assert_eq!(after["disabledReason"], "paused");
    assert_eq!(after["operations"], read["operations"]);
    let after = fixture.call("PATCH", &path, Some(json!({"enabled": true}))).await.expect(200);
    assert_eq!(after["enabled"], true);
    assert_eq!(after["disabledReason"], Value::Null);

    fixture.call("DELETE", &path, None).await.expect(204);
    fixture.get(&path).await.expect(404);
    fixture.call("DELETE", &path, None).await.expect(404);
    for id in ["none", "00000000-0000-0000-0000-000000000000"] {
        let problem = fixture.get(&format!("/api/webhooks/{id}")).await.expect(404);
        assert_eq!(problem["detail"], "there is no such webhook");
    }
}

pub(crate) async fn every_member_that_is_wrong_is_named_at_once(fixture: &Fixture) {
    let new = json!({
        "targetUrl": "ftp://example.com",
        "operations": ["person"],
        "description": "x".repeat(1001),
        "secret": "short",
        "headers": {"Content-Type": "text/plain"},
        "format": {"cloudevents": {"source": ""}},
    });
    let errors = fixture.post("/api/webhooks", new).await.errors();
    let mut fields: Vec<_> = errors.iter().map(|(field, _)| field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["description", "format", "headers", "operations", "secret", "targetUrl"]);

    let check = async |member: &str, value: Value, expected: &str| {
        let mut new = json!({"targetUrl": URL});
        new[member] = value;
        let errors = fixture.post("/api/webhooks", new).await.errors();
        let [(field, detail)] = &errors[..] else { panic!("{member}: {errors:?}") };
        assert_eq!(field, member);
        assert!(detail.contains(expected), "{member}: {detail}");
    };
    check("targetUrl", json!(""), "https://").await;
    check("operations", json!([]), "`*.*`").await;
    check("operations", json!(vec!["a.b"; 201]), "200 operations at most").await;
    let long = "x".repeat(257);
    for settings in [
        json!({"workspaceId": long}),
        json!({"workspaceId": "w", "webhookId": long}),
        json!({"workspaceId": "w", "objects": {"person": long}}),
        json!({"workspaceId": "w", "objects": {long.as_str(): "m"}}),
    ] {
        check("format", json!({"twenty": settings}), "256 bytes at most").await;
    }
    let objects: serde_json::Map<_, _> =
        (0..501).map(|number| (format!("o{number}"), json!("m"))).collect();
    let settings = json!({"workspaceId": "w", "objects": objects});
    check("format", json!({"twenty": settings}), "500 objects at most").await;
    check("tenant", json!("a b"), "visible").await;
    // Of another shape.
    for new in [json!({}), json!({"targetUrl": 1}), json!({"targetUrl": URL, "operation": []})] {
        fixture.post("/api/webhooks", new).await.expect(422);
    }
    let listed = fixture.get("/api/webhooks").await.expect(200);
    assert_eq!(listed["data"], json!([]), "nothing was made");
}

pub(crate) async fn an_address_that_the_server_refuses_is_refused_with_the_reason(
    fixture: &Fixture,
) {
    for (url, reason) in [
        ("http://10.0.0.1/x", "10.0.0.0/8"),
        ("https://169.254.169.254/latest", "a cloud metadata address"),
        ("https://[::1]/", "::1"),
    ] {
        let errors = fixture.post("/api/webhooks", json!({"targetUrl": url})).await.errors();
        let [(field, detail)] = &errors[..] else { panic!("{url}: {errors:?}") };
        assert_eq!(field, "targetUrl");
        assert!(detail.contains(reason), "{url}: {detail}");
    }
    let made = fixture.post("/api/webhooks", json!({"targetUrl": URL})).await.expect(201);
    let path = format!("/api/webhooks/{}", made["id"].as_str().expect("an id"));
    let moved = json!({"targetUrl": "http://10.0.0.1/x"});
    fixture.call("PATCH", &path, Some(moved)).await.expect(422);
    assert_eq!(fixture.get(&path).await.expect(200)["targetUrl"], URL);
}

pub(crate) async fn a_secret_is_told_once(fixture: &Fixture) {
    let given = "a secret of more than 16 bytes";
    let new = json!({"targetUrl": URL, "secret": given});
    let made = fixture.post("/api/webhooks", new).await.expect(201);
    assert_eq!(made["secret"], given);
    let path = format!("/api/webhooks/{}", made["id"].as_str().expect("an id"));
    for path in [path.as_str(), "/api/webhooks"] {
        let read = fixture.get(path).await;
        read.expect(200);
        assert!(!read.text.contains(given) && !read.text.contains("\"secret\""), "{}", read.text);
    }
    let made = fixture.post("/api/webhooks", json!({"targetUrl": URL})).await.expect(201);
    assert!(made["secret"].as_str().expect("a secret").starts_with("whsec_"));
}

pub(crate) async fn a_secret_is_rotated(fixture: &Fixture) {
    let made = fixture.post("/api/webhooks", json!({"targetUrl": URL})).await.expect(201);
    let path = format!("/api/webhooks/{}/rotate-secret", made["id"].as_str().expect("an id"));
    let rotated = fixture.post(&path, json!({})).await.expect(200);
    assert_ne!(rotated["secret"], made["secret"]);
    let given = json!({"secret": "another secret of 16 bytes", "overlapSeconds": 0});
    let rotated = fixture.post(&path, given).await.expect(200);
    assert_eq!(rotated["secret"], "another secret of 16 bytes");
    let errors = fixture.post(&path, json!({"secret": "short"})).await.errors();
    assert_eq!(errors[0].0, "secret");
}

pub(crate) async fn what_is_null_is_removed_and_what_is_missing_stays(fixture: &Fixture) {
    let new = json!({
        "targetUrl": URL, "rateLimit": 5, "headers": {"X-One": "1", "X-Two": "2"},
    });
    let made = fixture.post("/api/webhooks", new).await.expect(201);
    let path = format!("/api/webhooks/{}", made["id"].as_str().expect("an id"));
    let changes = json!({"headers": {"x-one": null, "X-Three": "3"}});
    let after = fixture.call("PATCH", &path, Some(changes)).await.expect(200);
    assert_eq!(after["headers"], json!({"x-two": "[hidden]", "x-three": "[hidden]"}));
    assert_eq!(after["rateLimit"], 5);
    let after = fixture.call("PATCH", &path, Some(json!({"rateLimit": null}))).await.expect(200);
    assert_eq!(after["rateLimit"], Value::Null);
    assert_eq!(after["headers"], json!({"x-two": "[hidden]", "x-three": "[hidden]"}));
}

pub(crate) async fn a_webhook_that_was_read_can_be_sent_back(fixture: &Fixture) {
    use hookwright::testing::TestReceiver;
    let receiver = TestReceiver::start().await;
    let token = json!({"Authorization": "Bearer t0k3n"});
    let new = json!({"targetUrl": receiver.url("/"), "headers": token});
    let made = fixture.post("/api/webhooks", new).await.expect(201);
    let path = format!("/api/webhooks/{}", made["id"].as_str().expect("an id"));
    let mut headers = fixture.get(&path).await.expect(200)["headers"].clone();
    headers["X-Team"] = json!("billing");
    let after = fixture.call("PATCH", &path, Some(json!({"headers": headers}))).await.expect(200);
    let both = json!({"authorization": "[hidden]", "x-team": "[hidden]"});
    assert_eq!(after["headers"], both);
    fixture.post(&format!("{path}/test"), json!({})).await.expect(200);
    let requests = receiver.wait_for(1).await;
    assert_eq!(requests[0].header("authorization"), "Bearer t0k3n");
    assert_eq!(requests[0].header("x-team"), "billing");

    // Where there is no value, it stands for none.
    let hidden = json!({"headers": {"X-Other": "[hidden]"}});
    let errors = fixture.call("PATCH", &path, Some(hidden)).await.errors();
    assert_eq!(errors[0].0, "headers");
    let new = json!({"targetUrl": URL, "headers": {"Authorization": "[hidden]"}});
    let errors = fixture.post("/api/webhooks", new).await.errors();
    let detail = "`[hidden]` stands for the value that a header has, and `Authorization` has none: say its value";
    assert_eq!(errors, [("headers".to_owned(), detail.to_owned())]);
}

pub(crate) async fn every_format_is_told_as_it_was_given(fixture: &Fixture) {
    for format in [
        json!("documented"),
        json!("standard"),
        json!({"twenty": {"workspaceId": "w1", "objects": {"person": "m1"}}}),
        json!({"twenty": {"workspaceId": "w1", "objects": {}, "webhookId": "h1"}}),
        json!({"twenty": {"workspaceId": "w".repeat(256), "objects": {"o".repeat(256): "m"}}}),
        json!({"cloudevents": {"source": "https://crm.example.com"}}),
        json!({"cloudevents": {"source": "/crm", "schemaBase": "https://crm.example.com/s/"}}),
    ] {
        let new = json!({"targetUrl": URL, "format": format});
        let made = fixture.post("/api/webhooks", new).await.expect(201);
        assert_eq!(made["format"], format);
        let path = format!("/api/webhooks/{}", made["id"].as_str().expect("an id"));
        assert_eq!(fixture.get(&path).await.expect(200)["format"], format);
    }
    let new = json!({"targetUrl": URL, "format": "xml"});
    fixture.post("/api/webhooks", new).await.expect(422);
}

pub(crate) async fn there_are_pages_of_webhooks(fixture: &Fixture) {
    let mut made = Vec::new();
    for number in 0..5 {
        let new = json!({"targetUrl": format!("{URL}/{number}")});
        made.insert(0, fixture.post("/api/webhooks", new).await.expect(201)["id"].clone());
    }
    let mut listed = Vec::new();
    let mut path = "/api/webhooks?limit=2".to_owned();
    loop {
        let page = fixture.get(&path).await.expect(200);
        let data = page["data"].as_array().expect("a list").clone();
        assert!(data.len() <= 2);
        listed.extend(data.iter().map(|webhook| webhook["id"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/api/webhooks?limit=2&cursor={next}");
    }
    assert_eq!(listed, made, "the newest first");
    let found = fixture.get("/api/webhooks?text=HOOKS/3&limit=2").await.expect(200);
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["data"][0]["id"], made[1]);
    fixture.get("/api/webhooks?cursor=x").await.expect(400);
    fixture.get("/api/webhooks?limit=x").await.expect(400);
    fixture.get("/api/webhooks?colour=red").await.expect(400);
}

pub(crate) async fn what_nobody_could_receive_by_is_refused_beside_its_member(fixture: &Fixture) {
    let own = "a secret of more than 16 bytes";
    let new = json!({"targetUrl": URL, "format": "standard", "secret": own});
    let errors = fixture.post("/api/webhooks", new).await.errors();
    let detail = "bodies of the format `standard` are signed by Standard Webhooks: give the webhook a secret that begins with `whsec_` or `whsk_`, or none, so that one is made";
    assert_eq!(errors, [("format".to_owned(), detail.to_owned())]);
    let new = json!({"targetUrl": URL, "secret": own});
    let made = fixture.post("/api/webhooks", new).await.expect(201);
    let path = format!("/api/webhooks/{}", made["id"].as_str().expect("an id"));
    let change = json!({"format": "standard"});
    assert_eq!(fixture.call("PATCH", &path, Some(change)).await.errors()[0].0, "format");
    let new = json!({"targetUrl": URL, "format": "standard"});
    let made = fixture.post("/api/webhooks", new).await.expect(201);
    let path = format!("/api/webhooks/{}/rotate-secret", made["id"].as_str().expect("an id"));
    assert_eq!(fixture.post(&path, json!({"secret": own})).await.errors()[0].0, "secret");
}

pub(crate) async fn operations_are_checked_against_the_catalogue(fixture: &Fixture) {
    let made = json!({"targetUrl": URL, "operations": ["deal.won", "person.*"]});
    let made = fixture.post("/api/webhooks", made).await.expect(201);
    let path = format!("/api/webhooks/{}", made["id"].as_str().expect("an id"));
    let members = json!({"updatedFields": {"items": {"enum": ["email"]}}});
    let catalog = json!({
        "oneOf": [{"$ref": "#/$defs/person.created"}, {"$ref": "#/$defs/person.updated"}],
        "$defs": {"person.created": {"properties": {}}, "person.updated": {"properties": members}},
    });
    let console = fixture.console().catalog_schema(&catalog.to_string()).expect("a catalogue");
    let router = console.router();
    let ask = async |method: &str, path: &str, operations: Value| {
        let body = json!({"targetUrl": URL, "operations": operations});
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("authorization", format!("Bearer {}", fixture.key))
            .header("content-type", "application/json")
            .body(axum::body::Body::from(body.to_string()));
        crate::fixture::send(&router, request.expect("a request")).await
    };
    for (operation, meant) in
        [("persn.created", "person.created"), ("person.updated[emial]", "person.updated[email]")]
    {
        let detail = format!("no event of the catalogue is `{operation}`: did you mean `{meant}`?");
        for (method, path) in [("POST", "/api/webhooks"), ("PATCH", &path)] {
            let errors = ask(method, path, json!(["person.created", operation])).await.errors();
            assert_eq!(errors, [("operations".to_owned(), detail.clone())], "{method}");
        }
    }
    let right = json!(["*.*", "person.updated[email]", "webhookDelivery.exhausted"]);
    ask("POST", "/api/webhooks", right).await.expect(201);
    // What a webhook has already is no reason to refuse what it gets.
    ask("PATCH", &path, json!(["deal.won", "person.created"])).await.expect(200);
    ask("POST", "/api/webhooks", json!(["deal.won"])).await.expect(422);
}

pub(crate) async fn two_changes_and_a_rotation_at_once_are_all_made(fixture: &Fixture) {
    use hookwright::testing::TestReceiver;
    let receiver = TestReceiver::start().await;
    let secret = receiver.secret().expose();
    for round in 1..=10 {
        let new = json!({"targetUrl": receiver.url("/")});
        let made = fixture.post("/api/webhooks", new).await.expect(201);
        let path = format!("/api/webhooks/{}", made["id"].as_str().expect("an id"));
        let rotate = format!("{path}/rotate-secret");
        let new = json!({"secret": secret, "overlapSeconds": 0});
        let describe = json!({"description": "described"});
        let (rotated, described, limited) = tokio::join!(
            fixture.post(&rotate, new),
            fixture.call("PATCH", &path, Some(describe)),
            fixture.call("PATCH", &path, Some(json!({"rateLimit": 7}))),
        );
        for answer in [rotated, described, limited] {
            answer.expect(200);
        }
        let webhook = fixture.get(&path).await.expect(200);
        assert_eq!(webhook["description"], "described");
        assert_eq!(webhook["rateLimit"], 7);
        // What was rotated in signs, and nothing else.
        fixture.post(&format!("{path}/test"), json!({})).await.expect(200);
        let requests = receiver.wait_for(round).await;
        assert!(requests[round - 1].is_verified(), "round {round}");
    }
}

pub(crate) async fn nothing_is_longer_than_it_may_be(fixture: &Fixture) {
    let long = "x".repeat(1_500_000);
    for (member, value) in [
        ("operations", json!([format!("{long}.*")])),
        ("secret", json!(long)),
        ("targetUrl", json!(format!("https://example.com/{long}"))),
        ("headers", json!({long.as_str(): "[hidden]"})),
    ] {
        let mut new = json!({"targetUrl": URL});
        new[member] = value;
        let answer = fixture.post("/api/webhooks", new).await;
        assert_eq!(answer.errors()[0].0, member);
        assert!(answer.text.len() < 5000, "{member}: {} bytes", answer.text.len());
    }
    let made = fixture.post("/api/webhooks", json!({"targetUrl": URL})).await.expect(201);
    let path = format!("/api/webhooks/{}", made["id"].as_str().expect("an id"));
    let some = |names: std::ops::Range<usize>| -> serde_json::Map<_, _> {
        names.map(|number| (format!("X-{number}"), json!("x"))).collect()
    };
    let few = json!({"headers": some(0..15)});
    fixture.call("PATCH", &path, Some(few)).await.expect(200);
    let more = json!({"headers": some(10..21)});
    assert!(
        fixture.call("PATCH", &path, Some(more)).await.errors()[0].1.contains("a webhook has 20")
    );
    let enough = json!({"headers": some(10..20)});
    fixture.call("PATCH", &path, Some(enough)).await.expect(200);
    for value in [json!("x"), Value::Null] {
        let headers: serde_json::Map<_, _> =
            (0..50_000).map(|number| (format!("X-{number}"), value.clone())).collect();
        let answer = fixture.call("PATCH", &path, Some(json!({"headers": headers}))).await;
        // They are counted, and not looked at one by one.
        let detail = "a webhook has 20 headers of its own at most".to_owned();
        assert_eq!(answer.errors(), [("headers".to_owned(), detail)]);
    }
    for (member, new) in [
        ("event", json!({"event": format!("{long}.created"), "data": {}})),
        ("data", json!({"event": "person.created", "data": {"id": long}})),
    ] {
        let answer = fixture.post("/api/events", new).await;
        assert_eq!(answer.errors()[0].0, member);
        assert!(answer.text.len() < 5000, "{member}: {} bytes", answer.text.len());
    }
    let unknown = json!({"targetUrl": URL, long: 1});
    let answer = fixture.post("/api/webhooks", unknown).await;
    answer.expect(422);
    assert!(answer.text.len() < 5000, "{} bytes", answer.text.len());
}

pub(crate) async fn nul_is_refused_where_a_database_knows_none(fixture: &Fixture) {
    for path in [
        "/api/events?object=a%00b",
        "/api/deliveries?objectId=%00",
        "/api/attempts?object=%00",
        "/api/webhooks?text=%00",
    ] {
        fixture.get(path).await.expect(400);
    }
    let new = json!({"name": "a\u{0}b", "scopes": ["read"]});
    assert_eq!(fixture.post("/api/keys", new).await.errors()[0].0, "name");
    let new = json!({"event": "person.created", "data": {"id": "a\u{0}b"}});
    assert_eq!(fixture.post("/api/events", new).await.errors()[0].0, "data");
    let described = json!({"targetUrl": URL, "description": "a\u{0}b"});
    fixture.post("/api/webhooks", described).await.expect(201);
}
