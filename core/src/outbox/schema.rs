//! The versions of the tables.

use sqlx::Pool;

use super::error::{Kind, OutboxError};
use super::master_key::{KeyError, MasterKey};
use super::statement::Statement;
use super::store::Store;

/// The version that this program knows.
fn known<S: Store>() -> i64 {
    i64::try_from(S::MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// Makes the tables, or brings them up.
pub(super) async fn migrate<S: Store>(pool: &Pool<S>, key: &MasterKey) -> Result<(), OutboxError> {
    let mut transaction = S::begin(pool).await?;
    S::lock_migration(&mut transaction).await?;
    let found = version::<S>(&mut transaction).await?;
    let missing = usize::try_from(found).ok().and_then(|found| S::MIGRATIONS.get(found..));
    let Some(missing) = missing else {
        return Err(OutboxError::new(Kind::Version { found, known: known::<S>() }));
    };
    for script in missing {
        S::script(&mut transaction, script).await?;
    }
    if found == 0 {
        let keep = Statement::new("INSERT INTO hookwright_meta (name, text) VALUES ('key', $1)");
        S::execute(&mut transaction, keep.bind(hex::encode(key.id()))).await?;
    }
    let raise = Statement::new("UPDATE hookwright_meta SET number = $1 WHERE name = 'version'");
    S::execute(&mut transaction, raise.bind(known::<S>())).await?;
    transaction.commit().await?;
    Ok(())
}

/// The version of the tables; 0 when there are none.
pub(super) async fn version<S: Store>(connection: &mut S::Connection) -> Result<i64, OutboxError> {
    if !S::has_tables(connection).await? {
        return Ok(0);
    }
    let select = Statement::new("SELECT number FROM hookwright_meta WHERE name = 'version'");
    let rows = S::fetch(connection, select).await?;
    let row = rows.first().ok_or_else(|| OutboxError::stored("the version of the tables"))?;
    Ok(S::integer(row, 0)?.unwrap_or_default())
}

/// Refuses tables of another version than this program's.
pub(super) async fn check<S: Store>(connection: &mut S::Connection) -> Result<(), OutboxError> {
    let (found, known) = (version::<S>(connection).await?, known::<S>());
    if found == known { Ok(()) } else { Err(OutboxError::new(Kind::Version { found, known })) }
}

/// Refuses tables that are newer than this program; tells whether they are of its version.
pub(super) async fn check_not_newer<S: Store>(
    connection: &mut S::Connection,
) -> Result<bool, OutboxError> {
    let (found, known) = (version::<S>(connection).await?, known::<S>());
    if found > known {
        return Err(OutboxError::new(Kind::Version { found, known }));
    }
    Ok(found == known)
}

/// Refuses another master key than the one that the tables were made with.
pub(super) async fn check_key<S: Store>(
    connection: &mut S::Connection,
    key: &MasterKey,
) -> Result<(), OutboxError> {
    let select = Statement::new("SELECT text FROM hookwright_meta WHERE name = 'key'");
    let rows = S::fetch(connection, select).await?;
    let stored = rows.first().map(|row| S::string(row, 0)).transpose()?.flatten();
    if stored.as_deref() == Some(hex::encode(key.id()).as_str()) {
        Ok(())
    } else {
        Err(KeyError::Other.into())
    }
}
