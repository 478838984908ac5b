//! Settings → APIs & Webhooks, for an outbox of [`hookwright`]: a page for people, a REST API for
//! programs, and the `hookwright` command.
//!
//! [`router`] mounts the page and the API into any application of axum:
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = std::env::temp_dir().join(format!("hookwright-console-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&directory)?;
//! # let path = directory.join("crm.db");
//! # let path = path.to_str().ok_or("a path")?;
//! use axum::Router;
//! use hookwright::Outbox;
//! use hookwright_console::Console;
//!
//! let outbox = Outbox::sqlite(path).await?;
//! let console = Console::new(outbox)?;
//! if let Some(key) = console.first_key().await? {
//!     println!("sign in with {}", key.token());
//! }
//! let application: Router = Router::new().nest("/settings", console.router());
//! # drop(application);
//! # std::fs::remove_dir_all(&directory)?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! # Features
//!
//! | feature | default | brings |
//! | --- | --- | --- |
//! | `command` | yes | the `hookwright` command, and both stores |
//! | `sqlite` | yes | outboxes in a file of SQLite |
//! | `postgres` | yes | outboxes in PostgreSQL |
//!
//! Without a store there is nothing that could be shown, and the crate is empty.
#![cfg(any(feature = "sqlite", feature = "postgres"))]

mod access;
mod answers;
mod api;
mod catalog;
#[cfg(feature = "command")]
pub mod command;
mod console;
mod events;
mod filter;
mod history;
mod json;
mod keys;
mod listing;
mod outbox;
mod page;
mod problem;
mod reason;
mod replays;
mod stats;
mod tables;
mod unseen;
mod webhooks;

pub use self::access::{NewApiKey, Principal, Scope, UnknownScope};
pub use self::console::{Console, ConsoleError};
pub use self::outbox::AnyOutbox;

/// The page and the API of an outbox, as [`Console`] has them unless it is set up otherwise.
///
/// # Errors
///
/// As [`Console::new`].
pub fn router(outbox: impl Into<AnyOutbox>) -> Result<axum::Router, ConsoleError> {
    Ok(Console::new(outbox)?.router())
}

/// What the README claims is run.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../README.md")]
pub struct Readme;
