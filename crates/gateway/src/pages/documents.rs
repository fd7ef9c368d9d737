//! The documents of a case: looking at each version, its pages as pictures, and bringing a newer one.

use super::services::text;
use super::{Form, Frame, Page, Signed, html, html_with, see};
use crate::access::Caller;
use crate::attachments::{File, Waiting, is_theirs};
use crate::extract::{CasePath, HashPath, KindPath, Query};
use crate::gateway::{Shared, State as Gate};
use crate::parse::Sha256;
use crate::problem::{Kind, Problem};
use crate::routes::{documents as api, looked, visible};
use crate::uploads;
use askama::Template;
use axum::{
    body::Body,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use departments::permit_office::{Holder, VersionView};
use documents::{Preview, Shelf};
use kernel::{CaseId, StepId};
use permits::events::Document;

/// One kind of document of a case, for lists of them.
pub(crate) struct Line {
    pub(crate) kind: String,
    pub(crate) title: String,
    /// The newest, if one was given.
    pub(crate) newest: Option<VersionView>,
    /// What the reader brought and has not handed in.
    pub(crate) waiting: Option<Waiting>,
    /// Whether the reader may bring one.
    pub(crate) open: bool,
}

/// The kinds of documents of a case that the reader sees or may bring, in the procedure's order. `documents.html` lists them.
pub(crate) async fn lines(state: &Gate, page: &Frame, caller: &Caller, file: &File) -> Result<Vec<Line>, Problem> {
    let waiting = state.waiting(caller, id(file)?).await?;
    let line = |known: &permits::procedure::source::DocumentSource| {
        let newest = file.of(&known.id).first().map(|version| (*version).clone());
        let waiting = not_given(&waiting, file, &known.id);
        let open = may_bring(file, caller, &known.id);
        let (kind, title) = (known.id.to_string(), text(&known.title, page.lang));
        (open || newest.is_some()).then_some(Line { kind, title, newest, waiting, open })
    };
    Ok(file.procedure.source().documents.iter().filter_map(line).collect())
}

fn id(file: &File) -> Result<CaseId, Problem> {
    file.case.summary.case.parse().map_err(|_| Kind::Internal.into())
}

/// What waits of this kind, unless it was given meanwhile.
fn not_given(waiting: &[Waiting], file: &File, kind: &StepId) -> Option<Waiting> {
    let waits = waiting.iter().find(|waiting| waiting.kind == *kind)?;
    let given = file.of(kind).first().is_some_and(|newest| newest.sha256 == waits.sha256);
    (!given).then(|| waits.clone())
}

/// Applicants bring what the procedure knows while the case is with them, to go into their answer; officers what their
/// steps are about.
fn may_bring(file: &File, caller: &Caller, kind: &StepId) -> bool {
    let known = file.procedure.source().documents.iter().any(|known| known.id == *kind);
    let summary = &file.case.summary;
    let is_with_them = summary.status == "in-progress" && summary.holder == Holder::Applicant;
    known && if caller.is_citizen() { is_with_them } else { is_theirs(&file.procedure, caller, kind.as_str()) }
}

#[derive(Template)]
#[template(path = "case_documents.html")]
struct AllPage {
    page: Frame,
    case: String,
    lines: Vec<Line>,
}

/// Every kind of document of a case.
pub(super) async fn all(State(state): State<Shared>, signed: Signed, CasePath(case): CasePath) -> Page {
    let file = state.file(&signed.caller, case).await?;
    let page = signed.frame("مدارک", "Documents");
    let lines = lines(&state, &page, &signed.caller, &file).await?;
    html(&AllPage { page, case: case.to_string(), lines })
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    version: Option<u32>,
    /// Set where the reader looks at what they brought and did not hand in.
    waiting: Option<String>,
}

#[derive(Template)]
#[template(path = "document.html")]
struct DocumentPage {
    page: Frame,
    form: Form,
    case: String,
    kind: String,
    title: String,
    /// The newest first.
    versions: Vec<VersionView>,
    shown: Option<Shown>,
    waiting: Option<Waiting>,
    open: bool,
    /// Whether the reader hands it in with an answer to a return.
    answers: bool,
}

/// What is looked at.
struct Shown {
    /// None of it was handed in yet.
    waits: bool,
    number: u32,
    sha256: String,
    newest: bool,
    sheets: Sheets,
}

enum Sheets {
    Pages(u32),
    /// It must be fetched and opened elsewhere.
    Unreadable,
    /// Too much is being drawn now.
    Later,
    /// Nothing is kept of it: its person is forgotten, or only its hash was ever sent here.
    Gone,
}

impl DocumentPage {
    fn address(&self) -> String {
        format!("/cases/{}/documents/{}", self.case, self.kind)
    }

    fn newest(&self) -> Option<&VersionView> {
        self.versions.first()
    }

    fn of(&self, version: &VersionView) -> &'static str {
        if version.role == "citizen" {
            self.page.t("متقاضی", "the applicant")
        } else {
            self.page.t("شهرداری", "the city")
        }
    }

    fn is_shown(&self, version: &VersionView) -> bool {
        self.shown.as_ref().is_some_and(|shown| !shown.waits && shown.number == version.number)
    }
}

