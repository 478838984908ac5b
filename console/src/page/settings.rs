//! Pausing, resuming and deleting a webhook, and replacing its secret.

use std::time::Duration;

use askama::Template;
use axum::response::Response;

use super::failure::{Failure, Segment};
use super::frame::Frame;
use super::once::once;
use super::secret::SecretPage;
use super::text::visible_line;
use super::visitor::{Posted, Visitor};
use crate::access::Scope;
use crate::webhooks::{self, Rotation, WebhookChanges};

#[derive(Template)]
#[template(path = "delete.html")]
struct DeletePage {
    frame: Frame,
    id: String,
    url: String,
}

#[derive(Template)]
#[template(path = "rotate.html")]
struct RotatePage {
    frame: Frame,
    id: String,
    url: String,
    overlaps: [Overlap; 4],
    is_wrong: bool,
}

/// How long the secret before signs on.
#[derive(Clone, Copy)]
struct Overlap {
    seconds: u64,
    name: &'static str,
    is_usual: bool,
}

const OVERLAPS: [Overlap; 4] = [
    Overlap { seconds: 0, name: "Stop at once", is_usual: false },
    Overlap { seconds: Duration::from_hours(1).as_secs(), name: "1 hour", is_usual: false },
    Overlap { seconds: Duration::from_hours(24).as_secs(), name: "24 hours", is_usual: true },
    Overlap { seconds: Duration::from_hours(168).as_secs(), name: "7 days", is_usual: false },
];

pub(super) async fn pause(
    Segment(id): Segment<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    enable(&posted.visitor, &id, false, "paused").await
}

pub(super) async fn resume(
    Segment(id): Segment<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    enable(&posted.visitor, &id, true, "resumed").await
}

async fn enable(
    visitor: &Visitor,
    id: &str,
    enabled: bool,
    done: &str,
) -> Result<Response, Failure> {
    visitor.needs(Scope::Write)?;
    let id = webhooks::id_of(id)?;
    let changes = WebhookChanges { enabled: Some(enabled), ..WebhookChanges::default() };
    webhooks::update(&visitor.console, &visitor.outbox, &id, changes).await?;
    Ok(visitor.lead(&format!("/webhooks/{id}"), done))
}

pub(super) async fn ask_delete(
    visitor: Visitor,
    Segment(id): Segment<String>,
) -> Result<Response, Failure> {
    visitor.needs(Scope::Write)?;
    let webhook = webhooks::get(&visitor.outbox, &webhooks::id_of(&id)?).await?;
    let url = visible_line(&webhook.target_url);
    visitor.show(&DeletePage { frame: visitor.frame(), id: webhook.id, url })
}

pub(super) async fn delete(
    Segment(id): Segment<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    posted.visitor.needs(Scope::Write)?;
    webhooks::delete(&posted.visitor.outbox, &webhooks::id_of(&id)?).await?;
    Ok(posted.visitor.lead("/webhooks", "deleted"))
}

pub(super) async fn ask_rotate(
    visitor: Visitor,
    Segment(id): Segment<String>,
) -> Result<Response, Failure> {
    visitor.needs(Scope::Write)?;
    let page = rotate_page(&visitor, &id, false).await?;
    visitor.show(&page)
}

async fn rotate_page(visitor: &Visitor, id: &str, is_wrong: bool) -> Result<RotatePage, Failure> {
    let webhook = webhooks::get(&visitor.outbox, &webhooks::id_of(id)?).await?;
    let url = visible_line(&webhook.target_url);
    Ok(RotatePage { frame: visitor.frame(), id: webhook.id, url, overlaps: OVERLAPS, is_wrong })
}

pub(super) async fn rotate(
    Segment(id): Segment<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    posted.visitor.needs(Scope::Write)?;
    once(posted, |posted| replace_secret(id, posted)).await
}

async fn replace_secret(id: String, posted: Posted) -> Result<Response, Failure> {
    let Posted { visitor, fields } = posted;
    let chosen =
        OVERLAPS.iter().find(|overlap| fields.text("overlap") == overlap.seconds.to_string());
    let Some(seconds) = chosen.and_then(|overlap| u32::try_from(overlap.seconds).ok()) else {
        let page = rotate_page(&visitor, &id, true).await?;
        return visitor.show_again(&page);
    };
    let rotation = Rotation { secret: None, overlap_seconds: Some(seconds) };
    let webhook = webhooks::rotate(&visitor.outbox, &webhooks::id_of(&id)?, rotation).await?;
    visitor.show(&SecretPage::of_rotated(visitor.frame(), webhook))
}
