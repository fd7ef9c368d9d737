//! Who is let in: a place for each request that is being served, and only whole requests get one.
//!
//! A body that comes slowly costs its sender, not the others: it is read before a place is taken, by a time, and a person
//! has only so many requests here, those that are still being read among them. Whoever waits for a read model to catch up
//! gives the place back meanwhile.

use crate::access::Caller;
use crate::command::{COMMAND, Head};
use crate::gateway::Shared;
use crate::problem::{Kind, Problem};
use crate::{extract, uploads};
use axum::{
    body::{Body, Bytes},
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method},
    middleware::Next,
    response::{IntoResponse, Response},
};
use kernel::PersonId;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests that are served at the same time; more are turned away with 503.
const MAX_REQUESTS: usize = 512;
/// Requests of one person that are read or served at the same time; more are turned away with 503.
const MAX_OF_PERSON: usize = 64;
/// Documents that come in at the same time; more are turned away with 503.
const MAX_UPLOADS: usize = 24;
/// Documents of one person that come in at the same time.
const UPLOADS_OF_PERSON: usize = 2;
/// Requests of one person that wait for a read model at the same time.
const WAITS_OF_PERSON: usize = 8;
/// The same of all who say not who they are.
const WAITS_OF_ANYBODY: usize = 64;
/// How long a body may take from the request's head to its last byte.
const BODY_TIMEOUT: Duration = Duration::from_secs(3);

/// The places there are.
pub(crate) struct Places {
    all: Arc<Semaphore>,
    uploads: Arc<Semaphore>,
    owned: Mutex<HashMap<Own, usize>>,
}

/// What somebody has only so many of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Own {
    Request(PersonId),
    Upload(PersonId),
    Wait(Option<PersonId>),
}

impl Own {
    fn most(self) -> usize {
        match self {
            Own::Request(_) => MAX_OF_PERSON,
            Own::Upload(_) => UPLOADS_OF_PERSON,
            Own::Wait(Some(_)) => WAITS_OF_PERSON,
            Own::Wait(None) => WAITS_OF_ANYBODY,
        }
    }
}

/// One of a person's places; given back when it is dropped.
pub(crate) struct OwnPlace<'a> {
    places: &'a Places,
    own: Own,
}

impl Places {
    pub(crate) fn new() -> Places {
        let (all, uploads) = (MAX_REQUESTS, MAX_UPLOADS);
        let [all, uploads] = [all, uploads].map(|most| Arc::new(Semaphore::new(most)));
        Places { all, uploads, owned: Mutex::default() }
    }

    pub(crate) fn are_full(&self) -> bool {
        self.all.available_permits() == 0
    }

    pub(crate) fn take(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.all).try_acquire_owned().map_err(|_| Problem::new(Kind::Overloaded))
    }

    /// A place for a document that comes in, and no other: it may take long.
    pub(crate) fn take_upload(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.uploads).try_acquire_owned().map_err(|_| Problem::new(Kind::Overloaded))
    }

    pub(crate) fn take_own(&self, person: PersonId, upload: bool) -> Result<OwnPlace<'_>, Problem> {
        self.own(if upload { Own::Upload(person) } else { Own::Request(person) })
    }

    fn own(&self, own: Own) -> Result<OwnPlace<'_>, Problem> {
        let mut owned = self.owned();
        let taken = owned.get(&own).copied().unwrap_or(0);
        if taken >= own.most() {
            return Err(Kind::Overloaded.into());
        }
        owned.insert(own, taken + 1);
        Ok(OwnPlace { places: self, own })
    }

    fn owned(&self) -> MutexGuard<'_, HashMap<Own, usize>> {
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OwnPlace<'_> {
    fn drop(&mut self) {
        let mut owned = self.places.owned();
        if let Some(taken) = owned.get_mut(&self.own) {
            *taken -= 1;
            if *taken == 0 {
                owned.remove(&self.own);
            }
        }
    }
}

tokio::task_local! {
    /// The place of the request that this task serves.
    static SEAT: Seat;
}

