//! Lists, a page at a time.

use clap::Args;
use serde_json::Value;

use super::output::Output;

/// Which page of a list.
#[derive(Args, Debug, Default)]
pub(super) struct Listing {
    /// How many there are on a page, 500 at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    /// Go on after a page, by what it gave as `next`.
    #[arg(long)]
    cursor: Option<String>,
}

impl Listing {
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![("limit", self.limit.to_string())];
        query.extend(self.cursor.clone().map(|cursor| ("cursor", cursor)));
        query
    }

    /// Says how to read on, where there is more.
    pub(super) fn tell_next(page: &Value, output: Output) {
        if let Some(next) = page["next"].as_str() {
            output.note(&format!("there is more: add --cursor {next}"));
        }
    }
}
