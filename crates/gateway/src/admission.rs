//! Who is let in: a place for each request that is being served, and only whole requests get one.
//!
//! A body that comes slowly costs its sender, not the others: it is read before a place is taken, by a time, and a person
//! has only so many requests here, those that are still being read among them.

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
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests that are served at the same time; more are turned away with 503.
const MAX_REQUESTS: usize = 512;
/// Requests of one person that are read or served at the same time; more are turned away with 503.
const MAX_OF_PERSON: usize = 64;
/// Documents that come in at the same time; more are turned away with 503.
const MAX_UPLOADS: usize = 24;
/// As how many requests of its sender a document counts.
const UPLOAD_WEIGHT: usize = 16;
/// How long a body may take from the request's head to its last byte.
const BODY_TIMEOUT: Duration = Duration::from_secs(3);

/// The places there are.
pub(crate) struct Places {
    all: Semaphore,
    uploads: Semaphore,
    persons: Mutex<HashMap<PersonId, usize>>,
}

/// One of a person's places; given back when it is dropped.
pub(crate) struct OwnPlace<'a> {
    places: &'a Places,
    person: PersonId,
    weight: usize,
}

impl Places {
    pub(crate) fn new() -> Places {
        Places { all: Semaphore::new(MAX_REQUESTS), uploads: Semaphore::new(MAX_UPLOADS), persons: Mutex::default() }
    }

    pub(crate) fn are_full(&self) -> bool {
        self.all.available_permits() == 0
    }

    pub(crate) fn take(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.all.try_acquire().map_err(|_| Problem::new(Kind::Overloaded))
    }

    /// A place for a document that comes in, and no other: it may take long.
    pub(crate) fn take_upload(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.uploads.try_acquire().map_err(|_| Problem::new(Kind::Overloaded))
    }

    pub(crate) fn take_own(&self, person: PersonId, upload: bool) -> Result<OwnPlace<'_>, Problem> {
        let weight = if upload { UPLOAD_WEIGHT } else { 1 };
        let mut persons = self.persons();
        let taken = persons.entry(person).or_default();
        if *taken + weight > MAX_OF_PERSON {
            return Err(Kind::Overloaded.into());
        }
        *taken += weight;
        Ok(OwnPlace { places: self, person, weight })
    }

    fn persons(&self) -> MutexGuard<'_, HashMap<PersonId, usize>> {
        self.persons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OwnPlace<'_> {
    fn drop(&mut self) {
        let mut persons = self.places.persons();
        if let Some(taken) = persons.get_mut(&self.person) {
            *taken -= self.weight;
            if *taken == 0 {
                persons.remove(&self.person);
            }
        }
    }
}

/// The layer around routes that anybody may read. They have no body.
pub(crate) async fn anybody(State(state): State<Shared>, request: Request, next: Next) -> Response {
    match state.places.take() {
        Ok(_place) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Serves whoever has the right to it: the body first, then a place, then the handler.
pub(crate) async fn known(state: &Shared, caller: Caller, request: Request, next: Next) -> Result<Response, Problem> {
    let upload = request.extensions().get::<MatchedPath>().is_some_and(|route| is_upload(request.method(), route));
    let _own = state.places.take_own(caller.person(), upload)?;
    let (mut parts, body) = request.into_parts();
    if upload {
        let _place = state.places.take_upload()?;
        parts.extensions.insert(caller);
        return Ok(next.run(Request::from_parts(parts, body)).await);
    }
    let body = whole(body).await?;
    let _place = state.places.take()?;
    let head = match parts.method {
        Method::GET | Method::HEAD => None,
        _ => Some(Head::of(&state.command_ids, caller.person(), &parts, &body)?),
    };
    let command = head.as_ref().and_then(|head| HeaderValue::try_from(head.id().to_string()).ok());
    parts.extensions.insert(caller);
    head.map(|head| parts.extensions.insert(head));
    let mut response = next.run(Request::from_parts(parts, Body::from(body))).await;
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
        assert!(places.persons().is_empty(), "nobody is remembered");
        assert!(places.take_own(person(1), false).is_ok());
        let documents: Vec<_> = (0..4).map(|_| places.take_own(person(3), true).ok().unwrap()).collect();
        assert!(places.take_own(person(3), true).is_err() && places.take_own(person(3), false).is_err());
        drop(documents);
        assert!(places.persons().is_empty());
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
