//! A recorder of the `metrics` crate.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString,
    Unit,
};

/// Keeps the last value of everything that is counted, by its name and labels.
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<BTreeMap<String, Arc<Value>>>);

/// A whole number, or the bits of a floating-point number, with the highest that it ever was.
#[derive(Debug, Default)]
struct Value(AtomicU64, AtomicU64);

impl CounterFn for Value {
    fn increment(&self, value: u64) {
        self.0.fetch_add(value, Ordering::SeqCst);
    }

    fn absolute(&self, value: u64) {
        self.0.store(value, Ordering::SeqCst);
    }
}

impl GaugeFn for Value {
    fn increment(&self, _value: f64) {
        panic!("gauges are set");
    }

    fn decrement(&self, _value: f64) {
        panic!("gauges are set");
    }

    fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::SeqCst);
        // What is not negative has its order in its bits.
        assert!(value >= 0.0, "{value}");
        self.1.fetch_max(value.to_bits(), Ordering::SeqCst);
    }
}

impl Counts {
    fn value(&self, key: &Key) -> Arc<Value> {
        let labels = key.labels().map(|label| format!(" {}={}", label.key(), label.value()));
        let name = format!("{}{}", key.name(), labels.collect::<String>());
        self.0.lock().expect("no test panicked").entry(name).or_default().clone()
    }

    fn bits(&self, name: &str) -> Option<u64> {
        let values = self.0.lock().expect("no test panicked");
        values.get(name).map(|value| value.0.load(Ordering::SeqCst))
    }

    pub(super) fn counter(&self, name: &str) -> u64 {
        self.bits(name).unwrap_or_default()
    }

    pub(super) fn gauge(&self, name: &str) -> Option<f64> {
        self.bits(name).map(f64::from_bits)
    }

    /// The highest that a gauge ever was.
    pub(super) fn highest(&self, name: &str) -> Option<f64> {
        let values = self.0.lock().expect("no test panicked");
        values.get(name).map(|value| f64::from_bits(value.1.load(Ordering::SeqCst)))
    }

    pub(super) fn names(&self) -> Vec<String> {
        let values = self.0.lock().expect("no test panicked");
        let mut names: Vec<String> = values
            .keys()
            .map(|name| name.split(' ').next().unwrap_or_default().to_owned())
            .collect();
        names.dedup();
        names
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.value(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.value(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        panic!("{key} is a histogram");
    }
}
