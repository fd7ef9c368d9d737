//! The city's services: what each needs, costs and takes, before anybody applies.

use super::{Frame, Page, Visitor, facts, html};
use crate::{extract::ProcedurePath, gateway::Shared, permissions::Group, problem::Kind};
use askama::Template;
use axum::extract::State;
use departments::permit_office;
use kernel::Lang;
use permits::procedure::{
    Procedure,
    source::{DeadlineSource, FieldKind, Phase, Text, Unit},
};

#[derive(Template)]
#[template(path = "services.html")]
struct Services {
    page: Frame,
    services: Vec<(String, String)>,
}

pub(crate) async fn all(State(state): State<Shared>, visitor: Visitor) -> Page {
    let page = visitor.frame("خدمت‌ها", "Services");
    let known = permit_office::procedures(&state.readers.permit_office).await?;
    let offered = known.into_iter().filter(|procedure| !procedure.observed);
    let services = offered.map(|procedure| {
        let title = if page.lang == Lang::Fa { procedure.title.fa } else { procedure.title.en };
        (procedure.procedure, title)
    });
    html(&Services { services: services.collect(), page })
}

#[derive(Template)]
#[template(path = "service.html")]
struct Service {
    page: Frame,
    id: String,
    /// Whether whoever looks could apply: a citizen, or somebody who is not signed in yet.
    apply: bool,
    promise: Option<String>,
    channels: Vec<(String, Option<String>)>,
    fields: Vec<(String, String)>,
    documents: Vec<(String, bool)>,
    conditions: Vec<String>,
    fees: Vec<(String, String)>,
    steps: Vec<(String, Option<String>)>,
}

pub(crate) async fn one(State(state): State<Shared>, visitor: Visitor, ProcedurePath(id): ProcedurePath) -> Page {
    let found = permit_office::procedure(&state.readers.permit_office, &id, None).await?.ok_or(Kind::NotFound)?;
    let source = found.source.ok_or(Kind::NotFound)?;
    let procedure = Procedure::parse(&source).map_err(|_| Kind::Internal)?;
    let source = procedure.source();
    let page = visitor.frame(&source.title.fa, &source.title.en);
    let lang = page.lang;
    let fields = source.fields.iter().map(|field| (text(&field.title, lang), holds(&page, &field.holds, &field.unit)));
    let channel = |offered: &permits::procedure::Offered| {
        let until = offered.until.map(|until| page.day(&until.to_string()));
        (channel(&page, &offered.name), until)
    };
    let steps = source.steps.iter().filter(|step| step.phase == Phase::Application && !step.on_demand);
    let service = Service {
        id: source.id.to_string(),
        apply: !source.observed && page.group.is_none_or(|group| group == Group::Citizen),
        promise: source.promise.as_ref().map(|promise| days(&page, promise)),
        channels: procedure.channels().iter().map(channel).collect(),
        fields: fields.collect(),
        documents: source.documents.iter().map(|known| (text(&known.title, lang), known.required)).collect(),
        conditions: source.conditions.iter().map(|condition| text(&condition.title, lang)).collect(),
        fees: source.fees.iter().map(|fee| (text(&fee.title, lang), fee.law.clone())).collect(),
        steps: steps
            .map(|step| (text(&step.title, lang), step.deadline.as_ref().map(|deadline| days(&page, deadline))))
            .collect(),
        page,
    };
    html(&service)
}

/// A title in the reader's language.
pub(in crate::pages) fn text(text: &Text, lang: Lang) -> String {
    if lang == Lang::Fa { text.fa.clone() } else { text.en.clone() }
}

pub(in crate::pages) fn days(page: &Frame, deadline: &DeadlineSource) -> String {
    let days = page.digits(&deadline.days);
    let unit = match deadline.unit {
        Unit::Working => page.t("روز کاری", "working days"),
        Unit::Calendar => page.t("روز", "days"),
    };
    format!("{days} {unit}")
}

fn channel(page: &Frame, name: &str) -> String {
    match name {
        "online" => page.t("اینترنتی", "Online").to_owned(),
        "phone" => page.t("تلفنی", "By telephone").to_owned(),
        "office" => page.t("حضوری", "In person").to_owned(),
        other => page.digits(&other),
    }
}

fn holds(page: &Frame, kind: &FieldKind, unit: &str) -> String {
    match kind {
        FieldKind::Integer { min, max } => facts::range(page.lang, *min, *max, unit),
        FieldKind::Flag => page.t("بله یا نه", "yes or no").to_owned(),
        FieldKind::Choice { choices } => {
            let choices: Vec<String> = choices.iter().map(|choice| text(&choice.title, page.lang)).collect();
            choices.join(page.t("، ", ", "))
        }
    }
}
