//! The stylesheet, the script and the icon: each under a name that changes with its content.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::header;
use sha2::{Digest, Sha256};

use super::failure::{Failure, Segment};
use crate::problem::Problem;

/// How long browsers keep a file, which never changes under its name.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// A file.
pub(super) struct Asset {
    /// Its name, with a part of its digest.
    pub(super) name: String,
    kind: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(stem: &str, extension: &str, kind: &'static str, content: &'static str) -> Self {
        let digest = hex::encode(Sha256::digest(content));
        Self { name: format!("{stem}-{}.{extension}", &digest[..16]), kind, content }
    }
}

pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("page", "css", "text/css; charset=utf-8", include_str!("../../assets/page.css"))
});
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("page", "js", "text/javascript; charset=utf-8", include_str!("../../assets/page.js"))
});
pub(super) static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("icon", "svg", "image/svg+xml", include_str!("../../assets/icon.svg"))
});

pub(super) async fn file(Segment(name): Segment<String>) -> Result<Response, Failure> {
    let assets = [&*STYLE, &*SCRIPT, &*ICON];
    let asset = assets.into_iter().find(|asset| asset.name == name);
    let asset = asset.ok_or_else(|| Problem::not_found("file"))?;
    let headers = [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, FOREVER)];
    Ok((headers, asset.content).into_response())
}
