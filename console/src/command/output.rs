//! What a command prints.

use std::io::{self, IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use serde_json::Value;

use super::failure::{Failure, say};
use super::text;

/// How a command prints: for people, or for programs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    pub(super) is_json: bool,
}

/// A colour, of which nothing depends: there may be none.
#[derive(Debug, Clone, Copy)]
pub(super) enum Colour {
    Green = 32,
    Yellow = 33,
    Red = 31,
}

#[expect(clippy::unused_self, reason = "whoever prints is handed an output")]
impl Output {
    /// A line for people: of others' text nothing is left that a terminal would obey.
    pub(super) fn line(self, line: &str) -> Result<(), Failure> {
        write(&text::clean(line))
    }

    /// A line that begins with a word in a colour, where there are colours.
    pub(super) fn marked(self, colour: Colour, mark: &str, line: &str) -> Result<(), Failure> {
        let line = text::clean(line);
        if has_colours() {
            write(&format!("\x1b[{}m{mark}\x1b[0m {line}", colour as u8))
        } else {
            write(&format!("{mark} {line}"))
        }
    }

    /// A value as one line of JSON.
    pub(super) fn json(self, value: &impl Serialize) -> Result<(), Failure> {
        write(&text::json(value))
    }

    /// Text of others: JSON in several lines, anything else in one.
    pub(super) fn body(self, body: &[u8]) -> Result<(), Failure> {
        let body = String::from_utf8_lossy(body);
        match text::pretty(&body) {
            Some(json) => write(&json),
            None if body.is_empty() => Ok(()),
            None => self.line(&body),
        }
    }

    /// What is worth knowing beside the output.
    pub(super) fn note(self, note: &str) {
        if !self.is_json {
            say(&text::clean(note));
        }
    }

    /// A table for people: a header, then rows, each a line.
    pub(super) fn table<const N: usize>(
        self,
        header: [&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) -> Result<(), Failure> {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(header);
        for row in rows {
            table.add_row(row.map(|cell| text::clean(&cell)));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        write(&table.trim_fmt())
    }
}

/// Writes text, and the end of the line.
pub(super) fn write(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.write_all(b"\n")?;
    Ok(stdout.flush()?)
}

/// Whether there are colours: in a terminal that knows them, unless `NO_COLOR` is set.
fn has_colours() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

/// A member of an answer, as a cell.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}
