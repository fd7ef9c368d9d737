//! Unwrapped keys, kept for moments only: another process may forget a person, and then nothing here may open them.

use crate::seal::PersonKey;
use kernel::PersonId;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// How long a key is used before the store is asked again; so also how long a forgotten person may still be read by
/// a process other than the one that forgot them.
pub const KEY_CACHE_TIME: Duration = Duration::from_secs(5);

/// The most keys kept at once.
pub const KEY_CACHE_LIMIT: usize = 10_000;

/// The keys of the last moments; none where a person is forgotten.
pub(crate) struct KeyCache {
    keys: HashMap<PersonId, (Instant, Option<PersonKey>)>,
    time: Duration,
    limit: usize,
}

impl KeyCache {
    pub(crate) fn new(time: Duration, limit: usize) -> KeyCache {
        KeyCache { keys: HashMap::new(), time, limit }
    }

    /// The key, or that the person is forgotten; none where the store must be asked.
    pub(crate) fn get(&self, person: PersonId, now: Instant) -> Option<Option<PersonKey>> {
        let (read_at, key) = self.keys.get(&person)?;
        (now.saturating_duration_since(*read_at) < self.time).then(|| key.clone())
    }

    /// Remembers what the store said when it was asked at `read_at`. An answer that crossed a forgetting on its way
    /// does not bring the key back.
    pub(crate) fn put(&mut self, person: PersonId, key: Option<PersonKey>, read_at: Instant) {
        if key.is_some() && matches!(self.keys.get(&person), Some((_, None))) {
            return;
        }
        if self.keys.len() >= self.limit {
            let time = self.time;
            self.keys.retain(|_, (then, _)| read_at.saturating_duration_since(*then) < time);
        }
        // Dropping everything costs one query a person, and needs no order of use to be kept.
        if self.keys.len() >= self.limit {
            self.keys.clear();
        }
        self.keys.insert(person, (read_at, key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: u128) -> PersonId {
        PersonId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn a_key_is_asked_for_again_once_its_time_is_over() {
        let start = Instant::now();
        let mut cache = KeyCache::new(Duration::from_secs(5), 10);
        cache.put(person(1), Some([1; 32].into()), start);
        cache.put(person(2), None, start);
        let soon = start + Duration::from_millis(4_999);
        assert!(matches!(cache.get(person(1), soon), Some(Some(_))));
        assert!(matches!(cache.get(person(2), soon), Some(None)));
        assert!(cache.get(person(1), start + Duration::from_secs(5)).is_none());
        assert!(cache.get(person(3), start).is_none());
    }

    #[test]
    fn a_late_answer_does_not_bring_a_forgotten_key_back() {
        let start = Instant::now();
        let mut cache = KeyCache::new(Duration::from_secs(5), 10);
        cache.put(person(1), None, start + Duration::from_secs(1));
        cache.put(person(1), Some([1; 32].into()), start);
        assert!(matches!(cache.get(person(1), start + Duration::from_secs(2)), Some(None)));
    }

    #[test]
    fn it_never_holds_more_than_its_limit() {
        let start = Instant::now();
        let mut cache = KeyCache::new(Duration::from_secs(5), 10);
        for number in 0..100 {
            cache.put(person(number), None, start + Duration::from_secs(number as u64));
            assert!(cache.keys.len() <= 10);
        }
        assert!(cache.get(person(99), start + Duration::from_secs(99)).is_some());
    }
}
