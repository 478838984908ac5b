use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long one batch is timed.
const BATCH: Duration = Duration::from_millis(2);
/// How many batches of each case are timed.
const ROUNDS: usize = 201;

/// A piece of work that is done over and over.
pub struct Case {
    name: &'static str,
    batch: Box<dyn FnMut(u32)>,
}

impl Case {
    /// What `work` returns is not optimized away.
    pub fn new<R>(name: &'static str, mut work: impl FnMut() -> R + 'static) -> Self {
        let batch = move |times| {
            for _ in 0..times {
                black_box(work());
            }
        };
        Self { name, batch: Box::new(batch) }
    }

    /// The name, by which [`instructions::count`](crate::instructions::count) finds the case.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Does the work so often.
    pub fn run(&mut self, times: u32) {
        (self.batch)(times);
    }

    fn time(&mut self, times: u32) -> Duration {
        let start = Instant::now();
        self.run(times);
        start.elapsed()
    }

    /// How often the work is done in the time of a batch.
    fn batch_size(&mut self) -> u32 {
        let mut times = 1;
        while self.time(times) < BATCH && times < u32::MAX / 2 {
            times *= 2;
        }
        times
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Cases that do the same, of which the first is the baseline.
#[derive(Debug)]
pub struct Cases(Vec<Case>);

/// How long a case takes.
#[derive(Debug, Clone, Copy)]
pub struct Timed {
    /// For doing the work once: the median.
    pub nanoseconds: f64,
    /// To the baseline of the same round: the median.
    pub ratio: f64,
}

impl Cases {
    /// The cases beside a baseline.
    pub fn new(baseline: Case, others: impl IntoIterator<Item = Case>) -> Self {
        Self([baseline].into_iter().chain(others).collect())
    }

    /// The names, that of the baseline first.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(Case::name)
    }

    /// The cases one by one.
    #[must_use]
    pub fn into_cases(self) -> Vec<Case> {
        self.0
    }

    /// Times all of them in turn, one batch each, forwards and backwards, so that whatever else
    /// the machine does is shared out between them.
    pub fn time(&mut self) -> Vec<Timed> {
        let sizes: Vec<u32> = self.0.iter_mut().map(Case::batch_size).collect();
        let mut rounds = vec![Vec::with_capacity(ROUNDS); self.0.len()];
        for round in 0..ROUNDS {
            for turn in 0..self.0.len() {
                let index = if round % 2 == 0 { turn } else { self.0.len() - 1 - turn };
                let time = self.0[index].time(sizes[index]);
                rounds[index].push(time.as_secs_f64() * 1e9 / f64::from(sizes[index]));
            }
        }
        rounds
            .iter()
            .map(|times| Timed {
                nanoseconds: median(times.iter().copied()),
                ratio: median(times.iter().zip(&rounds[0]).map(|(time, baseline)| time / baseline)),
            })
            .collect()
    }
}

/// The middle of the values, the upper one of two.
///
/// # Panics
///
/// When there are none.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median([3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
        assert_eq!(median([4.0, 1.0, 3.0, 2.0]).to_bits(), 3.0_f64.to_bits());
    }
}
