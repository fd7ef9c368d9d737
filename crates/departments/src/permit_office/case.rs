//! One case as a whole: the case itself, its steps and consultations, its answers and documents.

use super::application::{Answer, Application};
use super::cases::{Case, Objection};
use super::consultations::{Consultation, Verdict};
use super::documents::Document;
use super::search::{CaseSummary, Listed};
use super::steps::{Step, StepState};
use crate::desk::{Desk, QueryError};
use crate::view::{Personal, When};
use kernel::CaseId;
use projection::Value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseView {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// The version of the procedure that it keeps.
    pub version: u32,
    /// How the application came.
    pub channel: String,
    /// The applicant, or now the licence's holder, by pseudonym.
    pub applicant: Option<String>,
    /// Who acts for them.
    pub agent: Option<String>,
    /// Names and addresses, where personal data is shown and nobody is forgotten.
    pub people: Option<People>,
    /// The fees as computed from the application, in rials.
    pub estimate: i64,
    /// What is billed and not paid, in rials.
    pub outstanding: i64,
    /// What the applicant must correct.
    pub corrections: Vec<String>,
    /// Whether the promised date was extended.
    pub promise_extended: bool,
    /// The article of a refusal, suspension or revocation.
    pub article: Option<String>,
    /// The completion certificate.
    pub certificate: Option<String>,
    /// How the last objection stands.
    pub objection: Option<Objection>,
    /// By when an open objection should be decided.
    pub objection_due: Option<When>,
    /// The steps that it has reached, in the order in which they were.
    pub steps: Vec<StepView>,
    /// What outside agencies were asked.
    pub consultations: Vec<ConsultationView>,
    /// The application's fields.
    pub fields: BTreeMap<String, Answer>,
    /// Its documents.
    pub documents: Vec<DocumentView>,
}

/// The applicant in the clear; what is absent was never given.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct People {
    /// Name.
    pub name: Option<String>,
    /// Mobile number.
    pub mobile: Option<String>,
    /// Address.
    pub address: Option<String>,
}

/// A step of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StepView {
    /// Which.
    pub step: String,
    /// How it stands.
    pub state: StepState,
    /// How often it was opened.
    pub times: u32,
    /// Whose it is.
    pub role: Option<String>,
    /// Whose desk it is on.
    pub department: Option<String>,
    /// When it was last opened.
    pub opened_at: Option<When>,
    /// By when it should be done.
    pub due: Option<When>,
    /// Whether that passed.
    pub passed: bool,
    /// Whose desk it is on since then.
    pub escalated_to: Option<String>,
    /// Who has it, or did it, by pseudonym.
    pub officer: Option<String>,
    /// When it was done, skipped or called off.
    pub ended_at: Option<When>,
    /// How it ended.
    pub outcome: Option<String>,
    /// Whether the law ended it because nobody answered in time.
    pub by_silence: bool,
}

/// What an outside agency was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConsultationView {
    /// Which agency.
    pub agency: String,
    /// For which step.
    pub step: String,
    /// Who answers for it.
    pub role: String,
    /// Whether the step waits for it.
    pub required: bool,
    /// How often it was asked.
    pub times: u32,
    /// When it was last asked.
    pub asked_at: When,
    /// By when it should answer.
    pub due: Option<When>,
    /// Whether that passed.
    pub passed: bool,
    /// When it answered, or was no longer waited for.
    pub ended_at: Option<When>,
    /// What it says; absent while it is waited for and when it no longer is.
    pub verdict: Option<Verdict>,
    /// Whether the law answered because the agency did not in time.
    pub by_silence: bool,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DocumentView {
    /// What it is.
    pub kind: String,
    /// SHA-256 of the newest, hexadecimal.
    pub sha256: String,
    /// When that was given.
    pub given_at: When,
    /// How often one was given.
    pub times: u32,
}

const WHAT: &str = "a case";
/// More steps, agencies and documents than a procedure may have.
const PARTS: &str = "200";

