//! How each role is kept running: started, watched, started again where waiting helps.

pub(crate) mod admin;
pub(crate) mod feeds;
pub(crate) mod gateway;
pub(crate) mod projector;
pub(crate) mod reconciler;
pub(crate) mod registrar;

/// Why a role could not go on.
pub(crate) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// An error with all its causes, as one line for a log.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut lines: Vec<String> = Vec::new();
    for cause in causes.map(ToString::to_string) {
        if !lines.iter().any(|line| line.contains(&cause)) {
            lines.push(cause);
        }
    }
    lines.join(": ")
}
