//! The decision and the licence's life after it.

use super::{Decision, draft::Draft};
use crate::{
    events::*,
    numbers::{CertificateNumber, LicenceNumber},
    procedure::source::Phase,
    refusal::Refusal,
    state::Status,
};
use kernel::{Sealed, StepId};

impl Draft<'_> {
    fn article(&self, article: &StepId) -> Result<(), Refusal> {
        if self.procedure.has_article(article) {
            Ok(())
        } else {
            Err(Refusal::UnknownArticle { article: article.clone() })
        }
    }

    fn all_done(&self, phase: Phase) -> Result<(), Refusal> {
        match self.pending(phase) {
            Some(place) => Err(Refusal::StepsPending { step: self.procedure.step_at(place).id.clone() }),
            None => Ok(()),
        }
    }
}

pub(super) fn refuse(mut draft: Draft, article: &StepId, note: Option<&Sealed>) -> Decision {
    draft.officer(&draft.decisions()?.refuse)?;
    draft.status(&[Status::InProgress])?;
    draft.article(article)?;
    draft.refuse(Some(article.clone()), note.cloned());
    draft.decided()
}

/// No licence before every required step, fee and consultation.
pub(super) fn grant(mut draft: Draft) -> Decision {
    draft.officer(&draft.decisions()?.grant)?;
    draft.status(&[Status::InProgress])?;
    draft.not_returned()?;
    draft.all_done(Phase::Application)?;
    draft.agencies_agree(|_| true)?;
    draft.fees_are_paid()?;
    // Only agencies whose answer is not required can still owe one.
    draft.cancel_agencies(u64::MAX);
    draft.record(PermitGranted {});
    draft.decided()
}

pub(super) fn issue(mut draft: Draft) -> Decision {
    draft.officer(&draft.decisions()?.issue)?;
    draft.status(&[Status::Granted])?;
    let licence: LicenceNumber = draft.asking.state.next_licence(draft.asking.year()?);
    let days = draft.procedure.source().licence.as_ref().map_or(0, |licence| licence.valid_days);
    let valid_until = draft.asking.day()?.plus_days(i32::from(days));
    draft.record(LicenceIssued { licence, district: draft.case.district, valid_until });
    draft.settle();
    draft.decided()
}

pub(super) fn suspend(mut draft: Draft, article: &StepId, note: Option<&Sealed>) -> Decision {
    draft.officer(&draft.decisions()?.suspend)?;
    draft.status(&[Status::Issued])?;
    draft.article(article)?;
    draft.record(LicenceSuspended { article: article.clone(), note: note.cloned() });
    draft.decided()
}

pub(super) fn reinstate(mut draft: Draft) -> Decision {
    draft.officer(&draft.decisions()?.suspend)?;
    draft.status(&[Status::Suspended])?;
    draft.record(LicenceReinstated {});
    draft.settle();
    draft.decided()
}

pub(super) fn revoke(mut draft: Draft, article: &StepId, note: Option<&Sealed>) -> Decision {
    draft.officer(&draft.decisions()?.suspend)?;
    draft.status(&[Status::Issued, Status::Suspended])?;
    draft.article(article)?;
    draft.cancel(u64::MAX);
    draft.record(LicenceRevoked { article: article.clone(), note: note.cloned() });
    draft.decided()
}

/// For as long again as it was issued for, as often as the procedure allows.
pub(super) fn renew(mut draft: Draft) -> Decision {
    draft.officer(&draft.decisions()?.renew)?;
    draft.status(&[Status::Issued])?;
    let (Some(licence), Some(source)) = (draft.case.later().licence, &draft.procedure.source().licence) else {
        return Err(Refusal::NoRenewal {});
    };
    if licence.renewals >= source.renewals {
        return Err(Refusal::NoRenewal {});
    }
    let from = licence.valid_until.max(draft.asking.day()?);
    draft.record(LicenceRenewed { valid_until: from.plus_days(i32::from(source.valid_days)) });
    draft.decided()
}

pub(super) fn transfer(mut draft: Draft, to: &Party) -> Decision {
    draft.officer(&draft.decisions()?.transfer)?;
    draft.asking.impartial([to.person])?;
    draft.asking.remembered([to.person])?;
    draft.status(&[Status::Issued])?;
    draft.record(LicenceTransferred { to: to.clone() });
    draft.decided()
}

pub(super) fn complete_work(mut draft: Draft) -> Decision {
    draft.officer(&draft.decisions()?.complete)?;
    draft.status(&[Status::Issued])?;
    draft.all_done(Phase::Works)?;
    draft.agencies_agree(|_| true)?;
    let (year, serial) = draft.asking.state.books.certificates.next(draft.asking.year()?);
    draft.cancel(u64::MAX);
    draft.record(WorkCompleted { certificate: CertificateNumber::new(year, serial) });
    draft.decided()
}