/// The case, if there is one of this number.
///
/// # Errors
/// When the database fails.
pub async fn case(desk: &Desk, id: CaseId, personal: Personal) -> Result<Option<CaseView>, QueryError> {
    let key: [Value; 1] = [id.into()];
    let sql = "SELECT * FROM cases WHERE case_id = $1";
    let Some(row): Option<serde_json::Value> = desk.fetch_one(WHAT, sql, &key).await? else { return Ok(None) };
    let read = |source| misfit("cases", source);
    let listed = Listed::deserialize(&row).map_err(read)?;
    let case = Case::deserialize(row).map_err(read)?;
    let steps =
        format!("SELECT * FROM steps WHERE case_id = $1 ORDER BY COALESCE(opened_at, ended_at), step LIMIT {PARTS}");
    let steps: Vec<Step> = desk.fetch(WHAT, steps, &key).await?;
    let asked = format!("SELECT * FROM consultations WHERE case_id = $1 ORDER BY asked_at, agency LIMIT {PARTS}");
    let asked: Vec<Consultation> = desk.fetch(WHAT, asked, &key).await?;
    let documents = format!("SELECT * FROM documents WHERE case_id = $1 ORDER BY kind LIMIT {PARTS}");
    let documents: Vec<Document> = desk.fetch(WHAT, documents, &key).await?;
    let application: Option<Application> =
        desk.fetch_one(WHAT, "SELECT * FROM applications WHERE case_id = $1", &key).await?;
    let people = match personal {
        Personal::Shown => Some(people(desk, id).await?),
        Personal::Hidden => None,
    };
    let fields = application.map(|row| row.fields).unwrap_or_default();
    let head = show(case, listed, desk);
    Ok(Some(CaseView {
        people,
        steps: steps.into_iter().map(|step| step.show(desk)).collect(),
        consultations: asked.into_iter().map(|asked| asked.show(desk)).collect(),
        fields: fields.into_iter().map(|(field, answer)| (field.to_string(), answer)).collect(),
        documents: documents.into_iter().map(|document| document.show(desk)).collect(),
        ..head
    }))
}

/// The applicant of a case in the clear. Who may see that is the caller's to check.
///
/// # Errors
/// When the database fails.
pub async fn people(desk: &Desk, id: CaseId) -> Result<People, QueryError> {
    #[derive(Deserialize)]
    struct Field {
        field: String,
        clear: String,
    }
    let sql = "SELECT field, clear FROM cases_clear WHERE case_id = $1";
    let mut people = People::default();
    for Field { field, clear } in desk.fetch::<Field>(WHAT, sql, &[id.into()]).await? {
        match field.as_str() {
            "name" => people.name = Some(clear),
            "mobile" => people.mobile = Some(clear),
            "address" => people.address = Some(clear),
            _ => {}
        }
    }
    Ok(people)
}

fn misfit(table: &str, source: serde_json::Error) -> QueryError {
    QueryError::Store { what: WHAT, source: projection::StoreError::Row { subject: table.to_owned(), source } }
}

fn text<T: std::fmt::Display>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// The case's own part of the view.
fn show(case: Case, listed: Listed, desk: &Desk) -> CaseView {
    CaseView {
        summary: listed.show(desk),
        version: case.version,
        channel: case.channel.to_string(),
        applicant: text(case.applicant),
        agent: text(case.agent),
        people: None,
        estimate: case.estimate.0,
        outstanding: case.outstanding.0,
        corrections: case.corrections.iter().flatten().map(ToString::to_string).collect(),
        promise_extended: case.promise_extended,
        article: text(case.article),
        certificate: text(case.certificate),
        objection: case.objection,
        objection_due: desk.maybe_when(case.objection_due),
        steps: Vec::new(),
        consultations: Vec::new(),
        fields: BTreeMap::new(),
        documents: Vec::new(),
    }
}

impl Step {
    fn show(self, desk: &Desk) -> StepView {
        StepView {
            step: self.step.to_string(),
            state: self.state,
            times: self.times,
            role: text(self.role),
            department: text(self.department),
            opened_at: desk.maybe_when(self.opened_at),
            due: desk.maybe_when(self.due),
            passed: self.passed,
            escalated_to: text(self.escalated_to),
            officer: text(self.officer),
            ended_at: desk.maybe_when(self.ended_at),
            outcome: text(self.outcome),
            by_silence: self.by_silence,
        }
    }
}

impl Consultation {
    fn show(self, desk: &Desk) -> ConsultationView {
        ConsultationView {
            agency: self.agency.to_string(),
            step: self.step.to_string(),
            role: self.role.to_string(),
            required: self.required,
            times: self.times,
            asked_at: desk.when(self.asked_at),
            due: desk.maybe_when(self.due),
            passed: self.passed,
            ended_at: desk.maybe_when(self.ended_at),
            verdict: self.verdict,
            by_silence: self.by_silence,
        }
    }
}

impl Document {
    fn show(self, desk: &Desk) -> DocumentView {
        DocumentView {
            kind: self.kind.to_string(),
            sha256: self.sha256,
            given_at: desk.when(self.given_at),
            times: self.times,
        }
    }
}
