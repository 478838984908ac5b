//! What the derive costs a build.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, error::Error};

use hookwright_benches::{Bound, Row, Table, median};

const STRUCTS: usize = 100;
const RUNS: usize = 5;
/// What the baseline takes on the machine that the README names, in seconds.
const KNOWN: f64 = 0.52;
const BOUND: Bound = Bound::AtMost(1.5);

pub(crate) fn measure() -> Table {
    let mut table = Table::new(
        "build",
        "`cargo build` of a crate of 100 structs of eight fields, its dependencies built before",
    );
    match time_builds() {
        Ok([baseline, ours]) => {
            table.push(Row::new("Serialize", seconds(&baseline)));
            let ratio = median(ours.iter().zip(&baseline).map(|(ours, baseline)| ours / baseline));
            let row = Row::new("Serialize, WebhookObject", seconds(&ours));
            table.push(row.ratio(ratio).judged(ratio, BOUND));
            table.expect_baseline(median(baseline), KNOWN, "s");
        }
        Err(error) => table.void(format!("the crates were not built: {error}")),
    }
    table
}

fn seconds(runs: &[f64]) -> String {
    format!("{:.2} s", median(runs.iter().copied()))
}

/// Builds the two crates in turn.
fn time_builds() -> Result<[Vec<f64>; 2], Box<dyn Error>> {
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("build");
    let crates = [("plain", "Serialize"), ("derived", "Serialize, WebhookObject")];
    for (name, derives) in crates {
        write_crate(&workspace.join(name), name, derives)?;
    }
    let members = crates.map(|(name, _)| name);
    fs::write(
        workspace.join("Cargo.toml"),
        format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n"),
    )?;
    // Cargo drops what is not needed from it.
    fs::copy(project().join("Cargo.lock"), workspace.join("Cargo.lock"))?;
    for name in members {
        build(&workspace, name)?;
    }
    let mut times = [const { Vec::new() }; 2];
    for run in 0..RUNS * 2 {
        // Forwards and backwards in turn.
        let index = (run + run / 2) % 2;
        let source = workspace.join(members[index]).join("src/lib.rs");
        fs::write(&source, fs::read(&source)?)?;
        times[index].push(build(&workspace, members[index])?);
    }
    Ok(times)
}

/// The folder of the whole project.
fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn write_crate(folder: &Path, name: &str, derives: &str) -> io::Result<()> {
    fs::create_dir_all(folder.join("src"))?;
    let manifest = format!(
        r#"[package]
name = "{name}"
version = "0.0.0"
edition = "2024"

[dependencies]
hookwright = {{ path = {:?}, default-features = false, features = ["derive"] }}
serde = {{ version = "1", features = ["derive"] }}
"#,
        project().join("core").display().to_string()
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;

    let mut source = String::from("#![allow(unused_imports)]\n\n");
    source.push_str("use hookwright::WebhookObject;\nuse serde::Serialize;\n");
    for number in 0..STRUCTS {
        write!(
            source,
            r#"
#[derive({derives})]
#[serde(rename_all = "camelCase")]
pub struct Record{number} {{
    pub id: String,
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    pub followers: u32,
    pub is_customer: bool,
    pub labels: Vec<String>,
    pub created_at: i64,
}}
"#
        )
        .expect("a string takes all");
    }
    fs::write(folder.join("src/lib.rs"), source)
}

/// Builds one crate, and tells how many seconds it took. Nothing is kept from the build before, as
/// when a crate is built for the first time.
fn build(workspace: &Path, name: &str) -> Result<f64, Box<dyn Error>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--offline", "--quiet", "--package", name])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", workspace.join("target"))
        .env("CARGO_INCREMENTAL", "0")
        .stdin(Stdio::null());
    let start = Instant::now();
    let output = command.output()?;
    let time = start.elapsed().as_secs_f64();
    if output.status.success() {
        Ok(time)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into())
    }
}
