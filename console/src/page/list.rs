//! The list of webhooks.

use std::collections::HashMap;

use askama::Template;
use axum::response::Response;

use super::failure::Failure;
use super::figures::{self, Bars};
use super::frame::Frame;
use super::place;
use super::text::{self, LINE, cut, percent, visible_line};
use super::visitor::Visitor;
use crate::access::Scope;
use crate::filter::WebhookFilter;
use crate::outbox::on_store;
use crate::stats::{self, Period, WebhookFigures};
use crate::webhooks::{Reason, Webhook};

/// How many webhooks are on a page.
const ROWS: usize = 25;
/// How many operations of a webhook are named in the list.
const NAMED: usize = 3;
/// How many characters of an operation are shown.
const OPERATION: usize = 60;

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage {
    frame: Frame,
    sought: String,
    count: u64,
    counted: String,
    rows: Vec<Row>,
    is_first: bool,
    newest: String,
    older: Option<String>,
}

struct Row {
    id: String,
    url: String,
    description: String,
    operations: Vec<String>,
    more_operations: usize,
    status: Status,
    tenant: Option<String>,
    day: Option<Bars>,
    failures: Option<String>,
    is_failing: bool,
}

/// Whether events flow, as people are told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Status {
    pub(super) word: &'static str,
    pub(super) class: &'static str,
}

impl Status {
    pub(super) fn of(webhook: &Webhook) -> Self {
        let (word, class) = match (webhook.disabled_reason, webhook.failing_since) {
            (Some(Reason::Paused), _) => ("Paused", "quiet"),
            (Some(Reason::Gone), _) => ("Off: gone", "bad"),
            (Some(Reason::Failing), _) => ("Off: failing", "bad"),
            (None, Some(_)) => ("Failing", "warn"),
            (None, None) => ("Active", "good"),
        };
        Self { word, class }
    }
}

pub(super) async fn page(visitor: Visitor) -> Result<Response, Failure> {
    visitor.needs(Scope::Read)?;
    let query = visitor.place.query();
    let sought = query.given("q").unwrap_or_default().to_owned();
    let cursor = query.given("cursor").map(str::to_owned);
    let is_first = cursor.is_none();
    let wanted = WebhookFilter { text: Some(sought.clone()), limit: Some(ROWS), cursor }.query()?;
    let (page, count) = on_store!(&visitor.outbox, outbox => {
        let endpoints = outbox.endpoints();
        (endpoints.page(&wanted).await?, endpoints.count().await?)
    });
    let next = page.next().map(|cursor| cursor.to_string());
    let webhooks: Vec<Webhook> = page.items().iter().map(Webhook::from).collect();
    let mut figures = figures(&visitor, &webhooks).await?;
    let rows = webhooks.into_iter().map(|webhook| {
        let figures = figures.remove(&webhook.id);
        Row::new(webhook, figures.as_ref())
    });
    let rows = rows.collect();
    let older = next.map(|cursor| place::query(&[("q", &sought), ("cursor", &cursor)]));
    visitor.show(&ListPage {
        frame: visitor.frame(),
        newest: place::query(&[("q", &sought)]),
        counted: text::count(count, "webhook", "webhooks"),
        sought,
        count,
        rows,
        is_first,
        older,
    })
}

/// The figures of those webhooks that are shown.
async fn figures(
    visitor: &Visitor,
    webhooks: &[Webhook],
) -> Result<HashMap<String, WebhookFigures>, Failure> {
    if webhooks.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<&str> = webhooks.iter().map(|webhook| webhook.id.as_str()).collect();
    let period = Period { webhooks: Some(ids.join(",")), ..Period::default() };
    let stats = stats::stats(&visitor.outbox, &period).await?;
    let figures = stats.webhooks.into_iter();
    Ok(figures.filter_map(|figures| Some((figures.webhook_id.clone()?, figures))).collect())
}

/// The first of them, each cut to so many characters.
pub(super) fn named(operations: Vec<String>, most: usize, length: usize) -> Vec<String> {
    operations.into_iter().take(most).map(|operation| cut(operation, length)).collect()
}

impl Row {
    fn new(webhook: Webhook, figures: Option<&WebhookFigures>) -> Self {
        let status = Status::of(&webhook);
        let share = figures.and_then(|figures| figures.all.failure_share);
        Self {
            status,
            id: webhook.id,
            url: cut(visible_line(&webhook.target_url), LINE),
            description: cut(visible_line(&webhook.description), LINE),
            more_operations: webhook.operations.len().saturating_sub(NAMED),
            operations: named(webhook.operations, NAMED, OPERATION),
            tenant: webhook.tenant.as_deref().map(|tenant| cut(visible_line(tenant), LINE)),
            day: figures.map(figures::day),
            failures: share.map(percent),
            is_failing: share.is_some_and(|share| share > 0.0),
        }
    }
}
