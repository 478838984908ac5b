//! One webhook: what was sent to it, and what came of it.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::response::Response;

use super::failure::{Failure, Segment};
use super::field::Field;
use super::figures::{Figures, Span};
use super::form::{Errors, Fields, entered};
use super::frame::Frame;
use super::list::{Status, named};
use super::place;
use super::text::{self, LINE, Time, cut, visible, visible_line};
use super::visitor::Visitor;
use crate::access::Scope;
use crate::filter::DeliveryFilter;
use crate::history::{self, Delivery, State};
use crate::stats::{self, Period};
use crate::webhooks::{self, Reason, Webhook};

/// How many deliveries are on a page.
const ROWS: usize = 25;
/// How many operations are named.
const NAMED: usize = 20;

/// What stands above all pages of a webhook.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    pub(super) id: String,
    pub(super) url: String,
    pub(super) description: String,
    pub(super) status: Status,
    pub(super) is_enabled: bool,
    /// Which of its pages it is.
    pub(super) tab: &'static str,
}

impl Heading {
    pub(super) fn of(webhook: &Webhook, tab: &'static str) -> Self {
        Self {
            id: webhook.id.clone(),
            url: visible_line(&webhook.target_url),
            description: visible(&webhook.description),
            status: Status::of(webhook),
            is_enabled: webhook.enabled,
            tab,
        }
    }
}

#[derive(Template)]
#[template(path = "webhook.html")]
struct WebhookPage {
    frame: Frame,
    heading: Heading,
    trouble: Option<Trouble>,
    operations: Vec<String>,
    more_operations: usize,
    created: Time,
    tenant: Option<String>,
    figures: Figures,
    filter: FilterForm,
    deliveries: Deliveries,
}

/// What is wrong with a webhook, in words.
struct Trouble {
    text: String,
    since: Option<Time>,
}

fn trouble(webhook: &Webhook) -> Option<Trouble> {
    let (text, since) = match (webhook.disabled_reason, webhook.failing_since) {
        (Some(Reason::Paused), _) => {
            ("It is paused. Events for it are held back until it is resumed.", None)
        }
        (Some(Reason::Gone), since) => {
            ("It was turned off, since the endpoint has answered 410 Gone.", since)
        }
        (Some(Reason::Failing), since) => {
            ("It was turned off, since every attempt has failed for days.", since)
        }
        (None, Some(since)) => ("Every attempt has failed.", Some(since)),
        (None, None) => return None,
    };
    Some(Trouble { text: text.to_owned(), since: since.map(Time) })
}

/// The form that says which deliveries are shown.
struct FilterForm {
    state: String,
    states: [(&'static str, &'static str); 5],
    wrong_state: Option<String>,
    event: Field,
    since: Field,
    until: Field,
    is_used: bool,
}

const STATES: [(&str, &str); 5] = [
    ("", "All"),
    ("pending", "Pending"),
    ("held", "Held"),
    ("dead", "Dead"),
    ("delivered", "Delivered"),
];

/// The deliveries that are shown.
#[derive(Template)]
#[template(path = "deliveries.html")]
struct Deliveries {
    prefix: String,
    rows: Vec<Row>,
    is_filtered: bool,
    is_first: bool,
    newest: String,
    older: Option<String>,
    may_write: bool,
    id: String,
}

impl HtmlSafe for Deliveries {}

struct Row {
    link: String,
    event: String,
    event_id: String,
    state: StateWord,
    attempts: String,
    at: Time,
    /// Whether the time is that of the next attempt.
    is_waiting: bool,
}

/// How far a delivery has come, as people are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct StateWord {
    pub(super) word: &'static str,
    pub(super) class: &'static str,
}

impl From<State> for StateWord {
    fn from(state: State) -> Self {
        let (word, class) = match state {
            State::Pending => ("Pending", "warn"),
            State::Held => ("Held", "quiet"),
            State::Dead => ("Dead", "bad"),
            State::Delivered => ("Delivered", "good"),
        };
        Self { word, class }
    }
}

impl From<Delivery> for Row {
    fn from(delivery: Delivery) -> Self {
        Self {
            link: format!("/deliveries/{}", place::segment(&delivery.id)),
            event: cut(delivery.event, LINE),
            event_id: delivery.event_id,
            state: delivery.state.into(),
            attempts: match delivery.attempts {
                0 => "None yet".to_owned(),
                attempts => text::count(attempts as u64, "attempt", "attempts"),
            },
            at: Time(delivery.at),
            is_waiting: delivery.state == State::Pending,
        }
    }
}

