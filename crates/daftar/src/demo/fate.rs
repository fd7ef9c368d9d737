//! What becomes of some cases, so that every state of a case, and everything that goes wrong, can be looked at: one case
//! in some takes a course of its own, and the others take the usual one, by chance.

use super::moves::{By, Move, What};
use kernel::StepId;
use permits::{
    procedure::{Procedure, source::Decisions},
    state::{Case, Status},
};

/// The course of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Usual,
    /// The applicant takes it back after paying, and gets the money back.
    TakenBack,
    /// Refused; the applicant objects.
    Refused,
    /// The licence is suspended, and stays so.
    Suspended,
    /// The licence is suspended, and then revoked.
    Revoked,
    /// The bill is left to lie.
    NeverPays,
    /// The applicant clicks twice at the bank.
    PaysTwice,
    /// What is returned to the applicant stays there.
    NeverAnswers,
    /// The agencies stay silent.
    AgenciesSilent,
}

/// Of so many cases in a row, each course of its own is taken once.
const ROUND: usize = 26;

impl Fate {
    /// The course of the case with this index.
    pub(super) fn of(index: usize) -> Fate {
        match index % ROUND {
            2 => Fate::TakenBack,
            5 => Fate::Refused,
            8 => Fate::Suspended,
            11 => Fate::Revoked,
            14 => Fate::NeverPays,
            17 => Fate::PaysTwice,
            20 => Fate::NeverAnswers,
            23 => Fate::AgenciesSilent,
            _ => Fate::Usual,
        }
    }

    /// Whether the works under the licence come to an end.
    pub(super) fn finishes(self) -> bool {
        !matches!(self, Fate::Suspended | Fate::Revoked)
    }

    /// What is done about the case only because of its course.
    pub(super) fn moves(self, case: &Case, procedure: &Procedure, decisions: &Decisions) -> Vec<Move> {
        let role = |role: &kernel::RoleId| By::Role(role.clone());
        let article = || procedure.source().articles.first().map(|article| article.id.clone());
        let bill = case.later().bill.as_deref();
        let paid = bill.is_some_and(|bill| bill.paid.0 > 0 && bill.outstanding().0 == 0);
        let made = match (self, case.status) {
            (Fate::TakenBack, Status::InProgress) if paid => Some((By::Applicant, 40, What::Withdraw)),
            (Fate::Refused, Status::InProgress) if case.done != 0 => {
                article().map(|article| (role(&decisions.refuse), 30, What::Refuse { article }))
            }
            (Fate::Suspended | Fate::Revoked, Status::Issued) => {
                article().map(|article| (role(&decisions.suspend), 20, What::Suspend { article }))
            }
            (Fate::Revoked, Status::Suspended) => {
                article().map(|article| (role(&decisions.suspend), 10, What::Revoke { article }))
            }
            (Fate::PaysTwice, Status::InProgress) if paid => bill
                .filter(|bill| bill.payments.len() == 1)
                .map(|bill| (By::Bank, 60, What::Pay { bill: bill.number, amount: bill.total })),
            _ => None,
        };
        made.map(|(by, chance, what)| Move { by, what, chance }).into_iter().collect()
    }
}

/// Kinds of document that an application comes with: what must be there, and the plans that will be asked for.
pub(super) fn enclosed(procedure: &Procedure) -> Vec<StepId> {
    let documents = procedure.source().documents.iter();
    documents
        .filter(|document| document.required || document.id.as_str().ends_with("-plan"))
        .map(|document| document.id.clone())
        .collect()
}
