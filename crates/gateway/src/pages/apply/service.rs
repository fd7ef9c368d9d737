//! A service that is applied for.

use crate::{
    gateway::State,
    problem::{Kind, Problem},
};
use departments::permit_office;
use kernel::ProcedureId;
use permits::procedure::{
    Procedure,
    formula::Scope,
    source::{DocumentSource, Phase, Source, StepSource},
};
use std::sync::Arc;

/// A procedure with what else an application for it must know.
pub(super) struct Service {
    pub(super) procedure: Arc<Procedure>,
    /// Districts are numbered 1 to this.
    pub(super) districts: u8,
}

impl Service {
    /// The newest version of a procedure that can be applied for.
    pub(super) async fn open(state: &State, id: &ProcedureId) -> Result<Service, Problem> {
        let desk = &state.readers.permit_office;
        let newest = permit_office::procedures(desk).await?.into_iter().find(|known| known.procedure == id.as_str());
        let procedure = state.procedure(id, newest.ok_or(Kind::NotFound)?.version).await?;
        if procedure.observed() {
            return Err(Kind::NotFound.into());
        }
        let city = permit_office::city(desk.reader()).await?.ok_or(Kind::NotFound)?;
        Ok(Service { procedure, districts: city.districts })
    }

    pub(super) fn source(&self) -> &Source {
        self.procedure.source()
    }

    pub(super) fn id(&self) -> &ProcedureId {
        self.procedure.id()
    }

    /// The documents that an application with these answers may bring: those that it must have, those that a step on its
    /// way asks for, and those that no step speaks of, as a power of attorney.
    pub(super) fn documents(&self, scope: &Scope) -> impl Iterator<Item = &DocumentSource> {
        let source = self.source();
        let on_its_way: Vec<&StepSource> = self
            .procedure
            .steps_of(Phase::Application)
            .filter(|place| self.procedure.applies(*place, scope))
            .map(|place| self.procedure.step_at(place))
            .filter(|step| !step.on_demand)
            .collect();
        source.documents.iter().filter(move |known| {
            let asks = |step: &StepSource| step.documents.contains(&known.id);
            known.required || on_its_way.iter().any(|step| asks(step)) || !source.steps.iter().any(asks)
        })
    }
}
