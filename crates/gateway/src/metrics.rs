//! What the gateway counts: requests by route and status, and how long they took.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::time::Duration;

/// Upper ends of the buckets, in seconds: from a read in memory to the request timeout.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// A request by its route, never by its address: an address can name a person's case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: String,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Served {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Code {
    code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Department {
    department: &'static str,
}

/// The gateway's metrics.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    requests: Family<Served, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    problems: Family<Code, Counter>,
    behind: Family<Department, Gauge>,
    /// Connections that are open now.
    pub(crate) connections: Gauge,
}

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Metrics {
        let metrics = Metrics {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            problems: Family::default(),
            behind: Family::default(),
            connections: Gauge::default(),
        };
        let registry = registry.sub_registry_with_prefix("daftar_http");
        registry.register("requests", "Requests served", metrics.requests.clone());
        registry.register("request_seconds", "How long requests took", metrics.seconds.clone());
        registry.register("problems", "Problems answered, by code", metrics.problems.clone());
        let behind = "Events acknowledged here that a department's tables do not hold";
        registry.register("read_model_behind_events", behind, metrics.behind.clone());
        registry.register("connections", "Connections that are open", metrics.connections.clone());
        metrics
    }

    /// How many events that were acknowledged here a department's tables lack. The projector tells its own lag, but not
    /// while it hangs.
    pub(crate) fn behind(&self, department: &'static str, events: u64) {
        self.behind.get_or_create(&Department { department }).set(i64::try_from(events).unwrap_or(i64::MAX));
    }

    pub(crate) fn served(&self, method: &str, route: &str, status: u16, code: Option<&str>, took: Duration) {
        let (method, route) = (method.to_owned(), route.to_owned());
        let label = Route { method: method.clone(), route: route.clone() };
        self.seconds.get_or_create(&label).observe(took.as_secs_f64());
        self.requests.get_or_create(&Served { method, route, status }).inc();
        if let Some(code) = code {
            self.problems.get_or_create(&Code { code: code.to_owned() }).inc();
        }
    }
}
