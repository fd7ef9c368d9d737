//! What was finished, and when it had come.

use super::local_day;
use crate::desk::{Desk, QueryError};
use kernel::Date;
use projection::Value;
use serde::Deserialize;

/// So many rounds of a step that came on one day and were done on another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Finished {
    /// The step.
    pub step: String,
    /// Who did it.
    pub role: Option<String>,
    /// Where; 0 is the whole city.
    pub district: u8,
    /// The local day on which it came.
    pub opened: Date,
    /// The local day on which it was done.
    pub ended: Date,
    /// How many.
    pub count: i64,
}

/// More groups than a month's steps, districts and days make.
const MOST: &str = "200000";

/// Steps that were done from one local day to before another, each by the last time that its case came to it. What the
/// law ended because nobody answered in time is left out: nobody did it.
///
/// # Errors
/// When the database fails.
pub async fn finished(desk: &Desk, (from, until): (Date, Date)) -> Result<Vec<Finished>, QueryError> {
    let mut arguments: Vec<Value> = vec![desk.zone().start_of_day(from).into(), desk.zone().start_of_day(until).into()];
    let opened = local_day("s.opened_at", from, desk, &mut arguments);
    let ended = local_day("s.ended_at", from, desk, &mut arguments);
    let sql = format!(
        "SELECT s.step, s.role, s.district, {opened} AS opened, {ended} AS ended, COUNT(*) AS count FROM steps AS s \
         WHERE s.ended_at >= $1 AND s.ended_at < $2 AND s.state = 'done' AND NOT s.by_silence \
         GROUP BY s.step, s.role, s.district, {opened}, {ended} LIMIT {MOST}"
    );
    desk.fetch("what was finished", sql, &arguments).await
}
