//! What a child process has measured, as the parent reads it.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::process::{Command, Stdio};

use hookwright_benches::{grouped, median};

/// Numbers by name.
#[derive(Debug, Default)]
pub(crate) struct Figures(BTreeMap<String, f64>);

impl Figures {
    pub(crate) fn set(&mut self, name: &str, value: f64) {
        self.0.insert(name.to_owned(), value);
    }

    /// # Panics
    ///
    /// When the child has not measured it, which is a mistake of this program.
    pub(crate) fn get(&self, name: &str) -> f64 {
        *self.0.get(name).unwrap_or_else(|| panic!("{name} was not measured"))
    }

    /// Prints them in one line for the parent.
    pub(crate) fn print(&self) {
        let mut line = String::new();
        for (name, value) in &self.0 {
            let _ = write!(line, "{name}={value} ");
        }
        println!("{line}");
    }

    /// Runs a child to its end, and reads what it prints.
    pub(crate) fn of(command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err("a process that measures failed".into());
        }
        let text = String::from_utf8(output.stdout)?;
        let mut figures = Self::default();
        for pair in text.split_whitespace() {
            let (name, value) = pair.split_once('=').ok_or("a process said something else")?;
            figures.set(name, value.parse()?);
        }
        Ok(figures)
    }
}

/// The runs of one contender.
#[derive(Debug, Default)]
pub(crate) struct Runs(pub(crate) Vec<Figures>);

impl Runs {
    pub(crate) fn median(&self, figure: impl Fn(&Figures) -> f64) -> f64 {
        median(self.0.iter().map(figure))
    }

    /// The median of the ratios of each round.
    pub(crate) fn ratio(&self, baseline: &Self, figure: impl Fn(&Figures) -> f64) -> f64 {
        let pairs = self.0.iter().zip(&baseline.0);
        median(pairs.map(|(ours, baseline)| figure(ours) / figure(baseline)))
    }

    /// The least, the median and the most.
    pub(crate) fn spread(&self, unit: &str, figure: impl Fn(&Figures) -> f64) -> String {
        spread(&self.0.iter().map(figure).collect::<Vec<_>>(), unit)
    }
}

/// The least, the median and the most of some values.
pub(crate) fn spread(values: &[f64], unit: &str) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let middle = median(values.iter().copied());
    format!("{} / {} / {} {unit}", shown(least), shown(middle), shown(most))
}

/// Three figures at least.
pub(crate) fn shown(value: f64) -> String {
    match value.abs() {
        1000.0.. => {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded")]
            let whole = value.round().max(0.0) as u64;
            grouped(whole)
        }
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        0.1.. => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

/// The value that so many percent of the values do not exceed.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(place).copied().unwrap_or(f64::NAN)
}
