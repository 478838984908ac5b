//! Programs that run beside this one, and what they say.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use xtask::failure::Failure;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program that runs, and is killed when this is dropped.
pub(super) struct Running {
    name: &'static str,
    process: Child,
    lines: Receiver<String>,
}

impl Running {
    pub(super) fn start(command: &mut Command, name: &'static str) -> Result<Self, Failure> {
        let mut process = command.stdout(Stdio::piped()).spawn().map_err(|error| {
            let program = command.get_program().display();
            Failure::new(
                format!("{name} could not be started: {error}"),
                format!("put a working `{program}` on PATH"),
            )
        })?;
        let output = process.stdout.take().expect("it is piped");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { name, process, lines })
    }

    /// The next line that it writes.
    pub(super) fn line(&self) -> Result<String, Failure> {
        self.lines.recv_timeout(PATIENCE).map_err(|_| self.unexpected("nothing"))
    }

    /// That it says something else than what is waited for.
    pub(super) fn unexpected(&self, said: &str) -> Failure {
        Failure::new(
            format!("{} said what was not expected: {said}", self.name),
            "see what it reports above",
        )
    }

    /// Asks it to end, as engines do, and waits until it has.
    pub(super) fn stop(mut self) -> Result<(), Failure> {
        let id = self.process.id().to_string();
        super::succeed(Command::new("kill").args(["-TERM", &id]), "kill -TERM")?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match self.process.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => {
                    return Err(Failure::new(
                        format!("{} did not end well after SIGTERM: {status}", self.name),
                        "see what it reports above",
                    ));
                }
                _ => thread::sleep(Duration::from_millis(20)),
            }
        }
        Err(Failure::new(
            format!("{} has not ended {PATIENCE:?} after SIGTERM", self.name),
            "see what it waits for",
        ))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Who asks the API.
pub(super) struct Client<'a> {
    pub(super) authority: &'a str,
    pub(super) key: &'a str,
}

impl Client<'_> {
    /// Asks with a body of JSON, and takes nothing but success for an answer.
    pub(super) fn ask(&self, method: &str, path: &str, body: &str) -> Result<(), Failure> {
        let Self { authority, key } = self;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        let mut answer = String::new();
        let asked = TcpStream::connect(authority).and_then(|mut stream| {
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(request.as_bytes())?;
            stream.read_to_string(&mut answer)
        });
        if asked.is_ok() && answer.starts_with("HTTP/1.1 2") {
            return Ok(());
        }
        let reason = asked.map_or_else(|error| error.to_string(), |_| answer);
        Err(Failure::new(
            format!("{method} {path} was not answered as expected: {reason}"),
            "see what the server reports above",
        ))
    }
}
