//! What is refused before anybody is asked for, and what browsers are told.

use axum::body::Body;
use http::Request;

use crate::fixture::{Fixture, send};

fn request(host: &str) -> Request<Body> {
    of("/api/openapi.json", host)
}

fn of(path: &str, host: &str) -> Request<Body> {
    let request = Request::builder().uri(path).header("host", host);
    request.body(Body::empty()).expect("a request")
}

pub(crate) async fn a_request_for_another_host_is_refused(fixture: &Fixture) {
    for host in ["evil", "evil.example.com", "localhost.evil.com", "10.0.0.1", "", "[::2]"] {
        fixture.send(request(host)).await.expect(421);
    }
    for host in ["localhost", "LOCALHOST:8600", "127.0.0.1", "127.0.0.1:80", "[::1]:8600"] {
        fixture.send(request(host)).await.expect(200);
    }
    let without = Request::builder().uri("/api/openapi.json").body(Body::empty());
    fixture.send(without.expect("a request")).await.expect(421);
}

pub(crate) async fn a_probe_may_know_an_address_alone(fixture: &Fixture) {
    let nested = axum::Router::new().nest("/crm/settings", fixture.console().router());
    for path in ["/health/live", "/health/ready"] {
        for host in ["10.1.2.3:8655", "", "pod.cluster.local"] {
            fixture.send(of(path, host)).await.expect(200);
            let nested = send(&nested, of(&format!("/crm/settings{path}"), host)).await;
            nested.expect(200);
        }
        let without = Request::builder().uri(path).body(Body::empty());
        fixture.send(without.expect("a request")).await.expect(200);
    }
    for path in ["/health", "/health/live/", "/health//live", "/metrics", "/sign-in", "/nothing"] {
        fixture.send(of(path, "10.1.2.3:8655")).await.expect(421);
    }
}

pub(crate) async fn a_host_that_was_named_is_answered(fixture: &Fixture) {
    let router = fixture.console().host("CRM.example.com").router();
    send(&router, request("crm.example.com:443")).await.expect(200);
    send(&router, request("crm.example.com.evil")).await.expect(421);
}

pub(crate) async fn what_is_too_large_is_refused(fixture: &Fixture) {
    for path in ["/api/webhooks", "/api/events"] {
        for key in [None, Some("k1")] {
            let body = format!(r#"{{"targetUrl":"{}"}}"#, "x".repeat(10 * 1024 * 1024));
            let mut request = Request::builder()
                .method("POST")
                .uri(path)
                .header("host", "localhost")
                .header("authorization", format!("Bearer {}", fixture.key))
                .header("content-type", "application/json");
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            let answer = fixture.send(request.body(Body::from(body)).expect("a request")).await;
            answer.expect(413);
            assert_eq!(answer.headers["content-type"], "application/problem+json");
        }
    }
}

pub(crate) async fn browsers_are_told_to_load_nothing_from_elsewhere(fixture: &Fixture) {
    for path in ["/health/live", "/api/webhooks", "/api/openapi.json", "/nothing"] {
        let answer = fixture.get(path).await;
        let policy = answer.headers["content-security-policy"].to_str().expect("ASCII");
        assert!(policy.starts_with("default-src 'self';"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    }
}
