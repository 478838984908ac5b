//! The directory of a server, and the user that it belongs to.

use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::path::{self, Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::user::{self, User};

/// A directory that the server's user can enter, and everything that a server keeps.
#[derive(Debug)]
pub(super) struct Home {
    directory: PathBuf,
    /// As whom the server runs, when it is not the user of this process.
    user: Option<User>,
}

impl Home {
    /// Makes the directory, or opens it if it is there.
    pub(super) fn open(directory: &Path) -> Result<Self, Failure> {
        let wanted = path::absolute(directory).map_err(|error| cannot_use(directory, &error))?;
        if !user::is_root() {
            return Self { directory: wanted, user: None }.made();
        }
        let user = User::named("postgres").or_else(|| User::named("nobody")).ok_or_else(|| {
            Failure::new(
                "root cannot run PostgreSQL, and there is no user `postgres`",
                "add one by `useradd --system postgres`, or run this as another user",
            )
        })?;
        let home = Self { directory: wanted, user: Some(user) }.made()?;
        if home.is_entered() {
            return Ok(home);
        }
        let directory = stand_in(&home.directory);
        // It is empty, unless its parents were closed to the user since it was used.
        let _ = fs::remove_dir(&home.directory);
        Self { directory, ..home }.made()
    }

    fn made(self) -> Result<Self, Failure> {
        self.make().map_err(|error| cannot_use(&self.directory, &error))?;
        Ok(self)
    }

    fn make(&self) -> io::Result<()> {
        if let Some(parent) = self.directory.parent() {
            fs::create_dir_all(parent)?;
        }
        match DirBuilder::new().mode(0o700).create(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made?,
        }
        let Some(user) = self.user else {
            return Ok(());
        };
        // Root must not be led elsewhere by somebody who guessed the name.
        let metadata = fs::symlink_metadata(&self.directory)?;
        if !metadata.is_dir() || ![0, user.id()].contains(&metadata.uid()) {
            return Err(io::Error::other("it is no directory of root or of the server's user"));
        }
        chown(&self.directory, Some(user.id()), Some(user.group()))
    }

    /// Whether the server's user can come into the directory, through all of its parents.
    fn is_entered(&self) -> bool {
        let mut command = Command::new("sh");
        command.args(["-c", "cd \"$0\" 2> /dev/null"]).arg(&self.directory);
        if let Some(user) = self.user {
            user.run(&mut command);
        }
        command.status().is_ok_and(|status| status.success())
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where the cluster is.
    pub(super) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Removes what a server has kept here.
    pub(super) fn clear(&self) -> Result<(), Failure> {
        fs::remove_dir_all(&self.directory)
            .and_then(|()| self.make())
            .map_err(|error| cannot_use(&self.directory, &error))
    }

    /// Makes a cluster unless there is one. It gets its name when it is complete, so that what an
    /// interrupted run has left is not taken for one.
    pub(super) fn make_cluster(&self, binaries: &Path, superuser: &str) -> Result<(), Failure> {
        if self.data().exists() {
            return Ok(());
        }
        let unfinished = self.directory.join("data.unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(|error| cannot_use(&unfinished, &error))?;
        }
        let mut command = self.command(binaries, "initdb");
        command.args(["--auth=trust", "--encoding=UTF8", "--no-locale"]);
        command.args(["--username", superuser, "--pgdata"]).arg(&unfinished);
        run(&mut command)?;
        fs::rename(&unfinished, self.data()).map_err(|error| cannot_use(&unfinished, &error))
    }

    /// One of PostgreSQL's programs, to be run as the server's user, with messages in English.
    pub(super) fn command(&self, binaries: &Path, program: &str) -> Command {
        let mut command = Command::new(binaries.join(program));
        self.settle(&mut command);
        command
    }

    /// Has a command run here, as the server's user.
    pub(super) fn settle(&self, command: &mut Command) {
        command.current_dir(&self.directory).env("LC_ALL", "C");
        if let Some(user) = self.user {
            user.run(command);
        }
    }

    /// The server's log, to write at its end, and how long it is.
    pub(super) fn log(&self) -> Result<(File, u64), Failure> {
        let path = self.directory.join("log");
        let open = || {
            let log = OpenOptions::new().create(true).append(true).open(&path)?;
            let length = log.metadata()?.len();
            Ok((log, length))
        };
        open().map_err(|error| cannot_use(&path, &error))
    }

    /// What was written to the log after its first `length` bytes.
    pub(super) fn log_since(&self, length: u64) -> String {
        let mut bytes = Vec::new();
        let read = File::open(self.directory.join("log")).and_then(|mut log| {
            log.seek(SeekFrom::Start(length))?;
            log.read_to_end(&mut bytes)
        });
        match read {
            Ok(_length) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("its log cannot be read: {error}"),
        }
    }
}

/// Runs one of PostgreSQL's programs to its end.
pub(super) fn run(command: &mut Command) -> Result<(), Failure> {
    let program = Path::new(command.get_program()).display().to_string();
    let reason = match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim_end().to_owned(),
        Err(error) => error.to_string(),
    };
    Err(Failure::new(
        format!("`{program}` failed: {reason}"),
        "correct what it says, or remove the server's directory to begin with a new cluster",
    ))
}

/// A directory that every user can come to, the same for the same path.
fn stand_in(directory: &Path) -> PathBuf {
    let name = directory.display().to_string().replace('/', "-");
    env::temp_dir().join(format!("hookwright{name}"))
}

fn cannot_use(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        format!("`{}` cannot be used for PostgreSQL: {error}", path.display()),
        "give a directory that you can write to, or remove what is there",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_directory_has_always_the_same_stand_in_and_others_have_others() {
        let first = stand_in(Path::new("/somewhere/target/postgres"));
        assert_eq!(first, env::temp_dir().join("hookwright-somewhere-target-postgres"));
        assert_ne!(first, stand_in(Path::new("/root/play/target/postgres")));
    }
}
