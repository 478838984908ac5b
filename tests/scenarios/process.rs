//! A program that runs, and can be killed.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::clock::until;

/// How long any program may take until it works, or to its end.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// It is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
    stderr: PathBuf,
}

impl Process {
    pub(crate) fn start(mut command: Command, stderr: PathBuf) -> Self {
        let file = File::create(&stderr).expect("a file for stderr");
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file);
        let mut child = command.spawn().expect("the program can be run");
        let stdout = child.stdout.take().expect("it was asked for");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // The test may have ended.
                let _ = sender.send(line);
            }
        });
        Self { child, lines, stderr }
    }

    /// The next line of its output; `None` when it has ended.
    pub(crate) fn line(&self) -> Option<String> {
        self.lines.recv_timeout(LIMIT).ok()
    }

    /// Whether its next line has come, and is this one.
    pub(crate) fn has_said(&self, line: &str) -> bool {
        self.lines.try_recv().is_ok_and(|said| said == line)
    }

    /// What it has said on stderr so far.
    pub(crate) fn complaints(&self) -> String {
        fs::read_to_string(&self.stderr).expect("its stderr can be read")
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it has ended");
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let mut command = Command::new("kill");
        command.args(["-s", signal, &self.child.id().to_string()]);
        assert!(command.status().expect("kill can be run").success(), "{signal}");
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it is ours").is_some()
    }

    /// Waits for the end.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        until("a program ends", LIMIT * 2, async || self.has_ended()).await;
        self.child.wait().expect("it is ours")
    }

    /// Waits for a good end.
    pub(crate) async fn success(&mut self) {
        let status = self.end().await;
        assert!(status.success(), "{status}: {}", self.complaints());
    }

    /// Waits for an end with an error, and gives what it says.
    pub(crate) async fn failure(&mut self) -> String {
        let status = self.end().await;
        let complaints = self.complaints();
        assert_eq!(status.code(), Some(1), "{complaints}");
        assert!(!complaints.contains("panicked"), "{complaints}");
        complaints
    }

    /// Asks for the end, and waits for it.
    pub(crate) async fn terminate(&mut self) {
        self.signal("TERM");
        self.success().await;
    }

    /// The time that it has used a processor.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id())).expect("it runs");
        // After the name, which may hold anything: the 12th and 13th are its times, in ticks of
        // which Linux has 100 a second.
        let (_, fields) = stat.rsplit_once(')').expect("a name");
        let ticks = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|ticks| ticks.parse::<u64>().expect("ticks"));
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    /// The most memory that it has ever used, in KiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
