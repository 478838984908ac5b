//! The page in Chromium, driven by playwright and judged by axe: see `tests/browser`.
//!
//! With `HOOKWRIGHT_SCREENSHOTS=1` the pictures of `docs/screenshots` are drawn anew.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use serde_json::json;

use crate::packages::install;
use crate::served::{Served, unique_name};

#[test]
fn a_webhook_is_made_watched_sent_again_rotated_paused_and_deleted() {
    run("life");
}

#[test]
fn the_same_without_javascript() {
    run("life-without-script");
}

#[test]
fn axe_finds_nothing_serious_on_any_page() {
    run("pages");
}

/// Runs a scenario of `tests/browser`.
fn run(scenario: &str) {
    let packages = ["playwright-core@1.65.1", "axe-core@4.14.1"];
    let to = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
    let folder = install("browser", &packages, "npm", &to);
    let served = Served::on_sqlite();
    let profile = env::temp_dir().join(unique_name());
    fs::create_dir(&profile).expect("a new directory");
    let mut node = Command::new("node")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/main.cjs"))
        .arg(scenario)
        .env("NODE_PATH", folder.join("node_modules"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node runs");
    let given = json!({
        "url": served.url,
        "key": served.key,
        "program": browser(),
        "profile": profile,
        "pictures": pictures(),
    });
    let mut input = node.stdin.take().expect("it is piped");
    write!(input, "{given}").expect("node reads");
    drop(input);
    let output = node.wait_with_output().expect("node ends");
    // What the browser has left there is of no account.
    let _ = fs::remove_dir_all(&profile);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
}

/// The browser's program, which goes by several names.
fn browser() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let mut programs =
        names.iter().flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)));
    programs.find(|program| program.is_file()).expect("`cargo xtask test` finds or installs it")
}

/// Where pictures are drawn, if they are.
fn pictures() -> Option<PathBuf> {
    env::var_os("HOOKWRIGHT_SCREENSHOTS")?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screenshots");
    fs::create_dir_all(&folder).expect("a folder");
    Some(folder)
}
