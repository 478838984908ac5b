use std::collections::BTreeMap;

/// What the bodies of Twenty's own server tell beside the event.
///
/// The body has Twenty's keys in Twenty's order: `targetUrl`, `eventName`, `objectMetadata`,
/// `workspaceId`, `webhookId`, `eventDate`, `userId`, `workspaceMemberId`, `record`, `updatedFields`.
/// The URL is the endpoint's; the webhook is the endpoint's id in an outbox, unless
/// [another](Self::webhook) is set; who did it is told by [`Event::by`](crate::Event::by). A key whose
/// value is not known is left out, as `JSON.stringify` leaves out what is undefined. Twenty's server
/// tells no old values, and so this has no `previous`.
///
/// # Examples
///
/// ```
/// use hookwright::{EndpointSettings, Twenty};
///
/// # #[cfg(feature = "sqlite")]
/// let settings = EndpointSettings::new("https://example.com/hooks")?.format(
///     Twenty::new("872cfcf1-c79f-42bc-877d-5829f06eb3f9")
///         .object("person", "370985db-22d8-4463-8e5f-2271d30913bd")
///         .object("company", "a9b1c2d3-1111-4222-8333-444455556666"),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "_outbox",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct Twenty {
    workspace: String,
    objects: BTreeMap<String, String>,
    webhook: Option<String>,
    target_url: Option<String>,
}

impl Twenty {
    /// How many bytes an id or an object's name has at most in an outbox: 256.
    pub const MAX_ID: usize = 256;

    /// How many objects' ids there are at most in an outbox: 500.
    pub const MAX_OBJECTS: usize = 500;

    /// Takes the id of the workspace.
    #[must_use]
    pub fn new(workspace_id: impl Into<String>) -> Self {
        Self {
            workspace: workspace_id.into(),
            objects: BTreeMap::new(),
            webhook: None,
            target_url: None,
        }
    }

    /// Sets the id of an object's metadata. That of an object which is not named here is left out.
    #[must_use]
    pub fn object(mut self, name: impl Into<String>, metadata_id: impl Into<String>) -> Self {
        self.objects.insert(name.into(), metadata_id.into());
        self
    }

    /// Sets the id of the webhook, such as the one that it had in Twenty.
    #[must_use]
    pub fn webhook(mut self, id: impl Into<String>) -> Self {
        self.webhook = Some(id.into());
        self
    }

    pub(super) fn of_endpoint(mut self, url: &str, webhook_id: Option<&str>) -> Self {
        self.target_url = Some(url.to_owned());
        self.webhook = self.webhook.or_else(|| webhook_id.map(str::to_owned));
        self
    }

    /// The id of the workspace.
    pub fn workspace_id(&self) -> &str {
        &self.workspace
    }

    /// The ids of the objects' metadata, by the objects' names.
    pub fn object_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.objects.iter().map(|(name, id)| (name.as_str(), id.as_str()))
    }

    pub(crate) fn metadata_id(&self, object: &str) -> Option<&str> {
        self.objects.get(object).map(String::as_str)
    }

    /// The id of the webhook, where one was set.
    pub fn webhook_id(&self) -> Option<&str> {
        self.webhook.as_deref()
    }

    /// Whether it is small enough to be kept with the events of an outbox.
    #[cfg(feature = "_outbox")]
    pub(crate) fn is_within_limits(&self) -> bool {
        let is_id = |text: &String| text.len() <= Self::MAX_ID;
        self.objects.len() <= Self::MAX_OBJECTS
            && self.objects.iter().all(|(name, id)| is_id(name) && is_id(id))
            && is_id(&self.workspace)
            && self.webhook.as_ref().is_none_or(is_id)
    }

    pub(crate) fn target_url(&self) -> Option<&str> {
        self.target_url.as_deref()
    }
}
