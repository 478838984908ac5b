//! A process that outlives this one, to stop the server.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::home::Home;
use crate::failure::Failure;

/// A shell that reads the ids of the postmasters that were started, one a line, until its input
/// ends, which is when this process does, in whatever way. Then it stops the last of them.
#[derive(Debug)]
pub(super) struct Watch {
    process: Child,
}

/// The terminal's signals are for this process; the watch follows it. The lock file of the cluster
/// tells whether the postmaster still runs: there may be another one by now.
const SCRIPT: &str = r#"
trap "" HUP INT TERM
while read -r line; do postmaster=$line; done
test "$postmaster" = "$(head -n 1 "$1/postmaster.pid")" || exit
exec "$0" stop --silent --mode=immediate --pgdata "$1"
"#;

impl Watch {
    pub(super) fn over(home: &Home, binaries: &Path) -> Result<Self, Failure> {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT]).arg(binaries.join("pg_ctl")).arg(home.data());
        home.settle(&mut command);
        let process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| cannot_be_watched(&error))?;
        Ok(Self { process })
    }

    /// Has this postmaster watched, instead of the one before.
    pub(super) fn follow(&mut self, postmaster: u32) -> Result<(), Failure> {
        let Some(input) = &mut self.process.stdin else {
            return Ok(());
        };
        writeln!(input, "{postmaster}").map_err(|error| cannot_be_watched(&error))
    }

    /// Stops the server at once, as if this process had ended, and returns when it has stopped.
    pub(super) fn end(&mut self) {
        drop(self.process.stdin.take());
        // If this fails the server is killed.
        let _ = self.process.wait();
    }
}

fn cannot_be_watched(error: &io::Error) -> Failure {
    Failure::new(format!("PostgreSQL cannot be watched: {error}"), "check that `sh` is on PATH")
}
