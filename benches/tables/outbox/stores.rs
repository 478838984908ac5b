//! Tables that are measured on both stores.

use std::error::Error;

use hookwright_benches::{Row, Table};

use super::database::{empty_directory, start_postgres};
use super::sqlite::new_file;

/// A new database for each run: its path or address.
pub(crate) type NewDatabase<'a> = &'a dyn Fn() -> Result<String, Box<dyn Error>>;

/// Adds rows for SQLite, with files in a directory of this name, and for PostgreSQL, where it can be had.
pub(crate) fn on_each(
    table: &mut Table,
    directory: &str,
    add_rows: impl Fn(&mut Table, &str, NewDatabase<'_>) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let files = empty_directory(directory)?;
    add_rows(table, "SQLite", &|| new_file(&files))?;
    empty_directory(directory)?;
    match start_postgres() {
        Ok(mut postgres) => {
            let address = postgres.url().replace("/postgres", "/bench");
            add_rows(table, "PostgreSQL", &|| Ok(address.clone()))?;
            postgres.stop()?;
        }
        Err(error) => table.push(Row::new("PostgreSQL", format!("skipped: {error}"))),
    }
    Ok(())
}
