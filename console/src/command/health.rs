//! `hookwright health`.

use std::error::Error;
use std::time::Duration;

use clap::Args;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whom to ask.
#[derive(Args)]
pub(super) struct Health {
    /// Where `hookwright serve` is.
    #[arg(default_value = "http://127.0.0.1:8600")]
    url: String,
}

impl Health {
    pub(super) async fn run(self) -> Result<(), Box<dyn Error>> {
        let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
        let url = format!("{}/health/ready", self.url.trim_end_matches('/'));
        let answer = client.get(url).send().await?.error_for_status()?;
        println!("{}", answer.status());
        Ok(())
    }
}
