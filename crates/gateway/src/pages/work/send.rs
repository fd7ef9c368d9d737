//! An officer's forms become commands; what the rules do not take is said at the form that it came by.

use super::super::{Form, Page, Signed, desk::CATCH_UP, see};
use super::again;
use crate::{
    extract::{AgencyPath, CasePath, StepPath},
    gateway::{Shared, State as Gate},
    parse::one,
    problem::{Kind, Problem},
};
use axum::extract::{Path, State};
use kernel::{CaseId, StepId};
use permits::{
    Command,
    events::{ChecklistAnswer, Verdict},
    procedure,
};

pub(crate) async fn complete(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(case): CasePath,
    StepPath(step): StepPath,
    form: Form,
) -> Page {
    let sent = format!("complete-{step}");
    let command = async {
        let outcome = form.get("outcome").map(|text| one("outcome", text)).transpose()?.unwrap_or_else(procedure::done);
        let mut checklist = Vec::new();
        for (name, value) in form.fields() {
            if let Some(item) = name.strip_prefix("check-") {
                checklist.push(ChecklistAnswer { item: one(name, item)?, holds: value == "yes" });
            }
        }
        let note = state.note(&signed.caller, case, form.get("note")).await?;
        Ok(Command::CompleteStep { case, step, outcome, checklist, documents: Vec::new(), note })
    };
    let command = command.await;
    finish(&state, &signed, case, form, sent, command).await
}

pub(crate) async fn give_back(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(case): CasePath,
    StepPath(step): StepPath,
    form: Form,
) -> Page {
    let sent = format!("return-{step}");
    let command = async {
        let chosen = form.fields().filter(|(name, _)| *name == "correct");
        let corrections = chosen.map(|(_, value)| one::<StepId>("correct", value)).collect::<Result<_, _>>()?;
        let note = state.note(&signed.caller, case, form.get("note")).await?;
        Ok(Command::ReturnCase { case, step, corrections, note })
    };
    let command = command.await;
    finish(&state, &signed, case, form, sent, command).await
}

pub(crate) async fn consult(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(case): CasePath,
    StepPath(step): StepPath,
    AgencyPath(agency): AgencyPath,
    form: Form,
) -> Page {
    let sent = format!("ask-{agency}");
    finish(&state, &signed, case, form, sent, Ok(Command::Consult { case, step, agency })).await
}

pub(crate) async fn answer(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(case): CasePath,
    AgencyPath(agency): AgencyPath,
    mut form: Form,
) -> Page {
    let sent = format!("answer-{agency}");
    let verdict = match form.get("verdict") {
        Some("approves") => Verdict::Approves,
        Some("approves-with-conditions") => Verdict::ApprovesWithConditions,
        Some("rejects") => Verdict::Rejects,
        _ => {
            form.wrong("verdict", "یکی از نظرها را برگزینید.", "Choose a verdict.");
            return again(&state, &signed, case, form, sent).await;
        }
    };
    let note = state.note(&signed.caller, case, form.get("note")).await;
    let command = note.map(|note| Command::AnswerConsultation { case, agency, verdict, note });
    finish(&state, &signed, case, form, sent, command).await
}

/// A decision about the whole case, by its name in the address.
pub(crate) async fn decide(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(case): CasePath,
    Path(path): Path<std::collections::HashMap<String, String>>,
    mut form: Form,
) -> Page {
    let name = path.get("decision").map_or("", String::as_str).to_owned();
    if matches!(name.as_str(), "refuse" | "suspend" | "revoke") && form.get("article").is_none() {
        form.wrong("article", "مستند قانونی را برگزینید.", "Choose the article that it rests on.");
    }
    if name == "objection" && form.get("upheld").is_none() {
        form.wrong("upheld", "رأی را برگزینید.", "Choose the decision.");
    }
    if form.has_errors() {
        return again(&state, &signed, case, form, name).await;
    }
    let command = decision(&state, &signed, case, &name, &form).await;
    finish(&state, &signed, case, form, name, command).await
}

async fn decision(state: &Gate, signed: &Signed, case: CaseId, name: &str, form: &Form) -> Result<Command, Problem> {
    let note = state.note(&signed.caller, case, form.get("note")).await?;
    let article = || one::<StepId>("article", form.get("article").unwrap_or(""));
    Ok(match name {
        "bill" => Command::IssueBill { case },
        "grant" => Command::Grant { case },
        "issue" => Command::IssueLicence { case },
        "reinstate" => Command::Reinstate { case },
        "renew" => Command::Renew { case },
        "complete" => Command::CompleteWork { case },
        "extend" => Command::ExtendDeadline { case, step: None },
        "refuse" => Command::RefuseCase { case, article: article()?, note },
        "suspend" => Command::Suspend { case, article: article()?, note },
        "revoke" => Command::Revoke { case, article: article()?, note },
        "objection" => Command::DecideObjection { case, upheld: form.is("upheld", "yes"), note },
        _ => return Err(Kind::NotFound.into()),
    })
}

/// Sends the command; back to the case once the tables show what it did.
async fn finish(
    state: &Shared,
    signed: &Signed,
    case: CaseId,
    mut form: Form,
    sent: String,
    command: Result<Command, Problem>,
) -> Page {
    let head = signed.head(state, &form);
    let done = match command {
        Ok(command) => state.send(&signed.caller, head, Some(case), command).await,
        Err(problem) => Err(problem),
    };
    match done {
        Ok(accepted) => {
            let _ = state.readers.permit_office.reader().wait_for(accepted.last(), CATCH_UP).await;
            see(&format!("/cases/{case}"))
        }
        Err(problem) if problem.status().as_u16() == 422 || problem.status().as_u16() == 409 => {
            form.refused(&problem, field);
            again(state, signed, case, form, sent).await
        }
        Err(problem) => Err(problem),
    }
}

/// The form's name of a request's field.
fn field(name: &str) -> Option<String> {
    if name.starts_with("checklist") {
        return Some("check".to_owned());
    }
    let known = ["outcome", "note", "article", "verdict", "upheld"].into_iter().find(|known| *known == name);
    known.map(str::to_owned).or_else(|| name.starts_with("correct").then(|| "correct".to_owned()))
}
