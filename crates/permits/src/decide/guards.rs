//! Rules that hold whatever the procedure: who may act at all.

use super::draft::{Asking, Draft};
use crate::{procedure::source::Decisions, refusal::Refusal, state::Status};
use kernel::{PersonId, RoleId};
use std::str::FromStr;

/// Roles that mean the same in every procedure.
pub(super) mod role {
    pub(in super::super) const ADMIN: &str = "admin";
    pub(in super::super) const BANK: &str = "bank";
    pub(in super::super) const CITIZEN: &str = "citizen";
    pub(in super::super) const CLOCK: &str = "clock";
    pub(in super::super) const IMPORTER: &str = "importer";
    pub(in super::super) const INTAKE: &str = "intake";
}

impl Asking<'_> {
    /// Only the role that something belongs to may do it.
    pub(super) fn only(&self, needed: &str) -> Result<(), Refusal> {
        if self.actor.role.as_str() == needed {
            return Ok(());
        }
        let needed = RoleId::from_str(needed).expect("roles of procedures and of this module are valid");
        Err(Refusal::RoleMayNot { role: self.actor.role.clone(), needed })
    }

    pub(super) fn is(&self, role: &str) -> bool {
        self.actor.role.as_str() == role
    }

    /// Nobody whose key is deleted gets a new part in a case: their fields could not be read by anybody.
    pub(super) fn remembered(&self, persons: impl IntoIterator<Item = PersonId>) -> Result<(), Refusal> {
        if persons.into_iter().any(|person| self.state.forgotten.contains(&person)) {
            return Err(Refusal::ForgottenPerson {});
        }
        Ok(())
    }

    /// No officer acts on a case of their own or of their declared kin.
    pub(super) fn impartial(&self, persons: impl IntoIterator<Item = PersonId>) -> Result<(), Refusal> {
        for person in persons {
            if person == self.actor.person {
                return Err(Refusal::OwnCase {});
            }
            if self.state.are_kin(person, self.actor.person) {
                return Err(Refusal::CaseOfKin {});
            }
        }
        Ok(())
    }
}

impl<'a> Draft<'a> {
    /// The role that it belongs to, in this district, and not on a case of their own or of declared kin.
    pub(super) fn officer(&self, needed: &RoleId) -> Result<(), Refusal> {
        self.asking.only(needed.as_str())?;
        self.impartial_here()
    }

    /// In this district, and not on a case of their own or of declared kin.
    pub(super) fn impartial_here(&self) -> Result<(), Refusal> {
        if !self.asking.actor.districts.contains(self.case.district) {
            return Err(Refusal::DistrictNotYours { district: self.case.district });
        }
        self.asking.impartial([self.case.applicant, self.case.agent].into_iter().flatten())
    }

    /// The applicant, who acts for them, or an intake desk that takes down what they say.
    pub(super) fn applicant(&self) -> Result<(), Refusal> {
        if self.asking.is(role::INTAKE) {
            return self.impartial_here();
        }
        self.asking.only(role::CITIZEN)?;
        let person = Some(self.asking.actor.person);
        if person == self.case.applicant || person == self.case.agent {
            return Ok(());
        }
        Err(Refusal::NotYourCase {})
    }

    /// The case must be where this can be done.
    pub(super) fn status(&self, needed: &[Status]) -> Result<(), Refusal> {
        if needed.contains(&self.case.status) {
            return Ok(());
        }
        let needed: Vec<&str> = needed.iter().map(|status| status.name()).collect();
        Err(Refusal::CaseIsNot { status: self.case.status.name().into(), needed: needed.join(" / ").into() })
    }

    /// The case must not be with the applicant for correction.
    pub(super) fn not_returned(&self) -> Result<(), Refusal> {
        if self.case.later().returned.is_some() { Err(Refusal::CaseWithApplicant {}) } else { Ok(()) }
    }

    /// A decision about the whole case; an observed case is decided elsewhere.
    pub(super) fn decisions(&self) -> Result<&'a Decisions, Refusal> {
        self.procedure.decisions().ok_or(Refusal::IsObserved {})
    }
}
