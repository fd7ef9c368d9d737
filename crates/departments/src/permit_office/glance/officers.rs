//! How much each officer has and did.

use crate::desk::{Desk, QueryError};
use kernel::{Instant, PersonId};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What an officer has in one role and district.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Who, by pseudonym.
    pub officer: PersonId,
    /// In which role.
    pub role: String,
    /// Where; 0 is the whole city.
    pub district: u8,
    /// Steps on their desk.
    pub open: i64,
    /// How many of those are late; not those that are with the applicant.
    pub late: i64,
    /// Steps that they did since the first moment that was asked for.
    pub week: i64,
    /// Since the second.
    pub month: i64,
}

#[derive(Deserialize)]
struct Counted {
    officer: PersonId,
    role: String,
    district: u8,
    one: i64,
    other: i64,
}

/// More officers, roles and districts than a city has.
const MOST: &str = "20000";
const WHAT: &str = "the officers' loads";

/// Who has how much at this moment, and did how much since these moments, the second the earlier one.
///
/// # Errors
/// When the database fails.
pub async fn officers(desk: &Desk, now: Instant, (week, month): (Instant, Instant)) -> Result<Vec<Load>, QueryError> {
    let open = format!(
        "SELECT i.officer, i.role, i.district, COUNT(*) AS one, \
         SUM(CASE WHEN i.due < $1 AND c.holder = 'city' THEN 1 ELSE 0 END) AS other \
         FROM inbox AS i JOIN cases AS c ON c.case_id = i.case_id WHERE i.officer IS NOT NULL \
         GROUP BY i.officer, i.role, i.district LIMIT {MOST}"
    );
    let done = format!(
        "SELECT s.officer, s.role, s.district, SUM(CASE WHEN s.ended_at >= $2 THEN 1 ELSE 0 END) AS one, \
         COUNT(*) AS other FROM steps AS s WHERE s.ended_at >= $1 AND s.state = 'done' AND NOT s.by_silence \
         AND s.officer IS NOT NULL AND s.role IS NOT NULL GROUP BY s.officer, s.role, s.district LIMIT {MOST}"
    );
    let open: Vec<Counted> = desk.fetch(WHAT, open, &[now.into()]).await?;
    let done: Vec<Counted> = desk.fetch(WHAT, done, &[month.into(), week.into()]).await?;
    let mut loads: BTreeMap<(PersonId, String, u8), [i64; 4]> = BTreeMap::new();
    for row in open {
        let load = loads.entry((row.officer, row.role, row.district)).or_default();
        (load[0], load[1]) = (row.one, row.other);
    }
    for row in done {
        let load = loads.entry((row.officer, row.role, row.district)).or_default();
        (load[2], load[3]) = (row.one, row.other);
    }
    let loads = loads.into_iter().map(|((officer, role, district), [open, late, week, month])| Load {
        officer,
        role,
        district,
        open,
        late,
        week,
        month,
    });
    Ok(loads.collect())
}
