//! The permits register: what can be asked, what can have happened, and the rules between them. Pure.
//!
//! Start at [`commands::Command`], then `decide/mod.rs` and `state/evolve.rs`, a page each. Procedures are data
//! ([`procedure::Procedure`]); what is stored of an event is in [`wire`] and nowhere else.

pub mod commands;
mod decide;
pub mod events;
pub mod numbers;
pub mod procedure;
pub mod refusal;
pub mod state;
pub mod wire;

pub use commands::{Application, Command};
pub use events::Event;
pub use refusal::Refusal;
pub use state::Permits;

use kernel::{Envelope, Fact, Instant, Meta, PersonId, Register, Stored, WireError};

impl Register for Permits {
    const NAME: &'static str = "permits";
    const SNAPSHOT_VERSION: u32 = 3;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, envelope: &Envelope<Command>, now: Instant) -> Result<Vec<Fact<Event>>, Refusal> {
        decide::decide(self, envelope, now)
    }
    fn evolve(&mut self, fact: &Fact<Event>, _: &Meta) {
        self.apply(fact);
    }
    fn tick(&self, now: Instant) -> Option<Command> {
        decide::tick(self, now)
    }
    fn encode(event: &Event) -> Stored<'static> {
        wire::encode(event)
    }
    fn decode(stored: &Stored<'_>) -> Result<Event, WireError> {
        wire::decode(stored)
    }
    fn forgets(event: &Event) -> Option<PersonId> {
        if let Event::PersonForgotten(forgotten) = event { Some(forgotten.person) } else { None }
    }
    fn refusal_code(refusal: &Refusal) -> &'static str {
        refusal.code()
    }
    fn save(&self) -> impl FnOnce() -> Vec<u8> + Send + 'static {
        let state = self.shared();
        move || postcard::to_stdvec(&state).expect("a state of plain fields always encodes")
    }
    fn restore(bytes: &[u8]) -> Result<Self, WireError> {
        let mut state: Permits = wire::body("snapshot", bytes)?;
        state.index();
        Ok(state)
    }
}
