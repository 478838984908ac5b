//! A copy of the workspace, in which code may be broken.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::failure::Failure;

use super::Guard;

/// A copy of every file that git tracks or would add.
#[derive(Debug)]
pub(super) struct Tree {
    directory: PathBuf,
}

impl Tree {
    /// Makes `directory` the same as `root`. Files that are the same are left as they are, since
    /// cargo builds again what was written again.
    pub(super) fn copy(root: &Path, directory: &Path) -> Result<Self, Failure> {
        let files = list(root)?;
        let copy = || {
            fs::create_dir_all(directory)?;
            let mut names = BTreeSet::new();
            for file in &files {
                // A file that was deleted is listed until that is committed.
                let content = match fs::read(root.join(file)) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    content => content?,
                };
                names.insert(Path::new(file));
                update(&directory.join(file), &content)?;
            }
            remove_others(directory, directory, &names)
        };
        copy().map_err(|error| {
            Failure::new(
                format!("the workspace could not be copied to `{}`: {error}", directory.display()),
                "remove that directory, and check that there is room on the disk",
            )
        })?;
        Ok(Self { directory: directory.to_owned() })
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Does some work without the guard, and sets it in again.
    ///
    /// # Errors
    ///
    /// In the inner result how often the guard's text occurs, when that is not once.
    pub(super) fn without<T>(
        &self,
        guard: &Guard,
        work: impl FnOnce() -> T,
    ) -> Result<Result<T, usize>, Failure> {
        let path = self.directory.join(guard.file);
        let failed = |error: io::Error| {
            Failure::new(
                format!("`{}` could not be changed: {error}", path.display()),
                "correct the guard's file in `xtask/src/guards.rs`",
            )
        };
        let source = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Err(0)),
            source => source.map_err(failed)?,
        };
        let broken = match guard.removed_from(&source) {
            Ok(broken) => broken,
            Err(count) => return Ok(Err(count)),
        };
        fs::write(&path, broken).map_err(failed)?;
        let done = work();
        fs::write(&path, source).map_err(failed)?;
        Ok(Ok(done))
    }
}

/// The files of the workspace, from its root.
fn list(root: &Path) -> Result<Vec<String>, Failure> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output();
    let reason = match output {
        Ok(output) if output.status.success() => {
            let names = String::from_utf8_lossy(&output.stdout);
            return Ok(names.split_terminator('\0').map(str::to_owned).collect());
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim_end().to_owned(),
        Err(error) => error.to_string(),
    };
    Err(Failure::new(
        format!("the files of the workspace could not be listed: {reason}"),
        "put `git` on PATH, and run this in a clone of the repository",
    ))
}

/// Writes a file, unless it is there with this content.
fn update(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, content)
}

/// Removes every file in `directory` whose path from `root` is not one of the names.
fn remove_others(root: &Path, directory: &Path, names: &BTreeSet<&Path>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(root, &path, names)?;
        } else if path.strip_prefix(root).is_ok_and(|name| !names.contains(name)) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
