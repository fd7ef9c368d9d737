//! What an officer may do with a case now: each act is a form, made of the procedure's own data.

use super::super::{Frame, words};
use departments::permit_office::{CaseView, Objection, StepState, StepView};
use kernel::{PersonId, StepId};
use permits::procedure::{
    Procedure,
    source::{Decisions, Named, Phase, StepSource, Text},
};

/// A form.
pub(super) struct Act {
    /// Its id in the page; fields have ids that begin with it.
    pub(super) id: String,
    pub(super) title: String,
    /// Where it is sent, under the case's address.
    pub(super) to: String,
    pub(super) inputs: Vec<Input>,
    pub(super) button: &'static str,
    pub(super) danger: bool,
}

/// A part of a form.
pub(super) enum Input {
    /// One of these.
    One { name: &'static str, label: &'static str, choices: Vec<Choice> },
    /// Any of these.
    Any { label: &'static str, choices: Vec<Choice> },
    /// A few words.
    Words { label: &'static str, hint: &'static str },
}

pub(super) struct Choice {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) title: String,
}

/// What the acts of a case are worked out from.
pub(super) struct Acts<'a> {
    pub(super) page: &'a Frame,
    pub(super) case: &'a CaseView,
    pub(super) procedure: &'a Procedure,
    pub(super) role: &'a str,
    pub(super) person: PersonId,
}

