//! A layer that verifies requests before a service of any framework on tower.
//!
//! What is not verified is answered with 401, 400 or 413 and a short reason as JSON. The service gets
//! the exact bytes that were verified, and a [`VerifiedRequest`] in the request's extensions, by which
//! it reads the event. With [`remember`](VerifyLayer::remember) a repeat is answered with 200 without
//! the service.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use bytes::Bytes;
//! use hookwright::receiver::VerifiedRequest;
//! use hookwright::receiver::seen::SeenIds;
//! use hookwright::receiver::tower::VerifyLayer;
//! use hookwright::{RawEvent, Secret, Verifier};
//! use http::{Request, Response, StatusCode};
//! use http_body_util::{BodyExt, Full};
//!
//! async fn hook(request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
//!     let (parts, body) = request.into_parts();
//!     let body = body.collect().await?.to_bytes();
//!     let verified = parts.extensions.get::<VerifiedRequest>();
//!     let status = match verified.map(|verified| verified.read::<RawEvent>(&body)) {
//!         Some(Ok(event)) => {
//!             println!("{}", event.name());
//!             StatusCode::NO_CONTENT
//!         }
//!         Some(Err(error)) => error.status(),
//!         None => StatusCode::UNAUTHORIZED,
//!     };
//!     let mut response = Response::new(Full::default());
//!     *response.status_mut() = status;
//!     Ok(response)
//! }
//!
//! let verifier = Verifier::new(&Secret::imported("your-secret")?);
//! let layer = VerifyLayer::new(verifier).remember(SeenIds::new());
//! # let _ = (layer, hook);
//! # Ok::<(), hookwright::SecretError>(())
//! ```

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{Either, Full};
use tower_layer::Layer;
use tower_service::Service;

use super::collect::{collect, reason};
use super::seen::{Claimed, Seen, SeenError, SeenKeys, SeenStore};
use super::{ReceiveError, VerifiedRequest, Verifier, verify_request};

/// Verifies requests before a service.
///
/// # Examples
///
/// Of axum, whose handlers take `Verified` as they do without the layer:
///
#[cfg_attr(feature = "axum", doc = "```")]
#[cfg_attr(not(feature = "axum"), doc = "```ignore")]
/// use axum::{Router, routing::post};
/// use hookwright::receiver::{axum::Verified, seen::SeenIds, tower::VerifyLayer};
/// use hookwright::{RawEvent, Secret, Verifier};
///
/// async fn hook(Verified(event): Verified<RawEvent>) {
///     println!("{}", event.name());
/// }
///
/// let verifier = Verifier::new(&Secret::imported("your-secret")?);
/// let layer = VerifyLayer::new(verifier.clone()).remember(SeenIds::new());
/// let app: Router = Router::new().route("/hooks", post(hook).layer(layer)).with_state(verifier);
/// # Ok::<(), hookwright::SecretError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a layer does nothing until it is put before a service"]
pub struct VerifyLayer<M = Forgetful> {
    terms: Arc<Terms<M>>,
}

/// A service behind [`VerifyLayer`].
#[derive(Debug, Clone)]
pub struct Verify<S, M = Forgetful> {
    service: S,
    terms: Arc<Terms<M>>,
}

#[derive(Debug)]
struct Terms<M> {
    verifier: Verifier,
    seen: M,
}

impl VerifyLayer {
    /// A layer that remembers nothing: a repeat is handled again.
    pub fn new(verifier: Verifier) -> Self {
        Self { terms: Arc::new(Terms { verifier, seen: Forgetful }) }
    }
}

impl<M> VerifyLayer<M> {
    /// Remembers what the service has answered with 200 to 299, and answers a repeat with 200.
    ///
    /// Any other answer has the event come again, and so has a handler that is dropped. While a
    /// request is being handled, the same one is answered with 409; with 503 when the store cannot be
    /// used.
    pub fn remember<N: SeenStore>(self, seen: N) -> VerifyLayer<N> {
        let verifier = self.terms.verifier.clone();
        VerifyLayer { terms: Arc::new(Terms { verifier, seen }) }
    }
}

impl<S, M> Layer<S> for VerifyLayer<M> {
    type Service = Verify<S, M>;

    fn layer(&self, service: S) -> Self::Service {
        Verify { service, terms: self.terms.clone() }
    }
}

/// The answer of the service, or the layer's own.
type Answer<R> = Response<Either<R, Full<Bytes>>>;

impl<S, M, B, R> Service<Request<B>> for Verify<S, M>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    M: SeenStore,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
    R: Send,
{
    type Response = Answer<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Answer<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The one that is ready, of which the other is a clone.
        let next = self.service.clone();
        let mut service = std::mem::replace(&mut self.service, next);
        let terms = self.terms.clone();
        Box::pin(async move {
            let (request, verified) = match terms.verify(request).await {
                Ok(request) => request,
                Err(error) => return Ok(answer(error.status(), Some(&error))),
            };
            let handling = match terms.seen.begin(&verified).await {
                Ok(Seen::New(handling)) => handling,
                Ok(Seen::Handled) => return Ok(answer(StatusCode::OK, None)),
                Ok(Seen::UnderWay) => {
                    let why = "the same request is being handled";
                    return Ok(answer(StatusCode::CONFLICT, Some(&why)));
                }
                Err(error) => return Ok(answer(StatusCode::SERVICE_UNAVAILABLE, Some(&error))),
            };
            let response = service.call(request).await?;
            // What cannot be remembered was answered all the same.
            let _ = if response.status().is_success() {
                handling.handled().await
            } else {
                handling.failed().await
            };
            Ok(response.map(Either::Left))
        })
    }
}

impl<M> Terms<M> {
    async fn verify<B>(
        &self,
        request: Request<B>,
    ) -> Result<(Request<Full<Bytes>>, VerifiedRequest), ReceiveError>
    where
        B: Body,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let (mut parts, body) = request.into_parts();
        // Nothing of a stranger's body is held.
        self.verifier.check_headers(&parts.headers).map_err(ReceiveError::Unverified)?;
        let body = collect(body, self.verifier.max_body()).await?;
        let verified = verify_request(&self.verifier, &parts.headers, &body)?;
        parts.extensions.insert(verified.clone());
        Ok((Request::from_parts(parts, Full::new(body)), verified))
    }
}

fn answer<R>(status: StatusCode, why: Option<&dyn fmt::Display>) -> Answer<R> {
    let body = why.map(reason).unwrap_or_default();
    let mut response = Response::new(Either::Right(Full::from(body)));
    *response.status_mut() = status;
    if why.is_some() {
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
    }
    response
}

/// Remembers nothing.
#[derive(Debug, Clone, Copy)]
pub struct Forgetful;

impl SeenStore for Forgetful {
    async fn claim(&self, _keys: &SeenKeys) -> Result<Claimed, SeenError> {
        Ok(Claimed::New(0))
    }

    async fn keep(&self, _keys: &SeenKeys, _token: u64) -> Result<(), SeenError> {
        Ok(())
    }

    async fn release(&self, _keys: &SeenKeys, _token: u64) -> Result<(), SeenError> {
        Ok(())
    }

    fn abandon(&self, _keys: &SeenKeys, _token: u64) {}
}
