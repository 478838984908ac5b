//! `catalog.lock`: what was promised to receivers, and whether it is kept.

mod compare;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::compare::Comparison;
use super::Catalog;
use super::compiled::{Compiled, Form};
use super::node::Node;

/// Set to accept what has changed.
const UPDATE: &str = "UPDATE_CATALOG";
/// How the file is written.
const VERSION: u32 = 1;

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    version: u32,
    /// The name of the schema of what each event carries.
    events: BTreeMap<String, String>,
    /// What is sent.
    sent: BTreeMap<String, Value>,
    /// What a receiver with the same types reads.
    read: BTreeMap<String, Value>,
}

/// What the file of any version tells.
#[derive(Deserialize)]
struct Written {
    version: u32,
}

impl Lock {
    fn of(catalog: &Catalog) -> Self {
        let Compiled { events, schemas: sent, .. } = catalog.compiled(Form::Sent);
        let read = catalog.compiled(Form::Read).schemas;
        let events = events.into_iter().map(|event| (event.name.to_string(), event.data)).collect();
        let without_texts = |schemas: BTreeMap<String, Value>| {
            let strip = |(name, schema)| (name, compare::without_texts(&schema));
            schemas.into_iter().map(strip).collect()
        };
        Self { version: VERSION, events, sent: without_texts(sent), read: without_texts(read) }
    }

    fn text(&self) -> String {
        let schemas = |schemas: &BTreeMap<String, Value>| {
            let node = |(name, schema): (&String, &Value)| (name.clone(), Node::data(schema));
            Node::Map(schemas.iter().map(node).collect())
        };
        let events = self.events.iter().map(|(name, data)| (name.clone(), Node::text(data)));
        Node::map([
            ("version", Node::Scalar(self.version.into())),
            ("events", Node::Map(events.collect())),
            ("sent", schemas(&self.sent)),
            ("read", schemas(&self.read)),
        ])
        .pretty()
    }

    /// What was promised and is not kept.
    fn breaks(&self, now: &Self) -> Vec<Break> {
        let mut breaks = Vec::new();
        let mut compared: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for (name, data) in &self.events {
            match now.events.get(name) {
                Some(data_now) => compared.entry((data, data_now)).or_default().push(name),
                None => breaks.push(Break {
                    events: vec![name.clone()],
                    path: String::new(),
                    problem: "the event was removed".to_owned(),
                }),
            }
        }
        for ((data, data_now), events) in compared {
            let sent = Comparison::sent(&self.sent, &now.sent).of(data, data_now);
            let read = Comparison::read(&self.read, &now.read).of(data, data_now);
            let mut seen = Vec::new();
            for (path, problem) in sent.into_iter().chain(read) {
                if seen.contains(&(path.clone(), problem.clone())) {
                    continue;
                }
                seen.push((path.clone(), problem.clone()));
                let events = events.iter().map(|name| (*name).to_owned()).collect();
                breaks.push(Break { events, path, problem });
            }
        }
        breaks
    }
}

pub(super) fn check(catalog: &Catalog, path: &Path) -> Result<(), LockError> {
    let now = Lock::of(catalog);
    if env::var_os(UPDATE).is_some_and(|value| value == "1") {
        return fs::write(path, now.text())
            .map_err(|source| LockError::Write { path: path.to_owned(), source });
    }
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(LockError::Missing { path: path.to_owned() });
        }
        Err(source) => return Err(LockError::Read { path: path.to_owned(), source }),
    };
    let lock: Lock = match serde_json::from_str(&text) {
        Ok(lock) => lock,
        Err(error) => {
            let path = path.to_owned();
            // Another version may have other members.
            return Err(match serde_json::from_str(&text) {
                Ok(Written { version }) if version != VERSION => {
                    LockError::OtherVersion { path, version }
                }
                _ => LockError::NotALock { path, line: error.line() },
            });
        }
    };
    if lock.version != VERSION {
        return Err(LockError::OtherVersion { path: path.to_owned(), version: lock.version });
    }
    let breaks = lock.breaks(&now);
    if breaks.is_empty() {
        return Ok(());
    }
    Err(LockError::Broken { path: path.to_owned(), breaks })
}

/// A promise that is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Break {
    /// The events that it is of.
    pub events: Vec<String>,
    /// Where in the body, such as `data.address.city`; empty for the event itself.
    pub path: String,
    /// What has changed, in words.
    pub problem: String,
}

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
                "there is no `{}`: run this test once with `{UPDATE}=1`, and commit the file that it writes",
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
