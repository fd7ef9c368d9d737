//! Who looked at the file: when, in which role, of which office.

use super::Own;
use crate::extract::{CasePath, Query};
use crate::gateway::Shared;
use crate::pages::{Frame, Page, Signed, happened, html, words};
use askama::Template;
use axum::extract::State;
use departments::permit_office::{self, AccessView, CityView};
use departments::{Limit, Title};
use kernel::Position;
use permits::procedure::Procedure;

#[derive(Template)]
#[template(path = "accesses.html")]
struct Accesses {
    page: Frame,
    case: String,
    looks: Vec<Look>,
    next: Option<String>,
}

/// A look, in the reader's words.
struct Look {
    at: String,
    role: String,
    office: String,
    /// Enough of the pseudonym to tell two officers apart, and to ask about one.
    officer: String,
    what: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::pages) struct Part {
    page: Option<String>,
}

pub(in crate::pages) async fn accesses(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(id): CasePath,
    Query(part): Query<Part>,
) -> Page {
    let own = Own::open(&state, &signed, id).await?;
    let desk = &state.readers.permit_office;
    // Whoever got the licence from somebody else is not told of the time before.
    let parties = permit_office::parties(desk, id).await?;
    let since =
        parties.iter().find(|(person, _)| *person == signed.caller.person()).map_or(Position(0), |(_, since)| *since);
    let found = permit_office::accesses(desk, id, since, part.page.as_deref(), Limit::default()).await?;
    let city = permit_office::city(desk.reader()).await?;
    let page = signed.frame("چه کسی پرونده را دیده است", "Who looked at your file");
    let looks = found.items.into_iter().map(|one| look(&page, &own.procedure, city.as_ref(), one)).collect();
    html(&Accesses { case: id.to_string(), looks, next: found.next, page })
}

fn look(page: &Frame, procedure: &Procedure, city: Option<&CityView>, one: AccessView) -> Look {
    let office = |id: &str| {
        let known = city.into_iter().flat_map(|city| &city.departments).find(|known| known.id == id);
        known.map_or_else(|| id.to_owned(), |known| title(page, &known.title))
    };
    let what = match one.document.as_deref() {
        Some(kind) => happened::item(procedure, kind).map_or(kind, |title| page.t(&title.fa, &title.en)).to_owned(),
        None => page.t("پرونده", "The file").to_owned(),
    };
    Look {
        at: page.moment(&one.at.at),
        role: words::role(page.lang, &one.role),
        office: one.department.as_deref().map_or_else(String::new, office),
        officer: one.officer.chars().take(8).collect(),
        what,
    }
}

fn title(page: &Frame, title: &Title) -> String {
    page.t(&title.fa, &title.en).to_owned()
}
