//! Documents and cases: which of them a caller may see, under whose key they are, and what waits to be handed in.
//!
//! A document is its sender's until a command gives it to a case; from then on the case has it, under the applicant's key,
//! whose forgetting it does not outlive. It is found where this case has it, or where whoever gave it brought it, and
//! nowhere else: naming the hash of somebody's document opens nothing.

use crate::access::Caller;
use crate::gateway::State;
use crate::parse::{Sha256, one};
use crate::permissions::Group;
use crate::problem::{Kind, Problem, chain};
use crate::routes::visible;
use departments::Personal;
use departments::permit_office::{self, CaseView, DocumentView, VersionView};
use documents::{Shelf, Stored};
use kernel::{CaseId, Instant, PersonId, ProcedureId, StepId};
use permits::Command;
use permits::events::Document;
use permits::procedure::Procedure;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// How the drafts are called that hold what waits to be handed in. No procedure has a colon in its name.
const WAITING: &str = "document";

/// A document that its sender brought for a case and has not handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    pub(crate) kind: StepId,
    /// Hexadecimal.
    pub(crate) sha256: String,
    pub(crate) size: u64,
}

/// The documents of a case, as a caller may see them.
pub(crate) struct File {
    pub(crate) case: CaseView,
    pub(crate) procedure: Arc<Procedure>,
    /// The newest last.
    pub(crate) versions: Vec<VersionView>,
    /// Where the case has them.
    shelves: Vec<Shelf>,
}

impl File {
    /// Where a document of this hash may be; nothing where the caller sees no such document.
    pub(crate) fn shelves(&self, kind: &StepId, sha256: &str) -> Option<Vec<Shelf>> {
        let version = self.versions.iter().find(|known| known.kind == kind.as_str() && known.sha256 == sha256)?;
        // It is where its giver brought it until the case has it.
        let giver = version.giver.parse().ok().map(|giver: PersonId| Shelf::from(giver));
        Some(self.shelves.iter().cloned().chain(giver).collect())
    }

    /// The versions of one kind, the newest first.
    pub(crate) fn of(&self, kind: &StepId) -> Vec<&VersionView> {
        self.versions.iter().rev().filter(|known| known.kind == kind.as_str()).collect()
    }
}

impl State {
    /// The documents of a case that the caller may see.
    pub(crate) async fn file(&self, caller: &Caller, id: CaseId) -> Result<File, Problem> {
        let case = visible(self, caller, id).await?;
        let procedure: ProcedureId = case.summary.procedure.parse().map_err(|_| Kind::Internal)?;
        let procedure = self.procedure(&procedure, case.version).await?;
        let desk = &self.readers.permit_office;
        let parties = permit_office::parties(desk, id).await?;
        let mut versions = permit_office::versions(desk, id).await?;
        // Whoever got the licence from somebody else sees nothing of the time before.
        let party = parties.iter().find(|(person, _)| caller.is_citizen() && *person == caller.person());
        let since = party.map_or(0, |(_, since)| since.0);
        versions.retain(|version| version.position >= since && may_see(&procedure, caller, &version.kind));
        let shelves = parties.into_iter().map(|(person, _)| Shelf::of(person, id.to_string())).collect();
        Ok(File { case, procedure, versions, shelves })
    }

    /// What the caller brought for a case and has not handed in.
    pub(crate) async fn waiting(&self, caller: &Caller, case: CaseId) -> Result<Vec<Waiting>, Problem> {
        let prefix = name(case, "");
        let mut waiting = Vec::new();
        for (name, _) in self.vault.drafts(caller.person()).await? {
            if !name.starts_with(&prefix) {
                continue;
            }
            let draft = self.vault.draft(caller.person(), &name).await?;
            waiting.extend(draft.and_then(|draft| serde_json::from_slice::<Waiting>(&draft).ok()));
        }
        waiting.sort_by(|one: &Waiting, other| one.kind.as_str().cmp(other.kind.as_str()));
        Ok(waiting)
    }

    /// The same as a command gives it, but for what the case has already: what was handed in another way is not given twice.
    pub(crate) async fn brought(&self, caller: &Caller, case: &CaseView, id: CaseId) -> Result<Vec<Document>, Problem> {
        let mut brought = Vec::new();
        for waiting in self.waiting(caller, id).await? {
            let given = |known: &DocumentView| known.kind == waiting.kind.as_str() && known.sha256 == waiting.sha256;
            if !case.documents.iter().any(given) {
                let hash: Sha256 = one("sha256", &waiting.sha256)?;
                brought.push(Document { kind: waiting.kind, sha256: hash.0 });
            }
        }
        Ok(brought)
    }

    /// Remembers what the caller brought for a case, in place of one of its kind that was not handed in.
    pub(crate) async fn wait(
        &self,
        caller: &Caller,
        case: CaseId,
        kind: &StepId,
        stored: &Stored,
    ) -> Result<(), Problem> {
        let sha256 = projection::to_hex(&stored.sha256);
        let waiting = Waiting { kind: kind.clone(), sha256, size: stored.size };
        let draft = serde_json::to_vec(&waiting).map_err(|_| Kind::Internal)?;
        let (person, name) = (caller.person(), name(case, kind.as_str()));
        let before = self.vault.draft(person, &name).await?;
        self.vault.keep_draft(person, &name, &draft, now()).await?;
        self.let_go(person, &hash_of(before.as_deref())).await;
        Ok(())
    }

