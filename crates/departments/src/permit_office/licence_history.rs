//! What became of each licence and when: one row a change, only ever added. It answers how a licence stood at a moment, and
//! the status lists are made of it.

use super::licences::{self, LicenceState, LicenceView};
use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::{Day, When};
use kernel::{CaseId, Date, Instant, Position, StepId};
use permits::Event;
use permits::numbers::LicenceNumber;
use projection::Class::Public;
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Changes of licences.
pub(crate) struct LicenceHistory;

/// What can become of a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LicenceChange {
    /// It got its number.
    Issued,
    /// It does not hold for now.
    Suspended,
    /// It holds again.
    Reinstated,
    /// It holds no more.
    Revoked,
    /// It holds longer.
    Renewed,
    /// It has another holder.
    Transferred,
    /// The work that it allowed is complete and certified.
    Completed,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    position: Position,
    case_id: CaseId,
    recorded_at: Instant,
    change: LicenceChange,
    /// Its new last day, where that changed.
    valid_until: Option<Date>,
    article: Option<StepId>,
}

impl ReadModel for LicenceHistory {
    type Event = Event;
    type Row = Entry;
    const TABLE: Table = Table {
        name: "licence_history",
        columns: &[
            Column::int("position", Public),
            Column::int("case_id", Public),
            Column::int("recorded_at", Public),
            Column::text("change", Public),
            Column::int("valid_until", Public),
            Column::text("article", Public),
        ],
        key: &["position"],
        indexes: &[&["case_id", "position"]],
        append_only: true,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if touch::of(event.event).licence {
            keys.push(Key::one(event.meta.position));
        }
    }

    fn fold(_: Option<Entry>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Entry>, Unfoldable> {
        let row = |change, valid_until, article: Option<&StepId>| Entry {
            position: event.meta.position,
            case_id: event.case,
            recorded_at: event.meta.recorded_at,
            change,
            valid_until,
            article: article.cloned(),
        };
        Ok(if let Event::LicenceIssued(e) = event.event {
            Some(row(LicenceChange::Issued, Some(e.valid_until), None))
        } else if let Event::LicenceSuspended(e) = event.event {
            Some(row(LicenceChange::Suspended, None, Some(&e.article)))
        } else if let Event::LicenceReinstated(_) = event.event {
            Some(row(LicenceChange::Reinstated, None, None))
        } else if let Event::LicenceRevoked(e) = event.event {
            Some(row(LicenceChange::Revoked, None, Some(&e.article)))
        } else if let Event::LicenceRenewed(e) = event.event {
            Some(row(LicenceChange::Renewed, Some(e.valid_until), None))
        } else if let Event::LicenceTransferred(_) = event.event {
            Some(row(LicenceChange::Transferred, None, None))
        } else if let Event::WorkCompleted(_) = event.event {
            Some(row(LicenceChange::Completed, None, None))
        } else {
            None
        })
    }
}

/// Something that became of a licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LicencePassage {
    /// What.
    pub change: LicenceChange,
    /// When the register took it.
    pub at: When,
    /// Its last day from then on, where that changed.
    pub valid_until: Option<Day>,
    /// The article of a suspension or revocation.
    pub article: Option<String>,
}

/// A change of one licence of a year, as the status lists need it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LicenceChanged {
    /// Its place in the register.
    pub position: Position,
    /// Which licence.
    pub licence: LicenceNumber,
    /// When the register took it.
    pub recorded_at: Instant,
    /// What became of it.
    pub change: LicenceChange,
}

const WHAT: &str = "a licence's history";

/// What became of the licences of a Jalali year since a position of the register, in its order.
///
/// # Errors
/// When the database fails.
pub async fn licence_changes(
    desk: &Desk,
    year: u16,
    after: Option<Position>,
) -> Result<Vec<LicenceChanged>, QueryError> {
    let sql = "SELECT h.position, l.licence, h.recorded_at, h.change FROM licence_history AS h \
               JOIN licences AS l ON l.case_id = h.case_id \
               WHERE h.position > $1 AND l.licence >= $2 AND l.licence < $3 ORDER BY h.position";
    let bound = |year: u16| licences::as_stored(LicenceNumber::new(year, 0)).into();
    let after = after.map_or(-1, |position| i64::try_from(position.0).unwrap_or(i64::MAX));
    desk.fetch(WHAT, sql, &[after.into(), bound(year), bound(year.saturating_add(1))]).await
}

/// What became of a licence, in the order in which it did.
///
/// # Errors
/// When the database fails.
pub async fn licence_history(desk: &Desk, number: LicenceNumber) -> Result<Vec<LicencePassage>, QueryError> {
    let show = |entry: Entry| LicencePassage {
        change: entry.change,
        at: desk.when(entry.recorded_at),
        valid_until: entry.valid_until.map(Day::new),
        article: entry.article.map(|article| article.to_string()),
    };
    Ok(entries(desk, number).await?.into_iter().map(show).collect())
}

/// The licence as the register knew it at a moment; nothing where it was not issued by then.
///
/// # Errors
/// When the database fails.
pub async fn licence_at(desk: &Desk, number: LicenceNumber, at: Instant) -> Result<Option<LicenceView>, QueryError> {
    let Some(now) = licences::licence(desk, number).await? else { return Ok(None) };
    let mut known = entries(desk, number).await?.into_iter().take_while(|entry| entry.recorded_at <= at).peekable();
    if known.peek().is_none() {
        return Ok(None);
    }
    let unchanged = LicenceView {
        state: LicenceState::Valid,
        renewals: 0,
        transfers: 0,
        article: None,
        certificate: None,
        ..now.clone()
    };
    Ok(Some(known.fold(unchanged, |view, entry| after(view, entry, &now))))
}

fn after(mut view: LicenceView, entry: Entry, now: &LicenceView) -> LicenceView {
    if let Some(day) = entry.valid_until {
        view.valid_until = Day::new(day);
    }
    view.article = entry.article.map(|article| article.to_string());
    match entry.change {
        LicenceChange::Issued | LicenceChange::Reinstated => view.state = LicenceState::Valid,
        LicenceChange::Suspended => view.state = LicenceState::Suspended,
        LicenceChange::Revoked => view.state = LicenceState::Revoked,
        LicenceChange::Renewed => view.renewals += 1,
        LicenceChange::Transferred => view.transfers += 1,
        LicenceChange::Completed => {
            view.state = LicenceState::Completed;
            view.certificate.clone_from(&now.certificate);
        }
    }
    view
}

async fn entries(desk: &Desk, number: LicenceNumber) -> Result<Vec<Entry>, QueryError> {
    let sql = "SELECT h.* FROM licence_history AS h JOIN licences AS l ON l.case_id = h.case_id \
               WHERE l.licence = $1 ORDER BY h.position";
    desk.fetch(WHAT, sql, &[licences::as_stored(number).into()]).await
}
