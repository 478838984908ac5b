//! Why a catalogue is not as its lock has it.

use std::error::Error;
use std::path::PathBuf;
use std::{fmt, io};

use super::{Break, UPDATE};

/// Why a catalogue is not as `catalog.lock` has it.
///
/// `Debug` shows the same text as `Display`, so that a test which unwraps it is readable.
#[non_exhaustive]
pub enum LockError {
    /// Receivers that were right are not any more.
    #[non_exhaustive]
    Broken {
        /// The file.
        path: PathBuf,
        /// Each promise that is not kept.
        breaks: Vec<Break>,
    },
    /// There is no file yet.
    #[non_exhaustive]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is not what this library writes.
    #[non_exhaustive]
    NotALock {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// The file was written by another version of this library, in another way.
    #[non_exhaustive]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// How it is written.
        version: u32,
    },
    /// The file cannot be read.
    #[non_exhaustive]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written.
    #[non_exhaustive]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl fmt::Display for LockError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { path, breaks } => {
                write!(formatter, "the events are not as `{}` promises them", path.display())?;
                let mut events: &[String] = &[];
                for Break { events: of, path, problem } in breaks {
                    if of != events {
                        write!(formatter, "\n\n  {}", of.join(", "))?;
                        events = of;
                    }
                    match path.as_str() {
                        "" => write!(formatter, "\n    {problem}")?,
                        path => write!(formatter, "\n    {path}: {problem}")?,
                    }
                }
                write!(
                    formatter,
                    "\n\nhelp: keep what receivers rely on; or accept the difference, and tell them: run this test with `{UPDATE}=1`"
                )
            }
            Self::Missing { path } => write!(
                formatter,
                "there is no `{}`: run the test that checks it once with `{UPDATE}=1`, and commit the file that it writes",
                path.display()
            ),
            Self::NotALock { path, line } => write!(
                formatter,
                "`{}` is not a catalogue, at line {line}: restore the file from its last commit, or write it anew with `{UPDATE}=1`",
                path.display()
            ),
            Self::OtherVersion { path, version } => write!(
                formatter,
                "`{}` was written by another version of hookwright, as version {version} of the file: use that version, or write the file anew with `{UPDATE}=1`",
                path.display()
            ),
            Self::Read { path, .. } => write!(formatter, "`{}` cannot be read", path.display()),
            Self::Write { path, .. } => write!(formatter, "`{}` cannot be written", path.display()),
        }
    }
}

impl fmt::Debug for LockError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)?;
        match self.source() {
            Some(source) => write!(formatter, ": {source}"),
            None => Ok(()),
        }
    }
}

impl Error for LockError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Read { source, .. } | Self::Write { source, .. } => Some(source),
            _ => None,
        }
    }
}
