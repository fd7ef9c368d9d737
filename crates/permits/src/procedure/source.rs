//! A procedure as its TOML says it: the shape that `schemas/procedure.schema.json` describes.

use kernel::{
    DepartmentId, ProcedureId, RoleId, StepId,
    deadline::{Expiry, Policy, StartRule},
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A service of the city: its steps, roles, deadlines, fees and channels. A case keeps the version it started under.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Source {
    /// a-z, 0-9 and dashes; stays the same over all versions.
    #[schemars(with = "String")]
    pub id: ProcedureId,
    /// 1, then 2, …
    pub version: u32,
    /// The service's name.
    pub title: Text,
    /// The law it rests on.
    #[serde(default)]
    pub law: String,
    /// Keeps cases of other systems: any sequence of steps, nothing decided here.
    #[serde(default)]
    pub observed: bool,
    /// Whether an application must name a parcel.
    #[serde(default)]
    pub needs_parcel: bool,
    /// By when the city promises to decide.
    pub promise: Option<DeadlineSource>,
    /// By when a bill should be paid.
    pub payment: Option<DeadlineSource>,
    /// Who takes the decisions about the whole case.
    pub decisions: Option<Decisions>,
    /// The licence that is issued.
    pub licence: Option<LicenceSource>,
    /// How an applicant may object.
    pub objection: Option<ObjectionSource>,
    /// Channels by name. A channel that is not named here is offered for ever.
    #[serde(default)]
    pub channels: BTreeMap<String, ChannelSource>,
    /// What an application must answer.
    #[serde(default, rename = "field")]
    pub fields: Vec<FieldSource>,
    /// Conditions in CEL that every application must meet.
    #[serde(default, rename = "condition")]
    pub conditions: Vec<ConditionSource>,
    /// Documents of the application and of the steps.
    #[serde(default, rename = "document")]
    pub documents: Vec<DocumentSource>,
    /// Articles of law that a refusal, suspension or revocation may rest on.
    #[serde(default, rename = "article")]
    pub articles: Vec<Named>,
    /// What is billed.
    #[serde(default, rename = "fee")]
    pub fees: Vec<FeeSource>,
    /// The way of a case.
    #[serde(default, rename = "step")]
    pub steps: Vec<StepSource>,
}

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Persian.
    pub fa: String,
    /// English.
    pub en: String,
}

/// An id with its name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Named {
    #[schemars(with = "String")]
    /// a-z, 0-9 and dashes.
    pub id: StepId,
    /// Its name.
    pub title: Text,
}

/// The unit of a deadline.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Every day counts.
    Calendar,
    /// Only days on which the city works.
    Working,
}

/// Which day is counted first.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// The day it starts counts.
    SameDay,
    /// The day after.
    #[default]
    NextDay,
    /// The first working day after the start is day 0.
    NextWorkingDay,
}

/// What happens when a deadline passes.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnExpiry {
    /// It is recorded and lands on the desk of `escalate-to`.
    #[default]
    Escalate,
    /// Silence is consent.
    Consent,
    /// Silence is refusal.
    Refuse,
}

/// A deadline in days.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeadlineSource {
    /// How many days.
    pub days: u16,
    /// Of which kind.
    pub unit: Unit,
    /// Counted from when.
    #[serde(default)]
    pub start: Start,
    /// Whether it stands still while the applicant has the case.
    #[serde(default = "yes")]
    pub pauses: bool,
    /// By how many days it may be extended, once.
    #[serde(default)]
    pub extension: u16,
    /// What expiry does.
    #[serde(default)]
    pub on_expiry: OnExpiry,
    /// The law and its version.
    #[serde(default)]
    pub law: String,
}

fn yes() -> bool {
    true
}

impl DeadlineSource {
    /// The kernel's policy.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy {
            days: self.days,
            unit: match self.unit {
                Unit::Calendar => kernel::calendar::DayUnit::Calendar,
                Unit::Working => kernel::calendar::DayUnit::Working,
            },
            start: match self.start {
                Start::SameDay => StartRule::SameDay,
                Start::NextDay => StartRule::NextDay,
                Start::NextWorkingDay => StartRule::NextWorkingDay,
            },
            pauses: self.pauses,
            extension: self.extension,
            on_expiry: match self.on_expiry {
                OnExpiry::Escalate => Expiry::Escalate,
                OnExpiry::Consent => Expiry::Consent,
                OnExpiry::Refuse => Expiry::Refuse,
            },
            law: self.law.as_str().into(),
        }
    }
}

/// The role that takes each decision about the whole case.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is named as its command")]
pub struct Decisions {
    #[schemars(with = "String")]
    pub refuse: RoleId,
    #[schemars(with = "String")]
    pub bill: RoleId,
    #[schemars(with = "String")]
    pub grant: RoleId,
    #[schemars(with = "String")]
    pub issue: RoleId,
    /// Suspends, reinstates and revokes.
    #[schemars(with = "String")]
    pub suspend: RoleId,
    #[schemars(with = "String")]
    pub renew: RoleId,
    #[schemars(with = "String")]
    pub transfer: RoleId,
    #[schemars(with = "String")]
    pub complete: RoleId,
    #[schemars(with = "String")]
    pub extend: RoleId,
    /// Decides objections.
    #[schemars(with = "String")]
    pub objection: RoleId,
    /// Gets what is overdue.
    #[schemars(with = "String")]
    pub escalate_to: RoleId,
}

