//! What can happen to a file: another program's hands, a broken disk, a full one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hookwright::{EndpointSettings, Outbox, OutboxBuilder, Secret};

use crate::clock::until;
use crate::key::master_key;
use crate::place::{Place, SECRET};
use crate::process::LIMIT;
use crate::sink::Sink;

const EVENTS: usize = 300;

/// A file with events that no dispatcher has taken, in one file without a log beside it; and a
/// dispatcher has been there.
async fn written(place: &Place) -> Sink {
    let sink = place.sink(&[]);
    place.dispatcher(&[]).terminate().await;
    place.load(EVENTS, &[sink.url("/ok")], &[]).await.success().await;
    place.rows("PRAGMA wal_checkpoint(TRUNCATE)").await;
    sink
}

/// A dispatcher that cannot begin, or finds out later: what it says at its end.
async fn complaint(place: &Place) -> String {
    place.start_command(place.dispatch()).failure().await
}

pub(crate) async fn second_dispatcher(place: Place) {
    let mut first = place.dispatcher(&[]);
    let complaint = complaint(&place).await;
    assert!(complaint.contains(&format!("process {}", first.id())), "{complaint}");
    first.kill();
    // A dead one holds nothing.
    place.dispatcher(&[]).terminate().await;
    println!("{complaint}");
    place.close().await;
}

pub(crate) async fn foreign_file(place: Place) {
    let text = "Dear diary, this is no database. ".repeat(1000);
    fs::write(&place.outbox, &text).expect("the file is written");
    let complaint = complaint(&place).await;
    assert!(complaint.contains("not a database of SQLite"), "{complaint}");
    assert_eq!(fs::read_to_string(&place.outbox).expect("the file is there"), text);
    println!("{complaint}");
    place.close().await;
}

/// Half a file is never taken for a whole one, and its other half is the remedy.
pub(crate) async fn truncated_file(place: Place) {
    let sink = written(&place).await;
    let whole = fs::read(&place.outbox).expect("the file is there");
    let mut complaints = Vec::new();
    for length in [whole.len() / 2, 4096, 1000, 100] {
        fs::write(&place.outbox, &whole[..length]).expect("the file is cut");
        complaints.push(complaint(&place).await);
        assert!(size(&place.outbox) <= length, "something was written to half a file");
        remove_logs(&place);
    }
    fs::write(&place.outbox, &whole).expect("the file is whole again");
    deliver_all(&place, &sink).await;
    println!("cut to {:?}: {complaints:?}", [whole.len() / 2, 4096, 1000, 100]);
    place.close().await;
}

/// An empty file, or none, where there was one is no new beginning.
pub(crate) async fn emptied_file(place: Place) {
    let sink = written(&place).await;
    let whole = fs::read(&place.outbox).expect("the file is there");
    fs::write(&place.outbox, "").expect("the file is emptied");
    let emptied = complaint(&place).await;
    assert!(emptied.contains("is empty or new"), "{emptied}");
    fs::remove_file(&place.outbox).expect("the file is removed");
    let removed = complaint(&place).await;
    assert!(removed.contains("is empty or new"), "{removed}");
    assert!(!Path::new(&place.outbox).exists(), "a new file was made");
    fs::write(&place.outbox, &whole).expect("the file is back");
    deliver_all(&place, &sink).await;
    println!("{removed}");
    place.close().await;
}

/// The key's file is gone, or holds another key.
pub(crate) async fn key_file(place: Place) {
    // In this process, since the programs bring a key of their own.
    let path = place.outbox.clone();
    let outbox = Outbox::sqlite(&path).await.expect("a new outbox");
    let settings = EndpointSettings::new("https://example.com/").expect("a URL");
    let settings = settings.secret(Secret::generate());
    outbox.endpoints().create(settings).await.expect("an endpoint");
    outbox.pool().close().await;

    let key = PathBuf::from(format!("{path}.key"));
    let right = fs::read(&key).expect("there is a key");
    fs::remove_file(&key).expect("the key is removed");
    let gone = Outbox::sqlite(&path).await.expect_err("there is no key");
    assert!(gone.is_master_key(), "{gone}");
    assert!(!key.exists(), "a new key was made");
    fs::write(&key, "not a key").expect("the key is overwritten");
    let unreadable = Outbox::sqlite(&path).await.expect_err("there is no key");
    assert!(unreadable.is_master_key(), "{unreadable}");
    let other = OutboxBuilder::new().master_key(master_key().expect("a key")).sqlite(&path).await;
    let other = other.expect_err("it is another key");
    assert!(other.is_master_key(), "{other}");
    fs::write(&key, right).expect("the key is back");
    let outbox = Outbox::sqlite(&path).await.expect("the key is right");
    assert_eq!(outbox.endpoints().list().await.expect("the endpoints").len(), 1);
    outbox.pool().close().await;
    println!("{gone} / {unreadable} / {other}");
    place.close().await;
}

