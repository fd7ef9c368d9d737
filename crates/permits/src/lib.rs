//! The permits register: commands, events, rules and procedures, pure.