    /// Takes back what was not handed in.
    pub(crate) async fn take_back(&self, caller: &Caller, case: CaseId, kind: &StepId) -> Result<(), Problem> {
        let (person, name) = (caller.person(), name(case, kind.as_str()));
        let Some(draft) = self.vault.draft(person, &name).await? else { return Ok(()) };
        self.vault.drop_draft(person, &name).await?;
        self.let_go(person, &hash_of(Some(&draft))).await;
        Ok(())
    }

    /// Removes what a person brought, once no draft of theirs names it. Of what drafts never named, as programs bring it,
    /// nobody can say whether it is still to be handed in, so it stays.
    pub(crate) async fn let_go(&self, person: PersonId, hashes: &[String]) {
        for hash in hashes {
            let removed = match (self.names(person, hash).await, one::<Sha256>("sha256", hash)) {
                (Ok(false), Ok(known)) => self.documents.discard(person, &known.0).await.map_err(|error| chain(&error)),
                (Ok(_), _) => Ok(()),
                (Err(problem), _) => Err(problem.message.code.to_string()),
            };
            if let Err(error) = removed {
                tracing::warn!(error, "a document that nobody wants any more takes up space");
            }
        }
    }

    /// The same for what was handed in, as far as the case has it by now.
    pub(crate) async fn let_go_handed_in(&self, caller: &Caller, case: CaseId, hashes: &[String]) {
        let Ok(file) = self.file(caller, case).await else { return };
        for hash in hashes {
            let Ok(known) = one::<Sha256>("sha256", hash) else { continue };
            for shelf in &file.shelves {
                if matches!(self.documents.get(shelf.clone(), &known.0).await, Ok(Some(_))) {
                    self.let_go(caller.person(), std::slice::from_ref(hash)).await;
                }
            }
        }
    }

    /// Whether a draft of this person names a document.
    async fn names(&self, person: PersonId, hash: &str) -> Result<bool, Problem> {
        for (name, _) in self.vault.drafts(person).await? {
            let draft = self.vault.draft(person, &name).await?.unwrap_or_default();
            if draft.windows(hash.len()).any(|text| text == hash.as_bytes()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// After a command was accepted that gave documents to a case: the case has them from now on, and they wait no more.
    /// Until this is done they are found where whoever gave them brought them, so that it fails takes nothing back.
    pub(crate) async fn handed_in(&self, caller: &Caller, case: CaseId, command: &Command) {
        let documents = given(command);
        if documents.is_empty() {
            return;
        }
        let owner = match self.owner(case, command).await {
            Ok(owner) => owner.unwrap_or(caller.person()),
            Err(problem) => {
                tracing::warn!(code = problem.message.code, "documents stay with whoever gave them");
                return;
            }
        };
        let shelf = Shelf::of(owner, case.to_string());
        for document in documents {
            if let Err(error) = self.documents.copy(caller.person(), &shelf, &document.sha256).await {
                tracing::warn!(error = chain(&error), "a document stays with whoever gave it");
                continue;
            }
            if self.take_back(caller, case, &document.kind).await.is_err() {
                tracing::warn!("a document that was handed in still seems to wait");
            }
        }
    }

    /// Whose documents a case has.
    async fn owner(&self, case: CaseId, command: &Command) -> Result<Option<PersonId>, Problem> {
        if let Command::Apply(application) = command {
            return Ok(application.applicant.as_ref().map(|party| party.person));
        }
        let found = permit_office::case(&self.readers.permit_office, case, Personal::Hidden).await?;
        Ok(found.and_then(|case| case.applicant).and_then(|person| person.parse().ok()))
    }
}

/// The documents that a command gives to a case.
fn given(command: &Command) -> &[Document] {
    if let Command::Apply(application) = command {
        &application.documents
    } else if let Command::AnswerReturn { documents, .. } | Command::CompleteStep { documents, .. } = command {
        documents
    } else {
        &[]
    }
}

/// Whether documents of this kind are shown to the caller, in a case that they see.
pub(crate) fn may_see(procedure: &Procedure, caller: &Caller, kind: &str) -> bool {
    match caller.group {
        Group::Citizen | Group::PermitOffice | Group::DistrictOffice => true,
        Group::Partner => is_theirs(procedure, caller, kind),
        Group::Admin | Group::Bank | Group::RevenueOffice | Group::Agency => false,
    }
}

/// Whether a step of the caller's role is about documents of this kind.
pub(crate) fn is_theirs(procedure: &Procedure, caller: &Caller, kind: &str) -> bool {
    let mut steps = procedure.source().steps.iter().filter(|step| step.role == caller.actor.role);
    steps.any(|step| step.documents.iter().any(|known| known.as_str() == kind))
}

/// The document that a draft has waiting.
fn hash_of(draft: Option<&[u8]>) -> Vec<String> {
    let waiting = draft.and_then(|draft| serde_json::from_slice::<Waiting>(draft).ok());
    waiting.into_iter().map(|waiting| waiting.sha256).collect()
}

fn name(case: CaseId, kind: &str) -> String {
    format!("{WAITING}:{case}:{kind}")
}

fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
