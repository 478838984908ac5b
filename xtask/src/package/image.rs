//! The files of the image in a directory, and programs that see nothing but them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::failure::Failure;

use super::dockerfile::Dockerfile;
use super::{succeed, unwritable};

/// A directory that is laid out as the image.
pub(super) struct Image {
    root: PathBuf,
}

impl Image {
    /// Copies what the Dockerfile copies.
    pub(super) fn lay_out(file: &Dockerfile, root: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(root).map_err(|error| unwritable(root, &error))?;
        for copy in &file.copies {
            let to = root.join(copy.to.trim_start_matches('/'));
            fs::create_dir_all(&to).map_err(|error| unwritable(&to, &error))?;
            let from = Path::new(&copy.from).join(".");
            let shown = format!("cp {} {}", from.display(), to.display());
            succeed(Command::new("cp").arg("-R").arg(from).arg(&to), &shown)?;
            let owner = copy.owner.as_deref().unwrap_or("0:0");
            succeed(Command::new("chown").args(["-R", owner]).arg(&to), "chown")?;
        }
        // Every engine gives a container these devices.
        let devices = root.join("dev");
        fs::create_dir_all(&devices).map_err(|error| unwritable(&devices, &error))?;
        for (name, minor) in [("null", "3"), ("random", "8"), ("urandom", "9")] {
            let mut make = Command::new("mknod");
            make.args(["-m", "666"]).arg(devices.join(name)).args(["c", "1", minor]);
            succeed(&mut make, &format!("mknod {name}"))?;
        }
        Ok(Self { root: root.to_owned() })
    }

    /// The path of a file of the image.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// A command in the image, as its user and with its environment.
    pub(super) fn command(&self, file: &Dockerfile, words: &[String]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(format!("--userspec={}", file.user)).arg(&self.root).args(words);
        // Engines set such a PATH too; `chroot` itself is found by it.
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").envs(&file.environment);
        command
    }
}