/// The newest version, or the one that is asked for, beside the list of them.
pub(super) async fn one(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(case): CasePath,
    KindPath(kind): KindPath,
    Query(which): Query<Which>,
) -> Page {
    show(&state, &signed, case, &kind, &which, Form::default(), StatusCode::OK).await
}

async fn show(
    state: &Shared,
    signed: &Signed,
    case: CaseId,
    kind: &StepId,
    which: &Which,
    form: Form,
    status: StatusCode,
) -> Page {
    let file = state.file(&signed.caller, case).await?;
    let known = file.procedure.source().documents.iter().find(|known| known.id == *kind).ok_or(Kind::NotFound)?;
    let versions: Vec<VersionView> = file.of(kind).into_iter().cloned().collect();
    let waiting = not_given(&state.waiting(&signed.caller, case).await?, &file, kind);
    let open = may_bring(&file, &signed.caller, kind);
    if versions.is_empty() && !open {
        return Err(Kind::NotFound.into());
    }
    let page = signed.frame(&known.title.fa, &known.title.en);
    let shown = match (&waiting, which.version) {
        (Some(waiting), None) if which.waiting.is_some() => Some((true, 0, waiting.sha256.clone(), false)),
        (_, None) => versions.first().map(|newest| (false, newest.number, newest.sha256.clone(), true)),
        (_, Some(number)) => {
            let version = versions.iter().find(|version| version.number == number).ok_or(Kind::NotFound)?;
            Some((false, number, version.sha256.clone(), version.newest))
        }
    };
    let shown = match shown {
        Some((waits, number, sha256, newest)) => {
            let sheets = sheets(state, signed, &file, (case, kind, &sha256)).await?;
            Some(Shown { waits, number, sha256, newest, sheets })
        }
        None => None,
    };
    let (title, kind, case) = (text(&known.title, page.lang), kind.to_string(), case.to_string());
    let answers = open && signed.caller.is_citizen();
    html_with(status, &DocumentPage { page, form, case, kind, title, versions, shown, waiting, open, answers })
}

/// A document of a case by kind and hash.
type Named<'a> = (CaseId, &'a StepId, &'a str);

/// How many pages there are to show. That an officer looks is recorded.
async fn sheets(state: &Shared, signed: &Signed, file: &File, named: Named<'_>) -> Result<Sheets, Problem> {
    let Some((shelves, hash)) = shelves(state, &signed.caller, file, named).await? else { return Ok(Sheets::Gone) };
    Ok(match drawn(state, &shelves, &hash, 1).await? {
        None => Sheets::Gone,
        Some(Preview::Later) => Sheets::Later,
        Some(Preview::Unreadable) => Sheets::Unreadable,
        Some(Preview::Picture(first)) => Sheets::Pages(first.pages.min(documents::MAX_PAGES)),
    })
}

/// Where a document may be that the caller sees, or brought and did not hand in.
async fn shelves(
    state: &Gate,
    caller: &Caller,
    file: &File,
    (case, kind, sha256): Named<'_>,
) -> Result<Option<(Vec<Shelf>, Sha256)>, Problem> {
    let hash = crate::parse::one("sha256", sha256)?;
    if let Some(shelves) = file.shelves(kind, sha256) {
        return Ok(Some((shelves, hash)));
    }
    let waiting = state.waiting(caller, case).await?;
    let own = waiting.iter().any(|waiting| waiting.kind == *kind && waiting.sha256 == sha256);
    Ok(own.then(|| (vec![Shelf::from(caller.person())], hash)))
}

