//! Whether an event may leave the register towards a department.

/// What a department may be told of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disclosure {
    /// All of it; sealed fields stay sealed.
    Shown,
    /// Nothing.
    Hidden,
}
