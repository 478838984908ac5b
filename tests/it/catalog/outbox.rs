//! An outbox that knows its events.

use hookwright::{EndpointSettings, Outbox, OutboxBuilder, OutboxError, Sqlite};

use super::shapes::catalog;

async fn outbox(file: &str) -> Outbox<Sqlite> {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    for end in ["", "-wal", "-shm", ".key"] {
        // It is there when the test has run before.
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    let builder = OutboxBuilder::new().catalog(catalog());
    builder.sqlite(&path.to_string_lossy()).await.expect("an outbox")
}

fn settings(pattern: &str) -> EndpointSettings {
    let settings = EndpointSettings::new("https://example.com/hooks").expect("a URL");
    settings.wants(pattern.parse().expect("a pattern"))
}

fn meant(error: &OutboxError) -> Option<&str> {
    error.unknown_event().expect("the event is not known").nearest()
}

#[tokio::test]
async fn an_endpoint_that_wants_events_which_there_are_not_is_refused_with_the_nearest_name() {
    let outbox = outbox("catalog.db").await;
    let endpoints = outbox.endpoints();
    let error = endpoints.create(settings("contct.created")).await.expect_err("no such object");
    assert_eq!(
        error.to_string(),
        "no event of the catalogue is `contct.created`: did you mean `contact.created`?"
    );
    let error = endpoints.create(settings("contact.merge")).await.expect_err("no such operation");
    assert_eq!(meant(&error), Some("contact.merged"));
    let error = endpoints.create(settings("invoice.*")).await.expect_err("no such object");
    assert_eq!(meant(&error), None);
    assert!(endpoints.list().await.expect("a list").is_empty(), "nothing was saved");

    let mut saved = None;
    for right in ["contact.*", "*.suspended", "*.*", "webhookDelivery.failing"] {
        saved = Some(endpoints.create(settings(right)).await.expect(right));
    }
    let id = *saved.expect("one was saved").id();
    let error = endpoints.update(&id, settings("*.create")).await.expect_err("no such operation");
    assert_eq!(meant(&error), Some("*.created"));
    let kept = endpoints.get(&id).await.expect("it is there");
    assert_eq!(kept.settings().wanted()[0].to_string(), "webhookDelivery.failing");
}

#[derive(serde::Serialize, hookwright::WebhookObject, hookwright::schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(crate = "hookwright::schemars")]
struct Lead {
    id: u64,
    job_title: String,
    #[webhook(skip)]
    score: u8,
}

#[derive(serde::Serialize, hookwright::WebhookObject, hookwright::schemars::JsonSchema)]
#[schemars(crate = "hookwright::schemars")]
struct Form {
    id: u64,
    #[serde(flatten)]
    answers: std::collections::BTreeMap<String, String>,
}

#[derive(serde::Serialize, hookwright::WebhookObject, hookwright::schemars::JsonSchema)]
#[webhook(events(created))]
#[schemars(crate = "hookwright::schemars")]
struct Visit {
    id: u64,
    page: String,
    #[serde(flatten)]
    answers: std::collections::BTreeMap<String, String>,
}

#[tokio::test]
async fn a_field_that_the_object_does_not_have_is_refused_with_the_nearest_name() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("catalog-fields.db");
    for end in ["", "-wal", "-shm", ".key"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    let leads = hookwright::Catalog::new().object::<Lead>();
    let open = |catalog| async {
        let builder = OutboxBuilder::new().catalog(catalog);
        builder.sqlite(&path.to_string_lossy()).await.expect("an outbox")
    };
    let outbox = open(leads.clone()).await;
    let endpoints = outbox.endpoints();
    let error = endpoints.create(settings("lead.updated[id,jobTitel]")).await.expect_err("a slip");
    assert_eq!(
        error.to_string(),
        "no event of the catalogue is `lead.updated[jobTitel]`: did you mean `lead.updated[jobTitle]`?"
    );
    let error = endpoints.create(settings("*.updated[job_title]")).await.expect_err("Rust's name");
    assert_eq!(meant(&error), Some("*.updated[jobTitle]"));
    // Nobody sees it change.
    let error = endpoints.create(settings("lead.updated[score]")).await.expect_err("skipped");
    assert_eq!(meant(&error), None);
    for right in ["lead.updated[jobTitle]", "*.updated[id, jobTitle]"] {
        endpoints.create(settings(right)).await.expect(right);
    }

    // Of what is never updated, no field changes.
    let outbox = open(leads.clone().object::<Visit>()).await;
    for wrong in ["*.updated[page]", "*.updated[colour]"] {
        let error = outbox.endpoints().create(settings(wrong)).await.expect_err(wrong);
        assert_eq!(meant(&error), None, "{wrong}");
    }

    // The members of a flattened map may have any name.
    let outbox = open(leads.object::<Form>()).await;
    for right in ["form.updated[colour]", "*.updated[colour]"] {
        outbox.endpoints().create(settings(right)).await.expect(right);
    }
    let error = outbox.endpoints().create(settings("lead.updated[colour]")).await;
    assert_eq!(meant(&error.expect_err("no lead has it")), None);
}
