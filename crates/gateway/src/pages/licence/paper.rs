//! What a licence says, line by line, in one language: the same on the page and on paper.

use crate::licences::Held;
use crate::pages::{facts, format, services::text};
use departments::permit_office::{Answer, LicenceView};
use kernel::{Lang, time::parse_date};
use permits::events::Value;
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

fn value(answer: &Answer) -> Option<Value> {
    Some(match answer {
        Answer::Flag(flag) => Value::Flag(*flag),
        Answer::Integer(number) => Value::Integer(*number),
        Answer::Choice(choice) => Value::Choice(choice.parse().ok()?),
    })
}
