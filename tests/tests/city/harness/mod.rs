//! What every whole-city test stands on: a city of real processes, callers of its API, load, and the common oracle.

pub(crate) mod city;
pub(crate) mod home;
pub(crate) mod http;
pub(crate) mod load;
pub(crate) mod oracle;
pub(crate) mod proxy;
pub(crate) mod register;
pub(crate) mod settings;
pub(crate) mod tables;

pub(crate) use city::{City, Plan, Role};
pub(crate) use http::Caller;
pub(crate) use load::Load;

use std::time::{Duration, Instant};

/// How long what must come to pass may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A national id whose check digit agrees, and another.
pub(crate) const ZAHRA: &str = "0013542419";
pub(crate) const REZA: &str = "0010350829";
/// The SHA-256 of nothing.
pub(crate) const SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Asks again and again until it is so.
///
/// # Panics
/// When the time is over.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "it did not come to pass in {} s that {what}", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A small generator of which a seed gives the same choices again: SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Choices(pub(crate) u64);

impl Choices {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of these.
    pub(crate) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).expect("an index of a slice")]
    }
}
