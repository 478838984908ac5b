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
/// How many custom events there are beside them.
const CUSTOM: usize = 10;
const RUNS: usize = 5;
/// What the baseline takes on the machine that the README names, in seconds.
const KNOWN: f64 = 0.52;
const BOUND: Bound = Bound::AtMost(1.5);

/// The crates that are built; the first is the baseline.
const CRATES: [Crate; 4] = [
    Crate { name: "plain", row: "Serialize", derives: "Serialize", whole: false },
    Crate {
        name: "derived",
        row: "Serialize, WebhookObject",
        derives: "Serialize, WebhookObject",
        whole: false,
    },
    Crate {
        name: "plain-both",
        row: "Serialize, Deserialize, with the custom events' structs",
        derives: "Serialize, Deserialize",
        whole: true,
    },
    Crate {
        name: "derived-whole",
        row: "the same with every derive of events and receivers, and fields",
        derives: "Serialize, Deserialize, WebhookObject",
        whole: true,
    },
];

struct Crate {
    name: &'static str,
    row: &'static str,
    derives: &'static str,
    /// With a custom event for each ten structs, and what receivers need.
    whole: bool,
}

impl Crate {
    fn is_ours(&self) -> bool {
        self.derives.contains("WebhookObject")
    }
}

pub(crate) fn measure() -> Table {
    let mut table = Table::new(
        "build",
        "`cargo build` of a crate of 100 structs of eight fields, its dependencies built before; and with ten custom events and an enum of all",
    );
    match time_builds() {
        Ok(times) => {
            let baseline = &times[0];
            for (index, (of, ours)) in CRATES.iter().zip(&times).enumerate() {
                let ratios = ours.iter().zip(baseline).map(|(ours, baseline)| ours / baseline);
                let ratio = median(ratios);
                let row = Row::new(of.row, seconds(ours));
                table.push(match index {
                    0 => row,
                    1 => row.ratio(ratio).judged(ratio, BOUND),
                    _ => row.ratio(ratio),
                });
            }
            table.expect_baseline(median(baseline.iter().copied()), KNOWN, "s");
        }
        Err(error) => table.void(format!("the crates were not built: {error}")),
    }
    table
}

fn seconds(runs: &[f64]) -> String {
    format!("{:.2} s", median(runs.iter().copied()))
}

/// Builds the crates in turn.
fn time_builds() -> Result<[Vec<f64>; CRATES.len()], Box<dyn Error>> {
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("build");
    for of in &CRATES {
        write_crate(&workspace.join(of.name), of)?;
    }
    let members = CRATES.map(|of| of.name);
    fs::write(
        workspace.join("Cargo.toml"),
        format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n"),
    )?;
    // Cargo drops what is not needed from it.
    fs::copy(project().join("Cargo.lock"), workspace.join("Cargo.lock"))?;
    for name in members {
        build(&workspace, name)?;
    }
    let mut times = [const { Vec::new() }; CRATES.len()];
    for run in 0..RUNS * CRATES.len() {
        // Forwards and backwards in turn.
        let (round, turn) = (run / CRATES.len(), run % CRATES.len());
        let index = if round % 2 == 0 { turn } else { CRATES.len() - 1 - turn };
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

fn write_crate(folder: &Path, of: &Crate) -> io::Result<()> {
    let Crate { name, derives, .. } = of;
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
    source.push_str("use hookwright::*;\nuse serde::{Deserialize, Serialize};\n");
    let fields = if of.whole && of.is_ours() { "#[webhook(fields)]\n" } else { "" };
    for number in 0..STRUCTS {
        write!(
            source,
            r#"
#[derive({derives})]
{fields}#[serde(rename_all = "camelCase")]
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
    if of.whole {
        source.push_str(&custom_events(of));
    }
    if of.whole && of.is_ours() {
        source.push_str(&receiver());
    }
    fs::write(folder.join("src/lib.rs"), source)
}

/// An event with data of its own for each ten structs, or its struct alone.
fn custom_events(of: &Crate) -> String {
    let mut source = String::new();
    for number in 0..CUSTOM {
        let (derive, attribute) = if of.is_ours() {
            (", WebhookEvent", format!("#[webhook(object = Record{number}, name = \"merged\")]\n"))
        } else {
            ("", String::new())
        };
        write!(
            source,
            r"
#[derive(Serialize, Deserialize{derive})]
{attribute}pub struct Merged{number} {{
    pub winner: String,
    pub loser: String,
}}
"
        )
        .expect("a string takes all");
    }
    source
}

/// An enum of everything, and what reads a body as one, so that the code is made.
fn receiver() -> String {
    let mut source = String::from("\n#[derive(WebhookEvents)]\npub enum Received {\n");
    for number in 0..STRUCTS {
        writeln!(source, "    Record{number}(ObjectEvent<Record{number}>),")
            .expect("a string takes all");
    }
    for number in 0..CUSTOM {
        writeln!(source, "    Merged{number}(Event<Merged{number}>),").expect("a string takes all");
    }
    source.push_str(
        r"    #[webhook(other)]
    Other(RawEvent),
}

pub fn receive(body: &[u8]) -> std::result::Result<Received, ReadError> {
    Received::from_body(body)
}
",
    );
    source
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
