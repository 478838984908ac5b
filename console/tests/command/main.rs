//! The `hookwright` command, as people and programs run it.

mod answers;
mod exit_codes;
mod flow;
mod postgres;
mod program;
mod serving;
mod settings;
mod signatures;
#[cfg(target_os = "linux")]
mod terminal;
