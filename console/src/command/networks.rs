//! The networks that whoever delivers from a database allows, so that other commands know them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hookwright::{IpNet, Sender, SenderBuilder};
use sqlx::Row;

use super::failure::{Exit, Failure};
use super::settings::Settings;
use crate::outbox::{AnyOutbox, on_store};
use crate::tables::Tables;

const NAME: &str = "allow";

/// How whatever delivers is told to dial a network.
pub(super) const ALLOWING: &str = "allow its network in what delivers: your application by \
    `Sender::builder().allow`, or `hookwright serve` or `dispatch` by `--allow NETWORK`";

/// The networks in which webhooks are allowed, where that is told: by the settings, or by the last
/// dispatcher of this database.
pub(super) async fn allowed(
    settings: &Settings,
    outbox: &AnyOutbox,
) -> Result<Option<Vec<IpNet>>, Failure> {
    let told = settings.list("allow")?;
    if told.is_empty() { Ok(noted(outbox).await?) } else { Ok(Some(told)) }
}

/// The networks that the last dispatcher of this database was allowed, where it was one of this
/// command: an application's own says nothing of them.
pub(super) async fn noted(outbox: &AnyOutbox) -> Result<Option<Vec<IpNet>>, sqlx::Error> {
    const SQL: &str = "SELECT value FROM hookwright_setting WHERE name = $1";
    let outbox = Tables::of(outbox).await?.outbox();
    let text: Option<String> = on_store!(outbox, outbox => {
        let row = sqlx::query(SQL).bind(NAME).fetch_optional(outbox.pool()).await?;
        row.map(|row| row.try_get(0)).transpose()?
    });
    let read = |text: String| text.split_whitespace().map(str::parse).collect();
    text.map(read).transpose().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// Notes the networks that this dispatcher is allowed.
pub(super) async fn note(outbox: &AnyOutbox, networks: &[IpNet]) -> Result<(), sqlx::Error> {
    const SQL: &str = "INSERT INTO hookwright_setting (name, value) VALUES ($1, $2) \
        ON CONFLICT (name) DO UPDATE SET value = $2";
    let outbox = Tables::of(outbox).await?.outbox();
    let text = networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    on_store!(outbox, outbox => {
        sqlx::query(SQL).bind(NAME).bind(text).execute(outbox.pool()).await?;
    });
    Ok(())
}

/// What dials these networks too.
pub(super) fn sender(allowed: &[IpNet]) -> Result<Sender, Failure> {
    let sender = allowed.iter().copied().fold(Sender::builder(), SenderBuilder::allow);
    sender.build().map_err(|error| Failure::of(Exit::Failed, &error))
}

/// What dials every address that can be allowed.
pub(super) fn unguarded() -> Result<Sender, Failure> {
    const EVERY: [IpNet; 2] = [
        IpNet::new_assert(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        IpNet::new_assert(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0),
    ];
    sender(&EVERY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::database::{self, Missing};

    #[tokio::test]
    async fn a_network_that_cannot_be_read_is_told_and_not_left_out() {
        let folder =
            std::env::temp_dir().join(format!("hookwright-{}", crate::access::random_token()));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("hookwright.db");
        let outbox = database::open(path.to_str().unwrap(), Missing::Make).await.unwrap();
        assert_eq!(noted(&outbox).await.unwrap(), None);
        let networks = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        note(&outbox, &networks).await.unwrap();
        assert_eq!(noted(&outbox).await.unwrap().as_deref(), Some(&networks[..]));
        on_store!(&outbox, outbox => {
            let sql = "UPDATE hookwright_setting SET value = '10.0.0.0/8 10.0.0.0/99'";
            sqlx::query(sql).execute(outbox.pool()).await.unwrap();
        });
        assert!(noted(&outbox).await.is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
