//! What the page of one's own case shows.

use super::{Own, now};
use crate::gateway::State as Gate;
use crate::pages::documents::{self, Line};
use crate::pages::{Form, Frame, Signed, facts, happened, my, words};
use crate::problem::Problem;
use askama::Template;
use departments::permit_office::{self, Answer, CaseView, LicenceView, StepState, StepView};
use kernel::StepId;
use permits::events::Value;

/// The page of a case.
#[derive(Template)]
#[template(path = "case.html")]
pub(super) struct Mine {
    page: Frame,
    form: Form,
    case: CaseView,
    service: String,
    status: &'static str,
    holder: &'static str,
    waits: Vec<now::Wait>,
    steps: Vec<Step>,
    answers: Vec<(String, String)>,
    lines: Vec<Line>,
    happened: Vec<happened::Line>,
    licence: Option<LicenceView>,
    /// Why it was refused, suspended or revoked.
    article: Option<String>,
    /// Whether there was ever a bill.
    billed: bool,
    withdrawable: bool,
}

/// A step that the case has reached.
struct Step {
    title: String,
    state: &'static str,
    class: &'static str,
    /// Whose it is, how it ended and when.
    more: String,
}

pub(super) async fn mine(state: &Gate, signed: &Signed, own: Own, form: Form) -> Result<Mine, Problem> {
    let number = own.case.summary.case.clone();
    let page = signed.frame(&format!("پرونده {}", kernel::text::fa_digits(&number)), &format!("Case {number}"));
    let title = &own.procedure.source().title;
    let licence = match own.case.summary.licence {
        Some(_) => permit_office::licence_of(&state.readers.permit_office, own.id).await?,
        None => None,
    };
    let articles = &own.procedure.source().articles;
    let article = own.case.article.as_deref().map(|id| {
        let known = articles.iter().find(|article| article.id.as_str() == id);
        known.map_or_else(|| id.to_owned(), |known| page.t(&known.title.fa, &known.title.en).to_owned())
    });
    let lines = documents(state, signed, &page, &own).await?;
    Ok(Mine {
        service: page.t(&title.fa, &title.en).to_owned(),
        status: my::status(&page, &own.case.summary.status),
        holder: my::holder(&page, own.case.summary.holder),
        waits: now::waits(&own, &page, state.till.is_some()),
        steps: own.case.steps.iter().map(|step| shown(&own, &page, step)).collect(),
        answers: answers(&own, &page),
        lines,
        happened: happened::lines(&page, &own.procedure, &own.past),
        licence,
        article,
        billed: own.past.iter().any(|one| one.event == "BillIssued"),
        withdrawable: own.goes_on(),
        case: own.case,
        form,
        page,
    })
}

fn shown(own: &Own, page: &Frame, step: &StepView) -> Step {
    let known = step.step.parse::<StepId>().ok().and_then(|id| own.procedure.step(&id)).map(|(_, known)| known);
    let title = known.map_or(step.step.as_str(), |known| page.t(&known.title.fa, &known.title.en)).to_owned();
    let (state, class) = match step.state {
        StepState::Open if step.passed => (page.t("مهلت گذشته", "Overdue"), "bad"),
        StepState::Open => (page.t("در جریان", "Under way"), "warn"),
        StepState::Done => (page.t("انجام شد", "Done"), "good"),
        StepState::Skipped => (page.t("لازم نبود", "Not needed"), "plain"),
        StepState::Cancelled => (page.t("کنار گذاشته شد", "Called off"), "plain"),
    };
    let role = step.role.as_deref().map(|role| words::role(page.lang, role));
    let outcome = known.zip(step.outcome.as_deref()).and_then(|(known, id)| {
        let outcome = known.outcomes.iter().find(|outcome| outcome.id.as_str() == id)?;
        Some(page.t(&outcome.title.fa, &outcome.title.en).to_owned())
    });
    let due = step.due.as_ref().filter(|_| step.state == StepState::Open);
    let due = due.map(|due| format!("{} {}", page.t("تا", "by"), page.day(&due.at)));
    let ended = step.ended_at.as_ref().map(|ended| page.day(&ended.at));
    let more: Vec<String> = [role, outcome, due, ended].into_iter().flatten().collect();
    Step { title, state, class, more: more.join(page.t("؛ ", "; ")) }
}

/// What the application says, in the reader's words.
fn answers(own: &Own, page: &Frame) -> Vec<(String, String)> {
    let line = |field: &permits::procedure::source::FieldSource| {
        let value = value(own.case.fields.get(field.id.as_str())?)?;
        Some((page.t(&field.title.fa, &field.title.en).to_owned(), facts::answer(page.lang, field, &value)))
    };
    own.procedure.source().fields.iter().filter_map(line).collect()
}

/// An answer of the read model as the rules have it.
pub(super) fn value(answer: &Answer) -> Option<Value> {
    Some(match answer {
        Answer::Flag(flag) => Value::Flag(*flag),
        Answer::Integer(number) => Value::Integer(*number),
        Answer::Choice(choice) => Value::Choice(choice.parse().ok()?),
    })
}

/// Those that were given, wait to be handed in, or are asked for.
async fn documents(state: &Gate, signed: &Signed, page: &Frame, own: &Own) -> Result<Vec<Line>, Problem> {
    let file = state.file(&signed.caller, own.id).await?;
    let mut lines = documents::lines(state, page, &signed.caller, &file).await?;
    let is_asked = |line: &Line| own.case.corrections.contains(&line.kind);
    lines.retain(|line| line.newest.is_some() || line.waiting.is_some() || is_asked(line));
    Ok(lines)
}
