//! The documents of an application: each is sent by itself, and lies under its sender's key until the case has it.

use super::{Work, address, draft::Attached, part::Part, service::Service, view};
use crate::extract::{KindPath, ProcedurePath};
use crate::gateway::{Shared, State as Gate};
use crate::pages::{Form, Page, Signed, html_with, see};
use crate::problem::{Kind, Problem};
use crate::uploads;
use axum::extract::{Request, State};
use kernel::{ProcedureId, StepId};

/// Takes a document, in place of one of its kind.
pub(in crate::pages) async fn bring(
    State(state): State<Shared>,
    signed: Signed,
    ProcedurePath(id): ProcedurePath,
    KindPath(kind): KindPath,
    request: Request,
) -> Page {
    known(&state, &id, &kind).await?;
    let (parts, body) = request.into_parts();
    let sent = uploads::form(&state, signed.caller.person(), &parts.headers, body).await?;
    // Only now: while this was on its way, something else may have been written.
    let mut work = Work::open(&state, &signed, &id).await?;
    match sent.stored {
        Ok(stored) => {
            let before = work.draft.taken_out(&kind);
            let (sha256, size, content) = (stored.sha256, stored.size, stored.kind);
            work.draft.documents.push(Attached { kind: kind.clone(), sha256, size, content });
            work.keep(&state, &signed).await?;
            state.let_go(signed.caller.person(), &before).await;
            see(&format!("{}#paper-{kind}", address(&id, Part::Documents)))
        }
        Err(problem) if problem.status().is_client_error() => {
            let mut form = Form::default();
            form.refused(&problem, |_| Some(format!("document-{kind}")));
            html_with(problem.status(), &view::apply(&work, &signed, Part::Documents, Some(form)))
        }
        Err(problem) => Err(problem),
    }
}

/// Takes a document out again.
pub(in crate::pages) async fn take_out(
    State(state): State<Shared>,
    signed: Signed,
    ProcedurePath(id): ProcedurePath,
    KindPath(kind): KindPath,
    _: Form,
) -> Page {
    let mut work = Work::open(&state, &signed, &id).await?;
    let before = work.draft.taken_out(&kind);
    work.keep(&state, &signed).await?;
    state.let_go(signed.caller.person(), &before).await;
    see(&address(&id, Part::Documents))
}

/// Whether an application for this service can have such a document.
async fn known(state: &Gate, id: &ProcedureId, kind: &StepId) -> Result<(), Problem> {
    let service = Service::open(state, id).await?;
    let known = service.source().documents.iter().any(|known| known.id == *kind);
    if known { Ok(()) } else { Err(Kind::NotFound.into()) }
}
