//! When to close a block: callers who were just answered tend to send again at once, and a block that leaves without them
//! makes them wait for the next.

use std::time::Duration;

/// Shorter waits than this cannot be timed.
const SHORTEST: Duration = Duration::from_millis(1);
/// No block waits longer for company, however slow the disk is.
const LONGEST: Duration = Duration::from_millis(5);

/// What the last blocks were like.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    answered: [usize; 2],
    append: Duration,
}

impl Pace {
    /// Notes how many callers a batch answered.
    pub(crate) fn answered(&mut self, callers: usize) {
        self.answered = [callers, self.answered[0]];
    }

    /// Notes how long an append took.
    pub(crate) fn appended(&mut self, took: Duration) {
        self.append = (self.append * 7 + took) / 8;
    }

    /// How long to wait for more commands when so many wait already: at most half an append, and nothing when as many
    /// as lately are there. Appends of a fast disk are too short to be worth a wait.
    pub(crate) fn linger(&self, waiting: usize) -> Option<Duration> {
        let wait = self.append / 2;
        (waiting > 0 && waiting < self.expected() && wait >= SHORTEST).then(|| wait.min(LONGEST))
    }

    /// How many commands are expected to come.
    pub(crate) fn expected(&self) -> usize {
        self.answered[0].max(self.answered[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_waits_for_company_only_when_that_pays() {
        let mut pace = Pace::default();
        assert_eq!(pace.linger(1), None, "nothing is known yet");
        for _ in 0..100 {
            pace.answered(64);
            pace.appended(Duration::from_millis(4));
        }
        let wait = pace.linger(5).unwrap();
        assert!(wait > SHORTEST && wait <= Duration::from_millis(2), "{wait:?}");
        assert_eq!(pace.linger(64), None, "everybody is there");
        assert_eq!(pace.linger(0), None, "nobody is there");
        for _ in 0..100 {
            pace.appended(Duration::from_micros(300));
        }
        assert_eq!(pace.linger(5), None, "the next append comes soon enough");
        pace.answered(1);
        pace.answered(1);
        pace.appended(Duration::from_secs(60));
        assert_eq!(pace.linger(1), None, "a lonely caller never waits");
    }
}
