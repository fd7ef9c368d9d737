//! The city itself: its charter, procedures, calendar, declared kin and forgotten persons.

use super::{Decision, draft::Asking, guards::role};
use crate::{events::*, procedure::Procedure, refusal::Refusal};
use kernel::{
    Date, PersonId, StepId,
    calendar::WorkCalendar,
    time::{Weekday, Zone},
};
use smol_str::SmolStr;

/// A role's districts are kept as bits, of which the first stands for the whole city.
const MAX_DISTRICTS: u8 = 63;
/// The longest explanation of what is wrong with a procedure, in characters.
const MAX_WHY: usize = 1_000;

pub(super) fn establish(
    asking: &Asking,
    title: &Title,
    zone: &SmolStr,
    districts: u8,
    departments: &[Department],
) -> Decision {
    asking.only(role::ADMIN)?;
    if asking.state.city.is_some() {
        return Err(Refusal::CityEstablishedAlready {});
    }
    if !(1..=MAX_DISTRICTS).contains(&districts) {
        return Err(Refusal::DistrictsOutOfRange { max: MAX_DISTRICTS });
    }
    Zone::new(zone).map_err(|_| Refusal::UnknownZone { zone: zone.clone() })?;
    asking.fact(CityEstablished {
        title: title.clone(),
        zone: zone.clone(),
        districts,
        departments: departments.to_vec(),
    })
}

pub(super) fn publish_procedure(asking: &Asking, source: &str) -> Decision {
    asking.only(role::ADMIN)?;
    asking.state.city()?;
    let procedure = Procedure::parse(source).map_err(|error| {
        // An error of TOML repeats the line, which may be as long as the whole text.
        Refusal::ProcedureInvalid { why: error.to_string().chars().take(MAX_WHY).collect() }
    })?;
    let next = asking.state.newest(procedure.id()).map_or(1, |(_, newest)| newest.version() + 1);
    if procedure.version() != next {
        return Err(Refusal::ProcedureVersionNotNext { version: procedure.version(), next });
    }
    asking.fact(ProcedurePublished { procedure: procedure.id().clone(), version: next, source: source.to_owned() })
}

pub(super) fn declare_holiday(asking: &Asking, date: Date, title: &SmolStr) -> Decision {
    asking.only(role::ADMIN)?;
    asking.state.city()?;
    if asking.state.calendar.has_holiday(date) {
        return Err(Refusal::HolidayDeclaredAlready {});
    }
    asking.fact(HolidayDeclared { date, title: title.clone(), calendar: next_calendar(asking) })
}

pub(super) fn withdraw_holiday(asking: &Asking, date: Date) -> Decision {
    asking.only(role::ADMIN)?;
    if !asking.state.calendar.has_holiday(date) {
        return Err(Refusal::HolidayNotDeclared {});
    }
    asking.fact(HolidayWithdrawn { date, calendar: next_calendar(asking) })
}

pub(super) fn set_rest_days(asking: &Asking, from: Date, days: &[Weekday]) -> Decision {
    asking.only(role::ADMIN)?;
    asking.state.city()?;
    let calendar = next_calendar(asking);
    if WorkCalendar::default().set_rest_days(from, days, calendar).is_err() {
        return Err(Refusal::WeekWithoutWork {});
    }
    asking.fact(RestDaysSet { from, days: days.to_vec(), calendar })
}

fn next_calendar(asking: &Asking) -> u32 {
    asking.state.calendar.version() + 1
}

/// Officers name their own relatives; an administrator may do it for them.
pub(super) fn declare_kin(asking: &Asking, officer: PersonId, kin: PersonId, relation: &StepId) -> Decision {
    if officer != asking.actor.person {
        asking.only(role::ADMIN)?;
    }
    if officer == kin {
        return Err(Refusal::KinOfOneself {});
    }
    if asking.state.kin.contains(&(officer, kin)) {
        return Err(Refusal::KinDeclaredAlready {});
    }
    asking.fact(KinDeclared { officer, kin, relation: relation.clone() })
}

pub(super) fn forget_person(asking: &Asking, person: PersonId) -> Decision {
    asking.only(role::ADMIN)?;
    if asking.state.forgotten.contains(&person) {
        return Err(Refusal::ForgottenAlready {});
    }
    asking.fact(PersonForgotten { person })
}
