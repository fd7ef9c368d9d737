//! The book of licences: one row a licence, by the case that it belongs to.

use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::Day;
use kernel::{CaseId, Date, DistrictId, Instant, ProcedureId, StepId};
use permits::Event;
use permits::numbers::{CertificateNumber, LicenceNumber};
use projection::Class::Public;
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Licences.
pub(crate) struct Licences;

/// Whether a licence holds. That its last day has passed is seen from `valid_until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LicenceState {
    /// Up to its last day.
    Valid,
    /// Not for now.
    Suspended,
    /// No more.
    Revoked,
    /// The work that it allowed is complete and certified.
    Completed,
}

/// A licence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Licence {
    case_id: CaseId,
    licence: LicenceNumber,
    district: DistrictId,
    state: LicenceState,
    issued_at: Instant,
    valid_until: Date,
    renewals: u32,
    transfers: u32,
    article: Option<StepId>,
    certificate: Option<CertificateNumber>,
}

impl ReadModel for Licences {
    type Event = Event;
    type Row = Licence;
    const TABLE: Table = Table {
        name: "licences",
        columns: &[
            Column::int("case_id", Public),
            Column::int("licence", Public),
            Column::int("district", Public),
            Column::text("state", Public),
            Column::int("issued_at", Public),
            Column::int("valid_until", Public),
            Column::int("renewals", Public),
            Column::int("transfers", Public),
            Column::text("article", Public),
            Column::int("certificate", Public),
        ],
        key: &["case_id"],
        indexes: &[&["licence"]],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if touch::of(event.event).licence {
            keys.push(Key::one(event.case));
        }
    }

    fn fold(row: Option<Licence>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Licence>, Unfoldable> {
        if let Event::LicenceIssued(e) = event.event {
            return Ok(Some(Licence {
                case_id: event.case,
                licence: e.licence,
                district: e.district,
                state: LicenceState::Valid,
                issued_at: event.occurred_at,
                valid_until: e.valid_until,
                renewals: 0,
                transfers: 0,
                article: None,
                certificate: None,
            }));
        }
        let missing =
            || Unfoldable::new(format!("{} for case {}, which has no licence", event.event.name(), event.case));
        let mut licence = row.ok_or_else(missing)?;
        licence.change(event.event);
        Ok(Some(licence))
    }
}

impl Licence {
    fn change(&mut self, event: &Event) {
        if let Event::LicenceSuspended(e) = event {
            (self.state, self.article) = (LicenceState::Suspended, Some(e.article.clone()));
        } else if let Event::LicenceRevoked(e) = event {
            (self.state, self.article) = (LicenceState::Revoked, Some(e.article.clone()));
        } else if let Event::LicenceReinstated(_) = event {
            (self.state, self.article) = (LicenceState::Valid, None);
        } else if let Event::LicenceRenewed(e) = event {
            self.valid_until = e.valid_until;
            self.renewals += 1;
        } else if let Event::LicenceTransferred(_) = event {
            self.transfers += 1;
        } else if let Event::WorkCompleted(e) = event {
            (self.state, self.certificate) = (LicenceState::Completed, Some(e.certificate));
        }
    }
}

/// The number as its column holds it.
pub(super) fn as_stored(number: LicenceNumber) -> i64 {
    i64::from(number.year()) << 32 | i64::from(number.serial())
}

/// A licence, as anybody may check it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LicenceView {
    /// `L-1405-000123`.
    pub licence: String,
    /// Its case.
    pub case: String,
    /// The service that it was given under.
    pub procedure: String,
    /// Where.
    pub district: u8,
    /// The land.
    pub parcel: Option<String>,
    /// Whether it holds.
    pub state: LicenceState,
    /// The local day on which it was issued.
    pub issued: Day,
    /// The last day on which it holds.
    pub valid_until: Day,
    /// How often it was renewed.
    pub renewals: u32,
    /// How often it got another holder.
    pub transfers: u32,
    /// The article that it was suspended or revoked under.
    pub article: Option<String>,
    /// The completion certificate: `C-1405-000123`.
    pub certificate: Option<String>,
}

const COLUMNS: &str = "SELECT l.*, c.procedure, c.parcel FROM licences AS l JOIN cases AS c ON c.case_id = l.case_id";

/// The licence of this number.
///
/// # Errors
/// When the database fails.
pub async fn licence(desk: &Desk, number: LicenceNumber) -> Result<Option<LicenceView>, QueryError> {
    one(desk, format!("{COLUMNS} WHERE l.licence = $1"), as_stored(number).into()).await
}

/// The licence of a case.
///
/// # Errors
/// When the database fails.
pub async fn licence_of(desk: &Desk, case: CaseId) -> Result<Option<LicenceView>, QueryError> {
    one(desk, format!("{COLUMNS} WHERE l.case_id = $1"), case.into()).await
}

async fn one(desk: &Desk, sql: String, argument: Value) -> Result<Option<LicenceView>, QueryError> {
    #[derive(Deserialize)]
    struct Found {
        #[serde(flatten)]
        licence: Licence,
        procedure: ProcedureId,
        parcel: Option<String>,
    }
    let found: Option<Found> = desk.fetch_one("a licence", sql, &[argument]).await?;
    Ok(found.map(|Found { licence, procedure, parcel }| LicenceView {
        licence: licence.licence.to_string(),
        case: licence.case_id.to_string(),
        procedure: procedure.to_string(),
        district: licence.district.0,
        parcel,
        state: licence.state,
        issued: desk.day(licence.issued_at),
        valid_until: Day::new(licence.valid_until),
        renewals: licence.renewals,
        transfers: licence.transfers,
        article: licence.article.map(|article| article.to_string()),
        certificate: licence.certificate.map(|certificate| certificate.to_string()),
    }))
}
