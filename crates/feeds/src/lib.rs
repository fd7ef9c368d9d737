//! What a department may see of the registers, as CloudEvents on a JetStream stream of its own.
