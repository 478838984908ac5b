//! The receiver in Rust that the page shows is a program.

#[path = "../../assets/verify/receiver.rs"]
#[expect(dead_code, reason = "it is compiled, and not run")]
mod receiver;
