//! What must be known of a city to tell its departments of an event: its departments, its procedures, and which
//! procedure each case is held to. Everything here only grows, so what was read once holds for any earlier event too.

use crate::disclose::{Sight, sight};
use kernel::{CaseId, DepartmentId, ProcedureId, StepId};
use permits::events::{ApplicationSubmitted, CityEstablished};
use permits::procedure::{
    Procedure,
    source::{ConsultationSource, Source, StepSource},
};
use permits::{Event, wire};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// A department that has a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// Its id in the charter.
    pub id: DepartmentId,
    /// What kind of events it may see.
    pub sight: Sight,
}

impl From<DepartmentId> for Department {
    fn from(id: DepartmentId) -> Department {
        Department { sight: sight(id.as_str()), id }
    }
}

/// One version of a procedure.
#[derive(Debug)]
pub struct Brief {
    /// Everything it says.
    pub source: Source,
}

impl Brief {
    /// A step.
    #[must_use]
    pub fn step(&self, id: &StepId) -> Option<&StepSource> {
        self.source.steps.iter().find(|step| step.id == *id)
    }

    /// An agency that some step asks.
    #[must_use]
    pub fn agency(&self, id: &StepId) -> Option<&ConsultationSource> {
        self.source.steps.iter().flat_map(|step| &step.consultations).find(|asked| asked.agency == *id)
    }

    /// The department whose steps the role of this agency does; none for a role that is only ever asked.
    #[must_use]
    pub fn desk_of_agency(&self, id: &StepId) -> Option<&DepartmentId> {
        let role = &self.agency(id)?.role;
        self.source.steps.iter().find(|step| step.role == *role).map(|step| &step.department)
    }
}

/// Which procedure a case is held to, and where it is: 4 bytes a case.
#[derive(Debug, Default, Clone, Copy)]
struct Held {
    /// Place among the procedures, from 1; 0 where there is no such case.
    procedure: u16,
    district: u8,
}

/// What a case is held to.
#[derive(Debug, Clone, Copy)]
pub struct Of<'a> {
    /// The version of the procedure that it keeps.
    pub procedure: &'a Brief,
    /// Its district.
    pub district: u8,
}

/// The stored codes of the events that teach something.
static TEACHERS: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let teach = ["CityEstablished", "ProcedurePublished", "ApplicationSubmitted"];
    wire::CODES.iter().filter(|(_, name)| teach.contains(name)).map(|(code, _)| *code).collect()
});

/// A city as far as its feeds must know it. Cheap to clone for what it holds.
#[derive(Debug, Default, Clone)]
pub struct City {
    charter: Option<Arc<CityEstablished>>,
    procedures: Vec<Arc<Brief>>,
    /// By year, then by serial.
    cases: BTreeMap<u16, Vec<Held>>,
}

impl City {
    /// Whether an event with this stored code can change what is known here; others need not be decoded for it.
    #[must_use]
    pub fn learns_from(code: u16) -> bool {
        TEACHERS.contains(&code)
    }

    /// Takes an event in. The same event again changes nothing.
    pub fn learn(&mut self, case: CaseId, event: &Event) {
        if let Event::CityEstablished(charter) = event {
            self.charter = Some(Arc::new(charter.clone()));
        } else if let Event::ProcedurePublished(published) = event {
            if self.place(&published.procedure, published.version).is_some() {
                return;
            }
            match Procedure::parse(&published.source) {
                Ok(procedure) => self.procedures.push(Arc::new(Brief { source: procedure.source().clone() })),
                // What is in the register happened: its cases are told of without names.
                Err(error) => {
                    let (procedure, version) = (published.procedure.as_str(), published.version);
                    tracing::warn!(procedure, version, %error, "a procedure of the register is not read by this build");
                }
            }
        } else if let Event::ApplicationSubmitted(submitted) = event {
            self.hold(case, submitted);
        }
    }

    fn hold(&mut self, case: CaseId, submitted: &ApplicationSubmitted) {
        let place = self.place(&submitted.procedure, submitted.version).unwrap_or_default();
        let year = self.cases.entry(case.year()).or_default();
        let serial = case.serial() as usize;
        if year.len() <= serial {
            year.resize(serial + 1, Held::default());
        }
        year[serial] = Held { procedure: place, district: submitted.district.0 };
    }

    fn place(&self, id: &ProcedureId, version: u32) -> Option<u16> {
        let is = |brief: &Arc<Brief>| brief.source.id == *id && brief.source.version == version;
        self.procedures.iter().position(is).and_then(|place| u16::try_from(place + 1).ok())
    }

    /// A version of a procedure.
    #[must_use]
    pub fn procedure(&self, id: &ProcedureId, version: u32) -> Option<&Brief> {
        self.place(id, version).map(|place| &*self.procedures[usize::from(place) - 1])
    }

    /// What a case is held to; none for the city itself.
    #[must_use]
    pub fn case(&self, case: CaseId) -> Option<Of<'_>> {
        let held = self.cases.get(&case.year())?.get(case.serial() as usize)?;
        let procedure = self.procedures.get(usize::from(held.procedure).checked_sub(1)?)?;
        Some(Of { procedure, district: held.district })
    }

    /// The charter; none before the city is founded.
    #[must_use]
    pub fn charter(&self) -> Option<&CityEstablished> {
        self.charter.as_deref()
    }

    /// The departments that the charter names, each of which has a feed.
    #[must_use]
    pub fn departments(&self) -> Vec<Department> {
        let named = self.charter().map(|charter| charter.departments.as_slice()).unwrap_or_default();
        named.iter().map(|department| department.id.clone().into()).collect()
    }
}
