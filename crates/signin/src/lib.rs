//! Signing in with OpenID Connect: the city is the relying party ([`Provider`]), whoever keeps its accounts is the
//! provider. [`builtin`] is a small one with made-up people, for a city on one machine; nothing but `up` may use it.

pub mod builtin;
mod identity;
mod provider;
mod settings;

pub use identity::Identity;
pub use provider::{Pending, Provider, SignInError};
pub use settings::{ClaimNames, Settings};

#[cfg(test)]
mod tests;
