//! The read-side engine: fold, one table writer for two databases, checkpoint, rebuild, parking.
