//! Requests over keep-alive connections to a server on the same machine. Each contender is a
//! process of its own, and so is the server.

mod axios;
mod contenders;
pub(crate) mod load;
pub(crate) mod server;

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};

use hookwright::{Secret, Verifier};
use hookwright_benches::{Bound, Instructions, Row, Table, instructions, median};
use http::{HeaderMap, HeaderName, HeaderValue};

use self::load::Load;
use crate::by_hand::SECRET;

/// The first argument of the process of a contender, or of the server.
pub(crate) const ARGUMENT: &str = "play";

const ROUNDS: usize = 25;
const LOAD: Load = Load { warm_up: 3_000, requests: 20_000 };
/// For a contender of a tenth of the speed.
const SMALL_LOAD: Load = Load { warm_up: 2_000, requests: 2_000 };

/// How many requests instructions are counted over.
const COUNTED: u32 = 1_000;

const RATE: Bound = Bound::AtLeast(0.95);
const CPU: Bound = Bound::AtMost(1.1);
const RATE_TO_AXIOS: Bound = Bound::AtLeast(6.0);

/// What the loop by hand takes on the machine that the README names, in microseconds.
const KNOWN: f64 = 1e6 / 38_772.0;
/// What it takes of the processors.
const KNOWN_CPU: f64 = 31.0;
/// What axios takes.
const KNOWN_AXIOS: f64 = 1e6 / 3_252.0;

/// One of this process's children: the server, or who sends.
pub(crate) fn play(arguments: &[&str]) -> ExitCode {
    match *arguments {
        ["server"] => server::run(),
        [name, port, warm_up, requests] => {
            let port = port.parse().expect("a port");
            let load = Load {
                warm_up: warm_up.parse().expect("a number"),
                requests: requests.parse().expect("a number"),
            };
            match name {
                "sender" => contenders::run_sender(port, load),
                _ => contenders::run_by_hand(port, load),
            }
        }
        _ => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}

pub(crate) fn measure() -> Table {
    let mut table = Table::new(
        "send",
        "signed requests to a server on the same machine, 64 at a time, answered with 204",
    );
    if let Err(error) = fill(&mut table) {
        table.void(error.to_string());
    }
    table
}

fn fill(table: &mut Table) -> Result<(), Box<dyn Error>> {
    let axios = axios::install();
    let by_hand = || this_program(&["by hand"]);
    let sender = || this_program(&["sender"]);
    let by_axios = || axios.as_ref().ok().map(axios::Installed::command).transpose();

    let expected = capture(by_hand()?)?;
    let sent = capture(sender()?)?;
    if names(&sent) != names(&expected) {
        return Err(format!(
            "the loop by hand sends other headers: {:?} where the sender has {:?}",
            names(&expected),
            names(&sent)
        )
        .into());
    }
    if let Some(command) = by_axios()? {
        capture(command)?;
    }

    let server = Server::start()?;
    let mut by_hand_runs = Vec::new();
    let mut sender_runs = Vec::new();
    let mut axios_runs = Vec::new();
    for round in 0..ROUNDS {
        // Forwards and backwards in turn.
        if round % 2 == 0 {
            by_hand_runs.push(server.run(by_hand()?, LOAD)?);
            sender_runs.push(server.run(sender()?, LOAD)?);
        }
        if let Some(command) = by_axios()? {
            axios_runs.push(server.run(command, SMALL_LOAD)?);
        }
        if round % 2 == 1 {
            sender_runs.push(server.run(sender()?, LOAD)?);
            by_hand_runs.push(server.run(by_hand()?, LOAD)?);
        }
    }

    let rate = |run: &Run| 1e6 / run.microseconds;
    let cpu = |run: &Run| run.cpu_microseconds;
    table.push(rate_row("reqwest, signed by hand", &by_hand_runs));
    let ratio = ratio(&sender_runs, &by_hand_runs, rate);
    table.push(rate_row("Sender", &sender_runs).ratio(ratio).judged(ratio, RATE));
    let row = cpu_row("reqwest, signed by hand: CPU", &by_hand_runs);
    table.push(row.instructions(server.count_instructions("by hand")));
    let ratio = self::ratio(&sender_runs, &by_hand_runs, cpu);
    let row = cpu_row("Sender: CPU", &sender_runs).ratio(ratio).judged(ratio, CPU);
    table.push(row.instructions(server.count_instructions("sender")));
    table.expect_baseline(median_of(&by_hand_runs, |run| run.microseconds), KNOWN, "µs a request");
    table.expect_baseline(median_of(&by_hand_runs, cpu), KNOWN_CPU, "µs of CPU a request");

    let name = format!("Node with axios {}", axios::VERSION);
    match axios {
        Ok(_) => {
            table.push(rate_row(&name, &axios_runs));
            table.push(cpu_row(&format!("{name}: CPU"), &axios_runs));
            let ratio = self::ratio(&sender_runs, &axios_runs, rate);
            let row = rate_row("Sender, beside axios", &sender_runs);
            table.push(row.ratio(ratio).judged(ratio, RATE_TO_AXIOS));
            let took = median_of(&axios_runs, |run| run.microseconds);
            table.expect_baseline(took, KNOWN_AXIOS, "µs a request of axios");
        }
        Err(missing) => table.push(Row::new(name, missing)),
    }
    Ok(())
}

fn rate_row(name: &str, runs: &[Run]) -> Row {
    Row::new(name, format!("{:.0} /s", median_of(runs, |run| 1e6 / run.microseconds)))
}

fn cpu_row(name: &str, runs: &[Run]) -> Row {
    Row::new(name, format!("{:.1} µs", median_of(runs, |run| run.cpu_microseconds)))
}

fn median_of(runs: &[Run], figure: impl Fn(&Run) -> f64) -> f64 {
    median(runs.iter().map(figure))
}

/// The median of the ratios of each round.
fn ratio(ours: &[Run], baseline: &[Run], figure: impl Fn(&Run) -> f64) -> f64 {
    median(ours.iter().zip(baseline).map(|(ours, baseline)| figure(ours) / figure(baseline)))
}

/// What a contender says of itself.
struct Run {
    /// From one request's end to the next one's.
    microseconds: f64,
    /// Of the contender's process, a request.
    cpu_microseconds: f64,
}

/// The process of this program with another part to play.
fn this_program(role: &[&str]) -> Result<Command, Box<dyn Error>> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(ARGUMENT).args(role);
    Ok(command)
}