/// The licence.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LicenceSource {
    /// For how many days it holds.
    pub valid_days: u16,
    /// How often it may be renewed, each time for as long again.
    #[serde(default)]
    pub renewals: u8,
}

/// Objection.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ObjectionSource {
    /// How long after the decision it may be raised.
    pub within: DeadlineSource,
    /// By when it is decided.
    pub answer: Option<DeadlineSource>,
    /// The step that an upheld objection to a refusal opens again.
    #[schemars(with = "String")]
    pub reopens: StepId,
}

/// A channel.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChannelSource {
    /// Whether somebody must come in.
    #[serde(default)]
    pub in_person: bool,
    /// From this day on it is no longer offered (Jalali or Gregorian, by the year).
    pub until: Option<String>,
}

/// What a field holds. Never free text: that could be personal.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum FieldKind {
    /// A whole number.
    Integer {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// Yes or no.
    Flag,
    /// One of some.
    Choice {
        /// Which.
        choices: Vec<Named>,
    },
}

/// A field of the application. In CEL it is named with underscores for dashes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldSource {
    #[schemars(with = "String")]
    /// a-z, 0-9 and dashes.
    pub id: StepId,
    /// Its name.
    pub title: Text,
    /// `m2`, `floors`, …
    #[serde(default)]
    pub unit: String,
    /// Whether it must be answered; one that is not has the value 0, false or "".
    #[serde(default = "yes")]
    pub required: bool,
    /// What it holds.
    pub holds: FieldKind,
}

/// A condition that every application must meet.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConditionSource {
    #[schemars(with = "String")]
    /// a-z, 0-9 and dashes.
    pub id: StepId,
    /// What is told when it does not hold.
    pub title: Text,
    /// CEL over the fields, a boolean.
    pub holds: String,
}

/// A document.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentSource {
    #[schemars(with = "String")]
    /// a-z, 0-9 and dashes.
    pub id: StepId,
    /// Its name.
    pub title: Text,
    /// Whether the application must have it.
    #[serde(default)]
    pub required: bool,
}

/// A fee.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeeSource {
    #[schemars(with = "String")]
    /// a-z, 0-9 and dashes.
    pub id: StepId,
    /// Its name.
    pub title: Text,
    /// The law it rests on.
    #[serde(default)]
    pub law: String,
    /// CEL over the fields, a boolean; absent means always.
    pub when: Option<String>,
    /// CEL over the fields, whole rials. Whole-number arithmetic only, so it is exact.
    pub formula: String,
}

/// When a step can be open.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before the decision; a licence needs it done.
    #[default]
    Application,
    /// After the licence is issued; the completion certificate needs it done.
    Works,
}

/// A step.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StepSource {
    #[schemars(with = "String")]
    /// a-z, 0-9 and dashes.
    pub id: StepId,
    /// Its name.
    pub title: Text,
    #[schemars(with = "String")]
    /// Who may do it.
    pub role: RoleId,
    #[schemars(with = "String")]
    /// Whose desk it is on.
    pub department: DepartmentId,
    /// Before or after the licence.
    #[serde(default)]
    pub phase: Phase,
    /// Steps that must be done first; none means that it opens with its phase. Steps with the same are parallel.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub after: Vec<StepId>,
    /// Opens only when an outcome says so.
    #[serde(default)]
    pub on_demand: bool,
    /// CEL over the fields; where it does not hold the step is skipped.
    pub when: Option<String>,
    /// By when it should be done.
    pub deadline: Option<DeadlineSource>,
    /// Documents that must be there when it is done.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub documents: Vec<StepId>,
    /// Cannot be done before the bill is paid.
    #[serde(default)]
    pub needs_payment: bool,
    /// What the officer checks.
    #[serde(default)]
    pub checklist: Vec<ChecklistSource>,
    /// How it can end; none means that it can only be done (`done`).
    #[serde(default, rename = "outcome")]
    pub outcomes: Vec<OutcomeSource>,
    /// Outside agencies that are asked, all at once, when it opens.
    #[serde(default, rename = "consultation")]
    pub consultations: Vec<ConsultationSource>,
}

/// An item of a checklist.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecklistSource {
    #[schemars(with = "String")]
    /// a-z, 0-9 and dashes.
    pub id: StepId,
    /// What is checked.
    pub title: Text,
    /// Whether the step can only go on when it holds.
    #[serde(default = "yes")]
    pub required: bool,
}

/// How a step can end.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OutcomeSource {
    #[schemars(with = "String")]
    /// a-z, 0-9 and dashes.
    pub id: StepId,
    /// Its name.
    pub title: Text,
    /// Opens this on-demand step.
    #[schemars(with = "Option<String>")]
    pub opens: Option<StepId>,
    /// Sends the case back to this step; it and all that follow are done again.
    #[schemars(with = "Option<String>")]
    pub back_to: Option<StepId>,
    /// Refuses the case with this article.
    #[schemars(with = "Option<String>")]
    pub refuses: Option<StepId>,
}

/// An outside agency's part.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsultationSource {
    #[schemars(with = "String")]
    /// Which agency.
    pub agency: StepId,
    /// Its name.
    pub title: Text,
    #[schemars(with = "String")]
    /// Who answers for it.
    pub role: RoleId,
    /// Whether the step, and the licence, wait for it.
    #[serde(default = "yes")]
    pub required: bool,
    /// CEL over the fields; where it does not hold it is not asked.
    pub when: Option<String>,
    /// By when it should answer.
    pub deadline: Option<DeadlineSource>,
}
