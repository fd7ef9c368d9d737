//! The append-only log: blocks, hash chain, Merkle tree, and their JetStream stream.
