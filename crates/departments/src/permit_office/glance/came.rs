//! Over which channels people came, and how often they still came in after a service was no longer given so.

use super::{Months, place};
use crate::desk::{Desk, QueryError};
use serde::Deserialize;

/// So many in one month, district and channel.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Came {
    /// The place of the month among those that were asked for.
    pub month: usize,
    /// Over which channel.
    pub channel: String,
    /// Where; 0 is the whole city.
    pub district: u8,
    /// How many.
    pub count: i64,
}

/// More channels and districts than a city has, over two years.
const MOST: &str = "50000";

/// Applications of these months. Cases of other systems are left out: their channels are those systems' own.
///
/// # Errors
/// When the database fails.
pub async fn came(desk: &Desk, months: &Months) -> Result<Vec<Came>, QueryError> {
    let (starts, end) = months.bounds(desk);
    let mut arguments = vec![starts[0].into(), end.into()];
    let month = place("c.opened_at", &starts, &mut arguments);
    let sql = format!(
        "SELECT {month} AS month, c.channel, c.district, COUNT(*) AS count FROM cases AS c \
         WHERE c.opened_at >= $1 AND c.opened_at < $2 AND c.reference IS NULL \
         GROUP BY month, c.channel, c.district LIMIT {MOST}"
    );
    desk.fetch("over which channels people came", sql, &arguments).await
}

/// Uses of a channel in these months after the day from which it was no longer offered.
///
/// # Errors
/// When the database fails.
pub async fn breached(desk: &Desk, months: &Months) -> Result<Vec<Came>, QueryError> {
    let (starts, end) = months.bounds(desk);
    let mut arguments = vec![starts[0].into(), end.into()];
    let month = place("b.occurred_at", &starts, &mut arguments);
    let sql = format!(
        "SELECT {month} AS month, b.channel, b.district, COUNT(*) AS count FROM breaches AS b \
         WHERE b.occurred_at >= $1 AND b.occurred_at < $2 GROUP BY month, b.channel, b.district LIMIT {MOST}"
    );
    desk.fetch("visits after a cut-over", sql, &arguments).await
}
