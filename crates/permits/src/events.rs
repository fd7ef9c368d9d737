//! What can have happened. Each body is its newest stored version.

pub use crate::wire::v1::*;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A fact about a case or the city, in the past tense.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $name($name),)*
        }
        $(impl From<$name> for Event {
            fn from(body: $name) -> Event {
                Event::$name(body)
            }
        })*
    };
}

events! {
    /// The city opened its registers.
    CityEstablished,
    /// A new version of a procedure; cases that started before keep theirs.
    ProcedurePublished,
    /// A day became a holiday.
    HolidayDeclared,
    /// A day is no longer a holiday.
    HolidayWithdrawn,
    /// The working week changed from a date on.
    RestDaysSet,
    /// An officer named a close relative.
    KinDeclared,
    /// A person's key was deleted; their sealed fields are closed for ever.
    PersonForgotten,
    /// A case began.
    ApplicationSubmitted,
    /// The applicant took the application back.
    ApplicationWithdrawn,
    /// A step waits for its role.
    StepOpened,
    /// A step does not apply to this case.
    StepSkipped,
    /// An officer took a step on their desk.
    StepTaken,
    /// An open step is waited for no more.
    StepCancelled,
    /// An unanswered consultation is waited for no more.
    ConsultationCancelled,
    /// A step was done.
    StepCompleted,
    /// The applicant has the case, to correct it; clocks stand still.
    CaseReturned,
    /// The applicant answered.
    ReturnAnswered,
    /// A deadline is not where it was.
    DeadlineMoved,
    /// A deadline passed.
    DeadlinePassed,
    /// An outside agency was asked.
    ConsultationRequested,
    /// An outside agency answered.
    ConsultationAnswered,
    /// Fees were billed; the applicant has the case until they are paid.
    BillIssued,
    /// Money came in.
    PaymentReceived,
    /// Money is owed to whoever paid.
    RefundOrdered,
    /// The bank paid a refund out.
    RefundPaid,
    /// An officer looked at the case or at a document of it.
    FileViewed,
    /// The application was refused.
    CaseRefused,
    /// The application was granted.
    PermitGranted,
    /// The licence got its number.
    LicenceIssued,
    /// The licence does not hold for now.
    LicenceSuspended,
    /// The licence holds again.
    LicenceReinstated,
    /// The licence holds no more.
    LicenceRevoked,
    /// The licence holds longer.
    LicenceRenewed,
    /// The licence has another holder.
    LicenceTransferred,
    /// The work that was licensed is complete.
    WorkCompleted,
    /// The applicant objected to the decision.
    ObjectionRaised,
    /// The objection was decided.
    ObjectionDecided,
    /// A visit to an office after the service's cut-over date.
    CutOverBreached,
    /// A step read from another system's log.
    StepRecorded,
    /// The other system's log says that the case ended.
    RecordClosed,
}
