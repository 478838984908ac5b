//! The programs of other languages that tests need: finding them, or installing them.

use std::process::{Command, Stdio};

/// A program that some tests run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tool {
    /// The name that people use.
    pub(crate) name: &'static str,
    /// What is looked for on PATH.
    pub(crate) program: &'static str,
    /// An argument with which the program does nothing but succeed.
    probe: &'static str,
    /// Debian's package of it.
    pub(crate) package: &'static str,
    /// A part of the path of every test that needs it, and of no other test.
    pub(crate) module: &'static str,
}

pub(crate) const NODE: Tool =
    Tool { name: "Node", program: "node", probe: "--version", package: "nodejs", module: "node::" };

pub(crate) const PYTHON: Tool = Tool {
    name: "Python",
    program: "python3",
    probe: "--version",
    package: "python3",
    module: "python::",
};

pub(crate) const OPENSSL: Tool = Tool {
    name: "OpenSSL",
    program: "openssl",
    probe: "version",
    package: "openssl",
    module: "openssl::",
};

/// The tools that tests need, in the order in which they are reported.
const TOOLS: [&Tool; 3] = [&NODE, &PYTHON, &OPENSSL];

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
    /// Whether the tool is on PATH and works. A file by that name is not enough: it may be
    /// a version manager's stand-in with nothing behind it.
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
        succeeds_quietly(tool.program, tool.probe)
    }

    fn installs_packages(&self) -> bool {
        succeeds_quietly("apt-get", "--version") && is_root()
    }

    fn update_package_lists(&mut self) {
        apt_get(&["update"]);
    }

    fn install(&mut self, package: &str) {
        apt_get(&["install", "-y", "--no-install-recommends", package]);
    }
}

fn succeeds_quietly(program: &str, argument: &str) -> bool {
    Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.status.success() && output.stdout.trim_ascii() == b"0")
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
