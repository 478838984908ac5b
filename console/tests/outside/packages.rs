//! Packages of others, which the tests install.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Tests that need the same packages wait for each other.
static INSTALLING: Mutex<()> = Mutex::new(());

/// The folder of packages that a program installs, once for these versions, in the target directory.
pub(crate) fn install(name: &str, packages: &[&str], program: &str, to: &[&str]) -> PathBuf {
    let _alone = INSTALLING.lock().expect("no test has panicked here");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mark = folder.join("installed");
    let wanted = packages.join("\n");
    if fs::read_to_string(&mark).is_ok_and(|text| text == wanted) {
        return folder;
    }
    fs::create_dir_all(&folder).expect("a folder");
    let mut install = Command::new(program);
    install.args(to).arg(&folder).args(packages);
    let output = install.output().expect("the program runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{install:?} needs its registry: {errors}");
    fs::write(&mark, wanted).expect("a file");
    folder
}
