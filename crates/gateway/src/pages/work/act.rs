//! What an officer can do with a case: its name in addresses and forms, and the command that a filled form becomes.

use super::file::File;
use crate::access::Caller;
use crate::gateway::State as Gate;
use crate::pages::Form;
use crate::problem::Problem;
use kernel::{CaseId, Sealed, StepId};
use permits::Command;
use permits::events::{ChecklistAnswer, Document, Verdict};
use permits::procedure;

/// One thing that can be done. Those about a step or an agency name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    Complete(StepId),
    Return(StepId),
    Consult(StepId),
    Answer(StepId),
    Bill,
    Grant,
    Refuse,
    Issue,
    Suspend,
    Reinstate,
    Revoke,
    Renew,
    Certify,
    Extend,
    Objection,
}

/// Acts of the whole case by name.
const WHOLE: &[(&str, Act)] = &[
    ("bill", Act::Bill),
    ("grant", Act::Grant),
    ("refuse", Act::Refuse),
    ("issue", Act::Issue),
    ("suspend", Act::Suspend),
    ("reinstate", Act::Reinstate),
    ("revoke", Act::Revoke),
    ("renew", Act::Renew),
    ("certify", Act::Certify),
    ("extend", Act::Extend),
    ("objection", Act::Objection),
];

impl Act {
    /// The act of this name.
    pub(super) fn parse(name: &str) -> Option<Act> {
        if let Some((_, act)) = WHOLE.iter().find(|(known, _)| *known == name) {
            return Some(act.clone());
        }
        let (verb, subject) = name.split_once('-')?;
        let subject = subject.parse().ok()?;
        match verb {
            "complete" => Some(Act::Complete(subject)),
            "return" => Some(Act::Return(subject)),
            "consult" => Some(Act::Consult(subject)),
            "answer" => Some(Act::Answer(subject)),
            _ => None,
        }
    }

    /// Its name, with which every field of its form begins: a page may hold many forms.
    pub(super) fn name(&self) -> String {
        match self {
            Act::Complete(step) => format!("complete-{step}"),
            Act::Return(step) => format!("return-{step}"),
            Act::Consult(step) => format!("consult-{step}"),
            Act::Answer(agency) => format!("answer-{agency}"),
            whole => {
                WHOLE.iter().find(|(_, act)| act == whole).map_or_else(String::new, |(name, _)| (*name).to_owned())
            }
        }
    }

    /// The form's name of a field.
    pub(super) fn field(&self, field: &str) -> String {
        format!("{}-{field}", self.name())
    }

    /// Whether somebody must read why.
    pub(super) fn needs_reason(&self) -> bool {
        matches!(self, Act::Refuse | Act::Suspend | Act::Revoke | Act::Objection | Act::Return(_))
    }

    /// Whether it takes something away from somebody, so that it is confirmed once more.
    pub(super) fn is_grave(&self) -> bool {
        matches!(self, Act::Refuse | Act::Suspend | Act::Revoke)
    }
}

/// A form that was sent, as an act of this officer on this case.
pub(super) struct Sent<'a> {
    pub(super) state: &'a Gate,
    pub(super) caller: &'a Caller,
    pub(super) file: &'a File,
    pub(super) act: &'a Act,
}

