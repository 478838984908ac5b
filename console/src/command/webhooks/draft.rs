//! What is said of a webhook that is made or changed.

use std::num::NonZeroU32;

use clap::Args;
use hookwright::{EndpointSettings, IpNet, Sender};
use http::Method;
use serde_json::{Map, Value, json};

use super::show;
use crate::command::client::{Client, Dispatching};
use crate::command::failure::Failure;
use crate::command::networks::{ALLOWING, sender, unguarded};
use crate::command::output::Output;
use crate::command::settings::{Settings, Target, Values};
use crate::command::typed;

#[derive(Args, Debug)]
pub(in crate::command) struct Create {
    /// Where events go, such as https://example.com/hooks.
    url: String,
    /// A secret of your own, of 16 bytes or more: else one is made
    /// [env: HOOKWRIGHT_SECRET]
    #[arg(long)]
    secret: Option<String>,
    /// Make it paused: events are held until it is enabled.
    #[arg(long)]
    paused: bool,
    /// Whose it is: then it gets this tenant's events alone.
    #[arg(long)]
    tenant: Option<String>,
    #[command(flatten)]
    options: Options,
}

#[derive(Args, Debug)]
pub(in crate::command) struct Update {
    /// The id of the webhook.
    id: String,
    /// Where events go.
    #[arg(long)]
    url: Option<String>,
    /// Send events again, and those that were held.
    #[arg(long, conflicts_with = "pause")]
    enable: bool,
    /// Hold events back.
    #[arg(long)]
    pause: bool,
    /// Remove a header; may be given several times.
    #[arg(long, value_name = "NAME")]
    remove_header: Vec<String>,
    /// Remove the limit of requests in a second.
    #[arg(long, conflicts_with = "rate_limit")]
    no_rate_limit: bool,
    #[command(flatten)]
    options: Options,
}

#[derive(Args, Debug)]
struct Options {
    /// An event that is wanted, such as person.created, `person.*` or person.updated[email]; may be
    /// given several times.
    #[arg(long = "event", value_name = "PATTERN")]
    events: Vec<String>,
    /// A text for people.
    #[arg(long)]
    description: Option<String>,
    /// A header that every request carries, `Name: value`; may be given several times.
    #[arg(long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// How many requests begin in a second at most.
    #[arg(long, value_name = "REQUESTS", value_parser = typed::read::<NonZeroU32>)]
    rate_limit: Option<NonZeroU32>,
    /// How bodies are written: documented, standard, or one with settings, in JSON:
    /// {"twenty":{"workspaceId":"…","objects":{"person":"…"}}} or
    /// {"cloudevents":{"source":"https://crm.example.com"}}
    #[arg(long)]
    format: Option<String>,
    /// Take an address in this network, of a database: whatever delivers has to allow it too; may
    /// be given several times [env: HOOKWRIGHT_ALLOW, with commas]
    #[arg(long, value_name = "NETWORK", value_parser = typed::read::<IpNet>)]
    allow: Vec<IpNet>,
}

impl Options {
    fn values(&self, values: &mut Values) {
        values.insert("allow", self.allow.iter().map(ToString::to_string).collect());
    }

    fn members(&self) -> Result<Map<String, Value>, Failure> {
        let mut members = Map::new();
        let mut set = |name: &str, value| members.insert(name.to_owned(), value);
        if !self.events.is_empty() {
            set("operations", json!(self.events));
        }
        if let Some(description) = &self.description {
            set("description", json!(description));
        }
        if !self.headers.is_empty() {
            let split = |header: &String| {
                let (name, value) = header
                    .split_once(':')
                    .ok_or_else(|| Failure::usage("write a header as `Name: value`"))?;
                Ok((name.trim().to_owned(), json!(value.trim())))
            };
            let headers: Result<Map<_, _>, Failure> = self.headers.iter().map(split).collect();
            set("headers", Value::Object(headers?));
        }
        if let Some(limit) = self.rate_limit {
            set("rateLimit", json!(limit));
        }
        if let Some(format) = &self.format {
            set("format", read_format(format)?);
        }
        Ok(members)
    }
}