/// A place that can be given back and taken anew while its request goes on.
struct Seat {
    state: Shared,
    person: Option<PersonId>,
    place: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Seat {
    fn put(&self, place: Option<OwnedSemaphorePermit>) {
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }
}

/// Serves a request in a place that it can leave with [`aside`].
async fn seated(state: &Shared, person: Option<PersonId>, request: Request, next: Next) -> Result<Response, Problem> {
    let place = Mutex::new(Some(state.places.take()?));
    Ok(SEAT.scope(Seat { state: Arc::clone(state), person, place }, next.run(request)).await)
}

/// Waits for something without keeping others from being served: the place is free meanwhile.
pub(crate) async fn aside<T>(wait: impl Future<Output = T>) -> Result<T, Problem> {
    let seat = SEAT.try_with(|seat| (Arc::clone(&seat.state), seat.person));
    let Ok((state, person)) = seat else { return Ok(wait.await) };
    let _waiting = state.places.own(Own::Wait(person))?;
    SEAT.with(|seat| seat.put(None));
    let waited = wait.await;
    let place = state.places.take()?;
    SEAT.with(|seat| seat.put(Some(place)));
    Ok(waited)
}

/// The layer around routes that anybody may read. They have no body.
pub(crate) async fn anybody(State(state): State<Shared>, request: Request, next: Next) -> Response {
    seated(&state, None, request, next).await.unwrap_or_else(Problem::into_response)
}

/// Serves whoever has the right to it: the body first, then a place, then the handler.
pub(crate) async fn known(state: &Shared, caller: Caller, request: Request, next: Next) -> Result<Response, Problem> {
    let upload = request.extensions().get::<MatchedPath>().is_some_and(|route| is_upload(request.method(), route));
    let person = caller.person();
    let _own = state.places.take_own(person, upload)?;
    let (mut parts, body) = request.into_parts();
    if upload {
        let _place = state.places.take_upload()?;
        parts.extensions.insert(caller);
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    let body = whole(body).await?;
    let head = match parts.method {
        Method::GET | Method::HEAD => None,
        _ => Some(Head::of(&state.command_ids, person, &parts, &body)?),
    };
    let command = head.as_ref().and_then(|head| HeaderValue::try_from(head.id().to_string()).ok());
    parts.extensions.insert(caller);
    head.map(|head| parts.extensions.insert(head));
    let request = Request::from_parts(parts, Body::from(body));
    let mut response = seated(state, Some(person), request, next).await?;
    command.map(|command| response.headers_mut().insert(COMMAND, command));
    Ok(response)
}

fn is_upload(method: &Method, route: &MatchedPath) -> bool {
    uploads::is_upload(method.as_str(), route.as_str())
}

/// A body to its last byte, in time.
pub(crate) async fn whole(body: Body) -> Result<Bytes, Problem> {
    let read = tokio::time::timeout(BODY_TIMEOUT, extract::read(body)).await;
    read.unwrap_or_else(|_| Err(Kind::RequestTimeout.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_so_many_places_and_gets_them_back() {
        let places = Places::new();
        let person = |n| PersonId(uuid::Uuid::from_u128(n));
        let taken: Vec<_> = (0..MAX_OF_PERSON).map(|_| places.take_own(person(1), false).ok().unwrap()).collect();
        assert!(places.take_own(person(1), false).is_err() && places.take_own(person(2), false).is_ok());
        drop(taken);
        assert!(places.owned().is_empty(), "nobody is remembered");
        assert!(places.take_own(person(1), false).is_ok());
        drop(places.take_own(person(1), false));
        let documents: Vec<_> =
            (0..UPLOADS_OF_PERSON).map(|_| places.take_own(person(3), true).ok().unwrap()).collect();
        assert!(places.take_own(person(3), true).is_err() && places.take_own(person(3), false).is_ok());
        assert!(places.take_own(person(4), true).is_ok());
        drop(documents);
        assert!(places.owned().is_empty());
    }

    #[test]
    fn documents_that_come_in_take_no_place_of_others() {
        let places = Places::new();
        let taken: Vec<_> = (0..MAX_UPLOADS).map(|_| places.take_upload().ok().unwrap()).collect();
        assert!(places.take_upload().is_err() && places.take().is_ok());
        drop(taken);
        assert!(places.take_upload().is_ok());
    }

    #[test]
    fn there_are_so_many_places_in_all() {
        let places = Places::new();
        let taken: Vec<_> = (0..MAX_REQUESTS).map(|_| places.take().ok().unwrap()).collect();
        assert!(places.are_full() && places.take().is_err());
        drop(taken);
        assert!(!places.are_full());
    }
}
