//! The only writer of a register: batch, decide, append, answer.
