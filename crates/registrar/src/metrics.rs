//! What operators see of a registrar.

use kernel::{Answer, Register};
use ledger::Head;
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram};
use prometheus_client::registry::{Registry, Unit};
use std::borrow::Cow;
use std::time::Duration;

type Label = [(&'static str, &'static str); 1];

/// The registrar's metrics, each labelled with city and register.
#[derive(Debug, Clone)]
pub struct Metrics {
    accepted: Counter,
    repeated: Counter,
    refused: Counter,
    busy: Counter,
    malformed: Counter,
    unavailable: Counter,
    refusals: Family<Label, Counter>,
    block_events: Histogram,
    block_bytes: Histogram,
    append: Histogram,
    answer: Histogram,
    pub(crate) waiting: Gauge,
    height: Gauge,
    position: Gauge,
    pub(crate) settings_drift: Gauge,
}

impl Metrics {
    /// Registers them once a process, as `registrar_…`; a registrar that starts again goes on with the same.
    #[must_use]
    pub fn register(registry: &mut Registry, city: &str, register: &'static str) -> Metrics {
        let labels = [(Cow::from("city"), Cow::from(city.to_owned())), ("register".into(), register.into())];
        let registry = registry.sub_registry_with_prefix("registrar");
        let registry = registry.sub_registry_with_labels(labels.into_iter());
        let commands = Family::<Label, Counter>::default();
        registry.register("commands", "Commands by what was answered", commands.clone());
        let of = |result| commands.get_or_create_owned(&[("result", result)]);
        let seconds = || Histogram::new(exponential(0.000_25, 15));
        let metrics = Metrics {
            accepted: of("accepted"),
            repeated: of("repeated"),
            refused: of("refused"),
            busy: of("busy"),
            malformed: of("malformed"),
            unavailable: of("unavailable"),
            refusals: Family::default(),
            block_events: Histogram::new(exponential(1.0, 13)),
            block_bytes: Histogram::new(exponential(256.0, 12)),
            append: seconds(),
            answer: seconds(),
            waiting: Gauge::default(),
            height: Gauge::default(),
            position: Gauge::default(),
            settings_drift: Gauge::default(),
        };
        registry.register("refusals", "Refused commands by reason", metrics.refusals.clone());
        registry.register("block_events", "Events in a block", metrics.block_events.clone());
        registry.register_with_unit("block", "Size of a block", Unit::Bytes, metrics.block_bytes.clone());
        registry.register_with_unit("append", "From append to durable", Unit::Seconds, metrics.append.clone());
        registry.register_with_unit("answer", "From command to answer", Unit::Seconds, metrics.answer.clone());
        registry.register("waiting", "Commands that wait to be decided", metrics.waiting.clone());
        registry.register("height", "Height of the last durable block", metrics.height.clone());
        registry.register("events", "Durable events", metrics.position.clone());
        registry.register("settings_drift", "Settings of the stream that are wrong", metrics.settings_drift.clone());
        metrics
    }

    /// Counts an answer, and the time that the caller waited.
    pub(crate) fn answered<R: Register>(&self, answer: &Answer<R::Refusal>, waited: Duration) {
        self.answer.observe(waited.as_secs_f64());
        match answer {
            Answer::Accepted(accepted) if accepted.repeated => self.repeated.inc(),
            Answer::Accepted(_) => self.accepted.inc(),
            Answer::Refused(refusal) => {
                self.refusals.get_or_create(&[("code", R::refusal_code(refusal))]).inc();
                self.refused.inc()
            }
            Answer::Busy => self.busy.inc(),
            Answer::Malformed(_) => self.malformed.inc(),
            Answer::Unavailable(_) => self.unavailable.inc(),
        };
    }

    /// Notes a durable block.
    pub(crate) fn appended(&self, events: u64, bytes: usize, took: Duration, head: Head) {
        self.block_events.observe(events as f64);
        self.block_bytes.observe(bytes as f64);
        self.append.observe(took.as_secs_f64());
        self.head(head);
    }

    /// Notes where the register ends.
    pub(crate) fn head(&self, head: Head) {
        self.height.set(i64::try_from(head.height.0).unwrap_or(i64::MAX));
        self.position.set(i64::try_from(head.next.0).unwrap_or(i64::MAX));
    }
}

fn exponential(first: f64, count: u16) -> impl Iterator<Item = f64> {
    prometheus_client::metrics::histogram::exponential_buckets(first, 2.0, count)
}
