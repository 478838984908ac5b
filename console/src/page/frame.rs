//! What all pages have around them.

use std::sync::{Arc, OnceLock};

use super::assets;
use super::place::Place;
use super::visitor::Visitor;
use crate::access::{Scope, random_token};

/// What is around a page.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) prefix: String,
    /// What forms carry; empty where nobody is signed in.
    pub(super) csrf: String,
    pub(super) style: &'static str,
    pub(super) script: &'static str,
    pub(super) icon: &'static str,
    pub(super) who: Option<Who>,
    /// What was just done.
    pub(super) done: Option<&'static str>,
}

/// Who sees a page.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is asked for by itself, in templates")]
pub(super) struct Who {
    pub(super) tenant: Option<String>,
    pub(super) scopes: String,
    pub(super) may_write: bool,
    pub(super) may_replay: bool,
    pub(super) may_admin: bool,
    /// Whether there is a session that can be ended.
    pub(super) may_sign_out: bool,
}

impl Who {
    fn of(visitor: &Visitor) -> Self {
        let who = &visitor.principal;
        Self {
            tenant: who.tenant_id().map(super::text::visible_line),
            scopes: who.scopes().to_string().replace(',', ", "),
            may_write: who.may(Scope::Write),
            may_replay: who.may(Scope::Replay),
            may_admin: who.may(Scope::Admin),
            may_sign_out: visitor.is_session,
        }
    }
}

impl Frame {
    /// Around a page that everybody sees.
    pub(super) fn of_nobody(place: &Place) -> Self {
        Self {
            prefix: place.prefix.clone(),
            csrf: String::new(),
            style: &assets::STYLE.name,
            script: &assets::SCRIPT.name,
            icon: &assets::ICON.name,
            who: None,
            done: None,
        }
    }

    /// Around a page of somebody who is signed in.
    pub(super) fn of(visitor: &Visitor) -> Self {
        Self {
            csrf: visitor.csrf.clone(),
            who: Some(Who::of(visitor)),
            done: done(visitor.place.query().text("done")),
            ..Self::of_nobody(&visitor.place)
        }
    }

    /// What a form carries that is answered once, however often it is sent: another each time.
    #[expect(clippy::unused_self, reason = "templates see methods, and no functions")]
    pub(super) fn once(&self) -> String {
        random_token()
    }

    pub(super) fn may_write(&self) -> bool {
        self.who.as_ref().is_some_and(|who| who.may_write)
    }

    pub(super) fn may_replay(&self) -> bool {
        self.who.as_ref().is_some_and(|who| who.may_replay)
    }
}

/// Where a request keeps who makes it, and what their forms carry, as soon as that is known, so that
/// the page of a failure has it too.
#[derive(Debug, Clone, Default)]
pub(super) struct Around(Arc<OnceLock<(Who, String)>>);

impl Around {
    pub(super) fn know(&self, visitor: &Visitor) {
        self.0.get_or_init(|| (Who::of(visitor), visitor.csrf.clone()));
    }

    pub(super) fn of_failure(&self, place: &Place) -> Frame {
        let (who, csrf) = self.0.get().cloned().unzip();
        Frame { who, csrf: csrf.unwrap_or_default(), ..Frame::of_nobody(place) }
    }
}

/// What was just done, by its word in the URL.
fn done(word: &str) -> Option<&'static str> {
    Some(match word {
        "saved" => "The webhook is saved.",
        "paused" => "The webhook is paused. Events for it are held back.",
        "resumed" => "The webhook is active. Events that were held back are sent now.",
        "deleted" => "The webhook is deleted.",
        "resent" => "The delivery is sent again as soon as can be.",
        "recovering" => "The recovery has begun.",
        "replaying" => "The replay has begun.",
        "cancelled" => "It is cancelled. What was queued before is still delivered.",
        "revoked" => "The API key is revoked.",
        _ => return None,
    })
}
