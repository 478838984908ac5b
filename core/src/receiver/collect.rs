use std::error::Error;
use std::fmt;

use bytes::Bytes;
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::json;

use super::ReceiveError;

/// The whole body, of which no more than `limit` bytes are held.
pub(super) async fn collect<B>(body: B, limit: usize) -> Result<Bytes, ReceiveError>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ReceiveError::TooLarge { limit }),
        Err(_) => Err(ReceiveError::Incomplete),
    }
}

/// The body of an answer that says why.
pub(super) fn reason(why: &dyn fmt::Display) -> String {
    json!({ "error": why.to_string() }).to_string()
}
