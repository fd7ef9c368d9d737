//! The desk of a role in its districts: what is due, what is overdue, what an officer has taken.

mod line;
pub(super) mod live;

use super::words;
use super::{Form, Frame, Page, Signed, html, now, see, visitor::local};
use crate::extract::{CasePath, StepPath};
use crate::gateway::{Shared, State as Gate};
use crate::parse::one;
use crate::problem::Problem;
use askama::Template;
use axum::extract::{RawQuery, State};
use departments::Limit;
use departments::permit_office::{self, InboxAsk, MOST_COUNTED};
use kernel::{DistrictId, Districts, Instant};
use line::{Line, Lines};
use permits::Command;
use std::time::Duration;

/// How many lines a page of the desk has.
const LINES: u16 = 25;
/// By when the tables should hold what was just done.
pub(super) const CATCH_UP: Duration = Duration::from_secs(2);

/// Which part of the desk is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Due,
    Overdue,
    Mine,
}

impl Tab {
    const ALL: [Tab; 3] = [Tab::Due, Tab::Overdue, Tab::Mine];

    fn of(name: Option<&str>) -> Tab {
        Tab::ALL.into_iter().find(|tab| Some(tab.name()) == name).unwrap_or(Tab::Due)
    }

    fn name(self) -> &'static str {
        match self {
            Tab::Due => "due",
            Tab::Overdue => "overdue",
            Tab::Mine => "mine",
        }
    }

    fn title(self, page: &Frame) -> &'static str {
        match self {
            Tab::Due => page.t("در مهلت", "Due"),
            Tab::Overdue => page.t("از مهلت گذشته", "Overdue"),
            Tab::Mine => page.t("روی میز من", "Mine"),
        }
    }
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Desk {
    page: Frame,
    role: String,
    tabs: Vec<TabLink>,
    tab: &'static str,
    districts: Vec<u8>,
    district: Option<u8>,
    lines: Vec<Line>,
    next: Option<String>,
    taken: bool,
    /// Where the page listens for what is new.
    live: String,
}

impl Desk {
    fn is_chosen(&self, district: &u8) -> bool {
        self.district == Some(*district)
    }
}

struct TabLink {
    address: String,
    title: &'static str,
    count: String,
    is_here: bool,
}

pub(super) async fn desk(State(state): State<Shared>, signed: Signed, RawQuery(query): RawQuery) -> Page {
    let query = Form::parse(query.unwrap_or_default().as_bytes())?;
    let page = signed.frame("میز کار", "Desk");
    let tab = Tab::of(query.get("tab"));
    let district: Option<DistrictId> = query.get("district").map(|text| one("district", text)).transpose()?;
    let at = now();
    let ask = ask(&signed, tab, district, query.get("page"), at)?;
    let reader = &state.readers.permit_office;
    // What comes while the tables are read is told of as new.
    let position = reader.reader().position().await.ok().flatten().map_or(0, |position| position.0);
    let found = permit_office::inbox(reader, &ask).await?;
    let tabs = tabs(&state, &signed, &page, (tab, &ask), at).await?;
    let services = state.services().await?;
    let calendar = permit_office::calendar(reader).await?;
    let lines = Lines { page: &page, services: &services, calendar: &calendar, caller: &signed.caller, now: at };
    let lines = found.items.into_iter().map(|item| lines.line(item)).collect();
    let next = found.next.map(|next| format!("{}&page={}", address(tab, district), super::frame::encode(&next)));
    let role = words::role(page.lang, signed.caller.actor.role.as_str());
    let districts = districts(&state, signed.caller.actor.districts).await?;
    let live = district.map_or_else(String::new, |district| format!("&district={district}"));
    let live = format!("/desk/live?after={position}{live}");
    let (tab, district, taken) = (tab.name(), district.map(|district| district.0), query.get("taken").is_some());
    html(&Desk { page, role, tabs, tab, districts, district, lines, next, taken, live })
}

/// The asked district, if it is one of the officer's; all of theirs where none is.
fn held(signed: &Signed, district: Option<DistrictId>) -> Result<Districts, Problem> {
    let Some(district) = district else { return Ok(signed.caller.actor.districts) };
    signed.caller.in_district(district)?;
    Ok([district].into_iter().collect())
}

fn ask(
    signed: &Signed,
    tab: Tab,
    district: Option<DistrictId>,
    after: Option<&str>,
    at: Instant,
) -> Result<InboxAsk, Problem> {
    let districts = held(signed, district)?;
    Ok(InboxAsk {
        role: signed.caller.actor.role.clone(),
        districts,
        item: None,
        due_from: (tab == Tab::Due).then_some(at),
        due_before: (tab == Tab::Overdue).then_some(at),
        officer: (tab == Tab::Mine).then_some(signed.caller.person()),
        after: after.map(str::to_owned),
        limit: Limit::new(Some(LINES)),
    })
}

/// Where a tab is.
fn address(tab: Tab, district: Option<DistrictId>) -> String {
    let district = district.map_or_else(String::new, |district| format!("&district={district}"));
    format!("/desk?tab={}{district}", tab.name())
}

async fn tabs(
    state: &Gate,
    signed: &Signed,
    page: &Frame,
    (here, ask): (Tab, &InboxAsk),
    at: Instant,
) -> Result<Vec<TabLink>, Problem> {
    let counts = permit_office::counts(&state.readers.permit_office, ask, signed.caller.person(), (at, at)).await?;
    let one = (ask.districts != signed.caller.actor.districts).then(|| only(ask.districts)).flatten();
    let link = |tab: Tab| {
        let count = match tab {
            Tab::Due => counts.all - counts.late,
            Tab::Overdue => counts.late,
            Tab::Mine => counts.mine,
        };
        // Counting stops there: what is due is then so many or more.
        let more = if counts.all >= MOST_COUNTED && tab != Tab::Mine { "+" } else { "" };
        let count = format!("{}{more}", page.number(&count));
        TabLink { address: address(tab, one), title: tab.title(page), count, is_here: tab == here }
    };
    Ok(Tab::ALL.into_iter().map(link).collect())
}

fn only(districts: Districts) -> Option<DistrictId> {
    (1..64).map(DistrictId).find(|district| districts.contains(*district))
}

/// The city's districts that are also these.
pub(super) async fn districts(state: &Gate, held: Districts) -> Result<Vec<u8>, Problem> {
    let charter = permit_office::city(state.readers.permit_office.reader()).await?;
    let count = charter.map_or(0, |charter| charter.districts);
    Ok((1..=count).filter(|district| held.contains(DistrictId(*district))).collect())
}

/// An officer takes a step on their desk, and stays where they were.
pub(super) async fn take(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(case): CasePath,
    StepPath(step): StepPath,
    form: Form,
) -> Page {
    let head = signed.head(&state, &form);
    let accepted = state.send(&signed.caller, head, Some(case), Command::TakeStep { case, step }).await?;
    let _ = state.readers.permit_office.reader().wait_for(accepted.last(), CATCH_UP).await;
    match form.get("back") {
        Some(back) => see(&local(Some(back))),
        None => see(&format!("/cases/{case}")),
    }
}
