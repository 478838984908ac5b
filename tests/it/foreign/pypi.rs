//! The package `standardwebhooks` of Python.

use std::sync::LazyLock;

use super::Tool;
use super::packages::{check_signs, check_verifies, install};

static PACKAGES: LazyLock<std::path::PathBuf> = LazyLock::new(|| {
    let to = ["-m", "pip", "install", "--quiet", "--upgrade", "--target"];
    install("pypi", &["standardwebhooks==1.1.0"], "python3", &to)
});

fn pypi() -> Tool {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/foreign/pypi.py");
    let folder = PACKAGES.to_str().expect("a path of UTF-8");
    Tool::start("env", &[&format!("PYTHONPATH={folder}"), "python3", script])
}

#[tokio::test]
async fn standardwebhooks_accepts_our_requests() {
    check_verifies(&mut pypi(), "standardwebhooks").await;
}

#[test]
fn what_standardwebhooks_signs_is_accepted() {
    check_signs(&mut pypi(), "standardwebhooks");
}
