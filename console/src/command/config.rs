//! `hookwright config`.

use std::env;
use std::net::SocketAddr;

use hookwright::IpNet;
use serde_json::{Map, Value, json};

use super::client::server_url;
use super::database::without_password;
use super::failure::Failure;
use super::output::Output;
use super::serve::LISTEN;
use super::settings::{DATABASE, NAMES, Origin, Settings, Target, unknown_variables};

/// Where the key of secrets comes from, which no file and no flag holds.
const MASTER_KEY: [&str; 2] = ["HOOKWRIGHT_MASTER_KEY", "HOOKWRIGHT_MASTER_KEY_FILE"];

/// Prints what is in force, and from where.
pub(super) fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    let target = settings.target()?;
    check(settings, target)?;
    let mut rows = Vec::new();
    for name in NAMES {
        let (values, origin) = settings.all(name);
        let is_used = match name {
            "database" => matches!(target, Target::Database(_)),
            "server" => matches!(target, Target::Server(_)),
            _ => true,
        };
        let default = match name {
            "database" if is_used => Some(DATABASE.to_owned()),
            "listen" => Some(LISTEN.to_string()),
            "behind-proxy" => Some(false.to_string()),
            _ => None,
        };
        let mut shown: Vec<String> = values.iter().map(|value| shown(name, value)).collect();
        if let (true, Some(default)) = (shown.is_empty(), default) {
            shown.push(default);
        }
        if !shown.is_empty() {
            let from = if is_used { origin.to_string() } else { format!("{origin}, not used") };
            rows.push((name.to_owned(), shown, from));
        }
    }
    for name in MASTER_KEY {
        if env::var_os(name).is_some() {
            rows.push((
                "master-key".to_owned(),
                vec!["[hidden]".to_owned()],
                Origin::Environment(name.to_owned()).to_string(),
            ));
        }
    }
    for name in unknown_variables() {
        // It may be a misspelt key.
        rows.push((name, vec!["[hidden]".to_owned()], "environment, not known".to_owned()));
    }
    if output.is_json {
        let member = |(name, values, from): (String, Vec<String>, String)| {
            (name, json!({"value": values.join(","), "from": from}))
        };
        return output.json(&Value::Object(rows.into_iter().map(member).collect::<Map<_, _>>()));
    }
    let rows = rows.into_iter().map(|(name, values, from)| [name, values.join(","), from]);
    output.table(["SETTING", "VALUE", "FROM"], rows)
}

/// Refuses what no command would take.
fn check(settings: &Settings, target: Target<'_>) -> Result<(), Failure> {
    settings.parsed::<SocketAddr>("listen")?;
    settings.parsed::<bool>("behind-proxy")?;
    settings.list::<IpNet>("allow")?;
    if let Target::Server(url) = target {
        server_url(url)?;
    }
    Ok(())
}

/// A value without what is secret.
fn shown(name: &str, value: &str) -> String {
    match name {
        "key" | "secret" => "[hidden]".to_owned(),
        "database" | "server" => without_password(value),
        _ => value.to_owned(),
    }
}
