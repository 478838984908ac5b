//! What a handler of the API takes as an argument to be reached by those alone who may.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::keys::Authentication;
use super::principal::Principal;
use super::scope::Scope;
use crate::console::Console;
use crate::outbox::AnyOutbox;
use crate::problem::Problem;

/// A scope as a type.
pub(crate) trait OfScope {
    const SCOPE: Scope;
}

macro_rules! scopes {
    ($($name:ident $scope:ident)*) => {
        $(pub(crate) struct $name;
        impl OfScope for $name {
            const SCOPE: Scope = Scope::$scope;
        })*
    };
}
scopes!(ReadScope Read WriteScope Write ReplayScope Replay AdminScope Admin);

/// Somebody who has a scope, and what they see of the outbox.
pub(crate) struct Access<S> {
    principal: Principal,
    pub(crate) outbox: AnyOutbox,
    scope: PhantomData<fn() -> S>,
}

impl<S> Deref for Access<S> {
    type Target = Principal;

    fn deref(&self) -> &Principal {
        &self.principal
    }
}

impl<S: OfScope> FromRequestParts<Arc<Console>> for Access<S> {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Arc<Console>,
    ) -> Result<Self, Problem> {
        let principal = authenticate(parts, console).await?;
        principal.needs(S::SCOPE)?;
        let outbox = principal.outbox(&console.outbox)?;
        Ok(Self { principal, outbox, scope: PhantomData })
    }
}

/// Whether the browser says that a page of another site has sent a request.
pub(crate) fn is_of_other_site(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    site.is_some_and(|site| site != b"same-origin" && site != b"none")
}

/// Who makes a request of the API. The application has said so, or a key does.
pub(crate) async fn authenticate(parts: &Parts, console: &Console) -> Result<Principal, Problem> {
    if let Some(principal) = parts.extensions.get::<Principal>() {
        // The application may know them by a cookie, which a page of another site sends along.
        if is_of_other_site(&parts.headers) && !parts.method.is_safe() {
            let detail = "this was sent by a page of another site";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        return Ok(principal.clone());
    }
    let refused = |detail| Err(Problem::new(StatusCode::UNAUTHORIZED, detail));
    let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
        return refused("send an API key: `Authorization: Bearer hwk_…`");
    };
    let token = value.to_str().ok().and_then(|value| value.split_once(' '));
    let Some((scheme, token)) = token else {
        return refused("the header is written `Authorization: Bearer hwk_…`");
    };
    if !scheme.eq_ignore_ascii_case("bearer") {
        return refused("the header is written `Authorization: Bearer hwk_…`");
    }
    match console.keys().await?.authenticate(token.trim()).await? {
        Authentication::Known(principal) => Ok(principal),
        Authentication::Expired => refused("this API key has expired: make another"),
        Authentication::Unknown => refused("there is no such API key, or it was revoked"),
    }
}
