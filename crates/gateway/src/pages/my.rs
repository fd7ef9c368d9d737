//! A citizen's own cases.

use super::{Frame, Page, Signed, html};
use crate::{
    extract::CasePath,
    gateway::{Shared, State as Gate},
    problem::Problem,
};
use askama::Template;
use axum::extract::State;
use departments::permit_office::{self, CaseSummary, Holder, Search, Sight};
use departments::{Limit, Title};
use kernel::Lang;
use std::collections::HashMap;

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

/// One of them, as whoever is signed in sees it.
pub(crate) async fn case(State(state): State<Shared>, signed: Signed, CasePath(id): CasePath) -> Page {
    if signed.caller.is_citizen() {
        super::mine::show(&state, &signed, id).await
    } else {
        super::work::case(&state, &signed, id).await
    }
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

pub(super) fn holder(page: &Frame, holder: Holder) -> &'static str {
    match holder {
        Holder::Applicant => page.t("شما", "You"),
        Holder::City => page.t("شهرداری", "The city"),
        Holder::Nobody => page.t("هیچ‌کس؛ پایان یافته است", "Nobody; it has ended"),
    }
}
