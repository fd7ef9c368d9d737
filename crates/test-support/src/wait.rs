//! Waiting for what must come to pass, without a guess at how long it takes.

use std::time::{Duration, Instant};

/// The pause between two questions.
const POLL: Duration = Duration::from_millis(5);

/// Asks again and again until there is an answer or the time is over. It blocks the thread.
pub fn poll<T>(at_most: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if start.elapsed() >= at_most {
            return None;
        }
        std::thread::sleep(POLL);
    }
}

/// [`poll`] for async tests: other tasks go on between two questions, and real time passes also when the test has
/// paused tokio's clock.
///
/// # Panics
/// When the runtime ends meanwhile.
#[cfg(feature = "clients")]
pub async fn eventually<T>(at_most: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return Some(answer);
        }
        if start.elapsed() >= at_most {
            return None;
        }
        blocking(|| std::thread::sleep(POLL)).await;
    }
}

/// Runs what blocks beside the runtime; a panic in it is the caller's.
#[cfg(feature = "clients")]
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

#[cfg(all(test, feature = "clients"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_ends_the_waiting_and_so_does_the_time() {
        let mut asked = 0;
        let third = eventually(Duration::from_secs(60), async || {
            asked += 1;
            (asked == 3).then_some("yes")
        });
        assert_eq!(third.await, Some("yes"));
        assert_eq!(asked, 3);
        assert_eq!(eventually(Duration::ZERO, async || None::<()>).await, None);
    }
}
