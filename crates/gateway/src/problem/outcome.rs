//! What went wrong behind the gateway, as a problem. The operator's words go to the log, never to the caller.

use super::{Kind, Problem};
use kernel::{Message, Unavailable};
use projection::StoreError;
use registrar::SendError;
use vault::VaultError;

impl From<SendError> for Problem {
    fn from(error: SendError) -> Problem {
        tracing::warn!(error = chain(&error), "a command got no answer");
        match error {
            SendError::Unsendable { .. } => Problem::new(Kind::TooLarge),
            SendError::NotRunning { .. } => Problem::new(Kind::RegistrarDown),
            SendError::Timeout { .. } | SendError::Connection { .. } | SendError::Answer { .. } => {
                Problem::new(Kind::OutcomeUnknown)
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        tracing::error!(error = chain(&error), "a read model cannot be read");
        Problem::new(Kind::ReadUnavailable)
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Problem {
        match error {
            VaultError::Forgotten(_) => Problem::with(Kind::Conflict, forgotten()),
            VaultError::UnknownPerson(_) => Problem::with(Kind::InvalidField, unknown_person()),
            VaultError::Address(_)
            | VaultError::File { .. }
            | VaultError::Store { .. }
            | VaultError::WrongMasterKey { .. }
            | VaultError::Lost { .. }
            | VaultError::Format { .. }
            | VaultError::DamagedKey(_)
            | VaultError::DamagedRow(_)
            | VaultError::Tampered(_)
            | VaultError::TooLong { .. }
            | VaultError::Random(_)
            | VaultError::Contended => {
                tracing::error!(error = chain(&error), "the vault failed");
                Problem::new(Kind::VaultUnavailable)
            }
        }
    }
}

/// Where the registrar says that it cannot write: a full disk is told apart, since only an operator can help.
pub(crate) fn unavailable(why: &Unavailable) -> Problem {
    tracing::warn!(%why, "the register cannot be written");
    Problem::new(match why {
        Unavailable::Full => Kind::DiskFull,
        Unavailable::Unconfirmed | Unavailable::Settings(_) => Kind::LogUnavailable,
    })
}

/// What the registrar could not read; the gateway and it are of different builds.
pub(crate) fn malformed(why: &str) -> Problem {
    tracing::error!(why, "the registrar could not read a command");
    Problem::new(Kind::BadRequest)
}

fn forgotten() -> Message {
    Message {
        code: "person-forgotten".to_owned(),
        field: None,
        fa: "این شخص فراموش شده است و چیزی برای او ثبت نمی‌شود.".to_owned(),
        en: "That person is forgotten; nothing can be recorded for them.".to_owned(),
    }
}

fn unknown_person() -> Message {
    Message {
        code: "unknown-person".to_owned(),
        field: Some("person".to_owned()),
        fa: "چنین شخصی نیست.".to_owned(),
        en: "There is no such person.".to_owned(),
    }
}

/// An error with its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_apart() {
        assert_eq!(unavailable(&Unavailable::Full).status(), 507);
        assert_eq!(unavailable(&Unavailable::Unconfirmed).status(), 503);
    }

    #[test]
    fn what_has_no_answer_is_unknown_and_what_was_not_sent_is_not() {
        let subject = || "daftar.isfahan.cmd.permits".to_owned();
        let problem = |error: SendError| (error.is_unknown(), Problem::from(error).kind);
        let waited = std::time::Duration::from_secs(5);
        assert_eq!(problem(SendError::Timeout { subject: subject(), waited }), (true, Kind::OutcomeUnknown));
        assert_eq!(problem(SendError::NotRunning { subject: subject() }), (false, Kind::RegistrarDown));
        let large = SendError::Unsendable { subject: subject(), why: "70000 bytes".to_owned() };
        assert_eq!(problem(large), (false, Kind::TooLarge));
    }
}
