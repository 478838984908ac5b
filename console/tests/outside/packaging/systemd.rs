//! The unit, judged by systemd itself.

use std::process::{Command, Output};
use std::{env, fs};

use super::{BINARY, PROGRAM, text};
use crate::served::unique_name;

/// Runs `systemd-analyze` on the unit, with the program where it is now.
fn analyze(arguments: &[&str]) -> Output {
    let folder = env::temp_dir().join(unique_name());
    fs::create_dir(&folder).expect("a new directory");
    let unit = folder.join("hookwright.service");
    let unit_text = text("hookwright.service").replace(PROGRAM, BINARY);
    fs::write(&unit, unit_text).expect("a file");
    let mut analyze = Command::new("systemd-analyze");
    let output = analyze.args(arguments).arg(&unit).output().expect("systemd-analyze runs");
    fs::remove_dir_all(&folder).expect("the directory is there");
    output
}

#[test]
fn the_unit_is_understood() {
    let output = analyze(&["verify"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{errors}");
}

/// Of 10 at most, which is a unit that may do everything; it listens and dials, and has to.
#[test]
fn the_unit_is_hardly_exposed() {
    let output = analyze(&["security", "--offline=true", "--threshold=15", "--no-pager"]);
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}");
}
