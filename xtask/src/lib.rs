//! What the project's own commands share with its tests and benches.

pub mod failure;
pub mod postgres;
pub mod user;
