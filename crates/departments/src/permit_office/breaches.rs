//! Uses of a channel after the day from which a service is no longer given over it.

use super::touch;
use crate::desk::{Desk, QueryError};
use crate::view::{After, Day, Limit, Page, When, among_districts, page};
use kernel::{CaseId, Date, DistrictId, Districts, Instant, Position};
use permits::Event;
use projection::Class::Public;
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Breaches of cut-over dates.
pub(crate) struct Breaches;

/// A breach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Breach {
    position: Position,
    case_id: CaseId,
    occurred_at: Instant,
    channel: SmolStr,
    district: DistrictId,
    since: Date,
}

impl ReadModel for Breaches {
    type Event = Event;
    type Row = Breach;
    const TABLE: Table = Table {
        name: "breaches",
        columns: &[
            Column::int("position", Public),
            Column::int("case_id", Public),
            Column::int("occurred_at", Public),
            Column::text("channel", Public),
            Column::int("district", Public),
            Column::int("since", Public),
        ],
        key: &["position"],
        indexes: &[],
        append_only: true,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if touch::of(event.event).breach {
            keys.push(Key::one(event.meta.position));
        }
    }

    fn fold(_: Option<Breach>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Breach>, Unfoldable> {
        let Event::CutOverBreached(e) = event.event else {
            return Err(Unfoldable::new(format!("{} is no breach", event.event.name())));
        };
        Ok(Some(Breach {
            position: event.meta.position,
            case_id: event.case,
            occurred_at: event.occurred_at,
            channel: e.channel.clone(),
            district: e.district,
            since: e.since,
        }))
    }
}

/// Somebody had to come in, although the service is no longer given so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BreachView {
    /// The event's place in the register.
    pub position: u64,
    /// The case.
    pub case: String,
    /// When.
    pub occurred_at: When,
    /// Over which channel.
    pub channel: String,
    /// Where.
    pub district: u8,
    /// The first day on which the channel was no longer offered.
    pub since: Day,
}

/// Breaches in these districts, in the order of the register; `after` is the position that the page before ended at.
///
/// # Errors
/// When `after` is no position, or the database fails.
pub async fn breaches(
    desk: &Desk,
    districts: Districts,
    after: Option<&str>,
    limit: Limit,
) -> Result<Page<BreachView>, QueryError> {
    let what = "breaches";
    let after = After::integer(what, after, -1)?;
    let mut arguments = vec![after.into(), limit.asked().into()];
    let among = among_districts("district", districts, &mut arguments);
    let sql = format!("SELECT * FROM breaches WHERE position > $1{among} ORDER BY position LIMIT $2");
    let rows: Vec<Breach> = desk.fetch(what, sql, &arguments).await?;
    let show = |row: Breach| BreachView {
        position: row.position.0,
        case: row.case_id.to_string(),
        occurred_at: desk.when(row.occurred_at),
        channel: row.channel.to_string(),
        district: row.district.0,
        since: Day::new(row.since),
    };
    Ok(page(rows, limit, |row| row.position.to_string(), show))
}
