//! What an officer can do with a case now, as forms. The register has the last word; what it would refuse for reasons that
//! stand in the file is not offered.

use super::act::{Act, PROMISE};
use super::file::File;
use crate::access::Caller;
use crate::pages::{Form, Frame, now};
use departments::permit_office::{Objection, StepState, StepView, Verdict};
use kernel::{Instant, RoleId, StepId};
use permits::procedure::source::{Decisions, Phase, StepSource, Text};

/// A form for one act.
pub(super) struct Offer {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) button: &'static str,
    pub(super) is_grave: bool,
    pub(super) is_open: bool,
    pub(super) fields: Vec<Field>,
    pub(super) form: Form,
}

/// A field of such a form.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) holds: Holds,
}

/// A document that a step needs.
pub(super) struct Paper {
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) is_there: bool,
    /// Brought, and handed in with this form.
    pub(super) is_brought: bool,
}

/// Values with what they are called.
pub(super) type Choices = Vec<(String, String)>;

pub(super) enum Holds {
    One(Choices),
    Many(Choices),
    List(Choices),
    Words,
    Sure,
    /// Documents that must be there.
    Papers(Vec<Paper>),
}

/// What offers are made from.
pub(super) struct Offers<'a> {
    pub(super) page: &'a Frame,
    pub(super) file: &'a File,
    pub(super) caller: &'a Caller,
}

