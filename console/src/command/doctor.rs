//! `hookwright doctor`: what stands in the way of deliveries, and what to do.

mod database;
mod network;

use clap::Args;
use serde_json::json;
use url::Url;

use super::failure::{Exit, Failure};
use super::output::{Colour, Output};
use super::settings::{Settings, Target};
use super::typed;

/// Looks at the database or the server, the clock, and the way to the webhooks.
#[derive(Args, Debug)]
pub(super) struct Doctor {
    /// Ask this URL too, to see whether requests get out, and what time it is there.
    #[arg(long, value_name = "URL", value_parser = typed::read::<Url>)]
    probe: Option<Url>,
}

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    Warn,
    Fail,
}

/// What was found, a line each.
struct Findings {
    output: Output,
    worst: State,
    all: Vec<serde_json::Value>,
}

impl Findings {
    fn add(&mut self, state: State, what: &str, text: &str) -> Result<(), Failure> {
        let (colour, mark) = match state {
            State::Ok => (Colour::Green, "ok  "),
            State::Warn => (Colour::Yellow, "warn"),
            State::Fail => (Colour::Red, "fail"),
        };
        if state == State::Fail || self.worst == State::Ok {
            self.worst = state;
        }
        self.all.push(json!({"state": mark.trim(), "check": what, "text": text}));
        if self.output.is_json {
            return Ok(());
        }
        self.output.marked(colour, mark, &format!("{what:<12} {text}"))
    }

    fn ok(&mut self, what: &str, text: &str) -> Result<(), Failure> {
        self.add(State::Ok, what, text)
    }

    fn warn(&mut self, what: &str, text: &str) -> Result<(), Failure> {
        self.add(State::Warn, what, text)
    }

    fn fail(&mut self, what: &str, text: &str) -> Result<(), Failure> {
        self.add(State::Fail, what, text)
    }
}

impl Doctor {
    pub(super) async fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        let mut findings = Findings { output, worst: State::Ok, all: Vec::new() };
        match settings.target()? {
            Target::Database(path) => database::look(path, settings, &mut findings).await?,
            Target::Server(url) => network::look_at_server(url, settings, &mut findings).await?,
        }
        if let Some(url) = &self.probe {
            network::probe("egress", url, &mut findings).await?;
        }
        if output.is_json {
            output.json(&json!({"checks": findings.all}))?;
        }
        if findings.worst == State::Fail { Err(Failure::silent(Exit::Failed)) } else { Ok(()) }
    }
}
