//! Passing requests on to a receiver behind this one, and its answers back.

use std::time::Duration;

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request};
use url::Url;

use super::MOST;
use crate::command::client::read_whole;
use crate::command::failure::{Exit, Failure, say};
use crate::command::text;
use crate::problem::with_sources;

/// Where requests are passed on to.
pub(super) struct Forward {
    client: reqwest::Client,
    url: Url,
}

impl Forward {
    pub(super) fn new(url: Url) -> Result<Self, Failure> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| Failure::of(Exit::Failed, &error))?;
        Ok(Self { client, url })
    }

    /// Passes a request on, and gives what was answered.
    pub(super) async fn pass(&self, parts: &request::Parts, body: &Bytes) -> Response {
        let mut headers = end_to_end(&parts.headers);
        headers.remove(header::HOST);
        let request = self.client.request(parts.method.clone(), self.url.clone()).headers(headers);
        let answered = async {
            let answer = request.body(body.clone()).send().await?;
            let (status, headers) = (answer.status(), end_to_end(answer.headers()));
            Ok((status, headers, read_whole(answer, MOST).await?))
        };
        let problem = match answered.await {
            Ok((status, headers, Some(body))) => return (status, headers, body).into_response(),
            Ok((_, _, None)) => format!("the answer is larger than {MOST} bytes"),
            Err(error) => with_sources(&reqwest::Error::without_url(error)),
        };
        say(&text::clean(&format!("warning: nothing is passed back: {problem}")));
        StatusCode::BAD_GATEWAY.into_response()
    }
}

/// The headers that are for whoever is at the end, and not for the next connection alone. A body's
/// length is told anew.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    const HOP_BY_HOP: [&str; 9] = [
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let named = headers.get_all(header::CONNECTION).into_iter().map(HeaderValue::as_bytes);
    let named = named.flat_map(|names| names.split(|byte| *byte == b','));
    let named = named.filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok());
    let mut kept = headers.clone();
    for name in named.chain(HOP_BY_HOP.map(HeaderName::from_static)) {
        kept.remove(name);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_the_next_connection_alone_is_not_passed_on() {
        let headers = [
            ("connection", "keep-alive, X-Hop"),
            ("connection", "close"),
            ("x-hop", "here"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("content-length", "3"),
            ("content-type", "text/plain"),
            ("retry-after", "7"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
        ];
        let headers = headers
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut given = HeaderMap::new();
        for (name, value) in headers {
            given.append(name, value);
        }
        let kept = end_to_end(&given);
        let mut names: Vec<&str> = kept.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-type", "retry-after", "set-cookie"]);
        assert_eq!(kept.get_all("set-cookie").iter().count(), 2);
    }
}