/// Reads what is asked for of deliveries.
fn read_filter(fields: &Fields, id: &str) -> (DeliveryFilter, Errors) {
    let mut errors = Errors::default();
    let state = match fields.text("state") {
        "" => None,
        "pending" => Some(State::Pending),
        "held" => Some(State::Held),
        "dead" => Some(State::Dead),
        "delivered" => Some(State::Delivered),
        _ => {
            errors.add("state", "choose one of the list");
            None
        }
    };
    let event = fields.given("event").map(str::to_owned);
    let name = event.as_deref().map(str::parse::<hookwright::EventName>).transpose();
    if let Err(error) = &name {
        errors.add("event", error.to_string());
    }
    let filter = DeliveryFilter {
        webhook: Some(id.to_owned()),
        event: event.filter(|_| name.is_ok()),
        state,
        since: errors.keep(fields.time("since")),
        until: errors.keep(fields.time("until")),
        limit: Some(ROWS),
        cursor: fields.given("cursor").map(str::to_owned),
        ..DeliveryFilter::default()
    };
    (filter, errors)
}

async fn read_deliveries(
    visitor: &Visitor,
    id: &str,
    fields: &Fields,
) -> Result<(Deliveries, Errors), Failure> {
    let (filter, errors) = read_filter(fields, id);
    let page = history::deliveries(&visitor.outbox, &filter).await?;
    let kept = ["state", "event", "since", "until", "span"].map(|name| (name, fields.text(name)));
    let is_filtered = kept[..4].iter().any(|(_, value)| !value.is_empty());
    let older = page.next.as_deref().map(|next| {
        let mut pairs = kept.to_vec();
        pairs.push(("cursor", next));
        place::query(&pairs)
    });
    let deliveries = Deliveries {
        prefix: visitor.place.prefix.clone(),
        rows: page.data.into_iter().map(Row::from).collect(),
        is_filtered,
        is_first: filter.cursor.is_none(),
        newest: place::query(&kept),
        older,
        may_write: visitor.principal.may(Scope::Write),
        id: id.to_owned(),
    };
    Ok((deliveries, errors))
}

impl FilterForm {
    fn new(visitor: &Visitor, fields: &Fields, errors: &Errors) -> Self {
        let catalog = visitor.console.catalog.as_ref();
        let events = catalog.map(|catalog| catalog.events().map(|event| event.event.clone()));
        let time = |name, label| {
            Field::new(name, label)
                .kind("datetime-local")
                .value(match fields.time(name) {
                    Ok(Some(time)) => entered(time),
                    _ => fields.text(name).to_owned(),
                })
                .optional()
                .wrong(errors)
        };
        Self {
            state: fields.text("state").to_owned(),
            states: STATES,
            wrong_state: errors.about("state"),
            event: Field::new("event", "Event")
                .value(fields.text("event"))
                .example("person.created")
                .optional()
                .suggest(events.map(Iterator::collect).unwrap_or_default())
                .wrong(errors),
            since: time("since", "Since (UTC)"),
            until: time("until", "Until (UTC)"),
            is_used: ["state", "event", "since", "until"]
                .iter()
                .any(|name| !fields.text(name).is_empty()),
        }
    }
}

pub(super) async fn page(
    visitor: Visitor,
    Segment(id): Segment<String>,
) -> Result<Response, Failure> {
    visitor.needs(Scope::Read)?;
    let webhook = webhooks::get(&visitor.outbox, &webhooks::id_of(&id)?).await?;
    let fields = visitor.place.query();
    let span = Span::of(fields.text("span"));
    let (bucket_seconds, buckets) = span.buckets();
    let period = Period {
        webhooks: Some(webhook.id.clone()),
        since: None,
        bucket_seconds: Some(bucket_seconds),
        buckets: Some(buckets),
    };
    let stats = stats::stats(&visitor.outbox, &period).await?;
    let (deliveries, errors) = read_deliveries(&visitor, &webhook.id, &fields).await?;
    let page = WebhookPage {
        frame: visitor.frame(),
        heading: Heading::of(&webhook, "deliveries"),
        trouble: trouble(&webhook),
        more_operations: webhook.operations.len().saturating_sub(NAMED),
        operations: named(webhook.operations, NAMED, LINE),
        created: Time(webhook.created_at),
        tenant: webhook.tenant.as_deref().map(visible_line),
        figures: Figures::new(span, &stats),
        filter: FilterForm::new(&visitor, &fields, &errors),
        deliveries,
    };
    if errors.is_empty() { visitor.show(&page) } else { visitor.show_again(&page) }
}

/// The deliveries alone, by which a page that is open is kept up to date.
pub(super) async fn deliveries(
    visitor: Visitor,
    Segment(id): Segment<String>,
) -> Result<Response, Failure> {
    visitor.needs(Scope::Read)?;
    let webhook = webhooks::get(&visitor.outbox, &webhooks::id_of(&id)?).await?;
    let fields = visitor.place.query();
    let (deliveries, _) = read_deliveries(&visitor, &webhook.id, &fields).await?;
    visitor.show(&deliveries)
}
