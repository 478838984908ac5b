//! What must hold whatever fails: real processes, which are killed, frozen, and told lies.
//!
//! The programs are those of `../programs`: a load that emits, dispatchers, a sink that receives,
//! and a check that reconciles the three. Each scenario is written once, over any outbox. A test
//! that fails keeps its directory, whose name it prints.

mod addresses;
#[path = "../programs/arrival.rs"]
mod arrival;
mod clock;
mod damage;
mod database_killed;
mod frozen;
mod hanging;
mod hostile;
#[path = "../programs/key.rs"]
mod key;
mod killed;
mod place;
mod postgres;
mod process;
mod refusals;
mod restarts;
mod rollback;
mod rotation;
mod shutdown;
mod sink;
mod sqlite;
