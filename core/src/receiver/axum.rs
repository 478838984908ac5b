//! Verified events as an argument of an `axum` handler.
//!
//! ```
//! use axum::{Router, http::StatusCode, routing::post};
//! use hookwright::receiver::axum::Verified;
//! use hookwright::{Event, Secret, Verifier, WebhookObject};
//!
//! #[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
//! struct Person {
//!     id: String,
//!     email: String,
//! }
//!
//! async fn hook(Verified(event): Verified<Event<Person>>) -> StatusCode {
//!     println!("{} {}", event.name(), event.data().email);
//!     StatusCode::NO_CONTENT
//! }
//!
//! let verifier = Verifier::new(&Secret::imported("your-secret")?);
//! let app: Router = Router::new().route("/hooks", post(hook)).with_state(verifier);
//! # Ok::<(), hookwright::SecretError>(())
//! ```
//!
//! A state of your own has the verifier in it:
//!
//! ```
//! use axum::extract::FromRef;
//! use hookwright::Verifier;
//!
//! #[derive(Clone)]
//! struct App {
//!     verifier: Verifier,
//! }
//!
//! // With axum's feature `macros`: `#[derive(FromRef)]`.
//! impl FromRef<App> for Verifier {
//!     fn from_ref(app: &App) -> Self {
//!         app.verifier.clone()
//!     }
//! }
//! ```

use axum::extract::{FromRef, FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use super::collect::{collect, reason};
use super::{ReceiveError, VerifiedRequest, Verifier, verify};
use crate::event::ReadEvent;

/// An event of a request that was verified by the [`Verifier`] of the router's state.
///
/// Every other request is answered by [`ReceiveError`]: 401 for a wrong or stale signature, 400
/// for a wrong body, 413 for one that is too large, each with a short reason as JSON. An event of
/// another object is a wrong body too, and its sender will try again: have each endpoint send what
/// is handled there, or take `Result<Verified<..>, ReceiveError>` and answer as you like.
///
/// Behind the layer of `receiver::tower` (feature `tower`), which has verified the request and has a
/// repeat acknowledged without the handler, it only reads the event.
#[derive(Debug, Clone)]
pub struct Verified<E: ReadEvent>(pub E);

impl<S, E> FromRequest<S> for Verified<E>
where
    S: Send + Sync,
    E: ReadEvent,
    Verifier: FromRef<S>,
{
    type Rejection = ReceiveError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ReceiveError> {
        let verifier = Verifier::from_ref(state);
        let (parts, body) = request.into_parts();
        if let Some(verified) = parts.extensions.get::<VerifiedRequest>() {
            // A layer has verified it, and holds it to its own limit.
            let body = collect(body, usize::MAX).await?;
            return verified.read(&body).map(Self);
        }
        // Nothing of a stranger's body is held.
        verifier.check_headers(&parts.headers).map_err(ReceiveError::Unverified)?;
        let body = collect(body, verifier.max_body()).await?;
        verify(&verifier, &parts.headers, &body).map(Self)
    }
}

impl IntoResponse for ReceiveError {
    fn into_response(self) -> Response {
        let reason = reason(&self);
        (self.status(), [(CONTENT_TYPE, "application/json")], reason).into_response()
    }
}
