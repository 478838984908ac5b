//! What cargo keeps of packages that it has unpacked.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Removes what earlier runs of `cargo package` left of this project's packages: cargo takes a
/// package of the same version for the same, and would check the others against the old one.
///
/// # Errors
///
/// The system's, but nothing that is not there is an error.
pub(crate) fn forget_packages() -> io::Result<()> {
    let Some(home) = cargo_home() else {
        return Ok(());
    };
    for registry in entries(&home.join("registry/src"))? {
        // A registry of `cargo package` has a name of a hash alone.
        if !name(&registry).starts_with('-') {
            continue;
        }
        for package in entries(&registry)? {
            if name(&package).starts_with("hookwright-") {
                fs::remove_dir_all(&package)?;
            }
        }
    }
    Ok(())
}

fn cargo_home() -> Option<PathBuf> {
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
