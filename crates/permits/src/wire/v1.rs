//! The stored form of every event, version 1. A struct here never changes; a new shape is a new version beside it.

use crate::numbers::{BillNumber, CertificateNumber, LicenceNumber};
use kernel::{
    Date, DepartmentId, DistrictId, Instant, ParcelId, PersonId, ProcedureId, Rials, RoleId, Sealed, StepId,
    deadline::Deadline, time::Weekday,
};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A name in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    pub fa: String,
    pub en: String,
}

/// A department of the city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    pub id: DepartmentId,
    pub title: Title,
}

/// The city as a tenant: its zone, districts and departments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CityEstablished {
    pub title: Title,
    /// IANA name.
    pub zone: SmolStr,
    /// Districts are numbered 1 to this.
    pub districts: u8,
    pub departments: Vec<Department>,
}

/// A procedure's text, so that the register alone is enough to replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcedurePublished {
    pub procedure: ProcedureId,
    pub version: u32,
    /// TOML.
    pub source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolidayDeclared {
    pub date: Date,
    pub title: SmolStr,
    /// The calendar's version from now on.
    pub calendar: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolidayWithdrawn {
    pub date: Date,
    pub calendar: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestDaysSet {
    /// The first day on which this week holds.
    pub from: Date,
    pub days: Vec<Weekday>,
    pub calendar: u32,
}

/// Two persons are close relatives; neither may act on the other's case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KinDeclared {
    pub officer: PersonId,
    pub kin: PersonId,
    /// `parent`, `spouse`, …: a word of the city's list.
    pub relation: StepId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonForgotten {
    pub person: PersonId,
}

/// A person as an applicant or licence holder: pseudonym and sealed fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub person: PersonId,
    pub name: Sealed,
    pub mobile: Option<Sealed>,
    pub address: Option<Sealed>,
}

/// The value of a declared field of an application. Never free text, so never personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    Integer(i64),
    Flag(bool),
    Choice(StepId),
}

/// One answered field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactValue {
    pub field: StepId,
    pub value: Value,
}

/// A document by what it is and the SHA-256 of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub kind: StepId,
    pub sha256: [u8; 32],
}

/// Where an imported case comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The case's name in the log it was read from.
    pub reference: SmolStr,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationSubmitted {
    pub procedure: ProcedureId,
    /// The version that the case keeps.
    pub version: u32,
    pub district: DistrictId,
    pub parcel: Option<ParcelId>,
    /// Who applies; an imported log may not say.
    pub applicant: Option<Party>,
    /// Who acts for them.
    pub agent: Option<PersonId>,
    pub facts: Vec<FactValue>,
    pub documents: Vec<Document>,
    /// By when the city promises to have decided.
    pub promise: Option<Deadline>,
    /// The fees as the procedure computes them from the facts, before any bill.
    pub estimate: Rials,
    pub origin: Option<Origin>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepOpened {
    pub step: StepId,
    pub role: RoleId,
    pub department: DepartmentId,
    pub district: DistrictId,
    pub deadline: Option<Deadline>,
}

/// The step's condition does not hold for this case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepSkipped {
    pub step: StepId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTaken {
    pub step: StepId,
    pub district: DistrictId,
    pub officer: PersonId,
}

/// An open step is waited for no more: the case ended, or went back before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCancelled {
    pub step: StepId,
    pub district: DistrictId,
}

