//! Checking a licence: for anybody who has its number, and without saying whose it is.

use super::{Form, Frame, Page, Visitor, html, html_with};
use crate::gateway::Shared;
use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
};
use departments::permit_office::{self, LicenceState, LicenceView};
use permits::numbers::LicenceNumber;
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Template)]
#[template(path = "check.html")]
struct Check {
    page: Frame,
    form: Form,
    found: Option<Found>,
}

struct Found {
    licence: LicenceView,
    holds: bool,
    /// How it stands, in a word or two.
    state: &'static str,
}

/// The form, and what it asked for: `?number=L-1405-000123`, in any digits.
pub(crate) async fn check(State(state): State<Shared>, visitor: Visitor, RawQuery(query): RawQuery) -> Page {
    let mut form = Form::parse(query.unwrap_or_default().as_bytes())?;
    let page = visitor.frame("استعلام پروانه", "Check a licence");
    let Some(typed) = form.get("number") else { return html(&Check { page, form, found: None }) };
    let Ok(number) = kernel::text::ascii_digits(typed).to_uppercase().parse::<LicenceNumber>() else {
        form.wrong(
            "number",
            "شماره پروانه مانند L-۱۴۰۵-۰۰۰۱۲۳ است: سال و شماره.",
            "A licence's number is like L-1405-000123: a year and a serial.",
        );
        return html_with(StatusCode::UNPROCESSABLE_ENTITY, &Check { page, form, found: None });
    };
    let Some(licence) = permit_office::licence(&state.readers.permit_office, number).await? else {
        form.wrong("number", "پروانه‌ای با این شماره صادر نشده است.", "No licence of this number was issued.");
        return html_with(StatusCode::NOT_FOUND, &Check { page, form, found: None });
    };
    let found = stand(&page, licence);
    html(&Check { page, form, found: Some(found) })
}

fn stand(page: &Frame, licence: LicenceView) -> Found {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let today = page.site.zone.date(kernel::Instant::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX)));
    let last = kernel::time::parse_date(&licence.valid_until.date);
    let over = last.is_ok_and(|last| last < today);
    let (holds, fa, en) = match licence.state {
        LicenceState::Valid if over => (false, "مدتش به پایان رسیده است", "It has expired"),
        LicenceState::Valid => (true, "معتبر است", "It is valid"),
        LicenceState::Suspended => (false, "معلق است", "It is suspended"),
        LicenceState::Revoked => (false, "باطل شده است", "It is revoked"),
        LicenceState::Completed => (true, "کار پایان یافته و گواهی شده است", "The work is complete and certified"),
    };
    Found { licence, holds, state: page.t(fa, en) }
}
