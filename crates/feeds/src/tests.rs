//! The rules without a server.
