//! The files beside a database of SQLite: its master key, and the lock of its dispatcher.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process;

use sqlx::{Pool, Sqlite};

use super::error::FileError;
use crate::outbox::error::OutboxError;
use crate::outbox::master_key::MasterKey;
use crate::outbox::store::DispatcherLock;

/// The path of a database that is a file, the same one by whichever links it is named: the files beside
/// it, and with them its one dispatcher, are found by this path.
#[derive(Debug, Clone)]
pub(in crate::outbox) struct DatabaseFile(PathBuf);

/// A file that lies beside the database.
#[derive(Debug, Clone, Copy)]
pub(in crate::outbox) enum Sidecar {
    /// The master key of a database whose tables are there.
    Key,
    /// The master key, while the tables are being made.
    NewKey,
    /// Locked by the dispatcher, whose process it names.
    Dispatcher,
}

impl DatabaseFile {
    pub(in crate::outbox) fn new(path: &Path) -> Result<Self, OutboxError> {
        let text = path.to_string_lossy();
        if text.is_empty() || text.contains(":memory:") || text.contains("file:sqlx-in-memory") {
            return Err(FileError::InMemory.into());
        }
        Ok(Self(resolved(path)))
    }

    /// Refuses a path at which SQLite can open nothing, by what is wrong with it.
    pub(in crate::outbox) fn check(&self) -> Result<(), OutboxError> {
        let path = || self.0.clone();
        if self.0.is_dir() {
            return Err(FileError::NotAFile { path: path() }.into());
        }
        match self.0.parent() {
            Some(parent) if !parent.as_os_str().is_empty() && !parent.is_dir() => {
                Err(FileError::NoDirectory { path: path() }.into())
            }
            _ => Ok(()),
        }
    }

    pub(in crate::outbox) fn of_pool(pool: &Pool<Sqlite>) -> Result<Self, OutboxError> {
        Self::new(pool.connect_options().get_filename())
    }

    pub(in crate::outbox) fn path(&self) -> &Path {
        &self.0
    }

    pub(in crate::outbox) fn sidecar(&self, sidecar: Sidecar) -> PathBuf {
        let mut name = OsString::from(self.0.as_os_str());
        name.push(match sidecar {
            Sidecar::Key => ".key",
            Sidecar::NewKey => ".key.new",
            Sidecar::Dispatcher => ".dispatcher",
        });
        name.into()
    }

    /// A file that is only there when the tables were there once.
    pub(in crate::outbox) fn witness(&self) -> Option<PathBuf> {
        [Sidecar::Key, Sidecar::Dispatcher]
            .map(|sidecar| self.sidecar(sidecar))
            .into_iter()
            .find(|path| path.exists())
    }

    /// The master key in the file for it.
    pub(in crate::outbox) fn read_key(&self) -> Result<Option<MasterKey>, OutboxError> {
        for sidecar in [Sidecar::Key, Sidecar::NewKey] {
            let path = self.sidecar(sidecar);
            if path.exists() {
                return Ok(Some(MasterKey::from_file(&path)?));
            }
        }
        Ok(None)
    }

    /// Makes a master key for a new database, or takes the one that another process has just made.
    pub(in crate::outbox) fn make_key(&self) -> Result<MasterKey, OutboxError> {
        if let Some(key) = self.read_key()? {
            return Ok(key);
        }
        let path = self.sidecar(Sidecar::NewKey);
        let key = MasterKey::generate();
        // Written in full before it has its name, which one process alone can give.
        let draft = path.with_extension(format!("new.{}", process::id()));
        let written = write_private(&draft, key.to_base64().as_bytes())
            .and_then(|()| fs::hard_link(&draft, &path));
        // Nothing is lost when it stays.
        let _ = fs::remove_file(&draft);
        match written {
            Ok(()) => Ok(key),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Ok(MasterKey::from_file(&path)?)
            }
            Err(error) => Err(FileError::unusable(&path, error)),
        }
    }

    /// Gives the key its name when the tables are there.
    pub(in crate::outbox) fn keep_key(&self) -> Result<(), OutboxError> {
        let (new, kept) = (self.sidecar(Sidecar::NewKey), self.sidecar(Sidecar::Key));
        match fs::rename(&new, &kept) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(FileError::unusable(&kept, error))
            }
            _ => Ok(()),
        }
    }

    /// Locks the dispatcher's file, which the system unlocks when the process ends, however it does.
    pub(in crate::outbox) fn lock_dispatcher(&self) -> Result<DispatcherLock, OutboxError> {
        let path = self.sidecar(Sidecar::Dispatcher);
        let cannot = |error| FileError::unusable(&path, error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is is told if it can be.
                let _ = file.take(256).read_to_string(&mut holder);
                let holder = holder.trim().to_owned();
                return Err(FileError::SecondDispatcher { holder }.into());
            }
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
        }
        // Told to a second dispatcher if there is room for it, which a full disk has not.
        let holder = format!("process {}\n", process::id());
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(holder.as_bytes()));
        Ok(DispatcherLock { file: Some(file) })
    }
}

/// The path without links. The file may not be there yet, nor what a link leads to.
fn resolved(path: &Path) -> PathBuf {
    /// How many links one after the other a system follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        if let Ok(path) = path.canonicalize() {
            return path;
        }
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        if let Ok(target) = path.read_link() {
            path = parent.join(target);
            continue;
        }
        return match (parent.canonicalize(), path.file_name()) {
            (Ok(parent), Some(name)) => parent.join(name),
            // Whoever opens it is told what is wrong.
            _ => path,
        };
    }
    path
}

/// Writes a file that its owner alone can read.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    file.write_all(bytes)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(all(test, unix))]
mod tests {
    use std::env;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_has_one_dispatcher_by_whatever_path() {
        let directory = env::temp_dir().join(format!("hookwright_links_{}", process::id()));
        let (real, other) = (directory.join("real"), directory.join("other"));
        for directory in [&real, &other] {
            fs::create_dir_all(directory).expect("a new directory");
        }
        // Through a directory, by its own name, and by links of links, before it is there and after.
        symlink("real", directory.join("linked")).expect("a new link");
        symlink("../linked/crm.db", other.join("crm.db")).expect("a new link");
        symlink(other.join("crm.db"), directory.join("sales.db")).expect("a new link");
        let paths =
            ["real/crm.db", "linked/crm.db", "other/crm.db", "sales.db", "other/../sales.db"]
                .map(|path| directory.join(path));
        for _ in 0..2 {
            for path in &paths {
                let file = DatabaseFile::new(path).expect("a file");
                let lock = file.lock_dispatcher().expect("the first one");
                assert_eq!(file.path(), real.canonicalize().expect("it is there").join("crm.db"));
                for path in &paths {
                    let file = DatabaseFile::new(path).expect("a file");
                    let error = file.lock_dispatcher().expect_err("the second one");
                    assert!(error.is_second_dispatcher(), "{error}");
                }
                drop(lock);
            }
            fs::write(&paths[2], "").expect("a file at the end of the links");
        }
        fs::remove_dir_all(directory).expect("it is there");
    }

    #[test]
    fn a_path_that_leads_nowhere_is_left_as_it_is() {
        let path = Path::new("/no/such/directory/crm.db");
        assert_eq!(resolved(path), path);
        assert_eq!(resolved(Path::new("crm.db")), env::current_dir().expect("one").join("crm.db"));
    }
}
