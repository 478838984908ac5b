//! The form of a webhook, and making one.

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use axum::response::Response;

use super::failure::Failure;
use super::field::Field;
use super::form::{Errors, Fields};
use super::frame::Frame;
use super::once::once;
use super::secret::SecretPage;
use super::visitor::{Posted, Visitor};
use crate::access::Scope;
use crate::catalog::EventCatalog;
use crate::webhooks::{self, MAX_OPERATIONS, NewWebhook, Webhook};

/// The fields of a webhook, with what was entered.
#[derive(Template)]
#[template(path = "webhook_fields.html")]
pub(super) struct WebhookFields {
    url: Field,
    description: Field,
    /// Those of the catalogue, by object; none without one.
    groups: Vec<Group>,
    is_everything: bool,
    operations: Field,
    wrong_operations: Option<String>,
    tenant: Option<Field>,
    summary: Vec<(&'static str, String)>,
}

impl askama::filters::HtmlSafe for WebhookFields {}

/// The events of an object.
struct Group {
    object: String,
    events: Vec<Choice>,
}

/// An event that can be chosen.
struct Choice {
    name: String,
    operation: String,
    description: Option<String>,
    is_chosen: bool,
}

/// What was entered in the form of a webhook.
pub(super) struct Entered {
    pub(super) url: String,
    pub(super) description: String,
    pub(super) operations: Vec<String>,
    pub(super) tenant: Option<String>,
}

impl Entered {
    pub(super) fn of(fields: &Fields) -> Self {
        let chosen = fields.all("operation");
        let typed = fields.all("operations").flat_map(split);
        let mut seen = HashSet::new();
        let operations = chosen.chain(typed).filter(|operation| seen.insert(*operation));
        // One too many is enough to be refused.
        let operations = operations.take(MAX_OPERATIONS + 1).map(str::to_owned).collect();
        Self {
            url: fields.text("targetUrl").to_owned(),
            description: fields.text("description").replace("\r\n", "\n"),
            operations,
            tenant: fields.given("tenant").map(str::to_owned),
        }
    }

    pub(super) fn of_webhook(webhook: &Webhook) -> Self {
        Self {
            url: webhook.target_url.clone(),
            description: webhook.description.clone(),
            operations: webhook.operations.clone(),
            tenant: None,
        }
    }
}

/// Splits what was typed: a line or a comma ends an operation, but not within `[` and `]`.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut is_within = false;
    let parts = text.split(move |char: char| {
        match char {
            '[' => is_within = true,
            ']' | '\n' | '\r' => is_within = false,
            _ => {}
        }
        matches!(char, '\n' | '\r' | ';') || (!is_within && (char == ',' || char.is_whitespace()))
    });
    parts.map(str::trim).filter(|part| !part.is_empty())
}

impl WebhookFields {
    pub(super) fn new(
        catalog: Option<&Arc<EventCatalog>>,
        entered: &Entered,
        has_tenants: bool,
        errors: &Errors,
    ) -> Self {
        let groups = catalog.map(|catalog| groups(catalog, entered)).unwrap_or_default();
        let is_offered = |operation: &str| {
            let mut choices = groups.iter().flat_map(|group| &group.events);
            (operation == "*.*" && !groups.is_empty())
                || choices.any(|choice| choice.name == operation)
        };
        let typed = entered.operations.iter().filter(|operation| !is_offered(operation));
        let typed = typed.cloned().collect::<Vec<_>>().join("\n");
        let (label, hint) = if groups.is_empty() {
            ("Events", "One on each line: person.created, person.*, *.created. All events are *.*")
        } else {
            (
                "Other patterns",
                "One on each line: person.*, or person.updated[email] for updates of a field.",
            )
        };
        let operations = Field::new("operations", label).kind("textarea").value(typed).hint(hint);
        let is_everything = entered.operations.iter().any(|operation| operation == "*.*");
        Self {
            url: Field::new("targetUrl", "URL")
                .kind("url")
                .value(&*entered.url)
                .example("https://example.com/hooks")
                .hint("Events are sent here, as POST requests with a JSON body.")
                .wrong(errors),
            description: Field::new("description", "Description")
                .value(&*entered.description)
                .hint("What it is for, for your colleagues.")
                .optional()
                .wrong(errors),
            is_everything,
            // Among others to choose, what is wrong is told above all of them.
            operations: if groups.is_empty() {
                operations.wrong(errors)
            } else {
                operations.optional().wrong_above(errors)
            },
            wrong_operations: errors.about("operations"),
            tenant: has_tenants.then(|| {
                Field::new("tenant", "Tenant")
                    .value(entered.tenant.clone().unwrap_or_default())
                    .hint("Then it gets this tenant's events only. Leave it empty where there are no tenants.")
                    .optional()
                    .wrong(errors)
            }),
            summary: errors.summary(),
            groups,
        }
    }
}

