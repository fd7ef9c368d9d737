//! What a licence says, line by line, in one language: the same on the page and on paper.

use super::stand::stand;
use crate::licences::{Held, now};
use crate::pages::{Visitor, facts, format, services::text};
use credential::{Section, Sheet};
use departments::permit_office::{Answer, LicenceView};
use kernel::{Lang, time::parse_date};
use permits::events::Value;
use permits::numbers::LicenceNumber;
use permits::procedure::source::FieldSource;

/// A label and what stands beside it.
pub(super) type Line = (&'static str, String);

/// What anybody may know of a licence.
pub(super) fn public(lang: Lang, licence: &LicenceView) -> Vec<Line> {
    let t = |fa, en| if lang == Lang::Fa { fa } else { en };
    let day = |iso: &str| parse_date(iso).map_or_else(|_| iso.to_owned(), |date| format::day(lang, date));
    let count = |times: u32| format::number(lang, times.into());
    let mut lines = vec![
        (t("صدور", "Issued"), day(&licence.issued.date)),
        (t("اعتبار تا", "Valid until"), day(&licence.valid_until.date)),
        (t("منطقه", "District"), count(licence.district.into())),
    ];
    lines.extend(licence.parcel.as_deref().map(|parcel| (t("کد نوسازی", "Parcel"), format::digits(lang, parcel))));
    lines.extend((licence.renewals > 0).then(|| (t("شمار تمدید", "Renewals"), count(licence.renewals))));
    lines.extend((licence.transfers > 0).then(|| (t("شمار انتقال", "Transfers"), count(licence.transfers))));
    let certificate = licence.certificate.as_deref().map(|number| format::digits(lang, number));
    lines.extend(certificate.map(|number| (t("گواهی پایان کار", "Completion certificate"), number)));
    lines
}

/// What is its holder's to show.
pub(super) fn personal(lang: Lang, held: &Held) -> Vec<Line> {
    let t = |fa, en| if lang == Lang::Fa { fa } else { en };
    let people = held.case.people.as_ref();
    let name = people.and_then(|people| people.name.clone());
    let address = people.and_then(|people| people.address.clone());
    let mut lines: Vec<Line> = name.map(|name| (t("دارنده", "Holder"), name)).into_iter().collect();
    lines.extend(address.map(|address| (t("نشانی دارنده", "Holder's address"), address)));
    lines.push((t("شماره پرونده", "Case"), format::digits(lang, &held.licence.case)));
    lines
}

/// What may be done: the application's answers, in the procedure's words.
pub(super) fn works(lang: Lang, held: &Held) -> Vec<(String, String)> {
    let source = held.procedure.source();
    let line = |field: &FieldSource| {
        let answer = value(held.case.fields.get(field.id.as_str())?)?;
        Some((text(&field.title, lang), facts::answer(lang, field, &answer)))
    };
    source.fields.iter().filter_map(line).collect()
}

/// The licence's pages in one language.
pub(super) fn sheet(lang: Lang, held: &Held, visitor: &Visitor) -> Sheet {
    let t = |fa: &'static str, en: &'static str| if lang == Lang::Fa { fa } else { en };
    let today = visitor.site.zone.date(now());
    let stand = stand(&held.licence, today);
    let stands = format!("{}{} {}", stand.text(lang), t("، در روز", ", as of"), format::day(lang, today));
    let owned = |(label, value): Line| (label.to_owned(), value);
    let mut said: Vec<_> = personal(lang, held).into_iter().map(owned).collect();
    said.extend(public(lang, &held.licence).into_iter().map(owned));
    let mut sections = vec![Section { heading: None, lines: said }];
    let works = works(lang, held);
    if !works.is_empty() {
        sections
            .push(Section { heading: Some(t("آنچه مجاز است", "What is allowed").to_owned()), lines: works });
    }
    Sheet {
        lang,
        city: visitor.city.text(lang).to_owned(),
        title: held.procedure.source().title.get(lang).to_owned(),
        number: format::digits(lang, &held.number.to_string()),
        stands,
        holds: stand.holds,
        sections,
        check: t(
            "این پروانه ممکن است پس از چاپ معلق یا باطل شده باشد. با این کد یا در این نشانی بدانید که اکنون چگونه است:",
            "This licence may have been suspended or revoked since it was printed. With this code or at this address you \
             learn how it stands now:",
        )
        .to_owned(),
        address: check_address(&visitor.site.public_url, held.number),
    }
}

/// Where anybody checks the licence.
pub(super) fn check_address(public_url: &str, number: LicenceNumber) -> String {
    format!("{public_url}/check?number={number}")
}

fn value(answer: &Answer) -> Option<Value> {
    Some(match answer {
        Answer::Flag(flag) => Value::Flag(*flag),
        Answer::Integer(number) => Value::Integer(*number),
        Answer::Choice(choice) => Value::Choice(choice.parse().ok()?),
    })
}
