//! The document of the API.

use axum::Router;
use axum::body::Body;
use http::Request;

use crate::fixture::{Fixture, send};

pub(crate) async fn the_document_names_every_route_and_where_it_is_mounted(fixture: &Fixture) {
    let document = fixture.call_as(None, "GET", "/api/openapi.json", None).await.expect(200);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], "/");
    assert_eq!(document["components"]["securitySchemes"]["key"]["scheme"], "bearer");
    let operation = &document["paths"]["/api/webhooks"]["post"];
    assert_eq!(operation["summary"], "Make a webhook");
    for status in ["201", "400", "401", "403", "409", "413", "415", "421", "422", "503"] {
        assert!(operation["responses"][status].is_object(), "{status}");
    }

    let operations = document["paths"].as_object().into_iter().flatten();
    let operations = operations.flat_map(|(_, methods)| methods.as_object().into_iter().flatten());
    let ids: Vec<_> = operations.map(|(_, operation)| operation["operationId"].as_str()).collect();
    let unique: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "{ids:?}");

    let nested = Router::new().nest("/settings", fixture.console().router());
    let request = Request::builder().uri("/settings/api/openapi.json").header("host", "localhost");
    let answer = send(&nested, request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.expect(200)["servers"][0]["url"], "/settings");

    let nothing = Request::builder().uri("/settings/api/nothing").header("host", "localhost");
    let nothing = send(&nested, nothing.body(Body::empty()).expect("a request")).await;
    let detail = "there is nothing here: see /settings/api/openapi.json";
    assert_eq!(nothing.expect(404)["detail"], detail);
    let nothing = fixture.get("/api/nothing").await.expect(404);
    assert_eq!(nothing["detail"], "there is nothing here: see /api/openapi.json");
    fixture.call("PUT", "/api/webhooks", None).await.expect(405);
}
