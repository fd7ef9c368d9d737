//! Applying for a service, page by page. What was typed is kept after each page, right or wrong; each page says what is
//! wrong with it; the last one shows all of it with what it costs, and sends it once.

mod check;
mod draft;
mod papers;
mod part;
mod review;
mod service;
mod view;

pub(super) use draft::begun;

use super::{Form, Page, Signed, html, html_with, see};
use crate::{
    extract::ProcedurePath,
    gateway::{Shared, State as Gate},
    problem::{Kind, Problem},
};
use axum::{extract::State, http::StatusCode};
use draft::Draft;
use kernel::ProcedureId;
use part::Part;
use service::Service;

pub(super) use papers::{bring, take_out};
pub(super) use review::send;

/// An application that somebody is at work on.
struct Work {
    service: Service,
    draft: Draft,
}

impl Work {
    async fn open(state: &Gate, signed: &Signed, id: &ProcedureId) -> Result<Work, Problem> {
        let service = Service::open(state, id).await?;
        let draft = Draft::load(state, signed.caller.person(), service.id()).await?;
        Ok(Work { service, draft })
    }

    async fn keep(&self, state: &Gate, signed: &Signed) -> Result<(), Problem> {
        self.draft.keep(state, signed.caller.person(), self.service.id()).await
    }

    fn is_done(&self, part: Part, signed: &Signed) -> bool {
        check::is_done(part, &self.service, &self.draft, signed.caller.person())
    }

    /// The first page from here on that is not done; the last one where all are.
    fn next(&self, after: Option<Part>, signed: &Signed) -> Part {
        let mut parts = Part::of(&self.service.procedure).filter(|part| Some(*part) > after);
        parts.find(|part| !self.is_done(*part, signed)).unwrap_or(Part::Review)
    }
}

fn address(procedure: &ProcedureId, part: Part) -> String {
    format!("/apply/{procedure}/{}", part.slug())
}

/// To where the application was left.
pub(super) async fn begin(State(state): State<Shared>, signed: Signed, ProcedurePath(id): ProcedurePath) -> Page {
    let work = Work::open(&state, &signed, &id).await?;
    see(&address(&id, work.next(None, &signed)))
}

/// Its last page.
pub(super) async fn review(State(state): State<Shared>, signed: Signed, ProcedurePath(id): ProcedurePath) -> Page {
    let work = Work::open(&state, &signed, &id).await?;
    html(&view::apply(&work, &signed, Part::Review, None))
}

/// A page of it.
pub(super) async fn show(
    State(state): State<Shared>,
    signed: Signed,
    ProcedurePath(id): ProcedurePath,
    part: Part,
) -> Page {
    let work = Work::open(&state, &signed, &id).await?;
    let known = Part::of(&work.service.procedure).any(|known| known == part);
    if !known {
        return Err(Kind::NotFound.into());
    }
    html(&view::apply(&work, &signed, part, None))
}

/// Takes a page of it.
pub(super) async fn take(
    State(state): State<Shared>,
    signed: Signed,
    ProcedurePath(id): ProcedurePath,
    part: Part,
    mut form: Form,
) -> Page {
    let mut work = Work::open(&state, &signed, &id).await?;
    let known = Part::of(&work.service.procedure).any(|known| known == part);
    if !known || part == Part::Review {
        return Err(Kind::NotFound.into());
    }
    work.draft.take(part, &form, &check::fields(part, &work.service));
    work.keep(&state, &signed).await?;
    check::page(part, &work.service, &work.draft, &mut form, signed.caller.person());
    if form.has_errors() {
        return html_with(StatusCode::UNPROCESSABLE_ENTITY, &view::apply(&work, &signed, part, Some(form)));
    }
    see(&address(&id, work.next(Some(part), &signed)))
}

/// Throws the draft away.
pub(super) async fn discard(
    State(state): State<Shared>,
    signed: Signed,
    ProcedurePath(id): ProcedurePath,
    _: Form,
) -> Page {
    let mut work = Work::open(&state, &signed, &id).await?;
    let before = work.draft.hashes();
    work.draft = work.draft.emptied();
    work.keep(&state, &signed).await?;
    state.let_go(signed.caller.person(), &before).await;
    see("/my")
}
