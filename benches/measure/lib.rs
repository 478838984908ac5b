//! Measures one thing beside another: in turn, in the same run, as a ratio.

pub mod allocations;
mod case;
pub mod instructions;
mod table;

pub use case::{Case, Cases, median};
pub use instructions::Instructions;
pub use table::{Bound, Outcome, Row, Table, grouped};
