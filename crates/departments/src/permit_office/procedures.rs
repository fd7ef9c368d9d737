//! Every published version of every procedure, as its text.

use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::{Title, When};
use kernel::{Instant, ProcedureId, RoleId};
use permits::Event;
use permits::procedure::{Procedure, source::Decisions};
use projection::Class::Public;
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Procedures.
pub(crate) struct Procedures;

/// A version of a procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Published {
    procedure: ProcedureId,
    version: u32,
    title_fa: String,
    title_en: String,
    observed: bool,
    needs_parcel: bool,
    /// Who decides; nobody under an observed procedure.
    grant_role: Option<RoleId>,
    issue_role: Option<RoleId>,
    objection_role: Option<RoleId>,
    published_at: Instant,
    source: String,
}

impl ReadModel for Procedures {
    type Event = Event;
    type Row = Published;
    const TABLE: Table = Table {
        name: "procedures",
        columns: &[
            Column::text("procedure", Public),
            Column::int("version", Public),
            Column::text("title_fa", Public),
            Column::text("title_en", Public),
            Column::bool("observed", Public),
            Column::bool("needs_parcel", Public),
            Column::text("grant_role", Public),
            Column::text("issue_role", Public),
            Column::text("objection_role", Public),
            Column::int("published_at", Public),
            Column::text("source", Public),
        ],
        key: &["procedure", "version"],
        indexes: &[],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if !touch::of(event.event).procedure {
            return;
        }
        if let Event::ProcedurePublished(e) = event.event {
            keys.push(Key::pair(e.procedure.as_str(), e.version));
        }
    }

    fn fold(_: Option<Published>, key: &Key, event: &Recorded<'_, Event>) -> Result<Option<Published>, Unfoldable> {
        let Event::ProcedurePublished(e) = event.event else {
            return Err(Unfoldable::new(format!("{} publishes no procedure", event.event.name())));
        };
        let unread = |error| Unfoldable::new(format!("procedure {key} does not read: {error}"));
        let procedure = Procedure::parse(&e.source).map_err(unread)?;
        let source = procedure.source();
        let role = |of: fn(&Decisions) -> &RoleId| procedure.decisions().map(|decisions| of(decisions).clone());
        Ok(Some(Published {
            procedure: e.procedure.clone(),
            version: e.version,
            title_fa: source.title.fa.clone(),
            title_en: source.title.en.clone(),
            observed: source.observed,
            needs_parcel: source.needs_parcel,
            grant_role: role(|decisions| &decisions.grant),
            issue_role: role(|decisions| &decisions.issue),
            objection_role: role(|decisions| &decisions.objection),
            published_at: event.occurred_at,
            source: e.source.clone(),
        }))
    }
}

/// A service of the city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProcedureView {
    /// Its id.
    pub procedure: String,
    /// The version.
    pub version: u32,
    /// Its name.
    pub title: Title,
    /// Whether it only keeps cases of other systems.
    pub observed: bool,
    /// Whether an application must name a parcel.
    pub needs_parcel: bool,
    /// Since when there is this version.
    pub published_at: When,
    /// The procedure itself, as TOML; absent in lists.
    pub source: Option<String>,
}

const WHAT: &str = "procedures";
/// More procedures than a city has.
const MOST: &str = "200";

/// The newest version of each procedure, by id.
///
/// # Errors
/// When the database fails.
pub async fn procedures(desk: &Desk) -> Result<Vec<ProcedureView>, QueryError> {
    let sql = format!(
        "SELECT p.procedure, p.version, p.title_fa, p.title_en, p.observed, p.needs_parcel, p.published_at, '' AS source \
         FROM procedures AS p WHERE p.version = (SELECT MAX(n.version) FROM procedures AS n \
         WHERE n.procedure = p.procedure) ORDER BY p.procedure LIMIT {MOST}"
    );
    let rows: Vec<Published> = desk.fetch(WHAT, sql, &[]).await?;
    Ok(rows.into_iter().map(|row| row.show(desk)).collect())
}

/// A procedure with its text: this version, or the newest.
///
/// # Errors
/// When the database fails.
pub async fn procedure(
    desk: &Desk,
    id: &ProcedureId,
    version: Option<u32>,
) -> Result<Option<ProcedureView>, QueryError> {
    let sql = "SELECT * FROM procedures WHERE procedure = $1 AND version <= $2 AND version >= $3 \
               ORDER BY version DESC LIMIT 1";
    let (most, least) = version.map_or((u32::MAX, 0), |version| (version, version));
    let row: Option<Published> = desk.fetch_one(WHAT, sql, &[id.as_str().into(), most.into(), least.into()]).await?;
    Ok(row.map(|row| row.show(desk)))
}

impl Published {
    fn show(self, desk: &Desk) -> ProcedureView {
        ProcedureView {
            procedure: self.procedure.to_string(),
            version: self.version,
            title: Title { fa: self.title_fa, en: self.title_en },
            observed: self.observed,
            needs_parcel: self.needs_parcel,
            published_at: desk.when(self.published_at),
            source: Some(self.source).filter(|source| !source.is_empty()),
        }
    }
}
