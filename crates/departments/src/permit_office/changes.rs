//! What became different since a position, as far as a desk may show it: for pages that look again by themselves.

use crate::desk::{Desk, QueryError};
use kernel::{DistrictId, Position, RoleId};
use serde::Deserialize;

/// An event that desks may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its place in the register.
    pub position: Position,
    /// Where; 0 is the whole city.
    pub district: DistrictId,
    /// Whose desks it is on; absent where it can be on any.
    pub role: Option<RoleId>,
}

/// The most changes that are told one by one.
pub const MOST_CHANGES: usize = 200;

#[derive(Deserialize)]
struct Row {
    position: Position,
    district: DistrictId,
    event: String,
    role: RoleId,
    facts: Option<serde_json::Value>,
}

/// What happened to cases after a position, oldest first; `None` when that is more than [`MOST_CHANGES`].
///
/// # Errors
/// When the database fails.
pub async fn changes(desk: &Desk, after: Option<Position>) -> Result<Option<Vec<Change>>, QueryError> {
    const SQL: &str = "SELECT t.position, c.district, t.event, t.role, t.facts FROM timeline AS t \
                       JOIN cases AS c ON c.case_id = t.case_id WHERE t.position > $1 ORDER BY t.position LIMIT $2";
    let after = after.map_or(-1, |position| i64::try_from(position.0).unwrap_or(i64::MAX));
    let most = i64::try_from(MOST_CHANGES).unwrap_or(i64::MAX);
    let rows: Vec<Row> = desk.fetch("changes", SQL, &[after.into(), (most + 1).into()]).await?;
    Ok((rows.len() <= MOST_CHANGES).then(|| rows.into_iter().map(Row::told).collect()))
}

impl Row {
    fn told(self) -> Change {
        let (position, district) = (self.position, self.district);
        let role = match self.event.as_str() {
            // Whom it waits for from now on.
            "StepOpened" | "ConsultationRequested" => {
                self.facts.as_ref().and_then(|facts| facts.get("role")?.as_str()?.parse().ok())
            }
            // Only their own role does these, or they are on no desk but by the steps that they open.
            "StepTaken" | "ConsultationAnswered" | "ApplicationSubmitted" if self.role.as_str() != "clock" => {
                Some(self.role)
            }
            _ => None,
        };
        Change { position, district, role }
    }
}
