//! The status lists of this city's licences: kept in memory as far as the register's changes were read, signed anew when
//! something changed or the last token grows old.

mod carried;

pub(crate) use carried::{Held, credential, held, licence};

use crate::gateway::State;
use credential::{Change, History, Keys, ListName, Status, StatusToken};
use departments::{
    QueryError,
    permit_office::{LicenceChange, licence_changes},
};
use kernel::{Instant, Position};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::Mutex;

/// The keys that licences are signed with, as they are at the moment of asking.
pub type LicenceKeys = Arc<dyn Fn() -> Arc<Keys> + Send + Sync>;

/// How long a list may be believed by whoever cannot ask for a newer one.
const LIFETIME: Duration = Duration::from_secs(3_600);
/// After how long a newer one should be asked for.
pub(crate) const TTL: Duration = Duration::from_secs(60);
/// How old an answer may be before the tables are looked at again.
const LOOK_EVERY: i64 = 1_000_000;

/// All lists that were asked for.
#[derive(Default)]
pub(crate) struct Lists {
    years: Mutex<HashMap<u16, Year>>,
}

/// The lists of a year's licences.
#[derive(Default)]
struct Year {
    history: History,
    read: Option<Position>,
    looked: Option<Instant>,
    made: HashMap<u32, Made>,
}

/// A token as it was signed.
struct Made {
    at: Instant,
    read: Option<Position>,
    kid: String,
    token: Arc<str>,
}

impl Lists {
    /// A list's token: as of now, or as it would have been issued at a moment that has passed. Nothing where there was no
    /// such list.
    pub(crate) async fn token(
        &self,
        state: &State,
        name: ListName,
        at: Option<Instant>,
    ) -> Result<Option<Arc<str>>, QueryError> {
        let now = now();
        let mut years = self.years.lock().await;
        // A year without licences takes no place.
        let mut fresh = Year::default();
        let year = years.get_mut(&name.year).unwrap_or(&mut fresh);
        year.catch_up(state, name.year, now).await?;
        let moment = at.unwrap_or(now);
        let known = year.history.begins().is_some_and(|first| first <= moment) && moment <= now;
        let token = if known && name.transfers <= year.history.most_transfers() {
            Some(year.token(state, name, at, now))
        } else {
            None
        };
        if fresh.history.begins().is_some() {
            years.insert(name.year, fresh);
        }
        Ok(token)
    }
}

impl Year {
    async fn catch_up(&mut self, state: &State, year: u16, now: Instant) -> Result<(), QueryError> {
        if self.looked.is_some_and(|looked| (looked.0..looked.0 + LOOK_EVERY).contains(&now.0)) {
            return Ok(());
        }
        for changed in licence_changes(&state.readers.permit_office, year, self.read).await? {
            if let Some(change) = told(changed.change) {
                self.history.push(changed.licence.serial(), changed.recorded_at, change);
            }
            self.read = Some(changed.position);
        }
        self.looked = Some(now);
        Ok(())
    }

    fn token(&mut self, state: &State, name: ListName, at: Option<Instant>, now: Instant) -> Arc<str> {
        let keys = (state.licence_keys)();
        let (issuer, read) = (&state.pages.site.public_url, self.read);
        let sign = |at: Instant| -> Arc<str> {
            let token = StatusToken { issuer, name, at, lifetime: LIFETIME, ttl: TTL };
            token.sign(&keys, &self.history.list(name.transfers, at)).into()
        };
        if let Some(at) = at {
            return sign(at);
        }
        let young = |made: &&Made| made.read == read && made.kid == keys.kid() && now.0 - made.at.0 < micros(TTL) / 2;
        if let Some(made) = self.made.get(&name.transfers).filter(young) {
            return Arc::clone(&made.token);
        }
        let token = sign(now);
        let made = Made { at: now, read, kid: keys.kid().to_owned(), token: Arc::clone(&token) };
        self.made.insert(name.transfers, made);
        token
    }
}

/// What a list tells of a change. A completed licence holds, and until when one holds stands in the credential itself.
fn told(change: LicenceChange) -> Option<Change> {
    match change {
        LicenceChange::Issued | LicenceChange::Reinstated => Some(Change::Stands(Status::Valid)),
        LicenceChange::Suspended => Some(Change::Stands(Status::Suspended)),
        LicenceChange::Revoked => Some(Change::Stands(Status::Invalid)),
        LicenceChange::Transferred => Some(Change::Transferred),
        LicenceChange::Renewed | LicenceChange::Completed => None,
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The time on this machine's clock.
pub(crate) fn now() -> Instant {
    Instant(micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()))
}
