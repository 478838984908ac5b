//! The programs of others that tests need: finding them, or installing them.

use std::process::{Command, Stdio};

use xtask::user::is_root;

use crate::database;

/// A program that some tests run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tool {
    /// The name that people use.
    pub(crate) name: &'static str,
    /// What is looked for.
    pub(crate) program: &'static str,
    /// How to see that it is there.
    probe: Probe,
    /// Debian's package of it.
    pub(crate) package: &'static str,
    /// A part of the path of every test that needs it: where it is missing, all tests with this in
    /// their path are skipped.
    pub(crate) module: &'static str,
}

/// How to see that a tool is there.
#[derive(Debug, PartialEq, Eq)]
enum Probe {
    /// The program is on PATH, and with this argument it does nothing but succeed. A file by that
    /// name is not enough: it may be a version manager's stand-in with nothing behind it.
    Argument(&'static str),
    /// One of these is on PATH: it goes by several names.
    Names(&'static [&'static str]),
    /// With these arguments it asks its registry for one of the packages that the tests install, and
    /// succeeds when that is to be had.
    Registry(&'static [&'static str]),
    /// There is a database, or the binaries of a server, which Debian does not put on PATH.
    Database,
}

pub(crate) const NODE: Tool = Tool {
    name: "Node",
    program: "node",
    probe: Probe::Argument("--version"),
    package: "nodejs",
    module: "node::",
};

pub(crate) const PYTHON: Tool = Tool {
    name: "Python",
    program: "python3",
    probe: Probe::Argument("--version"),
    package: "python3",
    module: "python::",
};

pub(crate) const NPM: Tool = Tool {
    name: "npm",
    program: "npm",
    probe: Probe::Registry(&["view", "svix@1.99.1", "version"]),
    package: "npm",
    module: "npm::",
};

pub(crate) const PIP: Tool = Tool {
    name: "pip",
    program: "pip3",
    probe: Probe::Registry(&[
        "install",
        "--dry-run",
        "--no-deps",
        "--target=target",
        "standardwebhooks==1.1.0",
        "schemathesis==4.32.5",
    ]),
    package: "python3-pip",
    module: "pypi::",
};

pub(crate) const OPENSSL: Tool = Tool {
    name: "OpenSSL",
    program: "openssl",
    probe: Probe::Argument("version"),
    package: "openssl",
    module: "openssl::",
};

pub(crate) const POSTGRES: Tool = Tool {
    name: "PostgreSQL",
    program: "postgres",
    probe: Probe::Database,
    package: "postgresql",
    module: "postgres::",
};

/// What a browser's program is called, by whom it comes from.
const CHROMIUM_NAMES: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

pub(crate) const CHROMIUM: Tool = Tool {
    name: "Chromium",
    program: "chromium",
    probe: Probe::Names(&CHROMIUM_NAMES),
    package: "chromium",
    module: "chromium::",
};

pub(crate) const SYSTEMD: Tool = Tool {
    name: "systemd",
    program: "systemd-analyze",
    probe: Probe::Argument("--version"),
    package: "systemd",
    module: "systemd::",
};

/// The tools that tests need, in the order in which they are reported.
const TOOLS: [&Tool; 8] = [&NODE, &NPM, &PYTHON, &PIP, &OPENSSL, &POSTGRES, &CHROMIUM, &SYSTEMD];

/// Looks for every tool, installs those that this machine lacks when it can, and returns
/// those that are still not there.
pub(crate) fn find_missing() -> Vec<&'static Tool> {
    provide(&mut ThisMachine)
}

fn provide(machine: &mut impl Machine) -> Vec<&'static Tool> {
    let mut missing: Vec<&Tool> = TOOLS.into_iter().filter(|tool| !machine.runs(tool)).collect();
    if missing.is_empty() || !machine.installs_packages() {
        return missing;
    }
    machine.update_package_lists();
    missing.retain(|tool| {
        machine.install(tool.package);
        !machine.runs(tool)
    });
    missing
}

/// What is asked of the computer that runs the tests.
trait Machine {
    /// Whether the tool is there and works.
    fn runs(&self, tool: &Tool) -> bool;

    /// Whether this is Debian, and its packages may be installed.
    fn installs_packages(&self) -> bool;

    /// Fetches the lists of packages. Old lists may do, so this may fail.
    fn update_package_lists(&mut self);

    /// Installs a package. Whether that helped is seen by running the tool.
    fn install(&mut self, package: &str);
}

struct ThisMachine;

impl Machine for ThisMachine {
    fn runs(&self, tool: &Tool) -> bool {
        match tool.probe {
            Probe::Argument(argument) => succeeds_quietly(tool.program, &[argument]),
            Probe::Names(names) => names.iter().any(|name| succeeds_quietly(name, &["--version"])),
            Probe::Registry(arguments) => succeeds_quietly(tool.program, arguments),
            Probe::Database => database::is_at_hand(),
        }
    }

    fn installs_packages(&self) -> bool {
        succeeds_quietly("apt-get", &["--version"]) && is_root()
    }

    fn update_package_lists(&mut self) {
        apt_get(&["update"]);
    }

    fn install(&mut self, package: &str) {
        apt_get(&["install", "-y", "--no-install-recommends", package]);
    }
}

fn succeeds_quietly(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs apt-get with its output going to the user, who sees there why it failed.
fn apt_get(arguments: &[&str]) {
    println!("==> apt-get {}", arguments.join(" "));
    let outcome = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .status();
    match outcome {
        Ok(status) if status.success() => {}
        Ok(status) => eprintln!("warning: apt-get failed: {status}"),
        Err(error) => eprintln!("warning: apt-get could not be run: {error}"),
    }
}

#[cfg(test)]
mod tests;