fn groups(catalog: &EventCatalog, entered: &Entered) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for event in catalog.events() {
        let Some((object, operation)) = event.event.split_once('.') else {
            continue;
        };
        let choice = Choice {
            name: event.event.clone(),
            operation: operation.to_owned(),
            description: event.description.clone(),
            is_chosen: entered.operations.contains(&event.event),
        };
        match groups.iter_mut().find(|group| group.object == object) {
            Some(group) => group.events.push(choice),
            None => groups.push(Group { object: object.to_owned(), events: vec![choice] }),
        }
    }
    groups
}

/// Whether an operation can be read, for those that are named in a test.
#[cfg(test)]
fn is_pattern(operation: &str) -> bool {
    operation.parse::<hookwright::EventPattern>().is_ok()
}

#[derive(Template)]
#[template(path = "create.html")]
struct CreatePage {
    frame: Frame,
    fields: WebhookFields,
}

impl CreatePage {
    fn new(visitor: &Visitor, entered: &Entered, errors: &Errors) -> Self {
        let has_tenants = visitor.principal.tenant_id().is_none();
        let catalog = visitor.console.catalog.as_ref();
        let fields = WebhookFields::new(catalog, entered, has_tenants, errors);
        Self { frame: visitor.frame(), fields }
    }
}

pub(super) async fn form(visitor: Visitor) -> Result<Response, Failure> {
    visitor.needs(Scope::Write)?;
    let operations =
        if visitor.console.catalog.is_none() { vec!["*.*".to_owned()] } else { Vec::new() };
    let entered =
        Entered { url: String::new(), description: String::new(), operations, tenant: None };
    visitor.show(&CreatePage::new(&visitor, &entered, &Errors::default()))
}

pub(super) async fn create(posted: Posted) -> Result<Response, Failure> {
    posted.visitor.needs(Scope::Write)?;
    once(posted, make).await
}

async fn make(Posted { visitor, fields }: Posted) -> Result<Response, Failure> {
    let entered = Entered::of(&fields);
    let new = NewWebhook {
        target_url: entered.url.clone(),
        operations: Some(entered.operations.clone()),
        description: Some(entered.description.clone()),
        tenant: entered.tenant.clone(),
        ..NewWebhook::default()
    };
    match webhooks::create(&visitor.console, &visitor.outbox, new).await {
        Ok(webhook) => visitor.show(&SecretPage::of_new(visitor.frame(), webhook)),
        Err(problem) => {
            let errors = Errors::of(problem)?;
            visitor.show_again(&CreatePage::new(&visitor, &entered, &errors))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_operations_are_split_but_not_within_brackets() {
        let typed = "person.created, company.*\r\nperson.updated[email, phone]\n\n *.deleted ";
        let expected = ["person.created", "company.*", "person.updated[email, phone]", "*.deleted"];
        assert_eq!(split(typed).collect::<Vec<_>>(), expected);
        assert!(expected.into_iter().all(is_pattern));
        assert_eq!(split("person.updated[email\nperson.created").count(), 2);
    }

    #[test]
    fn no_more_operations_are_kept_than_are_refused() {
        let typed: Vec<String> = (0..100_000).map(|number| format!("a.b{number}")).collect();
        let typed = typed.join("+");
        let fields = Fields::parse(format!("operation=a.b0&operations={typed}").as_bytes());
        let operations = Entered::of(&fields).operations;
        assert_eq!(operations.len(), MAX_OPERATIONS + 1);
        assert_eq!(operations[..2], ["a.b0", "a.b1"]);
    }
}