impl Acts<'_> {
    /// All that the rules could take from this role now; they are asked again when a form comes.
    pub(super) fn all(&self) -> Vec<Act> {
        let mut acts = Vec::new();
        for step in self.case.steps.iter().filter(|step| self.is_mine(step)) {
            let id: Option<StepId> = step.step.parse().ok();
            if let Some((_, source)) = id.as_ref().and_then(|id| self.procedure.step(id)) {
                self.step(&mut acts, step, source);
            }
        }
        for asked in &self.case.consultations {
            if asked.role == self.role && asked.ended_at.is_none() {
                acts.push(self.verdict(&asked.agency));
            }
        }
        if let Some(decisions) = self.procedure.decisions() {
            self.decisions(&mut acts, decisions);
        }
        acts
    }

    /// Open, of this role, and on nobody else's desk.
    fn is_mine(&self, step: &StepView) -> bool {
        let taken = step.officer.as_ref().is_some_and(|officer| *officer != self.person.to_string());
        step.state == StepState::Open
            && step.role.as_deref() == Some(self.role)
            && !taken
            && self.case.corrections.is_empty()
    }

    fn text(&self, text: &Text) -> String {
        self.page.t(&text.fa, &text.en).to_owned()
    }

    fn note(&self) -> Input {
        let hint = self.page.t("متقاضی این را می‌خواند.", "The applicant reads this.");
        Input::Words { label: self.page.t("توضیح", "Reason in a few words"), hint }
    }

    fn named(&self, name: &str, all: &[Named]) -> Vec<Choice> {
        let choice =
            |one: &Named| Choice { name: name.to_owned(), value: one.id.to_string(), title: self.text(&one.title) };
        all.iter().map(choice).collect()
    }

    fn step(&self, acts: &mut Vec<Act>, step: &StepView, source: &StepSource) {
        let (page, id) = (self.page, &source.id);
        if step.officer.is_none() {
            acts.push(Act {
                id: format!("take-{id}"),
                title: format!("{}: {}", page.t("برداشتن", "Take"), self.text(&source.title)),
                to: format!("steps/{id}/take"),
                inputs: Vec::new(),
                button: page.t("روی میز من", "Put it on my desk"),
                danger: false,
            });
        }
        let mut inputs = Vec::new();
        if !source.checklist.is_empty() {
            let mark = |required: bool| if required { page.t(" (لازم)", " (required)") } else { "" };
            let item = |item: &permits::procedure::source::ChecklistSource| Choice {
                name: format!("check-{}", item.id),
                value: "yes".to_owned(),
                title: format!("{}{}", self.text(&item.title), mark(item.required)),
            };
            let choices = source.checklist.iter().map(item).collect();
            inputs.push(Input::Any { label: page.t("فهرست بررسی", "Checklist"), choices });
        }
        if !source.outcomes.is_empty() {
            let outcome = |one: &permits::procedure::source::OutcomeSource| Choice {
                name: "outcome".to_owned(),
                value: one.id.to_string(),
                title: self.text(&one.title),
            };
            let choices = source.outcomes.iter().map(outcome).collect();
            inputs.push(Input::One { name: "outcome", label: page.t("نتیجه", "Outcome"), choices });
        }
        inputs.push(self.note());
        acts.push(Act {
            id: format!("complete-{id}"),
            title: format!("{}: {}", page.t("انجام", "Complete"), self.text(&source.title)),
            to: format!("steps/{id}/complete"),
            inputs,
            button: page.t("ثبت نتیجه", "Record the outcome"),
            danger: false,
        });
        if source.phase == Phase::Application {
            acts.push(self.give_back(id));
        }
    }

    fn give_back(&self, step: &StepId) -> Act {
        let (page, source) = (self.page, self.procedure.source());
        let choice = |id: &StepId, title: &Text| Choice {
            name: "correct".to_owned(),
            value: id.to_string(),
            title: self.text(title),
        };
        let fields = source.fields.iter().map(|field| choice(&field.id, &field.title));
        let documents = source.documents.iter().map(|document| choice(&document.id, &document.title));
        let choices = fields.chain(documents).collect();
        Act {
            id: format!("return-{step}"),
            title: page.t("برگرداندن برای اصلاح", "Return for correction").to_owned(),
            to: format!("steps/{step}/return"),
            inputs: vec![Input::Any { label: page.t("آنچه باید اصلاح شود", "What to correct"), choices }, self.note()],
            button: page.t("برگرداندن", "Return"),
            danger: true,
        }
    }

    fn verdict(&self, agency: &str) -> Act {
        let page = self.page;
        let choice = |value: &str, title: &str| Choice {
            name: "verdict".to_owned(),
            value: value.to_owned(),
            title: title.to_owned(),
        };
        let choices = vec![
            choice("approves", page.t("موافق", "Approves")),
            choice("approves-with-conditions", page.t("موافق با شرط", "Approves with conditions")),
            choice("rejects", page.t("مخالف", "Rejects")),
        ];
        Act {
            id: format!("answer-{agency}"),
            title: format!("{} {}", page.t("پاسخ", "Answer of"), words::role(page.lang, self.role)),
            to: format!("consultations/{agency}/answer"),
            inputs: vec![Input::One { name: "verdict", label: page.t("نظر", "Verdict"), choices }, self.note()],
            button: page.t("ثبت نظر", "Record the verdict"),
            danger: false,
        }
    }

    fn decisions(&self, acts: &mut Vec<Act>, by: &Decisions) {
        let page = self.page;
        let status = self.case.summary.status.as_str();
        let mut may = |role: &kernel::RoleId, when: bool, name: &str, title: &'static str, form: Form| {
            if role.as_str() == self.role && when {
                acts.push(self.decision(name, title, form));
            }
        };
        let (in_progress, issued) = (status == "in-progress", status == "issued");
        let waits = self.case.steps.iter().any(|step| step.state == StepState::Open);
        let unpaid = self.case.outstanding > 0;
        may(&by.bill, in_progress && !unpaid, "bill", page.t("صدور فیش", "Issue the bill"), Form::Bare);
        may(
            &by.grant,
            in_progress && !waits && !unpaid,
            "grant",
            page.t("موافقت با درخواست", "Grant the application"),
            Form::Bare,
        );
        may(&by.refuse, in_progress, "refuse", page.t("رد درخواست", "Refuse the application"), Form::Article);
        may(
            &by.extend,
            in_progress && !self.case.promise_extended,
            "extend",
            page.t("تمدید موعد", "Extend the promised date"),
            Form::Bare,
        );
        may(&by.issue, status == "granted", "issue", page.t("صدور پروانه", "Issue the licence"), Form::Bare);
        may(&by.complete, issued && !waits, "complete", page.t("صدور پایان کار", "Certify completion"), Form::Bare);
        may(&by.renew, issued, "renew", page.t("تمدید پروانه", "Renew the licence"), Form::Bare);
        may(&by.suspend, issued, "suspend", page.t("تعلیق پروانه", "Suspend the licence"), Form::Article);
        may(&by.suspend, status == "suspended", "reinstate", page.t("رفع تعلیق", "End the suspension"), Form::Bare);
        may(
            &by.suspend,
            issued || status == "suspended",
            "revoke",
            page.t("ابطال پروانه", "Revoke the licence"),
            Form::Article,
        );
        let objection = self.case.objection == Some(Objection::Open);
        may(&by.objection, objection, "objection", page.t("رسیدگی به اعتراض", "Decide the objection"), Form::Objection);
    }

    fn decision(&self, name: &str, title: &'static str, form: Form) -> Act {
        let page = self.page;
        let inputs = match form {
            Form::Bare => Vec::new(),
            Form::Article => {
                let choices = self.named("article", &self.procedure.source().articles);
                vec![Input::One { name: "article", label: page.t("مستند قانونی", "Article"), choices }, self.note()]
            }
            Form::Objection => {
                let choice = |value: &str, title: &str| Choice {
                    name: "upheld".to_owned(),
                    value: value.to_owned(),
                    title: title.to_owned(),
                };
                let choices = vec![
                    choice("yes", page.t("اعتراض وارد است", "The objection is upheld")),
                    choice("no", page.t("اعتراض وارد نیست", "The objection is not upheld")),
                ];
                vec![Input::One { name: "upheld", label: page.t("رأی", "Decision"), choices }, self.note()]
            }
        };
        let danger = matches!(name, "refuse" | "suspend" | "revoke");
        let (id, to) = (name.to_owned(), format!("decisions/{name}"));
        Act { id, title: title.to_owned(), to, inputs, button: title, danger }
    }
}

/// What a decision about a whole case asks for.
enum Form {
    Bare,
    Article,
    Objection,
}
