//! Changing a webhook.

use askama::Template;
use axum::response::Response;

use super::create::{Entered, WebhookFields};
use super::failure::{Failure, Segment};
use super::form::Errors;
use super::frame::Frame;
use super::visitor::{Posted, Visitor};
use super::webhook::Heading;
use crate::access::Scope;
use crate::webhooks::{self, Webhook, WebhookChanges};

#[derive(Template)]
#[template(path = "edit.html")]
struct EditPage {
    frame: Frame,
    heading: Heading,
    fields: WebhookFields,
}

impl EditPage {
    fn new(visitor: &Visitor, webhook: &Webhook, entered: &Entered, errors: &Errors) -> Self {
        let catalog = visitor.console.catalog.as_ref();
        Self {
            frame: visitor.frame(),
            heading: Heading::of(webhook, "settings"),
            fields: WebhookFields::new(catalog, entered, false, errors),
        }
    }
}

pub(super) async fn form(
    visitor: Visitor,
    Segment(id): Segment<String>,
) -> Result<Response, Failure> {
    visitor.needs(Scope::Write)?;
    let webhook = webhooks::get(&visitor.outbox, &webhooks::id_of(&id)?).await?;
    let entered = Entered::of_webhook(&webhook);
    visitor.show(&EditPage::new(&visitor, &webhook, &entered, &Errors::default()))
}

pub(super) async fn save(
    Segment(id): Segment<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { visitor, fields } = posted;
    visitor.needs(Scope::Write)?;
    let id = webhooks::id_of(&id)?;
    let before = webhooks::get(&visitor.outbox, &id).await?;
    let entered = Entered::of(&fields);
    // A URL that stays need not be allowed any more.
    let is_moved = entered.url.trim() != before.target_url;
    let changes = WebhookChanges {
        target_url: is_moved.then(|| entered.url.clone()),
        operations: Some(entered.operations.clone()),
        description: Some(entered.description.clone()),
        ..WebhookChanges::default()
    };
    match webhooks::update(&visitor.console, &visitor.outbox, &id, changes).await {
        Ok(_) => Ok(visitor.lead(&format!("/webhooks/{id}"), "saved")),
        Err(problem) => {
            let errors = Errors::of(problem)?;
            visitor.show_again(&EditPage::new(&visitor, &before, &entered, &errors))
        }
    }
}
