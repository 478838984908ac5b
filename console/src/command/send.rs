//! `hookwright send`.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::value::RawValue;

use super::client::Client;
use super::database::Missing;
use super::failure::{Exit, Failure};
use super::input;
use super::output::Output;
use super::settings::Settings;

/// Sends one event, which reaches every webhook that wants it.
#[derive(Args, Debug)]
pub(super) struct Send {
    /// A file with the event, {"event":"person.created","data":{…}}; else, or for -, it is read from
    /// the standard input.
    file: Option<String>,
}

impl Send {
    pub(super) async fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        let text = input::read_text(self.file.as_deref())?;
        // Looked at here, to be told before anything is opened; and sent on as it is.
        let json = serde_json::from_str::<&RawValue>(&text).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            Failure::usage(format!("the event is not JSON, at {place}"))
        })?;
        check_form(json.get())?;
        let client = Client::to_send(settings, Missing::Make).await?;
        let path = ["api", "events"];
        let emitted = client.call(http::Method::POST, &path, &[], Some(text)).await?;
        if output.is_json {
            return output.json(&emitted);
        }
        output.line(&format!("emitted as {}", emitted["id"].as_str().unwrap_or_default()))
    }
}

/// Whether it has what every event has: of the rest the API judges.
fn check_form(json: &str) -> Result<(), Failure> {
    const FORM: &str = r#"write {"event":"person.created","data":{…}}"#;
    let refused = |problem: &str| {
        Failure::new(Exit::Refused, format!("the event was not taken: {problem}: {FORM}"))
    };
    let members: BTreeMap<String, &RawValue> =
        serde_json::from_str(json).map_err(|_| refused("it is no object"))?;
    match ["event", "data"].into_iter().find(|name| !members.contains_key(*name)) {
        Some(name) => Err(refused(&format!("`{name}` is missing"))),
        None => Ok(()),
    }
}