impl Sent<'_> {
    /// The command, or nothing when the form says what is wrong with it.
    pub(super) async fn command(&self, form: &mut Form) -> Result<Option<Command>, Problem> {
        self.check(form);
        let note = match self.state.note(self.caller, self.file.id, form.get(&self.act.field("note"))).await {
            Ok(note) => note,
            Err(problem) if problem.status().is_client_error() => {
                form.refused(&problem, |_| Some(self.act.field("note")));
                None
            }
            Err(problem) => return Err(problem),
        };
        Ok(if form.has_errors() { None } else { self.worded(form, note) })
    }

    /// What can be seen to be missing before anybody is asked.
    fn check(&self, form: &mut Form) {
        let act = self.act;
        let needs = |form: &mut Form, field: &str, fa: &str, en: &str| {
            let field = act.field(field);
            if form.get(&field).is_none() {
                form.wrong(&field, fa, en);
            }
        };
        match act {
            Act::Complete(step) => self.check_step(form, step),
            Act::Consult(_) => needs(form, "agency", "دستگاه را برگزینید.", "Choose the agency."),
            Act::Answer(_) => needs(form, "verdict", "پاسخ را برگزینید.", "Choose the answer."),
            Act::Refuse | Act::Suspend | Act::Revoke => {
                needs(form, "article", "ماده قانونی را برگزینید.", "Choose the article of law.");
            }
            Act::Extend => needs(form, "clock", "مهلت را برگزینید.", "Choose the deadline."),
            Act::Objection => needs(form, "upheld", "رأی را برگزینید.", "Choose the decision."),
            Act::Return(_) | Act::Bill | Act::Grant | Act::Issue | Act::Reinstate | Act::Renew | Act::Certify => {}
        }
        if act.needs_reason() {
            needs(form, "note", "دلیل را بنویسید؛ متقاضی آن را می‌خواند.", "Write why; the applicant will read it.");
        }
        if act.is_grave() {
            needs(form, "sure", "برای انجام این کار آن را تأیید کنید.", "Confirm this to go on.");
        }
    }

    /// The rules of the step, in the words of its procedure; the register holds them too.
    fn check_step(&self, form: &mut Form, id: &StepId) {
        let Some((_, step)) = self.file.procedure.step(id) else { return };
        let outcome = form.get(&self.act.field("outcome")).map(str::to_owned);
        if !step.outcomes.is_empty() && outcome.is_none() {
            form.wrong(&self.act.field("outcome"), "نتیجه را برگزینید.", "Choose how it ended.");
            return;
        }
        let chosen = step.outcomes.iter().find(|known| Some(known.id.as_str()) == outcome.as_deref());
        if chosen.is_some_and(|o| o.opens.is_some() || o.back_to.is_some() || o.refuses.is_some()) {
            return;
        }
        let ticked = self.act.field("checklist");
        for item in step.checklist.iter().filter(|item| item.required) {
            if !form.is(&ticked, item.id.as_str()) {
                let (fa, en) = (&item.title.fa, &item.title.en);
                form.wrong(&ticked, format!("لازم است: {fa}"), format!("Needed: {en}"));
            }
        }
        for kind in step.documents.iter().filter(|kind| !self.file.has(kind)) {
            let title = self.file.procedure.source().documents.iter().find(|known| known.id == *kind);
            if let Some(title) = title.map(|known| &known.title) {
                let field = self.act.field("documents");
                form.wrong(
                    &field,
                    format!("مدرک لازم است: {}", title.fa),
                    format!("A document is needed: {}", title.en),
                );
            }
        }
    }

    fn worded(&self, form: &Form, note: Option<Sealed>) -> Option<Command> {
        let case: CaseId = self.file.id;
        let id = |field: &str| form.get(&self.act.field(field)).and_then(|text| text.parse::<StepId>().ok());
        Some(match self.act {
            Act::Complete(step) => Command::CompleteStep {
                case,
                step: step.clone(),
                outcome: id("outcome").unwrap_or_else(procedure::done),
                checklist: self.checklist(form, step),
                documents: self.brought(step),
                note,
            },
            Act::Return(step) => {
                let corrections = self.chosen(form, "corrections");
                Command::ReturnCase { case, step: step.clone(), corrections, note }
            }
            Act::Consult(step) => Command::Consult { case, step: step.clone(), agency: id("agency")? },
            Act::Answer(agency) => {
                let verdict = match form.get(&self.act.field("verdict"))? {
                    "approves" => Verdict::Approves,
                    "approves-with-conditions" => Verdict::ApprovesWithConditions,
                    "rejects" => Verdict::Rejects,
                    _ => return None,
                };
                Command::AnswerConsultation { case, agency: agency.clone(), verdict, note }
            }
            Act::Bill => Command::IssueBill { case },
            Act::Grant => Command::Grant { case },
            Act::Refuse => Command::RefuseCase { case, article: id("article")?, note },
            Act::Issue => Command::IssueLicence { case },
            Act::Suspend => Command::Suspend { case, article: id("article")?, note },
            Act::Reinstate => Command::Reinstate { case },
            Act::Revoke => Command::Revoke { case, article: id("article")?, note },
            Act::Renew => Command::Renew { case },
            Act::Certify => Command::CompleteWork { case },
            Act::Extend => {
                let clock = form.get(&self.act.field("clock"))?;
                let step = if clock == PROMISE { None } else { Some(clock.strip_prefix("step-")?.parse().ok()?) };
                Command::ExtendDeadline { case, step }
            }
            Act::Objection => {
                let upheld = form.get(&self.act.field("upheld"))? == "yes";
                Command::DecideObjection { case, upheld, note }
            }
        })
    }

    fn chosen(&self, form: &Form, field: &str) -> Vec<StepId> {
        let field = self.act.field(field);
        let chosen = form.fields().filter(|(name, _)| *name == field);
        chosen.filter_map(|(_, value)| value.parse().ok()).collect()
    }

    /// Every item, and whether it was ticked.
    fn checklist(&self, form: &Form, step: &StepId) -> Vec<ChecklistAnswer> {
        let ticked = self.chosen(form, "checklist");
        let items = self.file.procedure.step(step).map(|(_, step)| step.checklist.iter()).into_iter().flatten();
        items.map(|item| ChecklistAnswer { item: item.id.clone(), holds: ticked.contains(&item.id) }).collect()
    }

    /// The documents that the officer brought for this step.
    fn brought(&self, step: &StepId) -> Vec<Document> {
        let wanted = self.file.procedure.step(step).map(|(_, step)| step.documents.as_slice()).unwrap_or_default();
        self.file.brought.iter().filter(|document| wanted.contains(&document.kind)).cloned().collect()
    }
}

/// The name of the promised date among the deadlines that can be extended.
pub(super) const PROMISE: &str = "promise";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_is_found_by_its_name() {
        let step: StepId = "site-visit".parse().unwrap();
        let about =
            [Act::Complete(step.clone()), Act::Return(step.clone()), Act::Consult(step.clone()), Act::Answer(step)];
        for act in WHOLE.iter().map(|(_, act)| act.clone()).chain(about) {
            assert_eq!(Act::parse(&act.name()), Some(act));
        }
        for none in ["", "grant-it", "complete", "complete-", "return-Ä", "take-site-visit"] {
            assert_eq!(Act::parse(none), None, "{none}");
        }
    }
}
