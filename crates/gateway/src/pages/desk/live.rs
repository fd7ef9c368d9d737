//! Tells open desks that something on them changed (`text/event-stream`), so that they can offer to look again.
//!
//! One task watches the tables while anybody listens. A stream says only that there is something new: what it is, the
//! desk itself shows. It ends with the session, and with this process.

use super::{DistrictId, Districts, Form, Page, Signed};
use crate::gateway::{Shared, State as Gate};
use crate::pages::session::Session;
use crate::parse::one;
use crate::problem::{Kind, Problem, chain};
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::IntoResponse as _;
use departments::permit_office::{self, Change};
use futures::stream;
use kernel::{PersonId, Position, RoleId};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, watch};

/// Streams that are open at the same time, in all and of one person.
const MOST: usize = 2_000;
const MOST_OF_PERSON: usize = 8;
/// How often the tables are looked at.
const LOOK: Duration = Duration::from_millis(500);
/// How long a stream may be silent.
const BEAT: Duration = Duration::from_secs(15);
/// Changes that a slow stream may be behind; beyond them it is told that there is something new.
const BEHIND: usize = 64;
/// How long a browser waits before it listens again.
const HELLO: &str = "retry: 5000\n\n";

/// What changed, as far as it is told one by one, up to a position.
#[derive(Debug)]
struct News {
    until: Position,
    changes: Option<Vec<Change>>,
}

/// Everybody who listens.
pub(crate) struct Live {
    news: broadcast::Sender<Arc<News>>,
    closing: watch::Sender<bool>,
    watched: AtomicBool,
    open: Mutex<HashMap<PersonId, usize>>,
}

impl Default for Live {
    fn default() -> Live {
        let (news, closing) = (broadcast::Sender::new(BEHIND), watch::Sender::new(false));
        Live { news, closing, watched: AtomicBool::new(false), open: Mutex::default() }
    }
}

impl Live {
    /// Ends every stream, and lets no other begin.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }

    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<PersonId, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of a person's streams; its place is given back when it is dropped.
struct Place {
    state: Shared,
    person: PersonId,
}

impl Place {
    fn take(state: &Shared, person: PersonId) -> Result<Place, Problem> {
        let mut open = state.pages.live.open();
        let (all, own) = (open.values().sum::<usize>(), open.get(&person).copied().unwrap_or(0));
        if all >= MOST || own >= MOST_OF_PERSON || *state.pages.live.closing.borrow() {
            return Err(Kind::Overloaded.into());
        }
        open.insert(person, own + 1);
        Ok(Place { state: Arc::clone(state), person })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.state.pages.live.open();
        if let Some(own) = open.get_mut(&self.person) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.person);
            }
        }
    }
}

/// One stream.
struct Listener {
    place: Place,
    session: Session,
    role: RoleId,
    districts: Districts,
    /// What it was told of.
    after: Position,
    news: broadcast::Receiver<Arc<News>>,
    closing: watch::Receiver<bool>,
    /// What it is told first.
    first: Option<String>,
}

pub(in super::super) async fn live(
    State(state): State<Shared>,
    signed: Signed,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Page {
    let query = Form::parse(query.unwrap_or_default().as_bytes())?;
    let district: Option<DistrictId> = query.get("district").map(|text| one("district", text)).transpose()?;
    let seen: Option<Position> = query.get("after").map(|text| one("after", text)).transpose()?;
    let districts = super::held(&signed, district)?;
    let session = signed.visitor.session.clone().ok_or(Kind::Unauthenticated)?;
    let place = Place::take(&state, signed.caller.person())?;
    // Subscribed before the tables are looked at: nothing falls between.
    let (news, closing) = (state.pages.live.news.subscribe(), state.pages.live.closing.subscribe());
    let told = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).map(Position);
    let now = state.readers.permit_office.reader().position().await.map_err(unread)?.unwrap_or(Position(0));
    watched(&state, now);
    let after = seen.into_iter().chain(told).max().unwrap_or(now).min(now);
    let role = signed.caller.actor.role.clone();
    let mut listener = Listener { place, session, role, districts, after, news, closing, first: None };
    let missed = permit_office::changes(&state.readers.permit_office, Some(after)).await?;
    let missed = listener.told(&News { until: now, changes: missed }).unwrap_or_default();
    listener.first = Some(format!("{HELLO}{missed}"));
    let body = Body::from_stream(stream::unfold(listener, Listener::next));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, body).into_response())
}

fn unread(error: projection::StoreError) -> Problem {
    tracing::warn!(error = chain(&error), "a desk cannot be listened to");
    Problem::new(Kind::ReadUnavailable)
}

impl Listener {
    /// The next thing that is said, until there is nothing more to say.
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Listener)> {
        if let Some(first) = self.first.take() {
            return Some((Ok(first.into()), self));
        }
        loop {
            let news = tokio::select! {
                // The sender lives as long as the process.
                _ = self.closing.wait_for(|closing| *closing) => return None,
                news = self.news.recv() => Some(news),
                () = tokio::time::sleep(BEAT) => None,
            };
            let said = match news {
                None => Some(": here\n\n".to_owned()),
                Some(Ok(news)) => self.told(&news),
                Some(Err(broadcast::error::RecvError::Lagged(_))) => Some(event(self.after)),
                Some(Err(broadcast::error::RecvError::Closed)) => return None,
            };
            if !self.place.state.pages.cookies.holds(&self.session) {
                return None;
            }
            if let Some(said) = said {
                return Some((Ok(said.into()), self));
            }
        }
    }

    /// What is said of these changes, if any of them is on this desk.
    fn told(&mut self, news: &News) -> Option<String> {
        let is_new = |change: &&Change| {
            change.position > self.after
                && self.districts.contains(change.district)
                && change.role.as_ref().is_none_or(|role| *role == self.role)
        };
        let any = news.changes.as_ref().is_none_or(|changes| changes.iter().any(|change| is_new(&change)));
        let any = any && news.until > self.after;
        self.after = self.after.max(news.until);
        any.then(|| event(news.until))
    }
}

fn event(position: Position) -> String {
    format!("event: changed\nid: {position}\ndata: {position}\n\n")
}

/// Starts the task that watches the tables, unless one does; what is up to here is known.
fn watched(state: &Shared, known: Position) {
    if !state.pages.live.watched.swap(true, Ordering::SeqCst) {
        tokio::spawn(watch_tables(Arc::clone(state), known));
    }
}

async fn watch_tables(state: Shared, mut last: Position) {
    let live = &state.pages.live;
    let mut closing = live.closing.subscribe();
    loop {
        if live.news.receiver_count() == 0 {
            live.watched.store(false, Ordering::SeqCst);
            // Whoever came just now found it watched.
            if live.news.receiver_count() == 0 || live.watched.swap(true, Ordering::SeqCst) {
                return;
            }
        }
        match look(&state, last).await {
            Ok(seen) => last = seen,
            Err(problem) => tracing::warn!(code = problem.message.code, "desks are not told of what is new"),
        }
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Tells what came since the last look; where the tables are now.
async fn look(state: &Gate, last: Position) -> Result<Position, Problem> {
    let desk = &state.readers.permit_office;
    let until = desk.reader().position().await.map_err(unread)?.unwrap_or(last);
    if until > last {
        let changes = permit_office::changes(desk, Some(last)).await?;
        // Nobody listens any more: then nobody is told.
        let _ = state.pages.live.news.send(Arc::new(News { until, changes }));
    }
    Ok(until.max(last))
}
