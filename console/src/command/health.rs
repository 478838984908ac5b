//! `hookwright health`.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::failure::{Exit, Failure};
use super::output::Output;
use super::serve::LISTEN;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whom to ask.
#[derive(Args, Debug)]
pub(super) struct Health {
    /// Where `hookwright serve` is.
    #[arg(default_value_t = format!("http://{LISTEN}"))]
    url: String,
}

impl Health {
    pub(super) async fn run(self, output: Output) -> Result<(), Failure> {
        let out_of_reach = |error: reqwest::Error| Failure::of(Exit::OutOfReach, &error);
        let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy();
        let client = client.build().map_err(out_of_reach)?;
        let url = format!("{}/health/ready", self.url.trim_end_matches('/'));
        let status = client.get(url).send().await.map_err(out_of_reach)?.status();
        if !status.is_success() {
            return Err(Failure::failed(format!("the server answers {status}: it does not work")));
        }
        if output.is_json {
            return output.json(&json!({"status": status.as_u16()}));
        }
        output.line("the server works")
    }
}
