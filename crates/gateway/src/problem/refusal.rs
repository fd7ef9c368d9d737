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

/// One match over every refusal: a new one does not compile before it has a status.
macro_rules! kinds {
    ($($kind:ident: $($refusal:ident)*;)*) => {
        fn kind(refusal: &Refusal) -> Kind {
            match refusal {
                $($(Refusal::$refusal { .. })|* => Kind::$kind,)*
            }
        }
    };
}

kinds! {
    Forbidden:
        RoleMayNot DistrictNotYours OwnCase CaseOfKin NotYourCase MayNotBackdate OnlyImporterMayImport
        OnlyOfficersView;
    NotFound:
        UnknownCase UnknownStep UnknownStepName UnknownAgency;
    Conflict:
        CityNotEstablished CityEstablishedAlready ProcedureVersionNotNext HolidayDeclaredAlready HolidayNotDeclared
        KinDeclaredAlready ForgottenAlready ForgottenPerson ExtensionTooLate ParcelHasLiveApplication CaseIsNot
        CaseWithApplicant CaseNotReturned StepNotOpen StepTakenByOther StepsPending ConsultationOpen
        ConsultationNotOpen ConsultationRejected BillExists BillMissing BillUnpaid NothingToBill PaymentBooked
        RefundPending NoRefundPending
        NoDeadline ExtensionUsed NoExtension NoDeadlinePassed CalendarUnchanged NoRenewal ObjectionOpen NoObjection
        ObjectionTooLate NoObjectionAllowed NotObserved IsObserved OnlyImported;
    InvalidField:
        UnknownZone DistrictsOutOfRange TextTooLong TextForbidden TooMany SealedForOther CorrectionNotAsked
        ChecklistTwice ProcedureInvalid WeekWithoutWork KinOfOneself OccurredInFuture UnknownProcedure
        UnknownDistrict ApplicantMissing ParcelMissing UnknownField FieldMissing FieldKind FieldOutOfRange
        FieldTwice UnknownDocument DocumentMissing NotEligible CorrectionMissing UnknownCorrection UnknownOutcome
        UnknownChecklistItem ChecklistIncomplete UnknownBill AmountNotPositive AmountTooLarge FeeNotComputable
        UnknownArticle UnknownPayment RefundTooLarge;
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
