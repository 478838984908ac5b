use http::StatusCode;

use super::scope::{Scope, Scopes};
use crate::outbox::AnyOutbox;
use crate::problem::Problem;

/// Who makes a request, and what they may do.
///
/// An application that has signed its users in by itself puts one into the extensions of a request:
/// then the API asks for no key.
///
/// # Examples
///
/// ```
/// use hookwright_console::{Principal, Scope};
///
/// let colleague = Principal::new("alice@example.com", &[Scope::Read]).tenant("acme");
/// assert!(colleague.may(Scope::Read) && !colleague.may(Scope::Write));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Principal {
    name: String,
    scopes: Scopes,
    tenant: Option<String>,
}

impl Principal {
    /// Somebody by a name that tells them from others, with what they may do.
    pub fn new(name: impl Into<String>, scopes: &[Scope]) -> Self {
        Self::of_scopes(name, Scopes::new(scopes))
    }

    pub(super) fn of_scopes(name: impl Into<String>, scopes: Scopes) -> Self {
        Self { name: name.into(), scopes, tenant: None }
    }

    /// Of one tenant: nothing of others is seen. Its id is 1 to 256 visible ASCII characters, as for
    /// [`Outbox::tenant`](hookwright::Outbox::tenant): every request of another is answered 500.
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Whether they have a scope.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.allow(scope)
    }

    /// Refuses those who have not a scope.
    pub(crate) fn needs(&self, scope: Scope) -> Result<(), Problem> {
        if self.may(scope) {
            return Ok(());
        }
        let has = &self.scopes;
        let detail = format!("this needs a key with the scope {scope}, and yours has {has}");
        Err(Problem::new(StatusCode::FORBIDDEN, detail))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    pub(crate) fn tenant_id(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// What they see of an outbox.
    pub(crate) fn outbox(&self, outbox: &AnyOutbox) -> Result<AnyOutbox, Problem> {
        let Some(tenant) = &self.tenant else {
            return Ok(outbox.clone());
        };
        outbox.tenant(tenant).map_err(|error| {
            tracing::error!(%error, "the application has named a tenant that there cannot be");
            let detail = format!("the application has not said rightly whose you are: {error}");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
        })
    }
}
