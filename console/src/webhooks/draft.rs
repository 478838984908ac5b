//! What is said of a webhook that is made or changed, and what is wrong with it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use hookwright::{EndpointError, EndpointSettings, EventPattern, Format, Secret, SecretError};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::WebhookFormat;
use super::headers::set_headers;
use crate::console::Console;
use crate::problem::{FieldError, Problem, with_sources};

/// How many patterns a webhook has at most.
pub(crate) const MAX_OPERATIONS: usize = 200;
/// How long a pattern is at most, in bytes.
const MAX_OPERATION: usize = 512;
/// How long a secret is at most, in bytes.
const MAX_SECRET: usize = 1024;
/// How long a description is at most, in characters.
const MAX_DESCRIPTION: usize = 1000;
/// In place of a URL that is wrong, for the rest to be looked at.
const NOWHERE: &str = "https://localhost/";

/// A webhook to be made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// Where events go: `https://…`, or `http://…` where the server allows the address.
    #[schema(example = "https://example.com/hooks")]
    pub(crate) target_url: String,
    /// The events that are wanted: `["*.*"]`, unless given.
    #[serde(default)]
    #[schema(example = json!(["person.created", "company.*"]))]
    pub(crate) operations: Option<Vec<String>>,
    /// A text for people.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// The secret that signs, of 16 bytes or more; one is made unless given.
    #[serde(default)]
    pub(crate) secret: Option<String>,
    /// Whether events are sent from now on: they are, unless it is `false`.
    #[serde(default)]
    pub(crate) enabled: Option<bool>,
    /// How bodies are written: as documented, unless given.
    #[serde(default)]
    pub(crate) format: Option<WebhookFormat>,
    /// Headers that every request carries.
    #[serde(default)]
    pub(crate) headers: Option<BTreeMap<String, String>>,
    /// How many requests begin in a second at most.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 4_294_967_295_u32)]
    pub(crate) rate_limit: Option<NonZeroU32>,
    /// Whose it is: then it gets this tenant's events alone.
    #[serde(default)]
    pub(crate) tenant: Option<String>,
}

/// What changes of a webhook: the rest stays as it is.
#[expect(clippy::option_option, reason = "null removes, and what is missing stays")]
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WebhookChanges {
    /// Where events go.
    #[serde(default)]
    pub(crate) target_url: Option<String>,
    /// The events that are wanted.
    #[serde(default)]
    pub(crate) operations: Option<Vec<String>>,
    /// A text for people.
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// Whether events are sent; else they are held back.
    #[serde(default)]
    pub(crate) enabled: Option<bool>,
    /// How bodies are written, from the next event on.
    #[serde(default)]
    pub(crate) format: Option<WebhookFormat>,
    /// Headers to set; a `null` removes one, and `[hidden]` leaves one as it is.
    #[serde(default)]
    pub(crate) headers: Option<BTreeMap<String, Option<String>>>,
    /// How many requests begin in a second at most; `null` removes the limit.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 4_294_967_295_u32)]
    pub(crate) rate_limit: Option<Option<NonZeroU32>>,
}

/// Tells `null` from what is not there.
#[expect(clippy::option_option, reason = "null removes, and what is missing stays")]
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

impl NewWebhook {
    /// The settings of the endpoint, and the secret that it signs by.
    pub(crate) fn settings(self, console: &Console) -> Result<(EndpointSettings, Secret), Problem> {
        let mut errors = Errors::default();
        let given = self.secret.filter(|secret| !secret.is_empty());
        let secret = errors.keep(given.map_or_else(|| Ok(Secret::generate()), secret));
        let placed = EndpointSettings::new(self.target_url.trim());
        let placed = place(console, placed, &mut errors);
        let changes = WebhookChanges {
            target_url: None,
            operations: self.operations,
            description: self.description,
            enabled: None,
            format: self.format,
            headers: self.headers.map(|headers| {
                headers.into_iter().map(|(name, value)| (name, Some(value))).collect()
            }),
            rate_limit: self.rate_limit.map(Some),
        };
        // Without a URL the rest is looked at too, so that everything is said at once.
        let settings = placed.or_else(|| EndpointSettings::new(NOWHERE).ok());
        let settings = settings.map(|settings| changes.change(console, settings, &mut errors));
        match (settings, secret) {
            (Some(settings), Some(secret)) if errors.is_empty() => {
                Ok((settings.secret(secret.clone()), secret))
            }
            _ => Err(errors.into_problem()),
        }
    }
}

impl WebhookChanges {
    /// Whether more changes than whether it is enabled.
    pub(crate) fn has_settings(&self) -> bool {
        self.target_url.is_some()
            || self.operations.is_some()
            || self.description.is_some()
            || self.format.is_some()
            || self.headers.is_some()
            || self.rate_limit.is_some()
    }

