//! The `hookwright` command: see `hookwright help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    hookwright_console::command::main()
}
