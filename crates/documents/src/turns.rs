//! Whose turn it is to have a page drawn, and which pages took too long of late.
//!
//! Few pages are drawn at the same time, so nobody has two of them drawn; and what was too slow twice does not take
//! anybody's turn for a while.

use kernel::PersonId;
use object_store::path::Path;
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit},
    time::{Instant, timeout},
};

/// How long somebody waits for their turn.
const TURN: Duration = Duration::from_secs(2);
/// How often a page may be too slow before it is left alone.
const TRIES: u32 = 2;
/// For how long it is left alone then: the machine may only have been busy.
const LEFT_ALONE: Duration = Duration::from_secs(5 * 60);
/// Pages that were too slow; beyond so many the first are forgotten.
const MOST_SLOW: usize = 1_000;

/// Who draws in this process: its processors are what is shared, whichever store a document is in.
pub(crate) static TURNS: LazyLock<Turns> = LazyLock::new(Turns::default);

/// What is known of whoever has pages drawn.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    persons: Mutex<HashMap<PersonId, Weak<Semaphore>>>,
    slow: Mutex<HashMap<Path, Slow>>,
}

/// A page that was too slow: so often, the last time then.
#[derive(Debug, Clone, Copy)]
struct Slow {
    times: u32,
    last: Instant,
}

/// A turn; over when it is dropped.
pub(crate) struct Turn<'a> {
    _own: OwnedSemaphorePermit,
    _one: SemaphorePermit<'a>,
}

impl Turns {
    /// A turn among all to draw what is this person's; nothing where it does not come soon.
    pub(crate) async fn take<'a>(&self, owner: PersonId, all: &'a Semaphore) -> Option<Turn<'a>> {
        let own = self.of(owner);
        let turn = async {
            let own = own.acquire_owned().await.ok()?;
            Some(Turn { _own: own, _one: all.acquire().await.ok()? })
        };
        timeout(TURN, turn).await.ok().flatten()
    }

    fn of(&self, owner: PersonId) -> Arc<Semaphore> {
        let mut persons = lock(&self.persons);
        if let Some(own) = persons.get(&owner).and_then(Weak::upgrade) {
            return own;
        }
        persons.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(1));
        persons.insert(owner, Arc::downgrade(&own));
        own
    }

    /// A page was too slow.
    pub(crate) fn was_slow(&self, page: &Path) {
        let mut slow = lock(&self.slow);
        let now = Instant::now();
        slow.retain(|_, known| now.duration_since(known.last) < LEFT_ALONE);
        let times = slow.get(page).map_or(0, |known| known.times) + 1;
        if slow.len() >= MOST_SLOW {
            let first = slow.iter().min_by_key(|(_, known)| known.last).map(|(page, _)| page.clone());
            first.map(|first| slow.remove(&first));
        }
        slow.insert(page.clone(), Slow { times, last: now });
    }

    /// Whether a page is left alone for now.
    pub(crate) fn is_too_slow(&self, page: &Path) -> bool {
        let known = lock(&self.slow).get(page).copied();
        known.is_some_and(|known| known.times >= TRIES && known.last.elapsed() < LEFT_ALONE)
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: u128) -> PersonId {
        PersonId(uuid::Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn nobody_has_two_pages_drawn_at_a_time() {
        let (turns, all) = (Turns::default(), Semaphore::new(2));
        let one = turns.take(person(1), &all).await.unwrap();
        assert!(turns.take(person(1), &all).await.is_none());
        let other = turns.take(person(2), &all).await;
        assert!(other.is_some());
        drop(one);
        assert!(turns.take(person(1), &all).await.is_some());
        drop(other);
        assert!(turns.take(person(3), &all).await.is_some());
        assert_eq!(lock(&turns.persons).len(), 1, "nobody is remembered");
    }

    #[test]
    fn what_was_too_slow_twice_is_left_alone_for_a_while() {
        let (turns, page) = (Turns::default(), Path::from("a/b"));
        turns.was_slow(&page);
        assert!(!turns.is_too_slow(&page));
        turns.was_slow(&page);
        assert!(turns.is_too_slow(&page) && !turns.is_too_slow(&Path::from("a/c")));
        if let (Some(known), Some(then)) = (lock(&turns.slow).get_mut(&page), Instant::now().checked_sub(LEFT_ALONE)) {
            known.last = then;
        }
        assert!(!turns.is_too_slow(&page), "the machine may only have been busy");
        turns.was_slow(&page);
        assert!(!turns.is_too_slow(&page));
        for number in 0..MOST_SLOW {
            turns.was_slow(&Path::from(number.to_string()));
        }
        assert_eq!(lock(&turns.slow).len(), MOST_SLOW);
    }
}
