//! Tests of the whole, in one binary.

mod catalog;
mod changes;
mod dependencies;
mod event;
mod examples;
mod foreign;
mod outbox;
mod payload;
mod receiver;
mod sender;
mod server;
mod signature;
mod testing;
mod typed;
