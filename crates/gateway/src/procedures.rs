//! The city's procedures, read from their text once: a published version never changes.

use crate::gateway::State;
use crate::problem::{Kind, Problem};
use departments::permit_office;
use kernel::{ProcedureId, StepId};
use permits::procedure::{Procedure, source::Text};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// The procedures that were asked for so far.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<HashMap<(ProcedureId, u32), Arc<Procedure>>>);

impl Book {
    fn get(&self, id: &ProcedureId, version: u32) -> Option<Arc<Procedure>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&(id.clone(), version)).cloned()
    }

    fn keep(&self, id: ProcedureId, version: u32, procedure: Arc<Procedure>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((id, version), procedure);
    }
}

/// The newest version of every procedure.
#[derive(Debug, Clone)]
pub(crate) struct Services(Vec<Arc<Procedure>>);

impl State {
    /// A version of a procedure.
    pub(crate) async fn procedure(&self, id: &ProcedureId, version: u32) -> Result<Arc<Procedure>, Problem> {
        if let Some(known) = self.book.get(id, version) {
            return Ok(known);
        }
        let found = permit_office::procedure(&self.readers.permit_office, id, Some(version)).await?;
        let source = found.and_then(|found| found.source).ok_or(Kind::NotFound)?;
        let parsed = Procedure::parse(&source).map_err(|error| {
            tracing::error!(%error, procedure = id.as_str(), version, "a published procedure does not read");
            Problem::new(Kind::Internal)
        })?;
        let parsed = Arc::new(parsed);
        self.book.keep(id.clone(), version, Arc::clone(&parsed));
        Ok(parsed)
    }

    /// Every service of the city in its newest version.
    pub(crate) async fn services(&self) -> Result<Services, Problem> {
        let mut services = Vec::new();
        for known in permit_office::procedures(&self.readers.permit_office).await? {
            let id: ProcedureId = known.procedure.parse().map_err(|_| Kind::Internal)?;
            services.push(self.procedure(&id, known.version).await?);
        }
        Ok(Services(services))
    }
}

impl Services {
    pub(crate) fn all(&self) -> impl Iterator<Item = &Procedure> {
        self.0.iter().map(|procedure| &**procedure)
    }

    fn named(&self, procedure: &str) -> Option<&Procedure> {
        self.all().find(|known| known.id().as_str() == procedure)
    }

    /// What a service is called.
    pub(crate) fn title(&self, procedure: &str) -> Option<&Text> {
        self.named(procedure).map(|known| &known.source().title)
    }

    /// What a step of it is called.
    pub(crate) fn step(&self, procedure: &str, step: &str) -> Option<&Text> {
        let step: StepId = step.parse().ok()?;
        self.named(procedure)?.step(&step).map(|(_, known)| &known.title)
    }

    /// What an agency that it asks is called.
    pub(crate) fn agency(&self, procedure: &str, agency: &str) -> Option<&Text> {
        let agency: StepId = agency.parse().ok()?;
        self.named(procedure)?.agency(&agency).map(|(_, known)| &known.title)
    }

    /// What a step is called where nothing tells of which service it is.
    pub(crate) fn any_step(&self, step: &str) -> Option<&Text> {
        self.all().find_map(|known| self.step(known.id().as_str(), step))
    }

    /// Channels by which people come in, in any service.
    pub(crate) fn in_person(&self) -> BTreeSet<&str> {
        let channels = self.all().flat_map(|known| known.channels());
        channels.filter(|channel| channel.in_person).map(|channel| channel.name.as_str()).collect()
    }

    /// Whether what is overdue comes to this role somewhere: then it answers for how the office fares.
    pub(crate) fn is_head(&self, role: &str) -> bool {
        self.all().filter_map(Procedure::escalate_to).any(|head| head.as_str() == role)
    }
}