impl Offers<'_> {
    /// All of them; `sent` is shown again with what was typed and what is wrong.
    pub(super) fn all(&self, sent: Option<(&Act, &Form)>) -> Vec<Offer> {
        let acts = self.acts();
        // What was sent and is no longer offered is shown all the same: nothing that was typed is lost.
        let gone = sent.map(|(act, _)| act.clone()).filter(|act| !acts.contains(act));
        let offer = |(index, act): (usize, Act)| {
            let form = sent.filter(|(tried, _)| **tried == act).map(|(_, form)| form.clone());
            self.offer(&act, index == 0 || form.is_some(), form.unwrap_or_default())
        };
        acts.into_iter().chain(gone).enumerate().map(offer).collect()
    }

    fn is(&self, role: &RoleId) -> bool {
        self.caller.actor.role == *role
    }

    /// Open steps of this officer's role that no colleague has.
    pub(super) fn own_steps(&self) -> Vec<&StepView> {
        let (role, person) = (self.caller.actor.role.as_str(), self.caller.person().to_string());
        let own = |step: &&StepView| {
            step.state == StepState::Open
                && step.role.as_deref() == Some(role)
                && step.officer.as_ref().is_none_or(|officer| *officer == person)
        };
        self.file.case.steps.iter().filter(own).collect()
    }

    fn acts(&self) -> Vec<Act> {
        let (file, returned) = (self.file, self.file.is_returned());
        let mut acts = Vec::new();
        for agency in file.case.consultations.iter().filter(|asked| asked.ended_at.is_none()) {
            if agency.role == self.caller.actor.role.as_str() {
                acts.extend(agency.agency.parse().map(Act::Answer));
            }
        }
        let steps: Vec<&StepSource> = self.own_steps().into_iter().filter_map(|step| self.source(&step.step)).collect();
        let steps: Vec<&StepSource> = steps.into_iter().filter(|step| self.in_phase(step.phase)).collect();
        if !returned {
            acts.extend(steps.iter().map(|step| Act::Complete(step.id.clone())));
        }
        if let Some(decisions) = file.procedure.decisions() {
            self.decisions(decisions, returned, &mut acts);
        }
        if !returned && file.case.summary.status == "in-progress" {
            acts.extend(steps.iter().map(|step| Act::Return(step.id.clone())));
        }
        acts.extend(
            steps.iter().filter(|step| !self.to_ask(step).is_empty()).map(|step| Act::Consult(step.id.clone())),
        );
        acts
    }

    fn source(&self, step: &str) -> Option<&StepSource> {
        let id: StepId = step.parse().ok()?;
        self.file.procedure.step(&id).map(|(_, step)| step)
    }

    fn in_phase(&self, phase: Phase) -> bool {
        let status = match phase {
            Phase::Application => "in-progress",
            Phase::Works => "issued",
        };
        self.file.case.summary.status == status
    }

    fn decisions(&self, roles: &Decisions, returned: bool, acts: &mut Vec<Act>) {
        let (case, status) = (&self.file.case, self.file.case.summary.status.as_str());
        let mut may = |act: Act, role: &RoleId, now: bool| {
            if now && self.is(role) {
                acts.push(act);
            }
        };
        let (in_progress, issued) = (status == "in-progress", status == "issued");
        let to_bill = case.outstanding == 0 && case.estimate > self.file.billed();
        let renewals = self.file.procedure.source().licence.as_ref().map_or(0, |licence| u32::from(licence.renewals));
        let renewed = self.file.licence.as_ref().map_or(0, |licence| licence.renewals);
        may(Act::Objection, &roles.objection, case.objection == Some(Objection::Open));
        may(Act::Bill, &roles.bill, in_progress && !returned && to_bill);
        may(Act::Grant, &roles.grant, in_progress && !returned && self.is_ready());
        may(Act::Issue, &roles.issue, status == "granted");
        may(Act::Reinstate, &roles.suspend, status == "suspended");
        may(Act::Certify, &roles.complete, issued && self.is_done(Phase::Works));
        may(Act::Renew, &roles.renew, issued && renewed < renewals);
        may(Act::Extend, &roles.extend, !self.clocks().is_empty());
        may(Act::Suspend, &roles.suspend, issued);
        may(Act::Revoke, &roles.suspend, issued || status == "suspended");
        may(Act::Refuse, &roles.refuse, in_progress);
    }

    /// Whether nothing stands before a grant.
    fn is_ready(&self) -> bool {
        let case = &self.file.case;
        let against = |asked: &&departments::permit_office::ConsultationView| {
            asked.required && !matches!(asked.verdict, Some(Verdict::Approves | Verdict::ApprovesWithConditions))
        };
        let paid = case.outstanding == 0 && self.file.billed() >= case.estimate;
        self.is_done(Phase::Application) && paid && !case.consultations.iter().any(|asked| against(&asked))
    }

    /// Whether every step of a phase that is not only done on demand is done or skipped, and none is open.
    fn is_done(&self, phase: Phase) -> bool {
        let state = |step: &StepSource| {
            let known = self.file.case.steps.iter().find(|known| known.step == step.id.as_str());
            known.map(|known| known.state)
        };
        let mut steps = self.file.procedure.source().steps.iter().filter(|step| step.phase == phase);
        steps.all(|step| match state(step) {
            Some(StepState::Done | StepState::Skipped) => true,
            Some(StepState::Open) => false,
            Some(StepState::Cancelled) | None => step.on_demand,
        })
    }

    /// Agencies that this step can ask now: those that owe it no answer.
    fn to_ask(&self, step: &StepSource) -> Choices {
        let owes = |agency: &StepId| {
            let asked = self.file.case.consultations.iter().find(|asked| asked.agency == agency.as_str());
            asked.is_some_and(|asked| asked.ended_at.is_none())
        };
        let free = step.consultations.iter().filter(|asked| !owes(&asked.agency));
        free.map(|asked| (asked.agency.to_string(), self.text(&asked.title))).collect()
    }

    /// Deadlines that can still be extended.
    fn clocks(&self) -> Choices {
        let (case, page) = (&self.file.case, self.page);
        let goes_on = ["in-progress", "granted", "issued"].contains(&case.summary.status.as_str());
        let ahead = |at: Option<&str>| at.and_then(|at| Instant::parse_rfc3339(at).ok()).is_some_and(|at| at > now());
        let mut clocks = Vec::new();
        let promise = self.file.procedure.source().promise.as_ref().is_some_and(|promise| promise.extension > 0);
        if promise && !case.promise_extended && ahead(case.summary.promised.as_ref().map(|at| at.at.as_str())) {
            clocks.push((
                PROMISE.to_owned(),
                page.t("موعد قول‌داده‌شده به متقاضی", "The date promised to the applicant").to_owned(),
            ));
        }
        for step in case.steps.iter().filter(|step| step.state == StepState::Open) {
            let Some(source) = self.source(&step.step) else { continue };
            let extends = source.deadline.as_ref().is_some_and(|deadline| deadline.extension > 0);
            if extends && ahead(step.due.as_ref().map(|due| due.at.as_str())) {
                clocks.push((format!("step-{}", source.id), self.text(&source.title)));
            }
        }
        if goes_on { clocks } else { Vec::new() }
    }

    fn text(&self, text: &Text) -> String {
        text.get(self.page.lang).to_owned()
    }

    fn offer(&self, act: &Act, is_open: bool, form: Form) -> Offer {
        let (title, button) = self.named(act);
        let mut fields = self.fields(act);
        if act.is_grave() {
            let sure = self.page.t("مطمئنم", "I am sure").to_owned();
            fields.push(Field { name: act.field("sure"), label: sure, hint: String::new(), holds: Holds::Sure });
        }
        Offer { name: act.name(), title, button, is_grave: act.is_grave(), is_open, fields, form }
    }

    /// What the act is called, and its button.
    fn named(&self, act: &Act) -> (String, &'static str) {
        let page = self.page;
        let step = |id: &StepId| self.source(id.as_str()).map_or_else(|| id.to_string(), |step| self.text(&step.title));
        let agency = |id: &StepId| {
            let known = self.file.procedure.agency(id);
            known.map_or_else(|| id.to_string(), |(_, asked)| self.text(&asked.title))
        };
        let (fa, en, button) = match act {
            Act::Complete(id) => {
                return (
                    format!("{}: {}", page.t("انجام گام", "Do the step"), step(id)),
                    page.t("ثبت انجام گام", "Record it as done"),
                );
            }
            Act::Return(id) => {
                let title = page.t("بازگرداندن به متقاضی برای اصلاح", "Return to the applicant for correction");
                return (format!("{title} ({})", step(id)), page.t("بازگرداندن", "Return"));
            }
            Act::Consult(id) => {
                return (format!("{} ({})", page.t("استعلام", "Ask an agency"), step(id)), page.t("پرسیدن", "Ask"));
            }
            Act::Answer(id) => {
                return (
                    format!("{}: {}", page.t("پاسخ به استعلام", "Answer the inquiry"), agency(id)),
                    page.t("ثبت پاسخ", "Answer"),
                );
            }
            Act::Bill => ("صدور صورت‌حساب", "Issue the bill", ("صدور", "Issue")),
            Act::Grant => ("موافقت با درخواست", "Grant the application", ("موافقت", "Grant")),
            Act::Refuse => ("رد درخواست", "Refuse the application", ("رد درخواست", "Refuse")),
            Act::Issue => ("صدور پروانه", "Issue the licence", ("صدور پروانه", "Issue the licence")),
            Act::Suspend => ("تعلیق پروانه", "Suspend the licence", ("تعلیق", "Suspend")),
            Act::Reinstate => ("رفع تعلیق پروانه", "Put the licence back into force", ("رفع تعلیق", "Reinstate")),
            Act::Revoke => ("ابطال پروانه", "Revoke the licence", ("ابطال", "Revoke")),
            Act::Renew => ("تمدید پروانه", "Renew the licence", ("تمدید", "Renew")),
            Act::Certify => ("گواهی پایان کار", "Certify the completion", ("صدور گواهی", "Certify")),
            Act::Extend => ("تمدید مهلت", "Extend a deadline", ("تمدید", "Extend")),
            Act::Objection => ("رسیدگی به اعتراض", "Decide the objection", ("ثبت رأی", "Decide")),
        };
        (page.t(fa, en).to_owned(), page.t(button.0, button.1))
    }
}

mod fields;
