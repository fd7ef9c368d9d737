//! What a projector tells Prometheus: how far behind it is, its batches, parked cases.

use kernel::{Instant, Position};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    department: &'static str,
}

type Histograms = Family<Labels, Histogram, fn() -> Histogram>;

/// The figures of all projectors of a process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    events: Family<Labels, Counter>,
    batch: Histograms,
    behind: Family<Labels, Gauge>,
    seconds: Family<Labels, Gauge<f64, AtomicU64>>,
    parked: Family<Labels, Gauge>,
    failures: Family<Labels, Counter>,
}

/// Batch sizes, in events.
const BATCHES: [f64; 9] = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0];

impl Metrics {
    /// Figures that are not yet in a registry.
    #[must_use]
    pub fn new() -> Metrics {
        Metrics {
            events: Family::default(),
            batch: Family::new_with_constructor(|| Histogram::new(BATCHES)),
            behind: Family::default(),
            seconds: Family::default(),
            parked: Family::default(),
            failures: Family::default(),
        }
    }

    /// Figures in this registry, named `projection_…` under its prefix.
    #[must_use]
    pub fn registered(registry: &mut Registry) -> Metrics {
        let metrics = Metrics::new();
        let registry = registry.sub_registry_with_prefix("projection");
        registry.register("events", "Events folded into the tables", metrics.events.clone());
        registry.register("batch_events", "Events of one transaction", metrics.batch.clone());
        registry.register(
            "behind_events",
            "Events in the register that the tables do not hold",
            metrics.behind.clone(),
        );
        registry.register("behind_seconds", "Age of the oldest event that the tables lack", metrics.seconds.clone());
        registry.register("parked_cases", "Cases held back by an event that cannot be folded", metrics.parked.clone());
        registry.register("failures", "Batches that were tried again or given up", metrics.failures.clone());
        metrics
    }

    pub(crate) fn wrote(&self, department: &'static str, events: usize) {
        self.events.get_or_create(&Labels { department }).inc_by(events as u64);
        self.batch.get_or_create(&Labels { department }).observe(events as f64);
    }

    pub(crate) fn parked(&self, department: &'static str, cases: usize) {
        self.parked.get_or_create(&Labels { department }).set(cases as i64);
    }

    pub(crate) fn failed(&self, department: &'static str) {
        self.failures.get_or_create(&Labels { department }).inc();
    }

    /// `end` is the register's next position, `last` its clock at the last event that the tables hold.
    pub(crate) fn lag(&self, department: &'static str, end: Position, next: Position, last: Instant, now: Instant) {
        let behind = end.0.saturating_sub(next.0);
        let seconds = if behind == 0 { 0.0 } else { now.0.saturating_sub(last.0).max(0) as f64 / 1e6 };
        self.behind.get_or_create(&Labels { department }).set(behind as i64);
        self.seconds.get_or_create(&Labels { department }).set(seconds);
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}
