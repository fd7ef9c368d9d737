//! An officer's look at a file goes into the register, so that whoever it is about can see it: once an hour for each
//! officer, case and document.

use super::view::visible;
use crate::access::Caller;
use crate::command::Head;
use crate::gateway::{Shared, State as Gate};
use crate::permissions::Group;
use crate::problem::Problem;
use departments::permit_office::CaseView;
use kernel::{CaseId, CommandId};
use permits::{Command, events::Document};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long one look counts, in seconds.
const ONE_LOOK: u64 = 3_600;
/// Looks of this hour that are remembered; beyond so many the register is asked again, which knows them too.
const MOST_KNOWN: usize = 100_000;
/// Looks that could not be recorded and are tried again at one time.
const MOST_TRIED_AGAIN: usize = 1_000;
/// How long is waited before that.
const AGAIN: Duration = Duration::from_secs(5);

/// The looks of this hour that are in the register already.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    known: Mutex<(u64, HashSet<CommandId>)>,
    tried_again: Mutex<HashSet<CommandId>>,
}

impl Looks {
    fn is_known(&self, hour: u64, look: CommandId) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.0 == hour && known.1.contains(&look)
    }

    fn keep(&self, hour: u64, look: CommandId) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 != hour || known.1.len() >= MOST_KNOWN {
            *known = (hour, HashSet::new());
        }
        known.1.insert(look);
    }

    /// Whether this one is to be tried again from now on: nobody does so already, and there is room.
    fn begins_again(&self, look: CommandId) -> bool {
        let mut tried = self.tried_again.lock().unwrap_or_else(PoisonError::into_inner);
        tried.len() < MOST_TRIED_AGAIN && tried.insert(look)
    }

    fn ends_again(&self, look: CommandId) {
        self.tried_again.lock().unwrap_or_else(PoisonError::into_inner).remove(&look);
    }
}

/// The case, if the caller may see it; an officer's look is recorded.
pub(crate) async fn opened(state: &Shared, caller: &Caller, id: CaseId) -> Result<CaseView, Problem> {
    let case = visible(state, caller, id).await?;
    looked(state, caller, id, None).await;
    Ok(case)
}

/// Records that an officer looks at a case that they may see, or at one document of it.
///
/// A register that does not answer takes nothing out of sight: the look is recorded once it answers again.
pub(crate) async fn looked(state: &Shared, caller: &Caller, case: CaseId, document: Option<Document>) {
    if matches!(caller.group, Group::Citizen | Group::Bank) {
        return;
    }
    let hour = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / ONE_LOOK);
    let head = head(state, caller, case, document.as_ref(), hour);
    if state.looks.is_known(hour, head.id()) {
        return;
    }
    let look = Look { caller: caller.clone(), head, hour, case, document };
    if !look.recorded(state).await && state.looks.begins_again(look.head.id()) {
        tokio::spawn(again(Arc::clone(state), look));
    }
}

struct Look {
    caller: Caller,
    head: Head,
    hour: u64,
    case: CaseId,
    document: Option<Document>,
}

impl Look {
    /// Whether the register has it, or will never take it.
    async fn recorded(&self, state: &Gate) -> bool {
        let command = Command::ViewFile { case: self.case, document: self.document.clone() };
        match state.send(&self.caller, self.head.clone(), Some(self.case), command).await {
            Ok(_) => state.looks.keep(self.hour, self.head.id()),
            Err(problem) if problem.status().is_server_error() => return false,
            Err(problem) => tracing::error!(case = %self.case, code = problem.message.code, "a look was refused"),
        }
        true
    }
}

async fn again(state: Shared, look: Look) {
    loop {
        tokio::time::sleep(AGAIN).await;
        if look.recorded(&state).await {
            return state.looks.ends_again(look.head.id());
        }
    }
}

/// The same officer, role, case, document and hour are the same command.
fn head(state: &Gate, caller: &Caller, case: CaseId, document: Option<&Document>, hour: u64) -> Head {
    let (case, hour) = (case.to_string(), hour.to_string());
    let kind = document.map_or("", |document| document.kind.as_str());
    let hash = document.map_or_else(String::new, |document| format!("{:x?}", document.sha256));
    let says = ["look", caller.actor.role.as_str(), &case, kind, &hash, &hour];
    Head::derived(&state.command_ids, caller.person(), &says)
}
