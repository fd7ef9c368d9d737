//! What the feeds tell Prometheus: how much was published, and how far each is behind the register.

use kernel::{Instant, Position};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    department: String,
}

/// The figures of all feeds of a process. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    events: Family<Labels, Counter>,
    failures: Family<Labels, Counter>,
    position: Family<Labels, Gauge>,
    seconds: Family<Labels, Gauge<f64, AtomicU64>>,
}

impl Metrics {
    /// Figures in this registry, named `feed_…` under its prefix.
    #[must_use]
    pub fn registered(registry: &mut Registry) -> Metrics {
        let metrics = Metrics::default();
        let registry = registry.sub_registry_with_prefix("feed");
        registry.register("events", "Events published to the department", metrics.events.clone());
        registry.register("failures", "Appends that were tried again or given up", metrics.failures.clone());
        registry.register(
            "next_position",
            "Position of the first event of the register that the feed has not looked at",
            metrics.position.clone(),
        );
        registry.register(
            "behind_seconds",
            "Age of the last event when it had been looked at and, if the department may see it, published",
            metrics.seconds.clone(),
        );
        metrics
    }

    pub(crate) fn published(&self, department: &str, events: usize) {
        self.events.get_or_create(&labels(department)).inc_by(events as u64);
    }

    pub(crate) fn failed(&self, department: &str) {
        self.failures.get_or_create(&labels(department)).inc();
    }

    pub(crate) fn reached(&self, department: &str, next: Position, recorded_at: Instant, now: Instant) {
        let seconds = now.0.saturating_sub(recorded_at.0).max(0) as f64 / 1e6;
        self.position.get_or_create(&labels(department)).set(next.0 as i64);
        self.seconds.get_or_create(&labels(department)).set(seconds);
    }
}

fn labels(department: &str) -> Labels {
    Labels { department: department.to_owned() }
}
