//! A citizen's own cases.

use super::{Form, Frame, Page, Signed, happened, html, html_with, see};
use crate::{
    extract::CasePath,
    gateway::{Shared, State as Gate},
    problem::{Kind, Problem},
    routes::visible,
};
use askama::Template;
use axum::{extract::State, http::StatusCode};
use departments::permit_office::{self, CaseSummary, CaseView, Holder, Search, Sight};
use departments::{Limit, Personal, Title};
use kernel::{CaseId, Lang, ProcedureId};
use permits::Command;
use std::collections::HashMap;

/// How many of the things that happened are shown at once.
const MOST: u16 = 100;

#[derive(Template)]
#[template(path = "my.html")]
struct My {
    page: Frame,
    /// Services that an application was begun for, with their names.
    drafts: Vec<(String, String)>,
    cases: Vec<Line>,
    next: Option<String>,
}

/// A case in a list.
struct Line {
    case: CaseSummary,
    service: String,
    status: &'static str,
    holder: &'static str,
}

#[derive(serde::Deserialize)]
pub(crate) struct Part {
    page: Option<String>,
}

/// All of them, the newest first.
pub(crate) async fn cases(
    State(state): State<Shared>,
    signed: Signed,
    axum::extract::Query(part): axum::extract::Query<Part>,
) -> Page {
    let page = signed.frame("پرونده‌های من", "My cases");
    let titles = titles(&state, page.lang).await?;
    let (desk, person) = (&state.readers.permit_office, signed.caller.person());
    let (what, sight) = (Search::Person(person), Sight::Person(person));
    let found = permit_office::search(desk, &what, sight, part.page.as_deref(), Limit::default()).await?;
    let cases = found.items.into_iter().map(|case| line(&page, &titles, case)).collect();
    let begun = super::apply::begun(&state, person).await?.into_iter().map(|id| id.to_string());
    let drafts = begun.filter_map(|id| titles.get(&id).cloned().map(|title| (id, title))).collect();
    html(&My { drafts, next: found.next.map(|next| super::frame::encode(&next)), cases, page })
}

#[derive(Template)]
#[template(path = "case.html")]
struct OneCase {
    page: Frame,
    form: Form,
    line: Line,
    case: CaseView,
    withdrawable: bool,
    happened: Vec<happened::Line>,
}

/// One of them.
pub(crate) async fn case(State(state): State<Shared>, signed: Signed, CasePath(id): CasePath) -> Page {
    if !signed.caller.is_citizen() {
        return super::work::case(&state, &signed, id).await;
    }
    let case = visible(&state, &signed.caller, id).await?;
    html(&one(&state, &signed, case, Form::default()).await?)
}

/// Takes the application back, once that was confirmed.
pub(crate) async fn withdraw(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(id): CasePath,
    mut form: Form,
) -> Page {
    if !form.is("sure", "yes") {
        form.wrong("sure", "برای پس‌گرفتن درخواست این را تأیید کنید.", "Confirm this to take the application back.");
        return again(&state, &signed, id, form).await;
    }
    let head = signed.head(&state, &form);
    match state.send(&signed.caller, head, Some(id), Command::Withdraw { case: id }).await {
        Ok(_) => see(&format!("/cases/{id}")),
        Err(problem) => {
            form.refused(&problem, |_| None);
            again(&state, &signed, id, form).await
        }
    }
}

fn number_of(case: &CaseView) -> Result<CaseId, Problem> {
    case.summary.case.parse().map_err(|_| Kind::Internal.into())
}

async fn again(state: &Gate, signed: &Signed, id: CaseId, form: Form) -> Page {
    let case = visible(state, &signed.caller, id).await?;
    html_with(StatusCode::UNPROCESSABLE_ENTITY, &one(state, signed, case, form).await?)
}

async fn one(state: &Gate, signed: &Signed, case: CaseView, form: Form) -> Result<OneCase, Problem> {
    let number = case.summary.case.clone();
    let page = signed.frame(&format!("پرونده {}", kernel::text::fa_digits(&number)), &format!("Case {number}"));
    let titles = titles(state, page.lang).await?;
    let id: ProcedureId = case.summary.procedure.parse().map_err(|_| Kind::Internal)?;
    let procedure = state.procedure(&id, case.version).await?;
    let desk = &state.readers.permit_office;
    // A licence's new holder is not told what was said of the one before.
    let past = permit_office::timeline(desk, number_of(&case)?, None, Limit::new(Some(MOST)), Personal::Hidden).await?;
    let happened = happened::lines(&page, &procedure, &past.items);
    let line = line(&page, &titles, case.summary.clone());
    let withdrawable = signed.caller.is_citizen() && case.summary.status == "in-progress";
    Ok(OneCase { page, form, line, case, withdrawable, happened })
}

/// What the services are called.
async fn titles(state: &Gate, lang: Lang) -> Result<HashMap<String, String>, Problem> {
    let known = permit_office::procedures(&state.readers.permit_office).await?;
    let title = |Title { fa, en }: Title| if lang == Lang::Fa { fa } else { en };
    Ok(known.into_iter().map(|procedure| (procedure.procedure, title(procedure.title))).collect())
}

fn line(page: &Frame, titles: &HashMap<String, String>, case: CaseSummary) -> Line {
    let service = titles.get(&case.procedure).cloned().unwrap_or_else(|| case.procedure.clone());
    Line { service, status: status(page, &case.status), holder: holder(page, case.holder), case }
}

pub(super) fn status(page: &Frame, status: &str) -> &'static str {
    let (fa, en) = match status {
        "in-progress" => ("در دست بررسی", "In progress"),
        "granted" => ("موافقت شد", "Granted"),
        "issued" => ("پروانه صادر شد", "Licence issued"),
        "suspended" => ("پروانه معلق است", "Licence suspended"),
        "revoked" => ("پروانه باطل شد", "Licence revoked"),
        "completed" => ("پایان کار", "Completed"),
        "refused" => ("رد شد", "Refused"),
        "withdrawn" => ("پس گرفته شد", "Withdrawn"),
        _ => ("بسته شد", "Closed"),
    };
    page.t(fa, en)
}

fn holder(page: &Frame, holder: Holder) -> &'static str {
    match holder {
        Holder::Applicant => page.t("شما", "You"),
        Holder::City => page.t("شهرداری", "The city"),
        Holder::Nobody => page.t("هیچ‌کس؛ پایان یافته است", "Nobody; it has ended"),
    }
}
