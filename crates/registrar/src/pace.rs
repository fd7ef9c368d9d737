//! When to close a block: callers who were just answered tend to send again at once, and a block that leaves without them
//! makes them wait for the next. An append costs the server about as much as a hundred commands, so full blocks pay.

use std::time::Duration;

/// A shorter wait is not worth waking up for.
const SHORTEST: Duration = Duration::from_micros(100);
/// No block waits longer for company, however slow the disk is.
const LONGEST: Duration = Duration::from_millis(5);

/// How many callers there are, and how long an append takes.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    callers: usize,
    append: Duration,
}

impl Pace {
    /// Notes a durable block: how long its append took, how many it answers and how many came meanwhile. Callers who wait
    /// for each answer before they send again are then as many as both together.
    pub(crate) fn appended(&mut self, took: Duration, answered: usize, waiting: usize) {
        self.append = (self.append * 7 + took) / 8;
        self.callers = answered + waiting;
    }

    /// How long to wait for more commands when so many wait already: at most half an append, and not at all when every
    /// caller is there.
    pub(crate) fn linger(&self, waiting: usize) -> Option<Duration> {
        let wait = self.append / 2;
        (waiting > 0 && waiting < self.callers && wait >= SHORTEST).then(|| wait.min(LONGEST))
    }

    /// How many callers are expected to send.
    pub(crate) fn callers(&self) -> usize {
        self.callers
    }
}

/// Sleeps that long and little longer; the runtime's own timer counts whole milliseconds only.
pub(crate) async fn sleep(time: Duration) {
    // A failure is a runtime that shuts down, and then nobody needs to wait.
    let _ = tokio::task::spawn_blocking(move || std::thread::sleep(time)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_waits_for_company_only_when_that_pays() {
        let mut pace = Pace::default();
        assert_eq!(pace.linger(1), None, "nothing is known yet");
        for _ in 0..100 {
            pace.appended(Duration::from_millis(4), 50, 14);
        }
        let wait = pace.linger(5).unwrap();
        assert!(wait > Duration::from_millis(1) && wait <= Duration::from_millis(2), "{wait:?}");
        assert_eq!(pace.linger(64), None, "everybody is there");
        assert_eq!(pace.linger(0), None, "nobody is there");
        pace.appended(Duration::from_secs(60), 50, 14);
        assert_eq!(pace.linger(5), Some(LONGEST));
        pace.appended(Duration::from_secs(60), 1, 0);
        assert_eq!(pace.linger(1), None, "a lonely caller never waits");
        for _ in 0..200 {
            pace.appended(Duration::from_micros(90), 50, 14);
        }
        assert_eq!(pace.linger(5), None, "the next append comes soon enough");
    }
}
