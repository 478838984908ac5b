//! What `packaging/` says of the command: each command line and each variable is one that it knows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

mod pypi;
mod systemd;

const PROGRAM: &str = "/usr/bin/hookwright";
const BINARY: &str = env!("CARGO_BIN_EXE_hookwright");

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(name)
}

fn text(name: &str) -> String {
    let path = file(name);
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // What comments say is for people.
    text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n")
}

/// The command lines that stand behind one of these words, as arrays of JSON or as plain words.
fn command_lines(text: &str, words: &[&str]) -> Vec<Vec<String>> {
    let behind =
        |line: &str| words.iter().find_map(|word| Some(line.split_once(word)?.1.trim().to_owned()));
    let read = |command: String| match serde_json::from_str(&command) {
        Ok(words) => words,
        Err(_) => command.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
    };
    text.lines().filter_map(behind).map(read).collect()
}

/// The command knows these subcommands, flags and values: with `--help` it only reads them.
fn check_command_line(words: &[String]) {
    let words = words.iter().filter(|word| *word != PROGRAM && *word != "CMD");
    let mut command = Command::new(BINARY);
    command.args(words).arg("--help");
    let output = command.output().expect("the command was built");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
}

/// The names of the command's settings in a text.
fn variables(text: &str) -> Vec<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
    words.filter(|word| word.starts_with("HOOKWRIGHT_")).collect()
}

fn check_variables(text: &str) {
    let binary = fs::read(BINARY).expect("the command was built");
    let found = variables(text);
    assert!(!found.is_empty());
    for variable in found {
        let mut places = binary.windows(variable.len());
        assert!(places.any(|place| place == variable.as_bytes()), "{variable} is not known");
    }
}

fn check_file(name: &str, words: &[&str], count: usize) {
    let text = text(name);
    let lines = command_lines(&text, words);
    let ours = |line: &&Vec<String>| {
        let first = line.iter().find(|word| *word != "CMD").map(String::as_str);
        matches!(first, Some(PROGRAM | "serve" | "dispatch"))
    };
    let lines: Vec<_> = lines.iter().filter(ours).collect();
    assert_eq!(lines.len(), count, "{lines:?}");
    for line in lines {
        check_command_line(line);
    }
    check_variables(&text);
}

#[test]
fn the_image_runs_what_there_is() {
    check_file("Dockerfile", &["CMD ", "ENTRYPOINT "], 3);
}

#[test]
fn the_compose_file_runs_what_there_is() {
    check_file("compose.yaml", &["command: ", "test: "], 3);
}

#[test]
fn the_unit_runs_what_there_is() {
    check_file("hookwright.service", &["ExecStart="], 1);
}

#[test]
fn a_flag_or_a_variable_that_there_is_not_is_found() {
    let words = ["serve", "--behind-a-proxy"].map(str::to_owned);
    assert!(std::panic::catch_unwind(|| check_command_line(&words)).is_err());
    let text = "Environment=HOOKWRIGHT_NO_SUCH_THING=1";
    assert!(std::panic::catch_unwind(|| check_variables(text)).is_err());
}
