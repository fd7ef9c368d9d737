//! A clock that moves only when a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// Microseconds since the Unix epoch; clones show the same time.
#[derive(Clone, Debug)]
pub struct FakeClock(Arc<AtomicI64>);

impl FakeClock {
    /// A clock that stands at `micros`.
    pub fn at(micros: i64) -> Self {
        Self(Arc::new(AtomicI64::new(micros)))
    }

    /// What the clock shows.
    pub fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Moves the clock forward and gives the new time.
    pub fn advance(&self, by: Duration) -> i64 {
        let micros = i64::try_from(by.as_micros()).expect("a test advances by less than 292,000 years");
        self.0.fetch_add(micros, Ordering::SeqCst) + micros
    }

    /// Sets the clock, backwards too.
    pub fn set(&self, micros: i64) {
        self.0.store(micros, Ordering::SeqCst);
    }

    /// The clock as a function, for whoever asks for one.
    pub fn reader(&self) -> impl Fn() -> i64 + Send + Sync + Clone + 'static {
        let clock = self.clone();
        move || clock.now()
    }

    /// The cell behind the clock.
    pub fn cell(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_and_readers_move_together() {
        let clock = FakeClock::at(1_000);
        let read = clock.clone().reader();
        assert_eq!(clock.advance(Duration::from_millis(2)), 3_000);
        assert_eq!(read(), 3_000);
        clock.set(5);
        assert_eq!(read(), 5);
    }
}
