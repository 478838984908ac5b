//! What was sent, as a table for people or as lines of JSON for programs.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};
use hookwright::{EndpointId, Event, EventData, EventId, StoredAttempt, WebhookObject};
use serde::Serialize;

/// How the rows are shown.
#[derive(Debug, Clone, Copy)]
pub enum Style {
    /// A table.
    Table,
    /// A line of JSON for each event at each endpoint.
    Json,
}

/// The rows of a day.
#[derive(Debug)]
pub struct Report {
    style: Style,
    rows: Vec<Row>,
    endpoints: Vec<EndpointId>,
}

impl Report {
    /// A report of what went to these endpoints.
    pub fn new(style: Style, rows: Vec<Row>, endpoints: Vec<EndpointId>) -> Self {
        Self { style, rows, endpoints }
    }

    /// The lines, which end with one for each event and endpoint.
    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.rows.iter().flat_map(|row| {
            row.outcomes.iter().map(|outcome| Line {
                name: &row.event,
                id: &outcome.id,
                status: outcome.status,
                milliseconds: (outcome.milliseconds * 1000.0).round() / 1000.0,
                endpoint: (self.endpoints.len() > 1).then(|| {
                    let of_endpoint = |id: &EndpointId| *id == outcome.endpoint;
                    self.endpoints.iter().position(of_endpoint).map_or(0, |index| index + 1)
                }),
            })
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Style::Json = self.style {
            for line in self.lines() {
                let line = serde_json::to_string(&line).map_err(|_| fmt::Error)?;
                writeln!(formatter, "{line}")?;
            }
            return Ok(());
        }
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY);
        table.set_header(["event", "record", "changed", "answer", "ms"]);
        for row in &self.rows {
            table.add_rows(row.cells());
        }
        if let Some(milliseconds) = table.column_mut(4) {
            milliseconds.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(formatter, "{table}")
    }
}

/// One event, or a change that nobody outside could see.
#[derive(Debug)]
pub struct Row {
    event: String,
    record: String,
    changed: String,
    id: Option<EventId>,
    outcomes: Vec<Outcome>,
}

/// What came of it at one endpoint.
#[derive(Debug)]
struct Outcome {
    endpoint: EndpointId,
    id: String,
    status: u16,
    milliseconds: f64,
}

impl Row {
    pub(crate) fn emitted<T: EventData>(event: &Event<T>, id: EventId) -> Self {
        Self {
            event: event.name().to_string(),
            record: event.object_id().to_string(),
            changed: event.updated_fields().join(", "),
            id: Some(id),
            outcomes: Vec::new(),
        }
    }

    pub(crate) fn invisible<T: WebhookObject>(record: &T) -> Self {
        Self {
            event: format!("({} saved)", T::NAME),
            record: record.object_id().to_string(),
            changed: "nothing visible".into(),
            id: None,
            outcomes: Vec::new(),
        }
    }

    /// Whether it is an event.
    pub fn is_event(&self) -> bool {
        self.id.is_some()
    }

    /// Adds the attempts that were acknowledged.
    pub(crate) fn add(&mut self, attempts: &[StoredAttempt]) {
        let of_event =
            attempts.iter().filter(|attempt| self.id.as_ref() == Some(attempt.event_id()));
        self.outcomes = of_event
            .map(|attempt| Outcome {
                endpoint: *attempt.endpoint(),
                id: attempt.event_id().to_string(),
                status: attempt.status().map_or(0, |status| status.as_u16()),
                milliseconds: attempt.duration().as_secs_f64() * 1000.0,
            })
            .collect();
    }

    fn cells(&self) -> Vec<[String; 5]> {
        let row = |answer, milliseconds| {
            [self.event.clone(), self.record.clone(), self.changed.clone(), answer, milliseconds]
        };
        if self.outcomes.is_empty() {
            return vec![row("not sent".into(), String::new())];
        }
        let cells = self.outcomes.iter();
        cells
            .map(|outcome| row(outcome.status.to_string(), format!("{:.1}", outcome.milliseconds)))
            .collect()
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
