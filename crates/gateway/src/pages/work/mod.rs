//! A case as an officer sees it: what it says, its documents, what happened, and what can be done with it now.

mod act;
mod file;
mod offer;
mod view;

use super::{Form, Frame, Page, Signed, html_with, see, words};
use crate::gateway::{Shared, State as Gate};
use crate::problem::{Kind, Problem};
use crate::routes::own_writes;
use act::{Act, Sent};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use departments::permit_office::CaseView;
use file::{File, Look};
use kernel::{CaseId, CommandId};
use offer::{Holds, Offer, Offers};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use view::{Asked, Paper, Stage, View};

/// Forms that are remembered as sent from a page that showed the case as it was; beyond so many the oldest are looked at
/// again, which tells a late double click that the case has moved on.
const MOST_FRESH: usize = 10_000;

/// Commands whose forms were found to be of a page that showed the case as it was: sent again, they are repeats.
#[derive(Debug, Default)]
pub(crate) struct Fresh(Mutex<HashSet<CommandId>>);

impl Fresh {
    fn knows(&self, command: CommandId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&command)
    }

    fn keep(&self, command: CommandId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_FRESH {
            known.clear();
        }
        known.insert(command);
    }
}

#[derive(Template)]
#[template(path = "work.html")]
struct Work {
    page: Frame,
    /// What was sent, to say what is wrong with it.
    form: Form,
    case: CaseView,
    service: String,
    status: &'static str,
    holder: &'static str,
    channel: String,
    facts: Vec<(String, String)>,
    papers: Vec<Paper>,
    stages: Vec<Stage>,
    asked: Vec<Asked>,
    history: Vec<super::happened::Line>,
    corrections: Vec<String>,
    offers: Vec<Offer>,
    /// Steps that the officer can take: id and name.
    free: Vec<(String, String)>,
    /// The place of the last event that this page shows.
    seen: u64,
    is_returned: bool,
    done: bool,
}

/// The page of a case for an officer.
pub(super) async fn case(state: &Shared, signed: &Signed, id: CaseId) -> Page {
    let file = File::open(state, &signed.caller, id, Look::Recorded).await?;
    let done = Form::parse(signed.visitor.here.split_once('?').map_or("", |(_, query)| query).as_bytes())?;
    let done = done.get("done").is_some();
    html_with(StatusCode::OK, &page(signed, &file, None, done))
}

/// Does what a form says.
pub(super) async fn act(
    State(state): State<Shared>,
    signed: Signed,
    Path((case, act)): Path<(String, String)>,
    mut form: Form,
) -> Page {
    let id: CaseId = crate::parse::one("case", &case)?;
    let act = Act::parse(&act).ok_or(Kind::NotFound)?;
    own_writes(&state).await?;
    let file = File::open(&state, &signed.caller, id, Look::Known).await?;
    let head = signed.head(&state, &form);
    let fresh = &state.pages.fresh;
    if !fresh.knows(head.id()) {
        if form.get("seen") != Some(file.last().to_string().as_str()) {
            moved_on(&mut form);
            return html_with(StatusCode::CONFLICT, &page(&signed, &file, Some((&act, form)), false));
        }
        fresh.keep(head.id());
    }
    let sent = Sent { state: &state, caller: &signed.caller, file: &file, act: &act };
    let Some(command) = sent.command(&mut form).await? else {
        return html_with(StatusCode::UNPROCESSABLE_ENTITY, &page(&signed, &file, Some((&act, form)), false));
    };
    match state.send(&signed.caller, head, Some(id), command).await {
        Ok(accepted) => {
            shown(&state, accepted.last()).await;
            see(&format!("/cases/{id}?done=1"))
        }
        Err(problem) if problem.status().is_client_error() => {
            refused(&mut form, &act, &problem);
            html_with(problem.status(), &page(&signed, &file, Some((&act, form)), false))
        }
        Err(problem) => Err(problem),
    }
}

/// What the register says is wrong stands beside its field, where the form has it.
fn refused(form: &mut Form, act: &Act, problem: &Problem) {
    let known = ["outcome", "checklist", "documents", "corrections", "article", "note", "agency"];
    form.refused(problem, |field| {
        let field = field.split('.').next().unwrap_or(field);
        known.contains(&field).then(|| act.field(field))
    });
}

fn moved_on(form: &mut Form) {
    form.wrong(
        "",
        "پرونده از وقتی که این صفحه را باز کردید جلوتر رفته است و چیزی ثبت نشد. آنچه تازه است را ببینید و اگر هنوز درست است دوباره بفرستید.",
        "The case has moved on since you opened this page, and nothing was recorded. Look at what is new, and send it again if it still holds.",
    );
}

/// Waits a moment for the tables that the next page shows.
async fn shown(state: &Gate, position: kernel::Position) {
    for desk in [&state.readers.permit_office, &state.readers.revenue] {
        let _ = desk.reader().wait_for(position, super::desk::CATCH_UP).await;
    }
}

fn page(signed: &Signed, file: &File, sent: Option<(&Act, Form)>, done: bool) -> Work {
    let number = file.case.summary.case.as_str();
    let frame = signed.frame(&format!("پرونده {}", kernel::text::fa_digits(number)), &format!("Case {number}"));
    let offers = Offers { page: &frame, file, caller: &signed.caller };
    let all = offers.all(sent.as_ref().map(|(act, form)| (*act, form)));
    let view = View { page: &frame, file, caller: &signed.caller };
    let free = offers.own_steps().into_iter().filter(|step| step.officer.is_none() && !file.is_returned());
    let free = free.map(|step| (step.step.clone(), view.step(&step.step))).collect();
    Work {
        form: sent.map(|(_, form)| form).unwrap_or_default(),
        service: file.procedure.source().title.get(frame.lang).to_owned(),
        status: super::my::status(&frame, &file.case.summary.status),
        holder: view.holder(),
        channel: words::channel(frame.lang, &file.case.channel),
        facts: view.facts(),
        papers: view.papers(),
        stages: view.stages(),
        asked: view.asked(),
        history: view.history(),
        corrections: view.corrections(),
        offers: all,
        free,
        seen: file.last().0,
        is_returned: file.is_returned(),
        done,
        case: file.case.clone(),
        page: frame,
    }
}
