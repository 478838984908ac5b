//! A private PostgreSQL server, which tests may kill.

mod binaries;
mod home;
mod watch;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub use self::binaries::find_binaries;
use self::home::Home;
use self::watch::Watch;
use crate::failure::Failure;

/// The superuser of every cluster, who needs no password.
const SUPERUSER: &str = "hookwright";

/// How long a server may take until it accepts connections, which includes its recovery.
const START_LIMIT: Duration = Duration::from_secs(30);
/// How long what a killed server leaves behind, its backends and its port, is waited for.
const REMAINS_LIMIT: Duration = Duration::from_secs(10);
/// How often what is waited for is looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// A PostgreSQL server with a cluster of its own, on a free port of 127.0.0.1.
///
/// The `postgres` process is a child of this one, so that it can be killed like any other. Its
/// settings are PostgreSQL's own, `fsync=on` among them, but for the options it is started with.
///
/// Root cannot run it: then it runs as the user `postgres`, or else `nobody`, and if that user
/// cannot enter the given directory, in one of the [temporary directory](std::env::temp_dir).
///
/// Everybody on this machine may connect as a superuser, without a password: it is for data of tests
/// alone.
///
/// Dropping it stops it. It also stops when this process ends without that, even by `kill -9`,
/// since a small process watches for it.
///
/// # Examples
///
/// ```no_run
/// use std::path::Path;
/// use xtask::postgres::{self, Server};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let binaries = postgres::find_binaries().ok_or("PostgreSQL is not installed")?;
/// let directory = Path::new("target/postgres");
/// let mut server = Server::start(&binaries, directory, &[("max_connections", "20")])?;
/// println!("{}", server.url());
/// server.kill()?;
/// server.restart()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    binaries: PathBuf,
    home: Home,
    options: Vec<String>,
    port: u16,
    process: Option<Child>,
    watch: Watch,
}

impl Server {
    /// Starts a server in `directory`, on the cluster that is there, or on a new one. Each of the
    /// `options` is a setting and its value. It has accepted a connection when this returns.
    ///
    /// # Errors
    ///
    /// When no cluster can be made, or the server ends, such as for an option that it does not know,
    /// or does not accept connections within 30 s.
    pub fn start(
        binaries: &Path,
        directory: &Path,
        options: &[(&str, &str)],
    ) -> Result<Self, Failure> {
        Self::start_in(Home::open(directory)?, binaries, options)
    }

    /// Starts a server in `directory` on a new cluster, after removing one that is there. No server
    /// may be running on it.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and when the old cluster cannot be removed.
    pub fn start_anew(
        binaries: &Path,
        directory: &Path,
        options: &[(&str, &str)],
    ) -> Result<Self, Failure> {
        let home = Home::open(directory)?;
        home.clear()?;
        Self::start_in(home, binaries, options)
    }

    fn start_in(home: Home, binaries: &Path, options: &[(&str, &str)]) -> Result<Self, Failure> {
        home.make_cluster(binaries, SUPERUSER)?;
        let watch = Watch::over(&home, binaries)?;
        let mut server = Self {
            binaries: binaries.to_owned(),
            home,
            options: options.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            port: 0,
            process: None,
            watch,
        };
        server.launch(free_port)?;
        Ok(server)
    }

    /// The address of the database `postgres`, for its superuser. It is the same after a restart.
    pub fn url(&self) -> String {
        format!("postgres://{SUPERUSER}@{}/postgres", self.address())
    }

    /// The port on 127.0.0.1. It is the same after a restart.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The id of the postmaster, the first process of the server; `None` when it was stopped or
    /// killed by this value.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Where the cluster (`data`) and the server's log (`log`) are: the given directory, or one that
    /// stands in for it when it cannot be used.
    pub fn directory(&self) -> &Path {
        self.home.directory()
    }

    /// Kills the postmaster with SIGKILL, as a crash does, and waits until nothing listens on the
    /// port. Its backends end by themselves, soon after: [`restart`](Self::restart) waits for them.
    ///
    /// # Errors
    ///
    /// When the process cannot be killed, or something still listens on the port after 10 s.
    pub fn kill(&mut self) -> Result<(), Failure> {
        let Some(mut process) = self.process.take() else {
            return Ok(());
        };
        process.kill().and_then(|()| process.wait()).map_err(|error| {
            Failure::new(
                format!("PostgreSQL could not be killed: {error}"),
                "look for the process, and end it by hand",
            )
        })?;
        let end = Instant::now() + REMAINS_LIMIT;
        while TcpStream::connect(self.address()).is_ok() {
            if Instant::now() > end {
                return Err(Failure::new(
                    format!("PostgreSQL was killed, and port {} is still taken", self.port),
                    "look which process listens on it, by `ss -ltnp`",
                ));
            }
            sleep(PAUSE);
        }
        Ok(())
    }

