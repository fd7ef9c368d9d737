//! Finding cases: by number, parcel, licence, imported reference, applicant or name.

use super::cases::Holder;
use crate::desk::{Desk, QueryError};
use crate::view::{After, Limit, Page, When, among_districts, page};
use kernel::{CaseId, DistrictId, Districts, Instant, ParcelId, PersonId, ProcedureId};
use permits::numbers::LicenceNumber;
use projection::Value;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// A case's number.
    Case(CaseId),
    /// A piece of land.
    Parcel(ParcelId),
    /// A licence's number.
    Licence(LicenceNumber),
    /// The name of a case in the log that it was imported from.
    Reference(String),
    /// Cases that this person applied for, or acts in.
    Person(PersonId),
    /// A part of the applicant's name, in any spelling. Only for who may see names: the caller checks.
    Name(String),
}

/// The fewest characters of a name that are looked for; fewer find nothing.
pub const SHORTEST_NAME: usize = 2;

/// A case in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CaseSummary {
    /// Its number: `1405-000123`.
    pub case: String,
    /// The service.
    pub procedure: String,
    /// Where; 0 when it is not about a place.
    pub district: u8,
    /// The land.
    pub parcel: Option<String>,
    /// Where it stands: `in-progress`, `issued`, …
    pub status: String,
    /// Whose turn it is.
    pub holder: Holder,
    /// Since when.
    pub holder_since: When,
    /// By when the city promised to decide.
    pub promised: Option<When>,
    /// Whether that passed before the decision.
    pub promise_passed: bool,
    /// When the application was made.
    pub opened_at: When,
    /// When it was decided.
    pub decided_at: Option<When>,
    /// The case's name in the log that it was imported from.
    pub reference: Option<String>,
    /// Its licence.
    pub licence: Option<String>,
}

/// The columns of a case that a list shows.
#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    pub(super) case_id: CaseId,
    procedure: ProcedureId,
    district: DistrictId,
    parcel: Option<ParcelId>,
    status: String,
    holder: Holder,
    holder_since: Instant,
    promised: Option<Instant>,
    promise_passed: bool,
    opened_at: Instant,
    decided_at: Option<Instant>,
    reference: Option<String>,
    licence: Option<LicenceNumber>,
}

const LISTED: &str = "c.case_id, c.procedure, c.district, c.parcel, c.status, c.holder, c.holder_since, c.promised, \
                      c.promise_passed, c.opened_at, c.decided_at, c.reference, c.licence";

/// Whose eyes a list is for.
#[derive(Debug, Clone, Copy)]
pub enum Sight {
    /// Cases of these districts.
    Districts(Districts),
    /// Cases that are theirs, as applicant or agent.
    Person(PersonId),
}

/// The cases that are found, the newest first, of those in sight; `after` is where the page before ended.
///
/// # Errors
/// When `after` is no place in a list of cases, or the database fails.
pub async fn search(
    desk: &Desk,
    what: &Search,
    sight: Sight,
    after: Option<&str>,
    limit: Limit,
) -> Result<Page<CaseSummary>, QueryError> {
    const WHAT: &str = "cases";
    let before = After::integer(WHAT, after, i64::MAX)?;
    let (condition, argument): (&str, Value) = match what {
        Search::Case(case) => ("c.case_id = $1", (*case).into()),
        Search::Parcel(parcel) => ("c.parcel = $1", parcel.as_str().into()),
        Search::Licence(number) => ("c.licence = $1", super::licences::as_stored(*number).into()),
        Search::Reference(reference) => ("c.reference = $1", reference.as_str().into()),
        Search::Person(person) => ("(c.applicant = $1 OR c.agent = $1)", (*person).into()),
        Search::Name(name) => match pattern(name) {
            Some(pattern) => (NAMED, pattern.into()),
            None => return Ok(Page { items: Vec::new(), next: None }),
        },
    };
    let mut arguments = vec![argument, before.into(), limit.asked().into()];
    let seen = match sight {
        Sight::Districts(districts) => among_districts("c.district", districts, &mut arguments),
        Sight::Person(person) => {
            arguments.push(person.into());
            " AND (c.applicant = $4 OR c.agent = $4)".to_owned()
        }
    };
    let sql = format!(
        "SELECT {LISTED} FROM cases AS c WHERE {condition} AND c.case_id < $2{seen} ORDER BY c.case_id DESC LIMIT $3"
    );
    let rows: Vec<Listed> = desk.fetch(WHAT, sql, &arguments).await?;
    Ok(page(rows, limit, |row| row.case_id.as_u64().to_string(), |row| row.show(desk)))
}

const NAMED: &str = "c.case_id IN (SELECT n.case_id FROM cases_clear AS n \
                     WHERE n.field = 'name' AND n.search LIKE $1 ESCAPE '!')";

/// The name in the form that names are kept in for searching, anywhere in them.
fn pattern(name: &str) -> Option<String> {
    let normal = kernel::text::normalise(name);
    if normal.chars().count() < SHORTEST_NAME {
        return None;
    }
    Some(format!("%{}%", normal.replace('!', "!!").replace('%', "!%").replace('_', "!_")))
}

impl Listed {
    pub(super) fn show(self, desk: &Desk) -> CaseSummary {
        CaseSummary {
            case: self.case_id.to_string(),
            procedure: self.procedure.to_string(),
            district: self.district.0,
            parcel: self.parcel.map(|parcel| parcel.to_string()),
            status: self.status,
            holder: self.holder,
            holder_since: desk.when(self.holder_since),
            promised: desk.maybe_when(self.promised),
            promise_passed: self.promise_passed,
            opened_at: desk.when(self.opened_at),
            decided_at: desk.maybe_when(self.decided_at),
            reference: self.reference,
            licence: self.licence.map(|licence| licence.to_string()),
        }
    }
}
