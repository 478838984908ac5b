//! The PostgreSQL database of one run of the tests.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use xtask::failure::Failure;
use xtask::postgres::{Server, find_binaries};

/// The user's own database, to be used instead of a private server.
const GIVEN: &str = "DATABASE_URL";
/// Tells the tests which database they may use.
const URL: &str = "HOOKWRIGHT_TEST_DATABASE_URL";
/// Tells the tests where the binaries are, for servers of their own.
const BINARIES: &str = "HOOKWRIGHT_POSTGRES_BIN";

/// Each test has a pool of its own, and there are many at once.
const OPTIONS: [(&str, &str); 1] = [("max_connections", "200")];

/// A database that tests may use until this is dropped.
#[derive(Debug)]
pub(crate) struct Database {
    source: Source,
    binaries: Option<PathBuf>,
}

#[derive(Debug)]
enum Source {
    Given(OsString),
    // The server is dropped, and stops, before the lock is.
    Private { server: Server, _lock: File },
}

impl Database {
    /// The user's database, or a new one of a private server in `directory`, after other runs there
    /// have ended.
    ///
    /// # Errors
    ///
    /// When there is no server, or it does not start.
    pub(crate) fn open(directory: &Path) -> Result<Self, Failure> {
        let binaries = find_binaries();
        if let Some(url) = given() {
            return Ok(Self { source: Source::Given(url), binaries });
        }
        let Some(found) = &binaries else {
            return Err(Failure::new(
                "PostgreSQL is not installed",
                format!("install it, on Debian by `apt-get install postgresql`, or set {GIVEN}"),
            ));
        };
        let lock = lock(directory)?;
        let server = Server::start_anew(found, directory, &OPTIONS)?;
        Ok(Self { source: Source::Private { server, _lock: lock }, binaries })
    }

    /// The environment variables by which tests find the database and the binaries.
    pub(crate) fn variables(&self) -> Vec<(&'static str, OsString)> {
        let url = match &self.source {
            Source::Given(url) => url.clone(),
            Source::Private { server, .. } => server.url().into(),
        };
        let binaries = self.binaries.iter().map(|path| (BINARIES, path.clone().into_os_string()));
        std::iter::once((URL, url)).chain(binaries).collect()
    }
}

/// Whether there is a database to open, without opening it.
pub(crate) fn is_at_hand() -> bool {
    given().is_some() || find_binaries().is_some()
}

fn given() -> Option<OsString> {
    env::var_os(GIVEN).filter(|url| !url.is_empty())
}

/// Waits until no other run uses the directory, whose cluster is about to be removed.
fn lock(directory: &Path) -> Result<File, Failure> {
    let path = directory.with_extension("lock");
    let lock = || {
        fs::create_dir_all(directory)?;
        let file = File::create(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                println!("    waiting for another run that has locked `{}`", path.display());
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        Ok(file)
    };
    lock().map_err(|error| {
        Failure::new(
            format!("`{}` cannot be locked: {error}", path.display()),
            "check that you can write to its directory",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_the_users_database_and_the_binaries_if_there_are_any() {
        let url = OsString::from("postgres://me@127.0.0.1/mine");
        let check = |binaries: Option<&str>, expected: &[(&str, &str)]| {
            let source = Source::Given(url.clone());
            let database = Database { source, binaries: binaries.map(PathBuf::from) };
            let variables = database.variables();
            let told: Vec<(&str, &str)> = variables
                .iter()
                .map(|(name, value)| (*name, value.to_str().expect("UTF-8")))
                .collect();
            assert_eq!(told, expected);
        };
        let told = ("HOOKWRIGHT_TEST_DATABASE_URL", "postgres://me@127.0.0.1/mine");
        check(None, &[told]);
        check(Some("/opt/bin"), &[told, ("HOOKWRIGHT_POSTGRES_BIN", "/opt/bin")]);
    }
}
