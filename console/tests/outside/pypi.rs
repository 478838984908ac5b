//! schemathesis reads the API's document, and asks what it says may be asked, and what may not.

use std::path::PathBuf;
use std::process::Command;

use crate::packages::install;
use crate::served::Served;

/// What it finds. Of its checks one is left out, that what the document allows is accepted: no
/// schema says that a time is to come, that a host has an address that may be dialled, or that
/// a cursor is one that was given.
const CHECKS: [&str; 13] = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
    "object_level_authorization",
];

#[test]
fn schemathesis_finds_nothing() {
    check_document(&Served::on_sqlite());
}

/// The folder of schemathesis, and of what it depends on.
pub(crate) fn packages() -> PathBuf {
    let to = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"];
    install("schemathesis", &["schemathesis==4.32.5"], "python3", &to)
}

/// The same requests each time, a thousand or more.
pub(crate) fn check_document(served: &Served) {
    let folder = packages();
    let mut run = Command::new("python3");
    run.arg(folder.join("bin/schemathesis"))
        .env("PYTHONPATH", &folder)
        .current_dir(&folder)
        .args(["run", &format!("{}/api/openapi.json", served.url)])
        .args(["--header", &format!("Authorization: Bearer {}", served.key)])
        .args(["--checks", &CHECKS.join(",")])
        .args(["--generation-deterministic"])
        .args(["--max-examples", "20", "--no-shrink", "--continue-on-failure", "--no-color"]);
    let output = run.output().expect("python3 runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    assert!(text.contains("generated"), "it has asked something: {text}");
}
