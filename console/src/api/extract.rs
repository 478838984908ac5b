//! What handlers take, with refusals as problem details.

use axum::extract::{FromRequest, FromRequestParts, Request};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::problem::Problem;

/// A body of JSON, which is an object.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let axum::Json(body) = axum::Json::<Box<RawValue>>::from_request(request, state).await?;
        // serde would read an array too, as the members in the order of the struct.
        if !body.get().starts_with('{') {
            return Err(Problem::of_fields("the body is to be an object of JSON", Vec::new()));
        }
        let axum::Json(value) = axum::Json::from_bytes(body.get().as_bytes())?;
        Ok(Self(value))
    }
}

/// The parameters behind the `?`.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub(crate) struct Query<T>(pub(crate) T);

/// The parameters in the path.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub(crate) struct Path<T>(pub(crate) T);
