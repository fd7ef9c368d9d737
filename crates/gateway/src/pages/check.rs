//! Checking a licence, now or as of a day: for anybody who has its number, without saying whose it is; or who is shown it
//! as a credential, which says what its holder chose.

use super::licence::{Stand, stand};
use super::{Form, Frame, Page, Visitor, html, html_with};
use crate::gateway::{Shared, State as Gate};
use crate::licences::now;
use crate::problem::Problem;
use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
};
use credential::{Credential, Refused};
use departments::permit_office::{self, LicenceView};
use kernel::Date;
use permits::numbers::LicenceNumber;
use serde_json::Value;

#[derive(Template)]
#[template(path = "check.html")]
struct Check {
    page: Frame,
    form: Form,
    found: Option<Found>,
}

struct Found {
    licence: LicenceView,
    stand: Stand,
    /// The day that the answer is about.
    day: String,
    /// Whether it was issued to somebody who is no more its holder.
    former: bool,
    /// What a credential says besides.
    shown: Vec<(&'static str, String)>,
}

/// The form, and what it asked for: `?number=L-1405-000123`, in any digits, with `&on=1405/09/08` as of that day.
pub(crate) async fn check(State(state): State<Shared>, visitor: Visitor, RawQuery(query): RawQuery) -> Page {
    let mut form = Form::parse(query.unwrap_or_default().as_bytes())?;
    let page = visitor.frame("استعلام پروانه", "Check a licence");
    if form.fields().next().is_none() {
        return html(&Check { page, form, found: None });
    }
    let (number, day) = (number(&mut form), day(&page, &mut form));
    let (Some(number), Some(day)) = (number, day) else { return wrong(page, form, StatusCode::UNPROCESSABLE_ENTITY) };
    let Some(now) = permit_office::licence(&state.readers.permit_office, number).await? else {
        form.wrong("number", "پروانه‌ای با این شماره صادر نشده است.", "No licence of this number was issued.");
        return wrong(page, form, StatusCode::NOT_FOUND);
    };
    let moment = page.site.zone.end_of_day(day);
    let licence = if day == today(&page) {
        Some(now)
    } else {
        permit_office::licence_at(&state.readers.permit_office, number, moment).await?
    };
    let Some(licence) = licence else {
        form.wrong("on", "این پروانه تا آن روز صادر نشده بود.", "This licence had not been issued by that day.");
        return wrong(page, form, StatusCode::NOT_FOUND);
    };
    let found = found(&page, licence, day);
    html(&Check { page, form, found: Some(found) })
}

/// A credential that somebody was shown, pasted whole.
pub(crate) async fn shown(State(state): State<Shared>, visitor: Visitor, mut form: Form) -> Page {
    let page = visitor.frame("استعلام پروانه", "Check a licence");
    let pasted: String = form.get("credential").unwrap_or_default().split_whitespace().collect();
    if pasted.is_empty() {
        form.wrong("credential", "متن گواهی دیجیتال را اینجا بگذارید.", "Paste the credential's text here.");
        return wrong(page, form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    match Credential::verify(&pasted, &(state.licence_keys)(), &page.site.public_url, now()) {
        Ok(credential) => {
            let found = of_credential(&state, &page, credential).await?;
            html(&Check { page, form, found })
        }
        Err(refused) => {
            let (fa, en) = words(refused);
            form.wrong("credential", fa, en);
            wrong(page, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

async fn of_credential(state: &Gate, page: &Frame, credential: Credential) -> Result<Option<Found>, Problem> {
    let licence = permit_office::licence(&state.readers.permit_office, credential.number).await?;
    let former = |licence: &LicenceView| licence.transfers != credential.transfers;
    let says = |name: &str| credential.claims.get(name).and_then(Value::as_str);
    let shown = [
        ("holder", page.t("دارنده", "Holder")),
        ("address", page.t("نشانی دارنده", "Holder's address")),
        ("case", page.t("شماره پرونده", "Case")),
    ];
    let shown = shown.into_iter().filter_map(|(name, label)| Some((label, page.digits(&says(name)?))));
    let shown: Vec<_> = shown.collect();
    Ok(licence.map(|licence| Found { former: former(&licence), shown, ..found(page, licence, today(page)) }))
}

fn wrong(page: Frame, form: Form, status: StatusCode) -> Page {
    html_with(status, &Check { page, form, found: None })
}

fn number(form: &mut Form) -> Option<LicenceNumber> {
    let number = form.get("number").and_then(|typed| typed.parse::<LicenceNumber>().ok());
    if number.is_none() {
        form.wrong(
            "number",
            "شماره پروانه مانند L-۱۴۰۵-۰۰۰۱۲۳ است: سال و شماره.",
            "A licence's number is like L-1405-000123: a year and a serial.",
        );
    }
    number
}

/// The day that is asked about: today where none is named.
fn day(page: &Frame, form: &mut Form) -> Option<Date> {
    let Some(typed) = form.get("on") else { return Some(today(page)) };
    match kernel::time::parse_date(typed) {
        Ok(day) if day > today(page) => {
            form.wrong("on", "این روز هنوز نیامده است.", "This day has not come yet.");
            None
        }
        Ok(day) => Some(day),
        Err(_) => {
            form.wrong(
                "on",
                "روز را مانند ۱۴۰۵/۰۹/۰۸ بنویسید: سال، ماه، روز.",
                "Write the day like 1405/09/08: year, month, day.",
            );
            None
        }
    }
}

fn today(page: &Frame) -> Date {
    page.site.zone.date(now())
}

fn found(page: &Frame, licence: LicenceView, day: Date) -> Found {
    let shown = page.day(&day.to_string());
    Found { stand: stand(&licence, day), licence, day: shown, former: false, shown: Vec::new() }
}

/// Why a credential is not believed, for whoever was shown it.
fn words(refused: Refused) -> (&'static str, &'static str) {
    match refused {
        Refused::Malformed => (
            "این متن یک گواهی دیجیتال کامل نیست. آن را از آغاز تا پایان بگذارید.",
            "This text is not a whole credential. Paste it from beginning to end.",
        ),
        Refused::OtherType => ("این گواهی برای پروانه نیست.", "This is not a licence's credential."),
        Refused::OtherIssuer => ("این گواهی را این شهر نداده است.", "This city did not give this credential."),
        Refused::UnknownKey | Refused::BadSignature | Refused::BadDisclosure => (
            "این گواهی ساختگی است یا پس از صدور دست خورده است.",
            "This credential is forged or was changed after it was issued.",
        ),
        Refused::NotYet => ("اعتبار این گواهی هنوز آغاز نشده است.", "This credential does not hold yet."),
        Refused::Expired => ("مدت این گواهی به پایان رسیده است.", "This credential has expired."),
    }
}
