//! The rules of the permits register, one module a subject. Each test reads: given a history, when somebody asks
//! for something, then these events, or this refusal.
#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod rules {
    mod applications;
    mod city;
    mod clocks;
    mod commands;
    mod consultations;
    mod explained;
    mod fees;
    mod golden;
    mod harness;
    mod imports;
    mod invariants;
    mod licences;
    mod limits;
    mod lives;
    mod memory;
    mod numbers;
    mod objections;
    mod office;
    mod procedures;
    mod refunds;
    mod refusals;
    mod sealed;
    mod shipped;
    mod steps;
    mod wire;
}
