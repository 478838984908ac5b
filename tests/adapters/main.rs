//! Events that are emitted in transactions of other libraries than sqlx, by the adapters of the
//! examples.

mod contract;
mod database;
mod diesel_async;
mod receiver;
mod sea_orm;
mod tokio_postgres;
