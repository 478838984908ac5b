//! A process that sends without an outbox.

use std::error::Error;
use std::time::Instant;

use hookwright::{Endpoint, Secret, Sender, WebhookObject};

use hookwright_benches::Table;

use super::figures::{Figures, Runs};
use super::note::Note;
use super::{deliver, this_program};
use crate::by_hand::SECRET;
use crate::send::load::{Contender, cpu_nanoseconds, send};

/// What a request takes of the processors on the machine that the README names, in microseconds.
const KNOWN_CPU: f64 = 19.0;

/// How many events one run sends, after as many as the others have.
const EVENTS: u32 = 20_000;
const WARM_UP: u32 = 2_000;

/// A run in a process of its own.
pub(super) fn measure(port: u16) -> Result<Figures, Box<dyn Error>> {
    let numbers = [u32::from(port), WARM_UP, EVENTS].map(|number| number.to_string());
    Figures::of(this_program(&["sender"])?.args(numbers))
}

/// Voids a table whose runs were disturbed.
pub(super) fn expect_known(table: &mut Table, runs: &Runs) {
    let cpu = runs.median(|run| run.get("deliver.cpu")) / f64::from(EVENTS) * 1e6;
    table.expect_baseline(cpu, KNOWN_CPU, "µs of CPU a request");
}

/// Sends the same events, 64 at a time.
pub(crate) async fn run(port: u16, warm_up: u32, events: u32) -> Result<Figures, Box<dyn Error>> {
    let url = format!("http://127.0.0.1:{port}/hooks/1");
    let endpoint = Endpoint::new(&url)?.secret(Secret::new(SECRET)?);
    let contender = BySender { sender: deliver::sender()?, endpoint, number: 0 };
    send(&contender, warm_up).await;
    let (start, cpu) = (Instant::now(), cpu_nanoseconds()?);
    send(&contender, events).await;
    let mut figures = Figures::default();
    figures.set("deliver.seconds", start.elapsed().as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "of some seconds")]
    figures.set("deliver.cpu", (cpu_nanoseconds()? - cpu) as f64 / 1e9);
    Ok(figures)
}

#[derive(Clone)]
struct BySender {
    sender: Sender,
    endpoint: Endpoint,
    number: usize,
}

impl Contender for BySender {
    async fn send(&mut self) {
        self.number += 1;
        let note = Note::new(self.number);
        let sending = self.sender.send(&self.endpoint, &note.created());
        sending.await.expect("the server acknowledges");
    }
}
