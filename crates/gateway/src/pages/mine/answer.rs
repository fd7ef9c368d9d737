//! Answering a return: what the officer asked for, the fields to correct, the documents that were brought.

use super::{Own, back, view};
use crate::extract::CasePath;
use crate::gateway::{Shared, State as Gate};
use crate::pages::facts::{self, Ask, Holds};
use crate::pages::{Form, Frame, Page, Signed, happened, html, html_with};
use crate::parse::{NOTE_LIMIT, free_text};
use crate::problem::{Kind, Problem};
use askama::Template;
use axum::{extract::State, http::StatusCode};
use kernel::StepId;
use permits::events::Document;
use permits::procedure::source::FieldSource;
use permits::{Command, Refusal};

#[derive(Template)]
#[template(path = "answer.html")]
struct Answer {
    page: Frame,
    form: Form,
    case: String,
    /// The step that gave it back, and the officer's words.
    step: String,
    note: Option<String>,
    /// What is to be corrected, by name; nothing where the officer named nothing.
    asked: Vec<String>,
    asks: Vec<Ask>,
    papers: Vec<Paper>,
}

/// A document that is to be brought, or may be.
struct Paper {
    kind: String,
    title: String,
    asked: bool,
    /// Whether a newer one waits to be handed in with the answer.
    brought: bool,
}

/// The return, with what it asks for.
struct Return<'a> {
    own: &'a Own,
    /// Ids of fields and documents.
    asked: &'a [String],
    brought: Vec<Document>,
}

impl<'a> Return<'a> {
    async fn open(state: &Gate, signed: &Signed, own: &'a Own) -> Result<Return<'a>, Problem> {
        let brought = state.brought(&signed.caller, &own.case, own.id).await?;
        Ok(Return { own, asked: &own.case.corrections, brought })
    }

    /// Only what was asked for may change; where nothing was named, anything.
    fn fields(&self) -> impl Iterator<Item = &FieldSource> {
        let fields = self.own.procedure.source().fields.iter();
        fields.filter(|field| self.asked.is_empty() || self.asks_for(field.id.as_str()))
    }

    fn asks_for(&self, id: &str) -> bool {
        self.asked.iter().any(|asked| asked == id)
    }

    /// The fields as they are now.
    fn form(&self) -> Form {
        let typed = self.fields().filter_map(|field| {
            let value = view::value(self.own.case.fields.get(field.id.as_str())?)?;
            Some((facts::name(&field.id), facts::typed(&value)))
        });
        Form::of(typed.collect())
    }

    /// The command, where nothing is wrong with the form.
    async fn command(&self, state: &Gate, signed: &Signed, form: &mut Form) -> Result<Option<Command>, Problem> {
        let procedure = &self.own.procedure;
        let facts = facts::take(form, procedure, self.fields());
        for asked in self.asked {
            let is_document = procedure.source().documents.iter().any(|known| known.id.as_str() == asked);
            if is_document && !self.brought.iter().any(|given| given.kind.as_str() == asked) {
                let id: StepId = asked.parse().map_err(|_| Kind::Internal)?;
                form.say(facts::said(procedure.source(), &Refusal::CorrectionMissing { correction: id }));
            }
        }
        let note = form.get("note").map(|note| free_text(note, NOTE_LIMIT));
        let note = note.and_then(|note| form.keep("note", note));
        if form.has_errors() {
            return Ok(None);
        }
        let note = state.note(&signed.caller, self.own.id, note.as_deref()).await?;
        Ok(Some(Command::AnswerReturn { case: self.own.id, facts, documents: self.brought.clone(), note }))
    }
}

/// The form, where there is a return to answer.
pub(in crate::pages) async fn ask(State(state): State<Shared>, signed: Signed, CasePath(id): CasePath) -> Page {
    let own = Own::open(&state, &signed, id).await?;
    if own.returned().is_none() {
        return crate::pages::see(&format!("/cases/{id}"));
    }
    let answers = Return::open(&state, &signed, &own).await?;
    html(&page(&signed, &answers, answers.form()))
}

/// Sends the answer.
pub(in crate::pages) async fn answer(
    State(state): State<Shared>,
    signed: Signed,
    CasePath(id): CasePath,
    mut form: Form,
) -> Page {
    let own = Own::open(&state, &signed, id).await?;
    let answers = Return::open(&state, &signed, &own).await?;
    let head = signed.head(&state, &form);
    let Some(command) = answers.command(&state, &signed, &mut form).await? else {
        return html_with(StatusCode::UNPROCESSABLE_ENTITY, &page(&signed, &answers, form));
    };
    match state.send(&signed.caller, head, Some(id), command).await {
        Ok(accepted) => back(&state, id, &accepted).await,
        Err(problem) => {
            let named = |field: &str| field.strip_prefix("facts.").map(|field| format!("fact-{field}"));
            form.refused(&problem, named);
            html_with(problem.status(), &page(&signed, &answers, form))
        }
    }
}

fn page(signed: &Signed, answers: &Return<'_>, form: Form) -> Answer {
    let page = signed.frame("پاسخ به خواسته کارشناس", "Answering the officer");
    let procedure = &answers.own.procedure;
    let returned = answers.own.returned();
    let step = returned.and_then(|one| one.subject.as_deref()).and_then(|id| procedure.step(&id.parse().ok()?));
    let named = |id: &String| {
        happened::item(procedure, id).map_or_else(|| id.clone(), |title| page.t(&title.fa, &title.en).to_owned())
    };
    let paper = |known: &permits::procedure::source::DocumentSource| Paper {
        kind: known.id.to_string(),
        title: page.t(&known.title.fa, &known.title.en).to_owned(),
        asked: answers.asks_for(known.id.as_str()),
        brought: answers.brought.iter().any(|given| given.kind == known.id),
    };
    let given = |kind: &str| answers.own.case.documents.iter().any(|given| given.kind == kind);
    let papers = procedure.source().documents.iter().map(paper);
    Answer {
        case: answers.own.id.to_string(),
        step: step.map_or_else(String::new, |(_, step)| page.t(&step.title.fa, &step.title.en).to_owned()),
        note: returned.and_then(|one| one.note.clone()),
        asked: answers.asked.iter().map(named).collect(),
        asks: answers.fields().map(|field| facts::ask(&page, field)).collect(),
        papers: papers.filter(|paper| paper.asked || paper.brought || given(&paper.kind)).collect(),
        form,
        page,
    }
}
