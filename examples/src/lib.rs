//! Programs to run and read: `crm` emits the events of a day, `receiver` verifies them.
//!
//! - [`model`]: the records of a CRM, with the derive on each.
//! - [`day`]: what happens to them in a day.
//! - [`outlet`]: sends each event to every endpoint, and keeps a report.
//! - [`report`]: the report, as a table or as lines of JSON.
//! - [`receiver`]: the other side, as a receiver should be built.

pub mod day;
pub mod model;
pub mod outlet;
pub mod receiver;
pub mod report;
