//! One folder a department, one file a read model: its row, its fold, its queries.
//!
//! A fold sees one event and one row and nothing else. Queries read rows and show them as people read them; who may ask
//! is the gateway's business. Nothing here reads a clock or another register.

mod desk;
mod disclosure;
pub mod districts;
pub mod one_file;
pub mod permit_office;
pub mod revenue;
pub mod view;

pub use desk::{Desk, QueryError};
pub use disclosure::Disclosure;
pub use view::{Day, Limit, Page, Personal, Title, When};

use permits::Event;
use projection::Department;

/// Every department, in the order in which they are started and replayed.
#[must_use]
pub fn all() -> Vec<Department<Event>> {
    vec![permit_office::department(), districts::department(), revenue::department()]
}

/// Whether the department of this name may be told of an event; nobody else is.
#[must_use]
pub fn sees(department: &str, event: &Event) -> Disclosure {
    match department {
        permit_office::NAME => permit_office::sees(event),
        districts::NAME => districts::sees(event),
        revenue::NAME => revenue::sees(event),
        _ => Disclosure::Hidden,
    }
}
