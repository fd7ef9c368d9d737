//! One command, repeated with its id until there is an answer that counts.

use crate::report::Stopped;
use kernel::{Answer, Envelope, register::Accepted};
use permits::{Command, Permits, Refusal};
use registrar::{Commands, SendError};
use std::time::Duration;

/// How often a command is sent before the import gives up: about two minutes.
pub const ATTEMPTS: u32 = 30;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What came of a command.
pub(crate) enum Outcome {
    Accepted(Accepted),
    /// The row cannot be recorded.
    Refused(String),
    /// It cannot, since the procedure has no such step. Where that is so of all, it is the wrong procedure.
    Strange(String),
    /// Nor can any other row.
    Stop(Stopped),
}

/// Sends it until it is accepted or refused. Its id makes that safe where an answer was lost.
pub(crate) async fn send(commands: &Commands<Permits>, envelope: &Envelope<Command>, line: u64) -> Outcome {
    let mut pause = FIRST_PAUSE;
    let mut last = String::new();
    for _ in 0..ATTEMPTS {
        match commands.send(envelope).await {
            Ok(Answer::Accepted(accepted)) => return Outcome::Accepted(accepted),
            Ok(Answer::Refused(refusal)) => return refused(&refusal),
            Ok(Answer::Malformed(why)) => {
                return Outcome::Refused(format!("the registrar cannot read the command: {why}"));
            }
            Ok(Answer::Busy) => "too many commands are waiting".clone_into(&mut last),
            Ok(Answer::Unavailable(why)) => last = why.to_string(),
            Err(error @ SendError::Unsendable { .. }) => return Outcome::Refused(error.to_string()),
            Err(source @ SendError::Answer { .. }) => return Outcome::Stop(Stopped::Send { line, source }),
            Err(error @ (SendError::NotRunning { .. } | SendError::Timeout { .. } | SendError::Connection { .. })) => {
                last = error.to_string();
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Outcome::Stop(Stopped::Unavailable { line, why: last })
}

/// Some refusals are not about the row, and every other row would meet them too.
fn refused(refusal: &Refusal) -> Outcome {
    let message = refusal.message();
    if matches!(refusal, Refusal::UnknownStepName { .. }) {
        return Outcome::Strange(message.en);
    }
    let hopeless = matches!(
        refusal,
        Refusal::CityNotEstablished {}
            | Refusal::UnknownProcedure { .. }
            | Refusal::RoleMayNot { .. }
            | Refusal::OnlyImporterMayImport {}
    );
    if hopeless { Outcome::Stop(Stopped::Refused(message)) } else { Outcome::Refused(message.en) }
}
