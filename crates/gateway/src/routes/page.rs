//! What reading routes share: waiting for a position, places in lists, and failures of queries.

use crate::admission;
use crate::gateway::State;
use crate::parse::{Fields, integer, one, wrong};
use crate::problem::{Kind, Problem, chain};
use departments::{Desk, Limit, QueryError};
use kernel::{Message, Position};
use std::time::Duration;

/// How long `?after=` waits for a read model before it says that it is not there yet.
pub(crate) const CATCH_UP: Duration = Duration::from_secs(2);

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Problem {
        match error {
            QueryError::Store { .. } => {
                tracing::error!(error = chain(&error), "a query failed");
                Problem::new(Kind::ReadUnavailable)
            }
            QueryError::After { .. } => {
                let message = Kind::InvalidQuery.message();
                Problem::with(Kind::InvalidQuery, Message { field: Some("page".to_owned()), ..message })
            }
        }
    }
}

/// Waits until the department's tables hold the event at `after`, if one is named.
pub(super) async fn caught_up(desk: &Desk, after: Option<&str>) -> Result<(), Problem> {
    let Some(after) = after else { return Ok(()) };
    let position: Position = one("after", after)?;
    // Mostly they do already, and nobody has to make room.
    if desk.reader().position().await?.is_some_and(|last| last >= position) {
        return Ok(());
    }
    let caught_up = admission::aside(desk.reader().wait_for(position, CATCH_UP)).await?;
    if caught_up? { Ok(()) } else { Err(Kind::NotCaughtUp.into()) }
}

/// Waits until the permit office's tables hold whatever was acknowledged here: then what they do not have is not there.
pub(crate) async fn own_writes(state: &State) -> Result<(), Problem> {
    let desk = &state.readers.permit_office;
    let Some(position) = state.acknowledged() else { return Ok(()) };
    if desk.reader().wait_for(position, CATCH_UP).await? { Ok(()) } else { Err(Kind::NotCaughtUp.into()) }
}

/// How many items of a list are wanted.
pub(super) fn limit(fields: &mut Fields, limit: Option<&str>) -> Limit {
    let wanted = limit.map(|text| {
        let number = integer(text).and_then(|number| u16::try_from(number).ok()).filter(|number| *number > 0);
        number.ok_or_else(|| {
            wrong("invalid-limit", "شمار سطرها عددی از ۱ تا ۱۰۰ است.", "A limit is a number from 1 to 100.")
        })
    });
    Limit::new(wanted.and_then(|wanted| fields.keep("limit", wanted)))
}
