//! Verifies a register and replays its read models.