/// Reads the name of a format, or the object of one that has settings.
fn read_format(text: &str) -> Result<Value, Failure> {
    const TWENTY: &str = r#"'{"twenty":{"workspaceId":"…","objects":{"person":"…"}}}'"#;
    const CLOUDEVENTS: &str = r#"'{"cloudevents":{"source":"https://crm.example.com"}}'"#;
    let value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
    match &value {
        Value::Object(_) => return Ok(value),
        Value::String(name) if ["documented", "standard"].contains(&name.as_str()) => {
            return Ok(value);
        }
        _ => {}
    }
    Err(Failure::usage(format!(
        "`{text}` is not a format: --format takes documented, standard, {TWENTY} or {CLOUDEVENTS}"
    )))
}

impl Create {
    pub(super) fn values(&self, values: &mut Values) {
        values.insert("secret", self.secret.iter().cloned().collect());
        self.options.values(values);
    }

    pub(super) async fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        let client = Client::to_save(settings).await?;
        settings.refuse_lure("secret")?;
        let mut body = self.options.members()?;
        body.insert("targetUrl".to_owned(), json!(self.url));
        if self.paused {
            body.insert("enabled".to_owned(), json!(false));
        }
        for (name, value) in
            [("tenant", self.tenant.as_deref()), ("secret", settings.one("secret"))]
        {
            if let Some(value) = value {
                body.insert(name.to_owned(), json!(value));
            }
        }
        let created = client.post(&["api", "webhooks"], &Value::Object(body)).await;
        let webhook = created.map_err(|failure| with_help(failure, settings, Some(&self.url)))?;
        show(&webhook, output)?;
        warn_of_address(&client, &webhook, output);
        Ok(())
    }
}

impl Update {
    pub(super) fn values(&self, values: &mut Values) {
        self.options.values(values);
    }

    pub(super) async fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        let client = Client::to_save(settings).await?;
        let mut body = self.options.members()?;
        if let Some(url) = &self.url {
            body.insert("targetUrl".to_owned(), json!(url));
        }
        if self.enable || self.pause {
            body.insert("enabled".to_owned(), json!(self.enable));
        }
        if self.no_rate_limit {
            body.insert("rateLimit".to_owned(), Value::Null);
        }
        if !self.remove_header.is_empty() {
            let headers = body.entry("headers").or_insert_with(|| json!({}));
            for name in &self.remove_header {
                headers[name] = Value::Null;
            }
        }
        if body.is_empty() {
            return Err(Failure::usage("nothing to change was given: see --help"));
        }
        let path = ["api", "webhooks", &self.id];
        let body = Value::Object(body).to_string();
        let updated = client.call(Method::PATCH, &path, &[], Some(body)).await;
        let webhook =
            updated.map_err(|failure| with_help(failure, settings, self.url.as_deref()))?;
        show(&webhook, output)?;
        warn_of_address(&client, &webhook, output);
        Ok(())
    }
}

/// Says what to do where an address is refused that could be allowed.
fn with_help(failure: Failure, settings: &Settings, url: Option<&str>) -> Failure {
    let is_database = matches!(settings.target(), Ok(Target::Database(_)));
    if is_database && failure.refuses("targetUrl") && url.is_some_and(can_be_allowed) {
        return failure
            .or_else(&format!("give --allow NETWORK here if it is meant, and {ALLOWING}"));
    }
    failure
}

/// Whether a URL is one to which events could go, if its address was allowed.
fn can_be_allowed(url: &str) -> bool {
    let settings = EndpointSettings::new(url.trim());
    settings
        .is_ok_and(|settings| unguarded().is_ok_and(|sender| sender.check(settings.url()).is_ok()))
}

/// Says where the address is one that a dispatcher may refuse.
fn warn_of_address(client: &Client, webhook: &Value, output: Output) {
    let (sender, who) = match &client.dispatcher {
        Dispatching::AsJudged => return,
        Dispatching::Unknown => (Sender::new().ok(), "that is not dialled by default"),
        Dispatching::Allowed(networks) => (
            sender(networks).ok(),
            "the last `hookwright serve` or `dispatch` of this database does not dial that",
        ),
    };
    let url = webhook["targetUrl"].as_str().and_then(|url| EndpointSettings::new(url).ok());
    let (Some(url), Some(sender)) = (url, sender) else {
        return;
    };
    if let Err(error) = sender.check(url.url()) {
        let source = std::error::Error::source(&error);
        let why = source.map_or_else(|| error.to_string(), ToString::to_string);
        output.note(&format!("note: {why}; {who}: {ALLOWING}"));
    }
}
