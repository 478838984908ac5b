//! Trying a webhook out.

use askama::Template;
use axum::response::Response;

use super::delivery::AttemptView;
use super::failure::{Failure, Segment};
use super::field::Field;
use super::form::Errors;
use super::frame::Frame;
use super::text::visible_line;
use super::visitor::{Posted, Visitor};
use super::webhook::Heading;
use crate::access::Scope;
use crate::events::{self, TEST, Trial};
use crate::webhooks::{self, Webhook};

#[derive(Template)]
#[template(path = "test_event.html")]
struct TestPage {
    frame: Frame,
    heading: Heading,
    event: Field,
    sent: Option<Sent>,
}

/// What was sent, and what came of it.
struct Sent {
    event: String,
    attempt: AttemptView,
}

impl TestPage {
    fn new(visitor: &Visitor, webhook: &Webhook, event: &str, errors: &Errors) -> Self {
        let catalog = visitor.console.catalog.as_ref();
        let events = catalog.iter().flat_map(|catalog| catalog.events());
        let events = events.map(|event| event.event.clone());
        Self {
            frame: visitor.frame(),
            heading: Heading::of(webhook, "test"),
            event: Field::new("event", "Event")
                .value(event)
                .suggest(std::iter::once(TEST.to_owned()).chain(events).collect())
                .hint(
                    "Its data is an example. Nothing is stored, and a failure is not tried again.",
                )
                .wrong(errors),
            sent: None,
        }
    }
}

pub(super) async fn form(
    visitor: Visitor,
    Segment(id): Segment<String>,
) -> Result<Response, Failure> {
    visitor.needs(Scope::Write)?;
    let webhook = webhooks::get(&visitor.outbox, &webhooks::id_of(&id)?).await?;
    visitor.show(&TestPage::new(&visitor, &webhook, TEST, &Errors::default()))
}

pub(super) async fn send(
    Segment(id): Segment<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { visitor, fields } = posted;
    visitor.needs(Scope::Write)?;
    let id = webhooks::id_of(&id)?;
    let webhook = webhooks::get(&visitor.outbox, &id).await?;
    let event = fields.given("event").unwrap_or(TEST);
    let trial = Trial { event: Some(event.to_owned()), data: None };
    match events::test(&visitor.console, &visitor.outbox, &id, trial).await {
        Ok(attempt) => {
            let sent = Sent { event: visible_line(event), attempt: attempt.into() };
            let page = TestPage::new(&visitor, &webhook, event, &Errors::default());
            visitor.show(&TestPage { sent: Some(sent), ..page })
        }
        Err(problem) => {
            let errors = Errors::of(problem)?;
            visitor.show_again(&TestPage::new(&visitor, &webhook, event, &errors))
        }
    }
}
