//! Programs to run and read: `crm` emits the events of a day, `receiver` verifies them.
//!
//! - [`model`]: the records of a CRM, with the derive on each.
//! - [`day`]: what happens to them in a day.
//! - [`crm`]: saves each change with its event, in one transaction.
//! - [`records`]: the CRM's own table, beside the outbox.
//! - [`worker`]: its dispatcher, which can be killed.
//! - [`report`]: the report, as a table or as lines of JSON.
//! - [`receiver`]: the other side, as a receiver should be built.
#![cfg_attr(feature = "console", doc = "- [`console`]: the settings page, mounted into the CRM.")]
#![cfg_attr(
    feature = "adapters",
    doc = "- [`adapters`]: emitting in a transaction of another library than sqlx."
)]

#[cfg(feature = "adapters")]
pub mod adapters;
#[cfg(feature = "console")]
pub mod console;
pub mod crm;
pub mod day;
pub mod model;
pub mod receiver;
pub mod records;
pub mod report;
pub mod worker;
