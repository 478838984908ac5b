//! A file of lines that are there for good once they are appended.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot};

type Line = (String, oneshot::Sender<()>);

/// Lines of several writers, which are synced together.
#[derive(Debug)]
pub(crate) struct Ledger {
    path: PathBuf,
    lines: mpsc::UnboundedSender<Line>,
    count: AtomicU64,
}

impl Ledger {
    /// Each line is on the disk when [`append`](Self::append) returns.
    pub(crate) fn synced(path: &Path) -> io::Result<Self> {
        Self::open(path.to_owned(), File::sync_data)
    }

    /// A file whose name is that of the ledger and another word. Its lines are with the system when
    /// [`append`](Self::append) returns.
    pub(crate) fn beside(ledger: &Path, word: &str) -> io::Result<Self> {
        let mut name = OsString::from(ledger);
        name.push(".");
        name.push(word);
        Self::open(name.into(), |_file| Ok(()))
    }

    fn open(path: PathBuf, sync: fn(&File) -> io::Result<()>) -> io::Result<Self> {
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        let (sender, mut receiver) = mpsc::unbounded_channel::<Line>();
        std::thread::spawn(move || {
            while let Some(first) = receiver.blocking_recv() {
                let mut batch = vec![first];
                while let Ok(line) = receiver.try_recv() {
                    batch.push(line);
                }
                let text: String = batch.iter().map(|(line, _)| line.as_str()).collect();
                if file.write_all(text.as_bytes()).and_then(|()| sync(&file)).is_err() {
                    // Those who wait learn it by the channels that are dropped.
                    return;
                }
                for (_, written) in batch {
                    // A writer that has gone does not need to know.
                    let _ = written.send(());
                }
            }
        });
        Ok(Self { path, lines: sender, count: AtomicU64::new(0) })
    }

    pub(crate) async fn append(&self, line: String) -> io::Result<()> {
        let (sender, written) = oneshot::channel();
        let failed = || io::Error::other(format!("{} cannot be written", self.path.display()));
        self.lines.send((line, sender)).map_err(|_| failed())?;
        written.await.map_err(|_| failed())?;
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// How many lines were appended.
    pub(crate) fn lines(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}
