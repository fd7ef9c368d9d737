//! What can be asked of the permits register. Parsed at the edge: a command that exists is well formed.

use crate::events::{ChecklistAnswer, Department, Document, FactValue, Origin, Party, Title, Verdict};
use crate::numbers::BillNumber;
use kernel::{
    CaseId, Date, DistrictId, Instant, ParcelId, PersonId, ProcedureId, Rials, Sealed, StepId, time::Weekday,
};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A command, in the imperative. Those with a `case` are about that case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "fields are named as in the events that they lead to")]
pub enum Command {
    /// Opens the city's register.
    EstablishCity { title: Title, zone: SmolStr, districts: u8, departments: Vec<Department> },
    /// Adds a procedure, or the next version of one.
    PublishProcedure { source: String },
    /// Makes a day a holiday; deadlines that it touches are computed again.
    DeclareHoliday { date: Date, title: SmolStr },
    /// Makes a holiday an ordinary day again.
    WithdrawHoliday { date: Date },
    /// Changes the working week from a date on.
    SetRestDays { from: Date, days: Vec<Weekday> },
    /// An officer names a close relative.
    DeclareKin { officer: PersonId, kin: PersonId, relation: StepId },
    /// Records that the vault has deleted a person's key.
    ForgetPerson { person: PersonId },

    /// Starts a case.
    Apply(Application),
    /// The applicant takes it back.
    Withdraw { case: CaseId },
    /// An officer takes an open step on their desk.
    TakeStep { case: CaseId, step: StepId },
    /// Does a step.
    CompleteStep {
        case: CaseId,
        step: StepId,
        outcome: StepId,
        checklist: Vec<ChecklistAnswer>,
        documents: Vec<Document>,
        note: Option<Sealed>,
    },
    /// Gives the case back to the applicant for correction.
    ReturnCase { case: CaseId, step: StepId, corrections: Vec<StepId>, note: Option<Sealed> },
    /// The applicant answers a return.
    AnswerReturn { case: CaseId, facts: Vec<FactValue>, documents: Vec<Document>, note: Option<Sealed> },
    /// Asks one of the procedure's agencies again, or one that was not asked.
    Consult { case: CaseId, step: StepId, agency: StepId },
    /// The agency answers.
    AnswerConsultation { case: CaseId, agency: StepId, verdict: Verdict, note: Option<Sealed> },
    /// Bills the procedure's fees.
    IssueBill { case: CaseId },
    /// Books a payment.
    RecordPayment { case: CaseId, bill: BillNumber, amount: Rials, reference: SmolStr },
    /// Gives a payment back, whole or in part.
    OrderRefund { case: CaseId, payment: SmolStr, amount: Rials, note: Option<Sealed> },
    /// The bank says that it paid a refund out.
    ConfirmRefund { case: CaseId, payment: SmolStr, reference: SmolStr },
    /// An officer looks at a case, or at one document of it.
    ViewFile { case: CaseId, document: Option<Document> },
    /// Extends the promised date, or a step's deadline, once.
    ExtendDeadline { case: CaseId, step: Option<StepId> },
    /// Refuses the application, with the article.
    RefuseCase { case: CaseId, article: StepId, note: Option<Sealed> },
    /// Grants it.
    Grant { case: CaseId },
    /// Gives the licence its number.
    IssueLicence { case: CaseId },
    /// Suspends the licence.
    Suspend { case: CaseId, article: StepId, note: Option<Sealed> },
    /// Ends a suspension.
    Reinstate { case: CaseId },
    /// Revokes the licence.
    Revoke { case: CaseId, article: StepId, note: Option<Sealed> },
    /// Renews the licence.
    Renew { case: CaseId },
    /// Gives the licence another holder.
    Transfer { case: CaseId, to: Party },
    /// Certifies that the work is complete.
    CompleteWork { case: CaseId },
    /// Objects to a decision.
    Object { case: CaseId, note: Option<Sealed> },
    /// Decides the objection.
    DecideObjection { case: CaseId, upheld: bool, note: Option<Sealed> },

    /// Records a step of another system's log.
    RecordStep { case: CaseId, name: SmolStr, actor: Option<Sealed>, unit: Option<SmolStr>, lifecycle: Option<SmolStr> },
    /// Records that the other system's case ended.
    CloseRecord { case: CaseId },

    /// The clock: the register's next deadline is past.
    PassDeadline { case: CaseId },
    /// The clock: a case's deadlines were computed under an older calendar.
    RecomputeDeadlines { case: CaseId },
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Which service.
    pub procedure: ProcedureId,
    /// Where; 0 when it is not about a place.
    pub district: DistrictId,
    /// The land it is about.
    pub parcel: Option<ParcelId>,
    /// For whom.
    pub applicant: Option<Party>,
    /// Who acts for them.
    pub agent: Option<PersonId>,
    /// The procedure's fields.
    pub facts: Vec<FactValue>,
    /// The procedure's documents.
    pub documents: Vec<Document>,
    /// Set by importers: where the case comes from.
    pub origin: Option<Origin>,
    /// Set by importers: the date that the other system promised.
    pub deadline: Option<Instant>,
}
