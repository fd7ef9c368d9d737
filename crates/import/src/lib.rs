//! Reads permit logs of other systems (XES, CSV) and records them through the permit commands.
//!
//! A parser turns a stream of bytes of any length into [`Record`]s; what it cannot read it refuses with line and
//! reason, never silently. [`Identities`] gives each record the id that makes its command idempotent, the same for
//! both formats. Nothing here writes to a register but through commands, and no name leaves it unsealed.

mod actors;
pub mod csv;
mod error;
mod identity;
mod names;
#[cfg(test)]
mod real_data;
mod record;
mod report;
mod run;
mod send;
mod source;
mod times;
pub mod xes;

pub use actors::ACTORS_REMEMBERED;
pub use error::ReadError;
pub use identity::{Identities, OCCURRENCE_LIMIT, StepIdentity};
pub use names::{InvalidMilestone, Milestone, Names};
pub use record::{CaseRow, Record, StepRow, TEXT_LIMIT};
pub use report::{REFUSALS_KEPT, Refusals, Refused, Report, Stopped};
pub use run::{IN_FLIGHT, Import, Options, WAITING};
pub use send::ATTEMPTS;
pub use source::Source;
pub use times::{DateOrder, Times};
