use std::fmt;

/// Who did what an event tells of: what Twenty's body says as `userId` and `workspaceMemberId`.
///
/// It is stored with the event, and written where the format has a place for it.
///
/// # Examples
///
/// ```
/// use hookwright::{Actor, WebhookObject};
///
/// #[derive(serde::Serialize, WebhookObject)]
/// struct Note {
///     id: u64,
/// }
///
/// let alice = Actor::user("170ba418-85a2-4f91-8565-9cd714c6703a")
///     .workspace_member("9062a1e3-e066-49ba-8c4a-d869b6a0ca12");
/// let note = Note { id: 1 };
/// let event = note.created().by(alice);
/// assert!(event.actor().is_some());
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "_outbox", derive(serde::Serialize, serde::Deserialize))]
pub struct Actor {
    #[cfg_attr(feature = "_outbox", serde(rename = "user"))]
    user_id: Option<String>,
    #[cfg_attr(feature = "_outbox", serde(rename = "workspaceMember"))]
    workspace_member_id: Option<String>,
}

impl Actor {
    /// A user of the application.
    #[must_use]
    pub fn user(id: impl Into<String>) -> Self {
        Self { user_id: Some(id.into()), workspace_member_id: None }
    }

    /// Adds what the user is called as a member of the workspace.
    #[must_use]
    pub fn workspace_member(mut self, id: impl Into<String>) -> Self {
        self.workspace_member_id = Some(id.into());
        self
    }

    /// The user's id.
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The id of the workspace's member.
    pub fn workspace_member_id(&self) -> Option<&str> {
        self.workspace_member_id.as_deref()
    }

    /// What a body says, if it says anything.
    pub(crate) fn of_ids(user: Option<String>, workspace_member: Option<String>) -> Option<Self> {
        let actor = Self { user_id: user, workspace_member_id: workspace_member };
        (actor != Self::default()).then_some(actor)
    }

    /// How much of a body it may take, in bytes.
    #[cfg(feature = "http")]
    pub(crate) fn length(&self) -> usize {
        let text = |id: &Option<String>| id.as_ref().map_or(0, String::len);
        text(&self.user_id) + text(&self.workspace_member_id)
    }
}

/// Without the ids, so that they cannot reach a log.
impl fmt::Debug for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Actor").finish_non_exhaustive()
    }
}