async fn drawn(state: &Gate, shelves: &[Shelf], hash: &Sha256, page: u32) -> Result<Option<Preview>, Problem> {
    for shelf in shelves {
        if let Some(preview) = state.documents.preview(shelf.clone(), &hash.0, page).await? {
            return Ok(Some(preview));
        }
    }
    Ok(None)
}

/// The document itself, to be saved.
pub(super) async fn content(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(case): CasePath,
    KindPath(kind): KindPath,
    HashPath(hash): HashPath,
) -> Page {
    let file = state.file(&signed.caller, case).await?;
    let sha256 = projection::to_hex(&hash.0);
    let (shelves, hash) =
        shelves(&state, &signed.caller, &file, (case, &kind, &sha256)).await?.ok_or(Kind::NotFound)?;
    let content = api::find(&state, &shelves, &hash).await?.ok_or(Kind::NotFound)?;
    seen(&state, &signed.caller, &file, (case, &kind, &sha256), &hash).await;
    Ok(api::download(content, case, &kind))
}

/// An officer's look at a document that was given to the case.
async fn seen(state: &Shared, caller: &Caller, file: &File, (case, kind, sha256): Named<'_>, hash: &Sha256) {
    if file.shelves(kind, sha256).is_some() {
        looked(state, caller, case, Some(Document { kind: kind.clone(), sha256: hash.0 })).await;
    }
}

#[derive(serde::Deserialize)]
pub(super) struct Sheet {
    sheet: u32,
}

/// A page of a document as a picture.
pub(super) async fn preview(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(case): CasePath,
    KindPath(kind): KindPath,
    HashPath(hash): HashPath,
    sheet: axum::extract::Path<Sheet>,
) -> Page {
    let file = state.file(&signed.caller, case).await?;
    let sha256 = projection::to_hex(&hash.0);
    let (shelves, hash) =
        shelves(&state, &signed.caller, &file, (case, &kind, &sha256)).await?.ok_or(Kind::NotFound)?;
    let drawn = drawn(&state, &shelves, &hash, sheet.sheet).await?;
    seen(&state, &signed.caller, &file, (case, &kind, &sha256), &hash).await;
    match drawn {
        Some(Preview::Picture(picture)) => {
            let media_type = picture.kind.media_type();
            let mut response = Response::new(Body::from(picture.bytes));
            api::harmless(response.headers_mut(), media_type);
            Ok(response)
        }
        Some(Preview::Later) => Err(Kind::Overloaded.into()),
        Some(Preview::Unreadable) | None => Err(Kind::NotFound.into()),
    }
}

/// Takes a document that waits from then on to be handed in with an answer or a step.
pub(super) async fn bring(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(case): CasePath,
    KindPath(kind): KindPath,
    request: Request,
) -> Page {
    let (parts, body) = request.into_parts();
    let file = state.file(&signed.caller, case).await?;
    if !may_bring(&file, &signed.caller, &kind) {
        return Err(Kind::Forbidden.into());
    }
    let sent = uploads::form(&state, signed.caller.person(), &parts.headers, body).await?;
    match sent.stored {
        Ok(stored) => {
            state.wait(&signed.caller, case, &kind, &stored).await?;
            see(&format!("/cases/{case}/documents/{kind}?waiting=yes"))
        }
        Err(problem) if problem.status().is_client_error() => {
            let mut form = sent.form;
            form.refused(&problem, |field| Some(field.to_owned()));
            let which = Which { version: None, waiting: None };
            show(&state, &signed, case, &kind, &which, form, problem.status()).await
        }
        Err(problem) => Err(problem),
    }
}

/// Takes back what was brought and not handed in.
pub(super) async fn take_back(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(case): CasePath,
    KindPath(kind): KindPath,
    _: Form,
) -> Page {
    visible(&state, &signed.caller, case).await?;
    state.take_back(&signed.caller, case, &kind).await?;
    see(&format!("/cases/{case}/documents/{kind}"))
}