/// Each byte of the header in turn is another: either it does not matter, or it is told. Nothing
/// is thought to be empty.
pub(crate) async fn header(place: Place) {
    const HEADER: usize = 100;
    let sink = written(&place).await;
    let whole = fs::read(&place.outbox).expect("the file is there");
    let (mut refused, mut harmless) = (0, 0);
    for byte in 0..HEADER {
        let mut changed = whole.clone();
        changed[byte] ^= 1 << place.random(0..8);
        remove_logs(&place);
        fs::write(&place.outbox, &changed).expect("the file is changed");
        let mut dispatcher = place.start_command(place.dispatch());
        let mut is_ready = false;
        // It ends, or has something to deliver and delivers it.
        until("it begins or ends", LIMIT, async || {
            is_ready = is_ready || dispatcher.has_said("ready");
            is_ready || dispatcher.has_ended()
        })
        .await;
        let complaints = dispatcher.complaints();
        assert!(!complaints.contains("panicked"), "byte {byte}: {complaints}");
        if is_ready {
            harmless += 1;
        } else {
            let complaints = dispatcher.failure().await;
            assert!(complaints.contains("error: "), "byte {byte}: {complaints}");
            refused += 1;
        }
        dispatcher.kill();
    }
    remove_logs(&place);
    fs::write(&place.outbox, &whole).expect("the file is whole again");
    deliver_all(&place, &sink).await;
    println!("{HEADER} bytes changed: {refused} refused, {harmless} harmless, 0 empty starts");
    place.close().await;
}

/// On a disk that is full a transaction is refused, and what had committed arrives when there is
/// room.
pub(crate) async fn full_disk(mut place: Place) {
    let sink = place.sink(&[]);
    let disk = Disk(place.path("disk"));
    fs::create_dir_all(&disk.0).expect("a directory");
    let is_disk = disk.mount("size=6m");
    let mut load = Command::new("sh");
    if is_disk {
        place.outbox = disk.0.join("crm.db").display().to_string();
        load.args(["-c", "exec \"$@\"", "sh"]);
    } else {
        // Root alone can mount: a limit on the size of files comes close.
        load.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$@\"", "sh"]);
    }
    load.arg(env!("CARGO_BIN_EXE_load")).args(["--outbox", &place.outbox, "--ledger"]);
    load.arg(place.path("ledger")).args(["--events", "1000000"]);
    load.args(["--endpoint", &sink.url("/ok"), "--secret", SECRET]);
    let mut dispatcher = place.dispatcher(&[]);
    let said = place.start_command(load).failure().await;
    assert!(!is_disk || said.contains("no room left on the disk"), "{said}");
    assert!(!dispatcher.has_ended(), "{}", dispatcher.complaints());
    // What it cannot write now it writes when there is room.
    assert!(!is_disk || disk.mount("remount,size=64m"), "the disk cannot be made larger");
    place.until_delivered().await;
    dispatcher.terminate().await;
    let report = place.check(&sink, 0).await;
    println!("full after {} events: {}; {} lost", report["events"], said.trim(), report["missing"]);
    assert!(report["events"].as_u64().is_some_and(|events| events > 0));
    place.close().await;
}

/// A mounted disk, which is unmounted when this is dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(&self, options: &str) -> bool {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", options, "hookwright"]).arg(&self.0);
        command.output().is_ok_and(|output| output.status.success())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, since what was killed may still be about to end.
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

/// All that had been written arrives.
async fn deliver_all(place: &Place, sink: &Sink) {
    let mut dispatcher = place.dispatcher(&[]);
    place.until_delivered().await;
    dispatcher.terminate().await;
    let report = place.check(sink, usize::MAX).await;
    assert_eq!(report["arrived"], EVENTS);
}

/// Removes what a program that was refused may have left.
fn remove_logs(place: &Place) {
    for log in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{log}", place.outbox));
    }
}

fn size(path: &str) -> usize {
    usize::try_from(fs::metadata(path).expect("the file is there").len()).expect("a small file")
}

/// An application and a dispatcher that begin at once, where there is nothing yet.
pub(crate) async fn begun_at_once(place: Place) {
    const APPLICATIONS: usize = 4;
    let sink = place.sink(&[]);
    let mut dispatcher = place.start_command(place.dispatch());
    let mut loads = Vec::new();
    for _ in 0..APPLICATIONS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_load"));
        command.args(["--outbox", &place.outbox, "--events", "10", "--ledger"]);
        command.arg(place.path("ledger"));
        loads.push(place.start_command(command));
    }
    for load in &mut loads {
        load.success().await;
    }
    assert_eq!(dispatcher.line().as_deref(), Some("ready"), "{}", dispatcher.complaints());
    place.until_delivered().await;
    dispatcher.terminate().await;
    let report = place.check(&sink, 0).await;
    println!(
        "{APPLICATIONS} applications and a dispatcher began at once: {} lost",
        report["missing"]
    );
    assert_eq!(report["events"], APPLICATIONS * 10);
    place.close().await;
}