    /// The settings with the changes in them.
    pub(crate) fn apply(
        mut self,
        console: &Console,
        settings: EndpointSettings,
    ) -> Result<EndpointSettings, Problem> {
        let mut errors = Errors::default();
        let settings = match self.target_url.take() {
            Some(url) => {
                let moved = settings.clone().with_url(url.trim());
                place(console, moved, &mut errors).unwrap_or(settings)
            }
            None => settings,
        };
        let settings = self.change(console, settings, &mut errors);
        if errors.is_empty() { Ok(settings) } else { Err(errors.into_problem()) }
    }

    /// The settings with the changes in them, but for the URL. What is wrong is not in them.
    fn change(
        self,
        console: &Console,
        mut settings: EndpointSettings,
        errors: &mut Errors,
    ) -> EndpointSettings {
        if let Some(operations) = self.operations
            && let Some(patterns) = errors.keep(patterns(&operations))
        {
            // What was taken before the catalogue had it otherwise may stay.
            let mut new = patterns.iter().filter(|pattern| !settings.wanted().contains(pattern));
            if let Some(catalog) = &console.catalog {
                errors.of("operations", new.try_for_each(|pattern| catalog.check(pattern)));
            }
            settings = settings.wants_only(patterns);
        }
        if let Some(description) = self.description {
            if description.chars().count() > MAX_DESCRIPTION {
                let detail = format!("a description has {MAX_DESCRIPTION} characters at most");
                errors.add("description", detail);
            }
            settings = settings.description(description);
        }
        if let Some(format) = self.format
            && let Some(format) = errors.of("format", Format::try_from(format))
        {
            settings = settings.format(format);
        }
        if let Some(headers) = &self.headers {
            settings = set_headers(headers, settings, errors);
        }
        match self.rate_limit {
            Some(Some(limit)) => settings.per_second(limit),
            Some(None) => settings.without_rate_limit(),
            None => settings,
        }
    }
}

/// The settings, if their URL is one that can be, and that the server's sender would dial.
fn place(
    console: &Console,
    settings: Result<EndpointSettings, EndpointError>,
    errors: &mut Errors,
) -> Option<EndpointSettings> {
    let settings = errors.of("targetUrl", settings)?;
    let checked = console.sender.check(settings.url());
    errors.of("targetUrl", checked.map_err(|error| with_sources(&error)))?;
    Some(settings)
}

/// The secret that was given.
pub(super) fn secret(given: String) -> Result<Secret, Problem> {
    if given.len() > MAX_SECRET {
        let detail = format!("a secret has {MAX_SECRET} bytes at most");
        return Err(Problem::of_field("secret", detail));
    }
    Secret::new(given).map_err(|error| match error {
        SecretError::TooShort => {
            let detail = format!("a secret has {} bytes or more", Secret::MIN_LENGTH);
            Problem::of_field("secret", detail)
        }
        error => Problem::of_field("secret", error),
    })
}

fn patterns(operations: &[String]) -> Result<Vec<EventPattern>, Problem> {
    if operations.is_empty() {
        return Err(Problem::of_field(
            "operations",
            "name one event at least, or `*.*` for all of them",
        ));
    }
    if operations.len() > MAX_OPERATIONS {
        let detail =
            format!("{MAX_OPERATIONS} operations at most: use patterns such as `person.*`");
        return Err(Problem::of_field("operations", detail));
    }
    if operations.iter().any(|operation| operation.len() > MAX_OPERATION) {
        let detail = format!("an operation has {MAX_OPERATION} bytes at most");
        return Err(Problem::of_field("operations", detail));
    }
    let parsed = operations.iter().map(|operation| operation.trim().parse());
    parsed
        .collect::<Result<_, _>>()
        .map_err(|error: hookwright::EventPatternError| Problem::of_field("operations", error))
}

/// What is wrong with the members of a request.
#[derive(Default)]
pub(super) struct Errors(Vec<FieldError>);

impl Errors {
    pub(super) fn add(&mut self, field: &'static str, detail: String) {
        self.0.push(FieldError { field, detail });
    }

    pub(super) fn of<T, E: std::fmt::Display>(
        &mut self,
        field: &'static str,
        result: Result<T, E>,
    ) -> Option<T> {
        result.map_err(|error| self.add(field, error.to_string())).ok()
    }

    fn keep<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.0.extend(problem.errors)).ok()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn into_problem(self) -> Problem {
        let detail = match &self.0[..] {
            [only] => format!("the webhook was not saved: {}", only.detail),
            _ => "the webhook was not saved".to_owned(),
        };
        Problem::of_fields(detail, self.0)
    }
}
