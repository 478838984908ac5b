//! What a user depends on: without the features, no database, web framework, client or TLS.

use std::collections::BTreeSet;
use std::process::Command;

/// The crates that are built for `hookwright` with these features.
fn crates(features: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--package", "hookwright", "--no-default-features"])
        .args(["--features", features, "--edges", "normal,build", "--prefix", "none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be run");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo tree failed: {errors}");
    let tree = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    let name = |line: &str| line.split(' ').next().map(str::to_owned);
    let crates: BTreeSet<_> = tree.lines().filter_map(name).collect();
    assert!(crates.contains("hookwright") && crates.contains("serde_json"), "no tree: {tree}");
    crates
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// Crates that only a feature may bring.
const HEAVY: [&str; 14] = [
    "aws-lc-rs",
    "axum",
    "hyper",
    "hyper-util",
    "libsqlite3-sys",
    "native-tls",
    "openssl",
    "reqwest",
    "ring",
    "rustls",
    "sqlx",
    "sqlx-postgres",
    "sqlx-sqlite",
    "tokio",
];

fn check_heavy(features: &str, expected: &[&str]) {
    let found: BTreeSet<_> = crates(features).intersection(&set(HEAVY)).cloned().collect();
    assert_eq!(found, set(expected.iter().copied()), "with `{features}`");
}

#[test]
fn no_heavy_crate_is_built_without_a_feature() {
    check_heavy("", &[]);
}

#[test]
fn a_feature_brings_what_it_is_for() {
    check_heavy("derive", &[]);
    check_heavy("tower", &[]);
    check_heavy("schema", &[]);
    let http = ["aws-lc-rs", "hyper", "hyper-util", "reqwest", "rustls", "tokio"];
    check_heavy("http", &http);
    let sqlite = [&http[..], &["libsqlite3-sys", "sqlx", "sqlx-sqlite"]].concat();
    check_heavy("sqlite", &sqlite);
    check_heavy("testing", &sqlite);
    check_heavy("postgres", &[&http[..], &["sqlx", "sqlx-postgres"]].concat());
}

#[test]
fn the_derive_brings_itself_and_serdes() {
    let added: BTreeSet<_> = crates("derive").difference(&crates("")).cloned().collect();
    assert_eq!(
        added,
        set(["hookwright-macros", "proc-macro2", "quote", "serde_derive", "syn", "unicode-ident"])
    );
}
