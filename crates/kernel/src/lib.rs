//! What every register shares: typed ids, actors, time and calendars, money, identifiers, text, and the
//! [`Register`] contract between a domain and the one process that writes its log.
//!
//! Pure: nothing here does I/O, is async, reads a clock or draws randomness.

pub mod actor;
pub mod calendar;
pub mod deadline;
pub mod identity;
pub mod ids;
pub mod lang;
pub mod money;
pub mod register;
pub mod sealed;
pub mod text;
pub mod time;

pub use actor::{Actor, Channel, Districts};
pub use calendar::{DayUnit, WorkCalendar};
pub use deadline::{Deadline, Expiry, Policy, StartRule};
pub use ids::{
    CaseId, CityId, CommandId, DepartmentId, DistrictId, Height, ParcelId, PersonId, Position, ProcedureId, RoleId,
    StepId,
};
pub use lang::{Lang, Message};
pub use money::Rials;
pub use register::{Accepted, Answer, Envelope, Fact, Meta, Register, Stored, Unavailable, WireError};
pub use sealed::Sealed;
pub use time::{Date, Instant, JalaliDate, Weekday, Zone};
