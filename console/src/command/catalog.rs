//! `hookwright catalog`.

use clap::Subcommand;
use hookwright::{CatalogLock, LockError};
use serde_json::json;

use super::failure::{Exit, Failure};
use super::output::{Colour, Output};

/// The events that receivers were promised.
#[derive(Subcommand, Debug)]
pub(super) enum Catalog {
    /// Compares two files `catalog.lock`; exits with 1 when the newer breaks a receiver.
    Diff {
        /// The older file.
        old: String,
        /// The newer file.
        new: String,
    },
}

impl Catalog {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let Self::Diff { old, new } = self;
        let (old, new) = (read(&old)?, read(&new)?);
        let (breaks, added) = (old.breaks(&new), old.added(&new));
        if output.is_json {
            let breaks = breaks.iter().map(|broken| {
                json!({"events": broken.events, "path": broken.path, "problem": broken.problem})
            });
            let added =
                added.iter().map(|added| json!({"events": added.events, "path": added.path}));
            output.json(&json!({
                "breaks": breaks.collect::<Vec<_>>(),
                "added": added.collect::<Vec<_>>(),
            }))?;
        } else {
            for broken in &breaks {
                output.marked(Colour::Red, "breaks", &broken.to_string())?;
            }
            for added in &added {
                output.marked(Colour::Green, "added ", &added.to_string())?;
            }
            if breaks.is_empty() && added.is_empty() {
                output.line("the same is promised")?;
            }
        }
        if breaks.is_empty() { Ok(()) } else { Err(Failure::silent(Exit::Failed)) }
    }
}

fn read(path: &str) -> Result<CatalogLock, Failure> {
    CatalogLock::read(path).map_err(|error| match error {
        LockError::Missing { .. } => Failure::new(Exit::NotFound, format!("there is no `{path}`")),
        error => Failure::of(Exit::Usage, &error),
    })
}
