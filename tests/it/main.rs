//! Tests of the whole, in one binary.

mod changes;
mod dependencies;
mod event;
mod examples;
mod foreign;
mod payload;
mod receiver;
mod sender;
mod server;
mod signature;
