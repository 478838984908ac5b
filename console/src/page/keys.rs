//! API keys.

use askama::Template;
use axum::response::Response;
use chrono::Utc;

use super::failure::{Failure, Segment};
use super::field::Field;
use super::form::{Errors, Fields};
use super::frame::Frame;
use super::once::once;
use super::text::{Time, visible_line};
use super::visitor::{Posted, Visitor};
use crate::access::Scope;
use crate::keys::{self, Key, NewKey};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    name: String,
    hint: String,
    scopes: String,
    tenant: Option<String>,
    created: Time,
    expires: Option<Time>,
    is_expired: bool,
    used: Option<Time>,
    is_own: bool,
}

impl Row {
    fn new(key: &Key, visitor: &Visitor) -> Self {
        let id = key.id.to_string();
        let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
        Self {
            is_own: id == visitor.principal.name(),
            id,
            name: visible_line(&key.name),
            hint: key.hint.clone(),
            scopes: scopes.join(", "),
            tenant: key.tenant.as_deref().map(visible_line),
            created: Time(key.created_at),
            expires: key.expires_at.map(Time),
            is_expired: key.expires_at.is_some_and(|time| time <= Utc::now()),
            used: key.used_at.map(Time),
        }
    }
}

#[derive(Template)]
#[template(path = "key_new.html")]
struct NewKeyPage {
    frame: Frame,
    name: Field,
    scopes: [ScopeChoice; 4],
    wrong_scopes: Option<String>,
    expires: Field,
    tenant: Option<Field>,
    summary: Vec<(&'static str, String)>,
}

struct ScopeChoice {
    name: &'static str,
    means: &'static str,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "key_made.html")]
struct KeyMadePage {
    frame: Frame,
    name: String,
    token: String,
}

#[derive(Template)]
#[template(path = "key_revoke.html")]
struct RevokePage {
    frame: Frame,
    key: Row,
}

impl NewKeyPage {
    fn new(visitor: &Visitor, fields: &Fields, errors: &Errors) -> Self {
        let text = |name, label| Field::new(name, label).value(fields.text(name)).wrong(errors);
        Self {
            frame: visitor.frame(),
            name: text("name", "Name").hint("Who or what uses it."),
            scopes: Scope::ALL.map(|scope| ScopeChoice {
                name: scope.name(),
                means: match scope {
                    Scope::Read => "See webhooks, deliveries and attempts",
                    Scope::Write => "Make, change, test and delete webhooks, and send events",
                    Scope::Replay => "Resend, recover and replay",
                    Scope::Admin => "All of it, and API keys",
                },
                is_chosen: fields.all("scopes").any(|chosen| chosen == scope.name()),
            }),
            wrong_scopes: errors.about("scopes"),
            expires: text("expiresAt", "Expires (UTC)")
                .kind("datetime-local")
                .hint("It never does when this is empty.")
                .optional(),
            tenant: visitor.principal.tenant_id().is_none().then(|| {
                text("tenant", "Tenant")
                    .hint("Then it sees nothing of others. Leave it empty where there are no tenants.")
                    .optional()
            }),
            summary: errors.summary(),
        }
    }
}

pub(super) async fn page(visitor: Visitor) -> Result<Response, Failure> {
    visitor.needs(Scope::Admin)?;
    let keys = keys::list(&visitor.console, &visitor.principal).await?;
    let rows = keys.iter().map(|key| Row::new(key, &visitor)).collect();
    visitor.show(&KeysPage { frame: visitor.frame(), rows })
}

pub(super) async fn form(visitor: Visitor) -> Result<Response, Failure> {
    visitor.needs(Scope::Admin)?;
    visitor.show(&NewKeyPage::new(&visitor, &Fields::default(), &Errors::default()))
}

pub(super) async fn create(posted: Posted) -> Result<Response, Failure> {
    posted.visitor.needs(Scope::Admin)?;
    once(posted, make).await
}

async fn make(Posted { visitor, fields }: Posted) -> Result<Response, Failure> {
    let mut errors = Errors::default();
    let expires_at = errors.keep(fields.time("expiresAt"));
    let scopes: Result<Vec<Scope>, _> = fields.all("scopes").map(str::parse).collect();
    let scopes = scopes.unwrap_or_else(|error| {
        errors.add("scopes", error.to_string());
        Vec::new()
    });
    if !errors.is_empty() {
        return visitor.show_again(&NewKeyPage::new(&visitor, &fields, &errors));
    }
    let new = NewKey {
        name: fields.text("name").to_owned(),
        scopes,
        tenant: fields.given("tenant").map(str::to_owned),
        expires_at,
    };
    match keys::create(&visitor.console, &visitor.principal, new).await {
        Ok(key) => visitor.show(&KeyMadePage {
            frame: visitor.frame(),
            name: visible_line(&key.name),
            token: key.token.unwrap_or_default(),
        }),
        Err(problem) => {
            let errors = Errors::of(problem)?;
            visitor.show_again(&NewKeyPage::new(&visitor, &fields, &errors))
        }
    }
}

pub(super) async fn ask_revoke(
    visitor: Visitor,
    Segment(id): Segment<String>,
) -> Result<Response, Failure> {
    visitor.needs(Scope::Admin)?;
    let keys = keys::list(&visitor.console, &visitor.principal).await?;
    let key = keys.iter().find(|key| key.id.to_string() == id);
    let key = key.ok_or_else(|| Problem::not_found("API key"))?;
    let key = Row::new(key, &visitor);
    visitor.show(&RevokePage { frame: visitor.frame(), key })
}

pub(super) async fn revoke(
    Segment(id): Segment<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let visitor = &posted.visitor;
    visitor.needs(Scope::Admin)?;
    keys::revoke(&visitor.console, &visitor.principal, &id).await?;
    Ok(visitor.lead("/keys", "revoked"))
}
