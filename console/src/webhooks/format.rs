//! How bodies are written, as the API tells it.

use std::collections::BTreeMap;
use std::{error, fmt};

use hookwright::{CloudEvents, CloudEventsError, Format, Twenty};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long an id, or an object's name, is at most, in bytes.
const MAX_ID: usize = 256;
/// How many objects have an id at most.
const MAX_OBJECTS: usize = 500;

/// How bodies are written: `"documented"`, `"standard"`, or one with settings, such as
/// `{"cloudevents": {"source": "https://crm.example.com"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WebhookFormat {
    /// `{"event","data","timestamp"}`, as Twenty documents it.
    Documented,
    /// `{"type","timestamp","data"}`, as Standard Webhooks recommends it.
    Standard,
    /// What Twenty's server sends.
    Twenty(TwentySettings),
    /// `CloudEvents` 1.0, structured.
    CloudEvents(CloudEventsSettings),
}

/// What bodies tell of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TwentySettings {
    /// The id of the workspace, of 256 bytes at most, as every id here.
    pub(crate) workspace_id: String,
    /// The id of each object's metadata, by the object's name: of 500 objects at most.
    #[serde(default)]
    pub(crate) objects: BTreeMap<String, String>,
    /// The id of the webhook, where it had one in Twenty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_id: Option<String>,
}

/// What bodies tell of where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CloudEventsSettings {
    /// Where events come from: a URI.
    pub(crate) source: String,
    /// What the `dataschema` of each event begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) schema_base: Option<String>,
}

impl From<&Format> for WebhookFormat {
    fn from(format: &Format) -> Self {
        match format {
            Format::Twenty(twenty) => Self::Twenty(TwentySettings {
                workspace_id: twenty.workspace_id().to_owned(),
                objects: twenty
                    .object_ids()
                    .map(|(name, id)| (name.to_owned(), id.to_owned()))
                    .collect(),
                webhook_id: twenty.webhook_id().map(str::to_owned),
            }),
            Format::CloudEvents(settings) => Self::CloudEvents(CloudEventsSettings {
                source: settings.source().to_owned(),
                schema_base: settings.base().map(str::to_owned),
            }),
            Format::Standard => Self::Standard,
            _ => Self::Documented,
        }
    }
}

impl TryFrom<WebhookFormat> for Format {
    type Error = FormatError;

    fn try_from(format: WebhookFormat) -> Result<Self, FormatError> {
        Ok(match format {
            WebhookFormat::Documented => Self::Documented,
            WebhookFormat::Standard => Self::Standard,
            WebhookFormat::Twenty(settings) => {
                settings.check()?;
                let twenty = Twenty::new(settings.workspace_id);
                let twenty = settings
                    .objects
                    .into_iter()
                    .fold(twenty, |twenty, (name, id)| twenty.object(name, id));
                match settings.webhook_id {
                    Some(id) => twenty.webhook(id).into(),
                    None => twenty.into(),
                }
            }
            WebhookFormat::CloudEvents(settings) => {
                let events = CloudEvents::new(settings.source).map_err(FormatError::CloudEvents)?;
                match settings.schema_base {
                    Some(base) => {
                        events.schema_base(base).map_err(FormatError::CloudEvents)?.into()
                    }
                    None => events.into(),
                }
            }
        })
    }
}

impl TwentySettings {
    /// Refuses what is too much to be kept and sent with every event.
    fn check(&self) -> Result<(), FormatError> {
        if self.objects.len() > MAX_OBJECTS {
            return Err(FormatError::TooManyObjects);
        }
        let names = self.objects.iter().flat_map(|(name, id)| [name, id]);
        let mut ids = [&self.workspace_id].into_iter().chain(&self.webhook_id).chain(names);
        if ids.any(|id| id.len() > MAX_ID) {
            return Err(FormatError::LongId);
        }
        Ok(())
    }
}

/// Why bodies cannot be written so.
#[derive(Debug)]
pub(crate) enum FormatError {
    CloudEvents(CloudEventsError),
    TooManyObjects,
    LongId,
}

impl fmt::Display for FormatError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CloudEvents(error) => error.fmt(formatter),
            Self::TooManyObjects => write!(formatter, "it names {MAX_OBJECTS} objects at most"),
            Self::LongId => {
                write!(formatter, "an id, or an object's name, has {MAX_ID} bytes at most")
            }
        }
    }
}

impl error::Error for FormatError {}
