//! A server that is really run, and killed.

use std::env;
use std::process::{self, Command};

use super::*;

/// A directory of one test, removed in the end.
pub(super) struct Directory(PathBuf);

impl Directory {
    pub(super) fn new(name: &str) -> Self {
        Self(env::temp_dir().join(format!("hookwright-xtask-{}-{name}", process::id())))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Those that `cargo xtask test` has found, or those of this machine.
fn binaries() -> PathBuf {
    env::var_os("HOOKWRIGHT_POSTGRES_BIN")
        .map(PathBuf::from)
        .or_else(find_binaries)
        .expect("PostgreSQL is installed: `cargo xtask test` skips this test where it is not")
}

fn start(directory: &Directory) -> Server {
    Server::start(&binaries(), directory.path(), &[("max_connections", "5")]).expect("a server")
}

/// Runs a statement, and returns the one value of its answer.
fn query(server: &Server, statement: &str) -> String {
    let output = Command::new(binaries().join("psql"))
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", statement])
        .arg(server.url())
        .output()
        .expect("psql runs");
    assert!(output.status.success(), "{statement}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
}

#[test]
fn what_was_committed_outlives_a_kill_a_restart_and_a_stop() {
    let directory = Directory::new("kill");
    let mut server = start(&directory);
    let (url, first) = (server.url(), server.process_id());
    assert_eq!(url, format!("postgres://hookwright@127.0.0.1:{}/postgres", server.port()));
    assert_eq!(query(&server, "show fsync"), "on");
    assert_eq!(query(&server, "show max_connections"), "5");
    query(&server, "create table kept (number int)");

    for turn in 1..=3 {
        query(&server, &format!("insert into kept values ({turn})"));
        server.kill().expect("it runs");
        assert_eq!(server.process_id(), None);
        assert!(TcpStream::connect(server.address()).is_err(), "nobody listens");
        server.restart().expect("the port and the memory are free again");
        assert_eq!(query(&server, "select count(*) from kept"), turn.to_string());
    }
    assert_eq!(server.url(), url);
    assert_ne!(server.process_id(), first);

    server.stop().expect("it runs");
    server.stop().expect("a stopped server is left as it is");
    assert!(TcpStream::connect(server.address()).is_err(), "nobody listens");
    let server = start(&directory);
    assert_eq!(query(&server, "select count(*) from kept"), "3");
}

#[test]
fn a_restart_waits_for_the_backends_of_a_killed_server() {
    let directory = Directory::new("backends");
    let mut server = start(&directory);
    // It does not look whether the postmaster lives before its statement is done.
    let mut busy = Command::new(binaries().join("psql"))
        .args(["--no-psqlrc", "--quiet", "--command"])
        .arg("do $$ begin for i in 1..4 loop perform count(*) from generate_series(1, 2000000); end loop; end $$")
        .arg(server.url())
        .stderr(Stdio::null())
        .spawn()
        .expect("psql runs");
    let running = "select count(*) from pg_stat_activity where query like 'do $$%'";
    while query(&server, running) == "0" {
        sleep(PAUSE);
    }
    server.kill().expect("it runs");
    server.restart().expect("the backend ends");
    assert_eq!(query(&server, "select 1"), "1");
    busy.wait().expect("psql ran");
}

#[test]
fn a_server_that_another_has_killed_can_be_restarted() {
    let directory = Directory::new("another");
    let mut server = start(&directory);
    // At once, while it still dies, and later, when it is dead.
    for pause in [Duration::ZERO, 5 * PAUSE] {
        server.process.as_mut().expect("it runs").kill().expect("it is a child");
        sleep(pause);
        server.restart().expect("it ends, and the port is free again");
        assert_eq!(query(&server, "select 1"), "1");
    }
}

#[test]
fn a_server_anew_has_nothing_of_the_one_before() {
    let directory = Directory::new("anew");
    let server = start(&directory);
    query(&server, "create table forgotten ()");
    drop(server);
    let server = Server::start_anew(&binaries(), directory.path(), &[]).expect("a server");
    assert_eq!(query(&server, "select to_regclass('forgotten') is null"), "t");
}

#[test]
fn a_server_ends_when_its_watch_sees_the_end_of_this_process() {
    let directory = Directory::new("watch");
    let mut server = start(&directory);
    // It closes the input, which is what the system does when this process ends.
    server.watch.end();
    let process = server.process.as_mut().expect("it runs");
    let end = Instant::now() + REMAINS_LIMIT;
    let status = loop {
        match process.try_wait().expect("it is a child") {
            Some(status) => break status,
            None => assert!(Instant::now() < end, "it runs on"),
        }
        sleep(PAUSE);
    };
    assert!(status.success(), "it was asked to stop, not killed: {status}");
}

#[test]
fn an_option_that_it_does_not_know_is_told_at_once() {
    let directory = Directory::new("option");
    let begin = Instant::now();
    let options = [("no_such_setting", "1")];
    let failure = Server::start(&binaries(), directory.path(), &options).expect_err("no server");
    let failure = failure.to_string();
    assert!(failure.contains("unrecognized configuration parameter \"no_such_setting\""));
    assert!(failure.contains("\nhelp: correct what it says"));
    assert!(begin.elapsed() < START_LIMIT, "it is not tried again");
}

#[test]
fn a_second_server_on_the_same_cluster_is_refused() {
    let directory = Directory::new("second");
    let first = start(&directory);
    let failure = Server::start(&binaries(), directory.path(), &[]).expect_err("it is in use");
    assert!(failure.to_string().contains("lock file \"postmaster.pid\" already exists"));
    assert_eq!(query(&first, "select 1"), "1", "the first is left alone");
}

#[test]
fn a_server_is_ready_when_its_own_lock_file_says_so() {
    let lock = |status| format!("42\n/data\n1700000000\n5432\n\n127.0.0.1\n 1 2\n{status}\n");
    assert!(says_ready(&lock("ready   "), 42));
    assert!(!says_ready(&lock("ready   "), 43), "it is another's");
    assert!(!says_ready(&lock("starting"), 42));
    assert!(!says_ready("42\n/data\n", 42), "it is being written");
    assert!(!says_ready("", 42));
}

#[test]
fn only_what_a_killed_server_leaves_behind_is_waited_for() {
    assert!(will_pass("FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use"));
    assert!(will_pass("LOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use"));
    assert!(!will_pass("FATAL:  unrecognized configuration parameter \"x\""));
    assert!(!will_pass(""));
}
