//! Recoveries and replays of a webhook.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::response::Response;
use chrono::{SubsecRound, TimeDelta, Timelike, Utc};

use super::failure::{Failure, Segment};
use super::field::Field;
use super::form::{Errors, Fields, entered};
use super::frame::Frame;
use super::place;
use super::text::{self, Time};
use super::visitor::{Posted, Visitor};
use super::webhook::{Heading, StateWord};
use crate::access::Scope;
use crate::listing::Listing;
use crate::replays::{self, Progress, Recovery, Replay, ReplayKind, Span};
use crate::stats::{self, Period};
use crate::webhooks::{self, Webhook};

/// How many recoveries and replays are shown.
const ROWS: usize = 20;

#[derive(Template)]
#[template(path = "send_again.html")]
struct SendAgainPage {
    frame: Frame,
    heading: Heading,
    dead: String,
    recover_since: Field,
    replay_since: Field,
    replay_until: Field,
    summary: Vec<(&'static str, String)>,
    replays: Replays,
}

/// Recoveries and replays, and how far they have come.
#[derive(Template)]
#[template(path = "replays.html")]
struct Replays {
    prefix: String,
    csrf: String,
    may_replay: bool,
    webhook: String,
    rows: Vec<Row>,
}

impl HtmlSafe for Replays {}

struct Row {
    id: String,
    kind: &'static str,
    since: Time,
    until: Option<Time>,
    queued: String,
    state: StateWord,
    is_running: bool,
    begun: Time,
}

impl From<Replay> for Row {
    fn from(replay: Replay) -> Self {
        let (word, class) = match replay.state {
            Progress::Running => ("Running", "warn"),
            Progress::Done => ("Done", "good"),
            Progress::Cancelled => ("Cancelled", "quiet"),
        };
        Self {
            id: replay.id,
            kind: match replay.kind {
                ReplayKind::Recovery => "Recovery",
                ReplayKind::Replay => "Replay",
            },
            since: Time(replay.since),
            until: replay.until.map(Time),
            queued: text::count(replay.queued, "delivery", "deliveries"),
            state: StateWord { word, class },
            is_running: replay.state == Progress::Running,
            begun: Time(replay.created_at),
        }
    }
}

async fn read_replays(visitor: &Visitor, webhook: &Webhook) -> Result<Replays, Failure> {
    let id = webhooks::id_of(&webhook.id)?;
    let listing = Listing { limit: Some(ROWS), cursor: None };
    let page = replays::list(&visitor.outbox, &id, &listing).await?;
    Ok(Replays {
        prefix: visitor.place.prefix.clone(),
        csrf: visitor.csrf.clone(),
        may_replay: visitor.principal.may(Scope::Replay),
        webhook: webhook.id.clone(),
        rows: page.data.into_iter().map(Row::from).collect(),
    })
}

async fn read_page(
    visitor: &Visitor,
    webhook: &Webhook,
    fields: &Fields,
    errors: &Errors,
) -> Result<SendAgainPage, Failure> {
    let period = Period { webhooks: Some(webhook.id.clone()), ..Period::default() };
    let stats = stats::stats(&visitor.outbox, &period).await?;
    let day_ago = Utc::now() - TimeDelta::days(1);
    let times = [
        ("recoverSince", "Recover since (UTC)", webhook.failing_since.unwrap_or(day_ago)),
        ("since", "Replay since (UTC)", day_ago),
        ("until", "Replay until (UTC)", Utc::now() + TimeDelta::minutes(1)),
    ];
    let [recover_since, replay_since, replay_until] = times.map(|(name, label, time)| {
        let time = time.trunc_subsecs(0).with_second(0).unwrap_or(time);
        let is_entered = fields.all(name).next().is_some();
        let value = if is_entered { fields.text(name).to_owned() } else { entered(time) };
        Field::new(name, label).kind("datetime-local").value(value).wrong(errors)
    });
    Ok(SendAgainPage {
        frame: visitor.frame(),
        heading: Heading::of(webhook, "again"),
        dead: match stats.webhooks.first().map_or(0, |figures| figures.dead) {
            0 => "nothing is dead now.".to_owned(),
            dead => text::count(dead, "delivery is dead now.", "deliveries are dead now."),
        },
        recover_since,
        replay_since,
        replay_until,
        summary: errors.summary(),
        replays: read_replays(visitor, webhook).await?,
    })
}

pub(super) async fn page(
    visitor: Visitor,
    Segment(id): Segment<String>,
) -> Result<Response, Failure> {
    visitor.needs(Scope::Read)?;
    let webhook = webhooks::get(&visitor.outbox, &webhooks::id_of(&id)?).await?;
    let page = read_page(&visitor, &webhook, &Fields::default(), &Errors::default()).await?;
    visitor.show(&page)
}

/// The list alone, by which a page that is open is kept up to date.
pub(super) async fn replays(
    visitor: Visitor,
    Segment(id): Segment<String>,
) -> Result<Response, Failure> {
    visitor.needs(Scope::Read)?;
    let webhook = webhooks::get(&visitor.outbox, &webhooks::id_of(&id)?).await?;
    let replays = read_replays(&visitor, &webhook).await?;
    visitor.show(&replays)
}

pub(super) async fn recover(
    Segment(id): Segment<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { visitor, fields } = posted;
    visitor.needs(Scope::Replay)?;
    let webhook = webhooks::get(&visitor.outbox, &webhooks::id_of(&id)?).await?;
    let mut errors = Errors::default();
    let since = errors.keep(fields.time("recoverSince"));
    if since.is_none() && errors.is_empty() {
        errors.add("recoverSince", "say from when on");
    }
    let Some(since) = since else {
        return again(&visitor, &webhook, &fields, &errors).await;
    };
    let recovery = Recovery { since, per_second: None };
    replays::recover(&visitor.outbox, &webhooks::id_of(&id)?, recovery).await?;
    Ok(visitor.lead(&format!("/webhooks/{}/recover", webhook.id), "recovering"))
}

pub(super) async fn replay(
    Segment(id): Segment<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let Posted { visitor, fields } = posted;
    visitor.needs(Scope::Replay)?;
    let webhook = webhooks::get(&visitor.outbox, &webhooks::id_of(&id)?).await?;
    let mut errors = Errors::default();
    let since = errors.keep(fields.time("since"));
    let until = errors.keep(fields.time("until"));
    if since.is_none() && errors.about("since").is_none() {
        errors.add("since", "say from when on");
    }
    let Some(since) = since.filter(|_| errors.is_empty()) else {
        return again(&visitor, &webhook, &fields, &errors).await;
    };
    let span = Span { since, until, per_second: None };
    match replays::replay(&visitor.outbox, &webhooks::id_of(&id)?, span).await {
        Ok(_) => Ok(visitor.lead(&format!("/webhooks/{}/recover", webhook.id), "replaying")),
        Err(problem) => again(&visitor, &webhook, &fields, &Errors::of(problem)?).await,
    }
}

/// Shows the forms again, with what is wrong with them.
async fn again(
    visitor: &Visitor,
    webhook: &Webhook,
    fields: &Fields,
    errors: &Errors,
) -> Result<Response, Failure> {
    let page = read_page(visitor, webhook, fields, errors).await?;
    visitor.show_again(&page)
}

pub(super) async fn cancel(
    Segment((id, replay)): Segment<(String, String)>,
    posted: Posted,
) -> Result<Response, Failure> {
    posted.visitor.needs(Scope::Replay)?;
    let id = webhooks::id_of(&id)?;
    replays::cancel(&posted.visitor.outbox, &id, &replay).await?;
    let path = format!("/webhooks/{}/recover", place::segment(&id.to_string()));
    Ok(posted.visitor.lead(&path, "cancelled"))
}
