//! The texts of cells: most stand in many rows, and those share one copy.

use std::hash::Hasher as _;
use std::sync::Arc;

/// How many texts are kept to be shared; a power of two.
const RECENT: usize = 1024;
/// Longer texts are seldom the same.
const LONGEST: usize = 128;

/// The texts that were met lately, each where its hash says.
#[derive(Default)]
pub(crate) struct Texts {
    recent: Vec<Option<Arc<str>>>,
    nul: bool,
}

impl Texts {
    /// The text, for a cell.
    pub(crate) fn text(&mut self, text: &str) -> Arc<str> {
        self.shared(text, |text| text.as_bytes().contains(&0))
    }

    /// The JSON, for a cell.
    pub(crate) fn json(&mut self, json: &str) -> Arc<str> {
        self.shared(json, |json| json.as_bytes().contains(&b'\\') && json.contains("\\u0000"))
    }

    /// Whether one had a NUL character, which Postgres does not store.
    pub(crate) fn had_nul(&self) -> bool {
        self.nul
    }

    fn shared(&mut self, text: &str, has_nul: impl Fn(&str) -> bool) -> Arc<str> {
        if text.len() > LONGEST {
            self.nul |= has_nul(text);
            return Arc::from(text);
        }
        if self.recent.is_empty() {
            self.recent.resize(RECENT, None);
        }
        let mut hasher = rustc_hash::FxHasher::default();
        hasher.write(text.as_bytes());
        let place = &mut self.recent[hasher.finish() as usize % RECENT];
        match place {
            Some(met) if **met == *text => met.clone(),
            _ => {
                self.nul |= has_nul(text);
                place.insert(Arc::from(text)).clone()
            }
        }
    }
}
