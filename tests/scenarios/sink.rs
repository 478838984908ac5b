//! The receivers of a scenario, and what they have received.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::time::Duration;

use crate::arrival::Arrival;
use crate::clock::until;
use crate::process::{LIMIT, Process};

pub(crate) struct Sink {
    /// It ends when this is dropped.
    _process: Process,
    pub(crate) log: PathBuf,
    url: String,
    reader: BufReader<File>,
    unfinished: String,
    arrivals: Vec<Arrival>,
}

impl Sink {
    /// Takes a sink that has just been started.
    pub(crate) fn of(process: Process, log: PathBuf) -> Self {
        let line = process.line().unwrap_or_default();
        let url = line.strip_prefix("listening on ").expect("a sink listens").to_owned();
        let reader = BufReader::new(File::open(&log).expect("a sink has a log"));
        Self {
            _process: process,
            log,
            url,
            reader,
            unfinished: String::new(),
            arrivals: Vec::new(),
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The URLs of several receivers that are told apart by a number.
    pub(crate) fn urls(&self, path: &str, count: usize) -> Vec<String> {
        (0..count).map(|number| self.url(&format!("{path}/{number}"))).collect()
    }

    /// Everything that has arrived so far.
    pub(crate) fn arrivals(&mut self) -> &[Arrival] {
        while self.reader.read_line(&mut self.unfinished).expect("the log can be read") > 0 {
            if self.unfinished.ends_with('\n') {
                self.arrivals.push(serde_json::from_str(&self.unfinished).expect("a line of JSON"));
                self.unfinished.clear();
            }
        }
        &self.arrivals
    }

    /// What has arrived at receivers whose path begins so.
    pub(crate) fn arrivals_at(&mut self, path: &str) -> usize {
        self.arrivals().iter().filter(|arrival| arrival.path.starts_with(path)).count()
    }

    /// Waits until so much has arrived.
    pub(crate) async fn until(&mut self, count: usize) {
        until("arrivals", LIMIT * 2, async || self.arrivals().len() >= count).await;
    }

    /// As [`first_after`](Self::first_after), of what had arrived before that time.
    pub(crate) async fn first_repeat_after(&mut self, time: u64) -> u64 {
        let mut first = None;
        until("a repeat", LIMIT, async || {
            let (before, after): (Vec<_>, Vec<_>) =
                self.arrivals().iter().partition(|arrival| arrival.time <= time);
            let before: HashSet<_> =
                before.iter().map(|arrival| (&arrival.id, &arrival.path)).collect();
            let is_repeat = |arrival: &&&Arrival| before.contains(&(&arrival.id, &arrival.path));
            first = after.iter().find(is_repeat).map(|arrival| arrival.time);
            first.is_some()
        })
        .await;
        first.expect("it was waited for") - time
    }

    /// Waits for the first arrival after a time, and gives how many milliseconds after.
    pub(crate) async fn first_after(&mut self, time: u64) -> u64 {
        let mut first = None;
        until("an arrival", Duration::from_secs(30), async || {
            first = self.arrivals().iter().map(|arrival| arrival.time).find(|at| *at > time);
            first.is_some()
        })
        .await;
        first.expect("it was waited for") - time
    }
}
