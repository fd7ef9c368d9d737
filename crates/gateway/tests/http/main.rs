//! The gateway through HTTP, with a real nats-server, registrar, projectors, databases and vault behind it.

#![allow(clippy::unwrap_used, reason = "a test stops where something is not as it should be")]

mod applying;
mod client;
mod desk;
mod documents;
mod errors;
mod forms;
mod head;
mod licences;
mod limits;
mod live;
mod matrix;
mod openapi;
mod own_case;
mod pages;
mod papers;
mod paying;
mod sight;
mod tokens;
mod way;
mod work;
mod world;
