//! Where the page is mounted, and what was asked of it.

use std::convert::Infallible;
use std::fmt::Write as _;

use axum::extract::{FromRequestParts, OriginalUri};
use http::request::Parts;
use http::{Extensions, Uri};
use url::Url;

use super::form::Fields;

/// The place of a request.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// What every link begins with; empty when the console is not nested.
    pub(super) prefix: String,
    path: String,
    query: String,
}

impl Place {
    pub(super) fn of(uri: &Uri, extensions: &Extensions) -> Self {
        let original = extensions.get::<OriginalUri>().map_or(uri.path(), |uri| uri.path());
        let prefix = match uri.path() {
            "/" => original.trim_end_matches('/'),
            path => original.strip_suffix(path).unwrap_or_default(),
        };
        Self {
            prefix: prefix.to_owned(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
        }
    }

    /// A link to a path of the page.
    pub(super) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// The path within the page, with its query.
    pub(super) fn here(&self) -> String {
        match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    pub(super) fn query(&self) -> Fields {
        Fields::parse(self.query.as_bytes())
    }
}

impl<S: Sync> FromRequestParts<S> for Place {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri, &parts.extensions))
    }
}

/// A path of this page as it was asked for, or that of the webhooks: never one that leads elsewhere.
pub(super) fn local(path: &str) -> String {
    const HOME: &str = "/webhooks";
    let is_path = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains(|char: char| char == '\\' || char.is_control());
    let base = Url::parse("http://localhost").ok().filter(|_| is_path);
    let Some(url) = base.as_ref().and_then(|base| base.join(path).ok()) else {
        return HOME.to_owned();
    };
    let is_here = base.is_some_and(|base| base.origin() == url.origin());
    match (is_here && !url.path().starts_with("//"), url.query()) {
        (false, _) => HOME.to_owned(),
        (true, None) => url.path().to_owned(),
        (true, Some(query)) => format!("{}?{query}", url.path()),
    }
}

/// A query, each value encoded; those that are empty are left out.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    match query.finish() {
        query if query.is_empty() => query,
        query => format!("?{query}"),
    }
}

/// One part of a path, encoded: what is not a letter, a digit or one of `-._~:` is.
pub(super) fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(original: &'static str, path: &'static str) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(OriginalUri(Uri::from_static(original)));
        Place::of(&Uri::from_static(path), &extensions).prefix
    }

    #[test]
    fn the_prefix_is_what_was_taken_off() {
        assert_eq!(prefix("/settings/webhooks", "/webhooks"), "/settings");
        assert_eq!(prefix("/settings", "/"), "/settings");
        assert_eq!(prefix("/settings/", "/"), "/settings");
        assert_eq!(prefix("/a/b/keys?x=1", "/keys?x=1"), "/a/b");
        assert_eq!(prefix("/webhooks", "/webhooks"), "");
        assert_eq!(prefix("/", "/"), "");
    }

    #[test]
    fn a_path_from_a_stranger_stays_here() {
        for path in ["/keys", "/webhooks/1?state=dead&event=a.b", "/"] {
            assert_eq!(local(path), path);
        }
        let foreign = [
            "",
            "keys",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/",
            "/\t/evil.example",
        ];
        for path in foreign.into_iter().chain(["/.//evil.example", "\\\\evil.example"]) {
            assert_eq!(local(path), "/webhooks", "{path:?}");
        }
    }

    #[test]
    fn parts_of_links_are_encoded() {
        assert_eq!(segment("a/b?c#d%:é"), "a%2Fb%3Fc%23d%25:%C3%A9");
        assert_eq!(query(&[("q", "a b&c"), ("state", "")]), "?q=a+b%26c");
        assert_eq!(query(&[]), "");
    }
}
