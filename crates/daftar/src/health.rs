//! What keeps parts of this process from working, for `/readyz`.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// The trouble of each part by name; none where all is well. Cheap to clone.
#[derive(Debug, Default, Clone)]
pub(crate) struct Health(Arc<Parts>);

#[derive(Debug, Default)]
struct Parts {
    troubles: Mutex<BTreeMap<&'static str, Option<String>>>,
    stuck: AtomicBool,
}

impl Health {
    /// Says how a part is.
    pub(crate) fn set(&self, part: &'static str, trouble: Option<String>) {
        self.0.troubles.lock().unwrap_or_else(PoisonError::into_inner).insert(part, trouble);
    }

    /// Says whether the log's server leaves an append without an answer.
    pub(crate) fn set_stuck(&self, stuck: bool) {
        self.0.stuck.store(stuck, Ordering::Relaxed);
    }

    /// Whether the log's server leaves an append without an answer.
    pub(crate) fn is_stuck(&self) -> bool {
        self.0.stuck.load(Ordering::Relaxed)
    }

    /// How every part is.
    pub(crate) fn parts(&self) -> Vec<(&'static str, Option<String>)> {
        self.0
            .troubles
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .map(|(name, t)| (*name, t.clone()))
            .collect()
    }
}
