//! The parts of an officer's page that are only read.

use super::file::File;
use crate::access::Caller;
use crate::attachments::may_see;
use crate::pages::{Frame, facts::unit_name, happened, words};
use departments::permit_office::{Answer, Holder, StepState};
use kernel::StepId;
use permits::procedure::source::{FieldKind, FieldSource, Text};

pub(super) struct View<'a> {
    pub(super) page: &'a Frame,
    pub(super) file: &'a File,
    pub(super) caller: &'a Caller,
}

/// A document that is there.
pub(super) struct Paper {
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) given: String,
    pub(super) times: u32,
    /// Whether the officer may look at it.
    pub(super) is_shown: bool,
}

/// A step that the case has reached.
pub(super) struct Stage {
    pub(super) title: String,
    pub(super) role: String,
    pub(super) state: &'static str,
    pub(super) class: &'static str,
    pub(super) since: Option<String>,
    pub(super) due: Option<String>,
    pub(super) ended: Option<String>,
    pub(super) outcome: Option<String>,
    /// Whose desk it is on, where it is open.
    pub(super) officer: Option<&'static str>,
}

/// What an agency was asked, and what it said.
pub(super) struct Asked {
    pub(super) title: String,
    pub(super) asked: String,
    pub(super) due: Option<String>,
    pub(super) is_late: bool,
    pub(super) verdict: Option<&'static str>,
    pub(super) class: &'static str,
    pub(super) is_required: bool,
    pub(super) by_silence: bool,
    pub(super) is_open: bool,
}

impl View<'_> {
    fn text(&self, text: &Text) -> String {
        text.get(self.page.lang).to_owned()
    }

    /// What a step is called.
    pub(super) fn step(&self, id: &str) -> String {
        let known = id.parse::<StepId>().ok().and_then(|id| self.file.procedure.step(&id).map(|(_, step)| &step.title));
        known.map_or_else(|| id.to_owned(), |title| self.text(title))
    }

    pub(super) fn holder(&self) -> &'static str {
        match self.file.case.summary.holder {
            Holder::Applicant => self.page.t("متقاضی", "The applicant"),
            Holder::City => self.page.t("شهرداری", "The city"),
            Holder::Nobody => self.page.t("هیچ‌کس؛ پایان یافته است", "Nobody; it has ended"),
        }
    }

    /// The application's fields, in the procedure's order.
    pub(super) fn facts(&self) -> Vec<(String, String)> {
        let fact = |field: &FieldSource| {
            let answer = self.file.case.fields.get(field.id.as_str())?;
            Some((self.text(&field.title), self.said(field, answer)))
        };
        self.file.procedure.source().fields.iter().filter_map(fact).collect()
    }

    fn said(&self, field: &FieldSource, answer: &Answer) -> String {
        match answer {
            Answer::Flag(true) => self.page.t("بله", "Yes").to_owned(),
            Answer::Flag(false) => self.page.t("نه", "No").to_owned(),
            Answer::Integer(number) => {
                let unit = unit_name(self.page.lang, &field.unit);
                format!("{} {unit}", self.page.number(number)).trim_end().to_owned()
            }
            Answer::Choice(choice) => {
                let FieldKind::Choice { choices } = &field.holds else { return choice.clone() };
                let known = choices.iter().find(|known| known.id.as_str() == choice);
                known.map_or_else(|| choice.clone(), |known| self.text(&known.title))
            }
        }
    }

    pub(super) fn papers(&self) -> Vec<Paper> {
        let known = &self.file.procedure.source().documents;
        let title = |kind: &str| {
            let title = known.iter().find(|known| known.id.as_str() == kind).map(|known| self.text(&known.title));
            title.unwrap_or_else(|| kind.to_owned())
        };
        let paper = |document: &departments::permit_office::DocumentView| Paper {
            title: title(&document.kind),
            is_shown: may_see(&self.file.procedure, self.caller, &document.kind),
            kind: document.kind.clone(),
            given: document.given_at.at.clone(),
            times: document.times,
        };
        self.file.case.documents.iter().map(paper).collect()
    }

    /// What the applicant is to correct, or was.
    pub(super) fn corrections(&self) -> Vec<String> {
        let source = self.file.procedure.source();
        let title = |id: &String| {
            let field = source.fields.iter().find(|field| field.id.as_str() == id).map(|field| &field.title);
            let document = || source.documents.iter().find(|known| known.id.as_str() == id).map(|known| &known.title);
            field.or_else(document).map_or_else(|| id.clone(), |title| self.text(title))
        };
        self.file.case.corrections.iter().map(title).collect()
    }

    pub(super) fn stages(&self) -> Vec<Stage> {
        let (page, own) = (self.page, self.caller.person().to_string());
        let stage = |step: &departments::permit_office::StepView| {
            let (state, class) = match step.state {
                StepState::Open => (page.t("در دست", "Open"), if step.passed { "bad" } else { "warn" }),
                StepState::Done => (page.t("انجام شد", "Done"), "good"),
                StepState::Skipped => (page.t("لازم نبود", "Not needed"), "plain"),
                StepState::Cancelled => (page.t("کنار گذاشته شد", "Called off"), "plain"),
            };
            let officer = step.officer.as_ref().filter(|_| step.state == StepState::Open);
            let officer = officer
                .map(|officer| if *officer == own { page.t("من", "Me") } else { page.t("همکار", "A colleague") });
            Stage {
                title: self.step(&step.step),
                role: step.role.as_ref().map_or_else(String::new, |role| words::role(page.lang, role)),
                state,
                class,
                since: step.opened_at.as_ref().map(|at| at.at.clone()),
                due: step.due.as_ref().filter(|_| step.state == StepState::Open).map(|at| at.at.clone()),
                ended: step.ended_at.as_ref().map(|at| at.at.clone()),
                outcome: step.outcome.as_ref().and_then(|outcome| self.outcome(&step.step, outcome)),
                officer,
            }
        };
        self.file.case.steps.iter().map(stage).collect()
    }

    fn outcome(&self, step: &str, outcome: &str) -> Option<String> {
        let (_, step) = self.file.procedure.step(&step.parse().ok()?)?;
        let outcome = step.outcomes.iter().find(|known| known.id.as_str() == outcome)?;
        Some(self.text(&outcome.title))
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        let asked = |asked: &departments::permit_office::ConsultationView| {
            let known = asked.agency.parse().ok().and_then(|agency| self.file.procedure.agency(&agency));
            let title = known.map_or_else(|| asked.agency.clone(), |(_, known)| self.text(&known.title));
            let class = match asked.verdict {
                Some(departments::permit_office::Verdict::Rejects) => "bad",
                Some(_) => "good",
                None => "plain",
            };
            Asked {
                title,
                asked: asked.asked_at.at.clone(),
                due: asked.due.as_ref().filter(|_| asked.ended_at.is_none()).map(|due| due.at.clone()),
                is_late: asked.passed && asked.ended_at.is_none(),
                verdict: asked.verdict.map(|verdict| words::verdict(self.page.lang, verdict)),
                class,
                is_required: asked.required,
                by_silence: asked.by_silence,
                is_open: asked.ended_at.is_none(),
            }
        };
        self.file.case.consultations.iter().map(asked).collect()
    }

    /// The newest first.
    pub(super) fn history(&self) -> Vec<happened::Line> {
        happened::lines(self.page, &self.file.procedure, &self.file.history)
    }
}
