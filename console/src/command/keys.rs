//! `hookwright keys`.

use chrono::{DateTime, Utc};
use clap::Subcommand;
use serde_json::json;

use super::client::Client;
use super::database::Missing;
use super::failure::Failure;
use super::output::{Output, cell};
use super::settings::Settings;
use super::time;
use crate::access::Scope;

/// API keys: who may use the page and the API.
#[derive(Subcommand, Debug)]
pub(super) enum Keys {
    /// Lists the keys that nobody revoked.
    List,
    /// Makes a key, and tells it.
    Create {
        /// A name, for people.
        name: String,
        /// What it may do: read, write, replay or admin; may be given several times.
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<Scope>,
        /// Whose it is: then it sees nothing of others.
        #[arg(long)]
        tenant: Option<String>,
        /// When it ends, or in how long, such as 90d: never, unless given.
        #[arg(long, value_name = "TIME", value_parser = time::future)]
        expires: Option<DateTime<Utc>>,
    },
    /// Revokes keys: they are refused from now on.
    Revoke {
        /// The ids of the keys.
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

impl Keys {
    pub(super) async fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        let missing = match self {
            Self::Create { .. } => Missing::Make,
            Self::List | Self::Revoke { .. } => Missing::Refuse,
        };
        let client = Client::new(settings, missing).await?;
        match self {
            Self::List => {
                let page = client.get(&["api", "keys"], &[]).await?;
                if output.is_json {
                    return output.json(&page);
                }
                let rows = page["data"].as_array().into_iter().flatten().map(|key| {
                    ["id", "name", "hint", "scopes", "tenant", "expiresAt", "usedAt"]
                        .map(|name| cell(&key[name]))
                });
                output.table(["ID", "NAME", "KEY", "SCOPES", "TENANT", "EXPIRES", "USED"], rows)
            }
            Self::Create { name, scopes, tenant, expires } => {
                let key = json!({
                    "name": name, "scopes": scopes, "tenant": tenant, "expiresAt": expires,
                });
                let key = client.post(&["api", "keys"], &key).await?;
                if output.is_json {
                    return output.json(&key);
                }
                output.line(&format!("id   {}", cell(&key["id"])))?;
                output.line(&format!("key  {}", cell(&key["token"])))?;
                output.note("the key is shown this once");
                Ok(())
            }
            Self::Revoke { ids } => {
                for id in ids {
                    client.delete(&["api", "keys", &id]).await?;
                    if output.is_json {
                        output.json(&json!({"id": id, "revoked": true}))?;
                    } else {
                        output.line(&format!("revoked {id}"))?;
                    }
                }
                Ok(())
            }
        }
    }
}
