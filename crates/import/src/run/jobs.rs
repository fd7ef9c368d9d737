//! What is done for a row: one command.

use super::{CaseKey, Import};
use crate::{
    CaseRow, StepRow, actors,
    report::Stopped,
    send::{Outcome, send},
};
use kernel::{CaseId, Channel, CommandId, DistrictId, Envelope, Instant, PersonId};
use permits::{Application, Command, events::Origin};

/// A command to be.
#[derive(Debug)]
pub(super) enum Job {
    Open { row: CaseRow, id: CommandId },
    Step { row: StepRow, id: CommandId, person: Option<PersonId>, case: CaseId },
    Close { case: CaseId, at: Instant, id: CommandId, line: u64 },
}

/// Which of them it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Step,
    Close,
}

/// What came of a job.
pub(super) struct Done {
    pub(super) case: CaseKey,
    pub(super) kind: Kind,
    pub(super) line: u64,
    pub(super) outcome: Outcome,
}

impl Job {
    /// The job, now that its case has a number.
    pub(super) fn about(self, number: CaseId) -> Job {
        match self {
            Job::Step { row, id, person, .. } => Job::Step { row, id, person, case: number },
            Job::Open { .. } | Job::Close { .. } => self,
        }
    }

    pub(super) fn line(&self) -> u64 {
        match self {
            Job::Open { row, .. } => row.line,
            Job::Step { row, .. } => row.line,
            Job::Close { line, .. } => *line,
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Job::Open { .. } => Kind::Open,
            Job::Step { .. } => Kind::Step,
            Job::Close { .. } => Kind::Close,
        }
    }
}

impl Import<'_> {
    /// Sends the job's command and waits for what comes of it.
    pub(super) async fn perform(&self, case: CaseKey, job: Job) -> Done {
        let (kind, line) = (job.kind(), job.line());
        let outcome = match self.envelope(job).await {
            Ok(envelope) => send(self.commands, &envelope, line).await,
            Err(stopped) => Outcome::Stop(stopped),
        };
        Done { case, kind, line, outcome }
    }

    async fn envelope(&self, job: Job) -> Result<Envelope<Command>, Stopped> {
        let (id, channel, at, command) = match job {
            Job::Open { row, id } => {
                let CaseRow { reference, channel, deadline, started, .. } = row;
                let application = Application {
                    procedure: self.options.procedure.clone(),
                    district: DistrictId(0),
                    parcel: None,
                    applicant: None,
                    agent: None,
                    facts: Vec::new(),
                    documents: Vec::new(),
                    origin: Some(Origin { reference }),
                    deadline,
                };
                (id, channel.unwrap_or(Channel::SYSTEM), started, Command::Apply(application))
            }
            Job::Step { row, id, person, case } => {
                let StepRow { name, at, actor, unit, lifecycle, .. } = row;
                let actor = match actor {
                    Some(label) => Some(
                        actors::seal(self.vault, &self.options.city, person, &label).await.map_err(Stopped::Vault)?,
                    ),
                    None => None,
                };
                (id, Channel::SYSTEM, at, Command::RecordStep { case, name, actor, unit, lifecycle })
            }
            Job::Close { case, at, id, .. } => (id, Channel::SYSTEM, at, Command::CloseRecord { case }),
        };
        let actor = self.options.actor.clone();
        Ok(Envelope { id, actor, channel, cause: None, occurred_at: Some(at), command })
    }
}
