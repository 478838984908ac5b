//! What was sent, as a table for people or as lines of JSON for programs.

use std::fmt;
use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets};
use hookwright::{Event, Receipt, WebhookObject};
use serde::Serialize;

/// Keeps the rows of a table, or prints each at once as a line of JSON.
#[derive(Debug)]
pub enum Report {
    /// A table, which is shown in the end.
    Table(Vec<Row>),
    /// A line of JSON an event, and the number of endpoints.
    Json(usize),
}

impl Report {
    /// Fails when nobody reads the lines any more.
    pub(crate) fn add(&mut self, row: Row) -> io::Result<()> {
        match self {
            Self::Table(rows) => rows.push(row),
            Self::Json(endpoints) => {
                if let Some(line) = row.line(*endpoints) {
                    writeln!(io::stdout(), "{}", serde_json::to_string(&line)?)?;
                }
            }
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = match self {
            Self::Table(rows) if !rows.is_empty() => rows,
            Self::Table(_) | Self::Json(_) => return Ok(()),
        };
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY);
        table.set_header(["event", "record", "changed", "answer", "ms"]);
        for row in rows {
            table.add_row(row.cells());
        }
        if let Some(milliseconds) = table.column_mut(4) {
            milliseconds.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(formatter, "{table}")
    }
}

/// One event at one endpoint, or a change that nobody outside could see.
#[derive(Debug)]
pub struct Row {
    event: String,
    record: String,
    changed: String,
    outcome: Option<Outcome>,
}

#[derive(Debug)]
struct Outcome {
    endpoint: usize,
    id: String,
    status: u16,
    milliseconds: f64,
}

impl Row {
    pub(crate) fn sent<T: WebhookObject>(
        event: &Event<T>,
        endpoint: usize,
        receipt: &Receipt,
    ) -> Self {
        let outcome = Outcome {
            endpoint,
            id: receipt.event_id().to_string(),
            status: receipt.status().as_u16(),
            milliseconds: receipt.duration().as_secs_f64() * 1000.0,
        };
        Self {
            event: event.name().to_string(),
            record: event.object_id().to_string(),
            changed: event.updated_fields().join(", "),
            outcome: Some(outcome),
        }
    }

    pub(crate) fn invisible<T: WebhookObject>(record: &T) -> Self {
        Self {
            event: format!("({} saved)", T::NAME),
            record: record.object_id().to_string(),
            changed: "nothing visible".into(),
            outcome: None,
        }
    }

    fn cells(&self) -> [String; 5] {
        let (answer, milliseconds) = match &self.outcome {
            Some(outcome) => (outcome.status.to_string(), format!("{:.1}", outcome.milliseconds)),
            None => ("not sent".into(), String::new()),
        };
        [self.event.clone(), self.record.clone(), self.changed.clone(), answer, milliseconds]
    }

    fn line(&self, endpoints: usize) -> Option<Line<'_>> {
        let outcome = self.outcome.as_ref()?;
        Some(Line {
            name: &self.event,
            id: &outcome.id,
            status: outcome.status,
            milliseconds: (outcome.milliseconds * 1000.0).round() / 1000.0,
            endpoint: (endpoints > 1).then_some(outcome.endpoint + 1),
        })
    }
}

/// An event at one endpoint, as JSON.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    id: &'a str,
    status: u16,
    milliseconds: f64,
    /// From 1, when there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<usize>,
}