/// The server's process, which ends when its input does.
pub(crate) struct Server {
    process: Child,
    port: u16,
}

impl Server {
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let mut process =
            this_program(&["server"])?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().ok_or("the server has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self { process, port: line.trim().parse()? })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Lets a contender send to the server.
    fn run(&self, mut command: Command, load: Load) -> Result<Run, Box<dyn Error>> {
        let output = command.args(load.arguments(self.port)).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err("a contender failed".into());
        }
        let text = String::from_utf8(output.stdout)?;
        let (wall, cpu) = text.trim().split_once(' ').ok_or("a contender said nothing")?;
        let requests = f64::from(load.requests);
        Ok(Run {
            microseconds: wall.parse::<f64>()? / 1e3 / requests,
            cpu_microseconds: cpu.parse::<f64>()? / 1e3 / requests,
        })
    }

    /// Counts those of one request.
    fn count_instructions(&self, role: &str) -> Instructions {
        instructions::count_with(COUNTED, |requests| {
            let load = Load { warm_up: COUNTED, requests };
            let role = [ARGUMENT.to_owned(), role.to_owned()];
            role.into_iter().chain(load.arguments(self.port)).collect()
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Takes one request of a contender, which has to verify, and gives its headers.
fn capture(mut command: Command) -> Result<HeaderMap, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let one = Load { warm_up: 0, requests: 1 };
    let mut contender =
        command.args(one.arguments(listener.local_addr()?.port())).stdout(Stdio::null()).spawn()?;
    let (stream, _) = listener.accept()?;
    let (headers, body) = answer(stream)?;
    contender.wait()?;
    let secret = Secret::new(SECRET)?;
    Verifier::new(&secret).verify(&headers, &body)?;
    Ok(headers)
}

/// Reads one request, and acknowledges it.
fn answer(stream: TcpStream) -> Result<(HeaderMap, Vec<u8>), Box<dyn Error>> {
    let mut reader = BufReader::new(stream);
    let mut headers = HeaderMap::new();
    let mut line = String::new();
    reader.read_line(&mut line)?;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    let length = headers.get("content-length").ok_or("a request has no length")?;
    let mut body = vec![0; length.to_str()?.parse()?];
    reader.read_exact(&mut body)?;
    reader.into_inner().write_all(server::ANSWER)?;
    Ok((headers, body))
}

fn names(headers: &HeaderMap) -> Vec<&str> {
    let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    names
}
