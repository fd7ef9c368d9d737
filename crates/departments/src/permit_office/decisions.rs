//! Decisions about a whole case that wait for the role that its procedure names. The case's row says which; that no
//! step or agency stands before a grant, only the query sees. A case of another system is decided there and waits for
//! nobody here.

use super::cases::{Case, Objection};
use super::inbox::{NEVER, Work};
use kernel::{Instant, Rials};
use permits::state::case::Status;

impl Case {
    /// Says anew which decision is waited for as far as this row tells, since when and until when.
    pub(super) fn wait(&mut self, at: Instant) {
        let awaits = self.decision();
        if awaits != self.awaits {
            (self.awaits, self.awaits_since) = (awaits, awaits.map(|_| at));
        }
        let due = if awaits == Some(Work::Objection) { self.objection_due } else { self.promised };
        self.awaits_due = awaits.map(|_| due.unwrap_or(NEVER));
    }

    fn decision(&self) -> Option<Work> {
        let is = |status: Status| self.status == status.name();
        let paid = self.outstanding == Rials(0) && self.billed >= self.estimate;
        if self.reference.is_some() {
            None
        } else if self.objection == Some(Objection::Open) {
            Some(Work::Objection)
        } else if is(Status::Granted) {
            Some(Work::Issue)
        } else if is(Status::InProgress) && self.corrections.is_none() && paid {
            Some(Work::Grant)
        } else {
            None
        }
    }
}

/// An agency's answer that the law asks for, in the round that its step is in: what came before the case went back
/// over the step no longer counts.
const REQUIRED: &str = "SELECT k.ended_at FROM consultations AS k JOIN steps AS s ON s.case_id = k.case_id \
                        AND s.step = k.step AND k.asked_by > s.opened_by WHERE k.case_id = c.case_id AND k.required";

/// What waits, in the columns of the inbox: the rows of each kind of decision.
pub(super) fn waiting() -> [String; 3] {
    let ready = format!(
        " AND NOT EXISTS (SELECT 1 FROM inbox AS o WHERE o.case_id = c.case_id AND o.work = 'step') \
         AND NOT EXISTS ({REQUIRED} AND (k.ended_at IS NULL OR k.verdict = 'rejects'))"
    );
    let since = format!(
        "(SELECT MAX(w.ended_at) FROM (SELECT c.awaits_since AS ended_at UNION ALL {REQUIRED} \
         UNION ALL SELECT s.ended_at FROM steps AS s WHERE s.case_id = c.case_id) AS w)"
    );
    [
        decision(Work::Grant, ("grant_role", "promise_passed"), &since, &ready),
        decision(Work::Issue, ("issue_role", "promise_passed"), "c.awaits_since", ""),
        decision(Work::Objection, ("objection_role", "objection_passed"), "c.awaits_since", ""),
    ]
}

fn decision(work: Work, (role, passed): (&str, &str), since: &str, ready: &str) -> String {
    let work = work.name();
    format!(
        "(SELECT c.case_id, c.awaits AS work, c.awaits AS item, c.awaits AS step, p.{role} AS role, NULL AS department, \
         c.district, {since} AS opened_at, c.awaits_due AS due, c.{passed} AS passed, NULL AS officer, \
         NULL AS escalated_to FROM cases AS c JOIN procedures AS p ON p.procedure = c.procedure \
         AND p.version = c.version WHERE c.awaits = '{work}'{ready})"
    )
}
