//! How much is in an inbox, in numbers that stop counting where nobody would read on.

use super::inbox::{InboxAsk, parts};
use crate::desk::{Desk, QueryError};
use kernel::{Instant, PersonId};
use serde::Deserialize;

/// The most that is counted; a number of this much means so many or more.
pub const MOST_COUNTED: i64 = 1_000;

/// The numbers of an inbox.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Counts {
    /// All that waits.
    pub all: i64,
    /// What is late.
    pub late: i64,
    /// What is due soon, and not late.
    pub soon: i64,
    /// What is on the asker's own desk.
    pub mine: i64,
}

#[derive(Deserialize)]
struct Counted {
    all: i64,
    late: Option<i64>,
    soon: Option<i64>,
}

/// Counts what the asked inbox holds for this officer at this moment. What is due before the second moment is soon.
/// Dates, officer and place of the question are not looked at.
///
/// # Errors
/// When the database fails.
pub async fn counts(
    desk: &Desk,
    ask: &InboxAsk,
    officer: PersonId,
    (now, soon): (Instant, Instant),
) -> Result<Counts, QueryError> {
    const WHAT: &str = "the numbers of an inbox";
    let whole = InboxAsk { due_from: None, due_before: None, officer: None, after: None, ..ask.clone() };
    let (rows, mut arguments) = parts(&whole, MOST_COUNTED)?;
    arguments.extend([now.into(), soon.into()]);
    let (now, soon) = (arguments.len() - 1, arguments.len());
    let sql = format!(
        "SELECT COUNT(*) AS \"all\", SUM(CASE WHEN w.due < ${now} THEN 1 ELSE 0 END) AS late, \
         SUM(CASE WHEN w.due >= ${now} AND w.due < ${soon} THEN 1 ELSE 0 END) AS soon \
         FROM (SELECT due FROM ({rows}) AS u ORDER BY due LIMIT {MOST_COUNTED}) AS w"
    );
    let all: Option<Counted> = desk.fetch_one(WHAT, sql, &arguments).await?;
    let (rows, arguments) = parts(&InboxAsk { officer: Some(officer), ..whole }, MOST_COUNTED)?;
    let mine: Option<Counted> = {
        let sql = format!(
            "SELECT COUNT(*) AS \"all\", NULL AS late, NULL AS soon FROM (SELECT due FROM ({rows}) AS u \
             LIMIT {MOST_COUNTED}) AS w"
        );
        desk.fetch_one(WHAT, sql, &arguments).await?
    };
    Ok(Counts {
        all: all.as_ref().map_or(0, |counted| counted.all),
        late: all.as_ref().and_then(|counted| counted.late).unwrap_or(0),
        soon: all.and_then(|counted| counted.soon).unwrap_or(0),
        mine: mine.map_or(0, |counted| counted.all),
    })
}
