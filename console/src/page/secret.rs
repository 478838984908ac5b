//! A secret, shown this once, and how a receiver verifies by it.

use askama::Template;

use super::frame::Frame;
use super::text::visible_line;
use crate::webhooks::Webhook;

/// A webhook's new secret.
#[derive(Template)]
#[template(path = "secret.html")]
pub(super) struct SecretPage {
    frame: Frame,
    is_new: bool,
    id: String,
    url: String,
    secret: String,
    snippets: [Snippet; 3],
}

/// How to verify in a language.
struct Snippet {
    language: &'static str,
    id: &'static str,
    code: &'static str,
}

impl SecretPage {
    /// Of a webhook that was just made.
    pub(super) fn of_new(frame: Frame, webhook: Webhook) -> Self {
        Self::new(frame, webhook, true)
    }

    /// Of a webhook whose secret was replaced.
    pub(super) fn of_rotated(frame: Frame, webhook: Webhook) -> Self {
        Self::new(frame, webhook, false)
    }

    fn new(frame: Frame, webhook: Webhook, is_new: bool) -> Self {
        let snippet = |language, id, code| Snippet { language, id, code };
        Self {
            frame,
            is_new,
            id: webhook.id,
            url: visible_line(&webhook.target_url),
            secret: webhook.secret.unwrap_or_default(),
            snippets: [
                snippet("Rust", "rust", include_str!("../../assets/verify/receiver.rs")),
                snippet("Node", "node", include_str!("../../assets/verify/receiver.mjs")),
                snippet("Python", "python", include_str!("../../assets/verify/receiver.py")),
            ],
        }
    }
}
