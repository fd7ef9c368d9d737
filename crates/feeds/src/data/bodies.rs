//! The bodies, one struct a kind of event.

use super::{BillLine, Clock, Due, Fact, Named, ProcedureStep, Refund, Title, Verdict, Why};
use schemars::JsonSchema;
use serde::Serialize;

/// The city opened its registers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CityEstablished<'a> {
    /// The city's name.
    pub title: Title<'a>,
    /// IANA name of its local time.
    pub zone: &'a str,
    /// Districts are numbered 1 to this.
    pub districts: u8,
    /// Its departments; each has a feed.
    pub departments: Vec<Named<'a>>,
}

/// A new version of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProcedurePublished<'a> {
    /// The service.
    pub procedure: Named<'a>,
    /// The version; cases that started before keep theirs.
    pub version: u32,
    /// The way of a case.
    pub steps: Vec<ProcedureStep<'a>>,
}

/// A day became a holiday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HolidayDeclared {
    /// The day, ISO 8601.
    pub date: String,
    /// The calendar's version from now on.
    pub calendar: u32,
}

/// A day is no longer a holiday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HolidayWithdrawn {
    /// The day, ISO 8601.
    pub date: String,
    /// The calendar's version from now on.
    pub calendar: u32,
}

/// The working week changed from a date on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RestDaysSet<'a> {
    /// The first day on which this week holds, ISO 8601.
    pub from: String,
    /// Days on which the city rests: `thursday`, `friday`.
    pub days: Vec<&'a str>,
    /// The calendar's version from now on.
    pub calendar: u32,
}

/// A case began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ApplicationSubmitted<'a> {
    /// The piece of land, by its renewal code; only for departments that deal with land.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parcel: Option<&'a str>,
    /// The answered fields; only for departments that deal with land.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<Vec<Fact<'a>>>,
    /// Kinds of the documents that came with it.
    pub documents: Vec<&'a str>,
    /// By when the city promises to have decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promise: Option<Due>,
    /// The fees as the procedure computes them, in rials; only for departments that deal with money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<i64>,
    /// Whether the case was read from another system's log.
    pub imported: bool,
}

/// The applicant took the application back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ApplicationWithdrawn {}

/// A step waits for its role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepOpened<'a> {
    /// The step.
    pub step: Named<'a>,
    /// Who may do it.
    pub role: &'a str,
    /// Whose desk it is on.
    pub department: &'a str,
    /// By when it should be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
}

/// A step does not apply to this case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepSkipped<'a> {
    /// The step.
    pub step: Named<'a>,
}

/// An officer took a step on their desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepTaken<'a> {
    /// The step.
    pub step: Named<'a>,
}

/// An open step is waited for no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepCancelled<'a> {
    /// The step.
    pub step: Named<'a>,
}

/// A step was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepCompleted<'a> {
    /// The step.
    pub step: Named<'a>,
    /// How it ended.
    pub outcome: Named<'a>,
    /// Kinds of the documents that it added.
    pub documents: Vec<&'a str>,
    /// The step that the case goes back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_to: Option<Named<'a>>,
    /// Whether the law completed it because its deadline passed.
    pub by_silence: bool,
}

/// The applicant has the case, to correct it; clocks stand still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseReturned<'a> {
    /// The step at which it was.
    pub step: Named<'a>,
    /// Fields and kinds of documents to correct.
    pub corrections: Vec<&'a str>,
}

/// The applicant answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReturnAnswered<'a> {
    /// The fields that were corrected; only for departments that deal with land.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<Vec<Fact<'a>>>,
    /// Kinds of the documents that came with it.
    pub documents: Vec<&'a str>,
    /// The fees as the procedure computes them now, in rials; only for departments that deal with money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<i64>,
}

/// A deadline is not where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeadlineMoved<'a> {
    /// What it belongs to.
    pub clock: Clock,
    /// Which step or agency, where it belongs to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<Named<'a>>,
    /// Where it is now.
    pub due: Due,
    /// Why it moved.
    pub why: Why,
}

/// A deadline passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeadlinePassed<'a> {
    /// What it belongs to.
    pub clock: Clock,
    /// Which step or agency, where it belongs to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<Named<'a>>,
    /// When it was due, RFC 3339 in UTC.
    pub due: String,
    /// The role whose desk it lands on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalated_to: Option<&'a str>,
}

/// An outside agency was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConsultationRequested<'a> {
    /// Who was asked.
    pub agency: Named<'a>,
    /// Who answers for it.
    pub role: &'a str,
    /// The step that asks.
    pub step: Named<'a>,
    /// Whether the step waits for the answer.
    pub required: bool,
    /// By when it should answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
}

/// An outside agency answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConsultationAnswered<'a> {
    /// Who was asked.
    pub agency: Named<'a>,
    /// The answer.
    pub verdict: Verdict,
    /// Whether the law answered because the deadline passed.
    pub by_silence: bool,
}

/// An unanswered consultation is waited for no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConsultationCancelled<'a> {
    /// Who was asked.
    pub agency: Named<'a>,
}

/// Fees were billed; the applicant has the case until they are paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BillIssued<'a> {
    /// The bill's number.
    pub bill: String,
    /// What is billed.
    pub lines: Vec<BillLine<'a>>,
    /// In rials.
    pub total: i64,
    /// By when it should be paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
}

/// Money came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PaymentReceived {
    /// The bill's number.
    pub bill: String,
    /// What came in, in rials.
    pub amount: i64,
    /// What is still to be paid, in rials.
    pub outstanding: i64,
}

/// Money is owed to whoever paid; it is no longer counted as paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RefundOrdered {
    /// The bill's number.
    pub bill: String,
    /// In rials.
    pub amount: i64,
    /// Why it goes back.
    pub reason: Refund,
}

/// The bank paid a refund out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RefundPaid {
    /// The bill's number.
    pub bill: String,
    /// In rials.
    pub amount: i64,
}

/// The application was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseRefused<'a> {
    /// The article it rests on; absent when the procedure's own deadline refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<Named<'a>>,
}

/// The application was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PermitGranted {}

/// The licence got its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LicenceIssued {
    /// The licence's number.
    pub licence: String,
    /// The last day on which it holds, ISO 8601.
    pub valid_until: String,
}

/// The licence does not hold for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LicenceSuspended<'a> {
    /// The article it rests on.
    pub article: Named<'a>,
}

/// The licence holds again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LicenceReinstated {}

/// The licence holds no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LicenceRevoked<'a> {
    /// The article it rests on.
    pub article: Named<'a>,
}

/// The licence holds longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LicenceRenewed {
    /// The last day on which it holds, ISO 8601.
    pub valid_until: String,
}

/// The licence has another holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LicenceTransferred {}

/// The work that was licensed is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkCompleted {
    /// The completion certificate's number.
    pub certificate: String,
}

/// The applicant objected to the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObjectionRaised {
    /// By when it should be decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
}

/// The objection was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ObjectionDecided<'a> {
    /// Whether the applicant was right.
    pub upheld: bool,
    /// The step that the case goes back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back_to: Option<Named<'a>>,
}

/// Somebody had to come in although the service is no longer given in person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CutOverBreached {
    /// The day from which the channel is no longer offered, ISO 8601.
    pub since: String,
}

/// A step of an imported case, as another system's log has it; its words stay in the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepRecorded {}

/// The other system's log says that the case ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RecordClosed {}
