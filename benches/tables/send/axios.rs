//! The contender that Node runs.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) const VERSION: &str = "1.21.1";

/// The folder that axios is installed in.
pub(crate) struct Installed(PathBuf);

/// Installs axios in the target directory, unless it is there; or says what is missing.
pub(crate) fn install() -> Result<Installed, &'static str> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-node");
    if !succeeds(Command::new("node").arg("--version")) {
        return Err("node is not installed");
    }
    let package = folder.join("node_modules/axios/package.json");
    let is_wanted = |text: String| text.contains(&format!("\"version\": \"{VERSION}\""));
    if !fs::read_to_string(package).is_ok_and(is_wanted) {
        let mut install = Command::new("npm");
        install
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .args([&folder])
            .arg(format!("axios@{VERSION}"));
        if !succeeds(&mut install) {
            return Err("npm did not install axios");
        }
    }
    Ok(Installed(folder))
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

impl Installed {
    pub(crate) fn command(&self) -> Result<Command, Box<dyn Error>> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tables/send/axios.cjs");
        let mut command = Command::new("node");
        command.arg(script.canonicalize()?).env("NODE_PATH", self.0.join("node_modules"));
        Ok(command)
    }
}
