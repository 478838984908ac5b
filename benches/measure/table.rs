use std::fmt::{self, Write as _};

use crate::case::Timed;
use crate::instructions::Instructions;

/// How much slower than expected a baseline may be, before nothing is said by the ratio to it.
const SLACK: f64 = 1.3;

/// What a figure has to keep to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Not more.
    AtMost(f64),
    /// Not less.
    AtLeast(f64),
    /// Neither.
    Exactly(u32),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(bound) => value <= bound,
            Self::AtLeast(bound) => value >= bound,
            Self::Exactly(bound) => value.total_cmp(&f64::from(bound)).is_eq(),
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(bound) => formatter.pad(&format!("<= {bound:.2}")),
            Self::AtLeast(bound) => formatter.pad(&format!(">= {bound:.2}")),
            Self::Exactly(bound) => formatter.pad(&format!("= {bound}")),
        }
    }
}

/// One figure, with its ratio to a baseline and the bound that it has to keep to.
#[derive(Debug)]
pub struct Row {
    name: String,
    figure: String,
    instructions: Instructions,
    ratio: Option<f64>,
    bound: Option<Bound>,
    is_missed: bool,
}

impl Row {
    /// A figure such as `38,772 /s`.
    pub fn new(name: impl Into<String>, figure: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            figure: figure.into(),
            instructions: Instructions::NotCounted,
            ratio: None,
            bound: None,
            is_missed: false,
        }
    }

    /// The time of a case.
    pub fn timed(name: impl Into<String>, timed: Timed, instructions: Instructions) -> Self {
        Self::new(name, format!("{:.0} ns", timed.nanoseconds)).instructions(instructions)
    }

    /// Adds the count of instructions.
    #[must_use]
    pub fn instructions(mut self, instructions: Instructions) -> Self {
        self.instructions = instructions;
        self
    }

    /// Adds the ratio to the baseline.
    #[must_use]
    pub fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = Some(ratio);
        self
    }

    /// Adds what `value` has to keep to.
    #[must_use]
    pub fn judged(mut self, value: f64, bound: Bound) -> Self {
        self.is_missed = !bound.holds(value);
        self.bound = Some(bound);
        self
    }

    fn verdict(&self, table_is_void: bool) -> &'static str {
        match self.bound {
            None => "",
            Some(_) if table_is_void => "void",
            Some(_) if self.is_missed => "MISS",
            Some(_) => "ok",
        }
    }
}

/// What a table says in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every bound is kept to.
    Ok,
    /// One is not.
    Missed,
    /// A baseline says that the machine was busy, or nothing could be measured.
    Void,
}

/// Figures that belong together.
#[derive(Debug)]
pub struct Table {
    name: &'static str,
    says: &'static str,
    rows: Vec<Row>,
    void: Option<String>,
}

impl Table {
    /// A table without rows; `says` is what it is of.
    #[must_use]
    pub fn new(name: &'static str, says: &'static str) -> Self {
        Self { name, says, rows: Vec::new(), void: None }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Voids the table.
    pub fn void(&mut self, reason: impl Into<String>) {
        self.void.get_or_insert(reason.into());
    }

    /// Voids the table when the baseline `took` far more than it is `known` to take.
    pub fn expect_baseline(&mut self, took: f64, known: f64, unit: &str) {
        if took > known * SLACK {
            self.void(format!(
                "the baseline took {took:.2} {unit}, which is more than {SLACK} x {known:.2} {unit}"
            ));
        }
    }

    /// What the table says.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.void.is_some() {
            Outcome::Void
        } else if self.rows.iter().any(|row| row.is_missed) {
            Outcome::Missed
        } else {
            Outcome::Ok
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}: {}", self.name, self.says)?;
        let header = ["", "figure", "instructions", "ratio", "bound", ""].map(String::from);
        let mut lines = vec![header];
        for row in &self.rows {
            lines.push([
                row.name.clone(),
                row.figure.clone(),
                row.instructions.to_string(),
                row.ratio.map_or_else(String::new, |ratio| format!("{ratio:.3}")),
                row.bound.map_or_else(String::new, |bound| bound.to_string()),
                row.verdict(self.void.is_some()).to_owned(),
            ]);
        }
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
        let widths: [usize; 6] = std::array::from_fn(|column| width(column).unwrap_or_default());
        for [name, cells @ ..] in &lines {
            let mut line = format!("  {name:<0$}", widths[0]);
            for (cell, width) in cells.iter().zip(&widths[1..]) {
                write!(line, "  {cell:>width$}")?;
            }
            writeln!(formatter, "{}", line.trim_end())?;
        }
        match &self.void {
            Some(reason) => writeln!(formatter, "  void: {reason}"),
            None => Ok(()),
        }
    }
}

/// A number with commas between its thousands.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new("sign", "an event");
        table.push(Row::new("by hand", "589 ns"));
        table.push(Row::new("ours", "1,700 ns").ratio(1.24).judged(1.24, Bound::AtMost(1.25)));
        table
    }

    #[test]
    fn a_table_reads_in_columns() {
        let expected = "\
sign: an event
             figure  instructions  ratio    bound
  by hand    589 ns             -
  ours     1,700 ns             -  1.240  <= 1.25  ok
";
        assert_eq!(table().to_string(), expected);
        assert_eq!(table().outcome(), Outcome::Ok);
    }

    #[test]
    fn one_missed_bound_is_a_missed_table() {
        let mut table = table();
        table.push(Row::new("allocations", "6").judged(6.0, Bound::Exactly(5)));
        assert!(table.to_string().ends_with("= 5  MISS\n"));
        assert_eq!(table.outcome(), Outcome::Missed);
    }

    #[test]
    fn a_slow_baseline_voids_the_table() {
        let mut table = table();
        table.expect_baseline(765.0, 589.0, "ns");
        assert_eq!(table.outcome(), Outcome::Ok);
        table.expect_baseline(766.0, 589.0, "ns");
        assert_eq!(table.outcome(), Outcome::Void);
        assert!(table.to_string().ends_with(
            "void\n  void: the baseline took 766.00 ns, which is more than 1.3 x 589.00 ns\n"
        ));
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