    /// Starts the server again on the same data and the same port, after stopping it if it runs.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start), and when backends of a killed server do not end within 10 s.
    pub fn restart(&mut self) -> Result<(), Failure> {
        self.stop()?;
        let port = self.port;
        self.launch(|| Ok(port))
    }

    /// Stops the server in good order: open transactions are rolled back, connections are closed,
    /// and the data is written. A server that does not run is left as it is.
    ///
    /// # Errors
    ///
    /// When it does not stop within 30 s.
    pub fn stop(&mut self) -> Result<(), Failure> {
        let Some(process) = &mut self.process else {
            return Ok(());
        };
        // It is this process that waits for it: to `pg_ctl`, one that was killed and is not waited
        // for yet seems to run for ever.
        let mut stopping = self.home.command(&self.binaries, "pg_ctl");
        stopping.args(["stop", "--silent", "--mode=fast", "--no-wait", "--pgdata"]);
        let asked = home::run(stopping.arg(self.home.data()));
        // It cannot be asked when it has just ended, or is about to.
        let limit = if asked.is_ok() { START_LIMIT } else { REMAINS_LIMIT };
        let end = Instant::now() + limit;
        while process.try_wait().map_err(|error| cannot_be_run(&error))?.is_none() {
            if Instant::now() > end {
                return asked.and(Err(Failure::new(
                    format!("PostgreSQL does not stop within {} s", START_LIMIT.as_secs()),
                    "look in its log for what it waits for, and end it by hand",
                )));
            }
            sleep(PAUSE);
        }
        self.process = None;
        Ok(())
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Runs the postmaster until it accepts connections. It is run again when it ends because a
    /// killed one has left something behind that will go, or the port was taken meanwhile.
    fn launch(&mut self, choose_port: impl Fn() -> Result<u16, Failure>) -> Result<(), Failure> {
        let give_up = Instant::now() + REMAINS_LIMIT;
        loop {
            self.port = choose_port()?;
            let (process, log_start) = self.spawn()?;
            self.watch.follow(process.id())?;
            let process = self.process.insert(process);
            let end = Instant::now() + START_LIMIT;
            let problem = loop {
                if is_ready(&self.home, process.id(), self.port) {
                    return Ok(());
                }
                match process.try_wait() {
                    Ok(None) if Instant::now() < end => sleep(PAUSE),
                    Ok(None) => break "does not accept connections",
                    Ok(Some(_status)) => break "ended at its start",
                    Err(error) => return Err(cannot_be_run(&error)),
                }
            };
            // It has ended already, or it never will.
            let _ = process.kill();
            let _ = process.wait();
            self.process = None;
            let log = self.home.log_since(log_start);
            if !will_pass(&log) || Instant::now() > give_up {
                return Err(Failure::new(
                    format!("PostgreSQL {problem}: {}", log.trim_end()),
                    "correct what it says, or remove its directory to begin with a new cluster",
                ));
            }
            sleep(PAUSE);
        }
    }

    /// Spawns the postmaster, and tells how long the log was before.
    fn spawn(&self) -> Result<(Child, u64), Failure> {
        let (log, length) = self.home.log()?;
        let mut command = self.home.command(&self.binaries, "postgres");
        command.arg("-D").arg(self.home.data());
        command.args(["-p", &self.port.to_string()]);
        // A socket's path may be too long for the system, so that there is none.
        for option in ["listen_addresses=127.0.0.1", "unix_socket_directories="] {
            command.args(["-c", option]);
        }
        for option in &self.options {
            command.args(["-c", option]);
        }
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| cannot_be_run(&error))?;
        Ok((process, length))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nobody is left to tell of an error.
        self.watch.end();
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Whether this postmaster, and no other program on the port, accepts connections.
fn is_ready(home: &Home, process: u32, port: u16) -> bool {
    let lock = fs::read_to_string(home.data().join("postmaster.pid"));
    lock.is_ok_and(|lock| says_ready(&lock, process))
        && TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Whether a postmaster's lock file says that it is this process, and that it accepts connections:
/// in its first and eighth lines, as `pg_ctl` reads it.
fn says_ready(lock: &str, process: u32) -> bool {
    let mut lines = lock.lines();
    lines.next().is_some_and(|line| line.trim().parse() == Ok(process))
        && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}

/// Whether the log tells of what only has to be waited for: backends of a killed server, which hold
/// its shared memory, or another program on the port.
fn will_pass(log: &str) -> bool {
    log.contains("pre-existing shared memory block") || log.contains("Address already in use")
}

fn free_port() -> Result<u16, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| {
            Failure::new(
                format!("there is no free port on 127.0.0.1: {error}"),
                "end other programs that listen on it",
            )
        })
}

fn cannot_be_run(error: &std::io::Error) -> Failure {
    Failure::new(
        format!("PostgreSQL cannot be run: {error}"),
        "check that its directory of binaries has a `postgres` that works",
    )
}

#[cfg(test)]
mod tests;
