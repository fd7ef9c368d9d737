//! What keeps parts of this process from working, for `/readyz`.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The trouble of each part by name; none where all is well. Cheap to clone.
#[derive(Debug, Default, Clone)]
pub(crate) struct Health(Arc<Mutex<BTreeMap<&'static str, Option<String>>>>);

impl Health {
    /// Says how a part is.
    pub(crate) fn set(&self, part: &'static str, trouble: Option<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(part, trouble);
    }

    /// How every part is.
    pub(crate) fn parts(&self) -> Vec<(&'static str, Option<String>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|(name, t)| (*name, t.clone())).collect()
    }
}
