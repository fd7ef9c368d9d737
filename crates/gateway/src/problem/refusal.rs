//! Which status each refusal of the permits register has.

use super::{Kind, Problem};
use kernel::CaseId;
use permits::Refusal;

impl Problem {
    /// A refused command. `about` is the case that it was about, if it was about one that existed before.
    ///
    /// Somebody else's case is told exactly as one that does not exist.
    #[must_use]
    pub fn refused(refusal: Refusal, about: Option<CaseId>) -> Problem {
        let refusal = match (refusal, about) {
            (Refusal::NotYourCase {}, Some(case)) => Refusal::UnknownCase { case },
            (refusal, _) => refusal,
        };
        Problem::with(kind(&refusal), refusal.message())
    }
}

fn kind(refusal: &Refusal) -> Kind {
    use Refusal as R;
    match refusal {
        R::RoleMayNot { .. }
        | R::DistrictNotYours { .. }
        | R::OwnCase {}
        | R::CaseOfKin {}
        | R::NotYourCase {}
        | R::MayNotBackdate {}
        | R::OnlyImporterMayImport {} => Kind::Forbidden,

        R::UnknownCase { .. } | R::UnknownStep { .. } | R::UnknownStepName { .. } | R::UnknownAgency { .. } => {
            Kind::NotFound
        }

        R::CityNotEstablished {}
        | R::CityEstablishedAlready {}
        | R::ProcedureVersionNotNext { .. }
        | R::HolidayDeclaredAlready {}
        | R::HolidayNotDeclared {}
        | R::KinDeclaredAlready {}
        | R::ForgottenAlready {}
        | R::ForgottenPerson {}
        | R::ExtensionTooLate { .. }
        | R::ParcelHasLiveApplication { .. }
        | R::CaseIsNot { .. }
        | R::CaseWithApplicant {}
        | R::CaseNotReturned {}
        | R::StepNotOpen { .. }
        | R::StepTakenByOther { .. }
        | R::StepsPending { .. }
        | R::ConsultationOpen { .. }
        | R::ConsultationNotOpen { .. }
        | R::ConsultationRejected { .. }
        | R::BillExists {}
        | R::BillMissing {}
        | R::BillUnpaid { .. }
        | R::NothingToBill {}
        | R::PaymentBooked { .. }
        | R::NoDeadline {}
        | R::ExtensionUsed {}
        | R::NoExtension {}
        | R::NoDeadlinePassed {}
        | R::CalendarUnchanged {}
        | R::NoRenewal {}
        | R::ObjectionOpen {}
        | R::NoObjection {}
        | R::ObjectionTooLate {}
        | R::NoObjectionAllowed {}
        | R::NotObserved {}
        | R::IsObserved {}
        | R::OnlyImported {} => Kind::Conflict,

        R::UnknownZone { .. }
        | R::DistrictsOutOfRange { .. }
        | R::TextTooLong { .. }
        | R::TextForbidden { .. }
        | R::TooMany { .. }
        | R::SealedForOther { .. }
        | R::CorrectionNotAsked { .. }
        | R::ChecklistTwice { .. }
        | R::ProcedureInvalid { .. }
        | R::WeekWithoutWork {}
        | R::KinOfOneself {}
        | R::OccurredInFuture {}
        | R::UnknownProcedure { .. }
        | R::UnknownDistrict { .. }
        | R::ApplicantMissing {}
        | R::ParcelMissing {}
        | R::UnknownField { .. }
        | R::FieldMissing { .. }
        | R::FieldKind { .. }
        | R::FieldOutOfRange { .. }
        | R::FieldTwice { .. }
        | R::UnknownDocument { .. }
        | R::DocumentMissing { .. }
        | R::NotEligible { .. }
        | R::CorrectionMissing { .. }
        | R::UnknownCorrection { .. }
        | R::UnknownOutcome { .. }
        | R::UnknownChecklistItem { .. }
        | R::ChecklistIncomplete { .. }
        | R::UnknownBill {}
        | R::AmountNotPositive {}
        | R::AmountTooLarge { .. }
        | R::FeeNotComputable { .. }
        | R::UnknownArticle { .. } => Kind::InvalidField,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anothers_case_looks_like_none() {
        let case = CaseId::new(1405, 7);
        let foreign = Problem::refused(Refusal::NotYourCase {}, Some(case));
        assert_eq!(foreign, Problem::refused(Refusal::UnknownCase { case }, Some(case)));
        assert_eq!(foreign.status(), 404);
        assert_eq!(Problem::refused(Refusal::NotYourCase {}, None).status(), 403);
    }
}