/// An unanswered consultation is waited for no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsultationCancelled {
    pub agency: StepId,
    pub district: DistrictId,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistAnswer {
    pub item: StepId,
    pub holds: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCompleted {
    pub step: StepId,
    pub district: DistrictId,
    pub outcome: StepId,
    pub checklist: Vec<ChecklistAnswer>,
    pub documents: Vec<Document>,
    pub note: Option<Sealed>,
    /// Steps that the outcome sends the case back to; they and all that follow them are open to be done again.
    pub back_to: Option<StepId>,
    /// Whether the law completed it because its deadline passed (silence is consent).
    pub by_silence: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseReturned {
    pub step: StepId,
    /// Fields and documents to correct.
    pub corrections: Vec<StepId>,
    pub note: Option<Sealed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnAnswered {
    pub facts: Vec<FactValue>,
    pub documents: Vec<Document>,
    pub note: Option<Sealed>,
    pub estimate: Rials,
}

/// What a deadline belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Clock {
    /// The date promised to the applicant.
    Promise,
    Step(StepId),
    Consultation(StepId),
    Objection,
    Bill,
}

/// Why a deadline is not where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moved {
    /// The applicant had the case; the clock stood still.
    Resumed,
    /// Extended, once, by a decision.
    Extended,
    /// The city's calendar changed.
    Calendar,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadlineMoved {
    pub clock: Clock,
    pub deadline: Deadline,
    pub why: Moved,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadlinePassed {
    pub clock: Clock,
    pub district: DistrictId,
    pub due: Instant,
    /// Whose desk it lands on now.
    pub escalated_to: Option<RoleId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsultationRequested {
    pub agency: StepId,
    pub role: RoleId,
    pub district: DistrictId,
    pub step: StepId,
    pub required: bool,
    pub deadline: Option<Deadline>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    Approves,
    ApprovesWithConditions,
    Rejects,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsultationAnswered {
    pub agency: StepId,
    pub verdict: Verdict,
    pub note: Option<Sealed>,
    /// Whether the law answered it because its deadline passed.
    pub by_silence: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillLine {
    pub fee: StepId,
    pub amount: Rials,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillIssued {
    pub bill: BillNumber,
    pub district: DistrictId,
    pub lines: Vec<BillLine>,
    pub total: Rials,
    pub deadline: Option<Deadline>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReceived {
    pub bill: BillNumber,
    pub district: DistrictId,
    pub amount: Rials,
    /// The bank's tracking number.
    pub reference: SmolStr,
    /// What is still to be paid.
    pub outstanding: Rials,
}

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundReason {
    /// More came in than was outstanding.
    Surplus,
    /// It came in when the case had ended.
    CaseEnded,
    /// The office that bills decided it.
    Decided,
}

/// Money is owed to whoever paid. It is no longer counted as paid from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundOrdered {
    pub bill: BillNumber,
    pub district: DistrictId,
    /// The bank's tracking number of the payment that goes back, whole or in part.
    pub payment: SmolStr,
    pub amount: Rials,
    pub reason: RefundReason,
    pub note: Option<Sealed>,
}

/// The bank paid a refund out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundPaid {
    pub bill: BillNumber,
    pub district: DistrictId,
    /// The bank's tracking number of the payment that went back.
    pub payment: SmolStr,
    pub amount: Rials,
    /// The bank's tracking number of the refund.
    pub reference: SmolStr,
}

/// An officer looked at the case, or at one document of it. Who stands in the block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileViewed {
    pub district: DistrictId,
    pub document: Option<Document>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseRefused {
    /// Of the procedure's articles; none when the procedure's own deadline refuses.
    pub article: Option<StepId>,
    pub note: Option<Sealed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermitGranted {}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceIssued {
    pub licence: LicenceNumber,
    pub district: DistrictId,
    pub valid_until: Date,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceSuspended {
    pub article: StepId,
    pub note: Option<Sealed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceReinstated {}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceRevoked {
    pub article: StepId,
    pub note: Option<Sealed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceRenewed {
    pub valid_until: Date,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceTransferred {
    pub to: Party,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkCompleted {
    pub certificate: CertificateNumber,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectionRaised {
    pub note: Option<Sealed>,
    pub deadline: Option<Deadline>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectionDecided {
    pub upheld: bool,
    pub note: Option<Sealed>,
    /// Where an upheld objection puts the case back.
    pub back_to: Option<StepId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationWithdrawn {}

/// Somebody had to come in although the service is no longer given in person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutOverBreached {
    pub channel: SmolStr,
    pub district: DistrictId,
    /// The day from which the channel is no longer offered.
    pub since: Date,
}

/// A step of another system's log, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecorded {
    pub name: SmolStr,
    pub actor: Option<Sealed>,
    pub unit: Option<SmolStr>,
    /// XES `lifecycle:transition`.
    pub lifecycle: Option<SmolStr>,
}

/// The log says that the case ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordClosed {}
