//! The HTTP API: parses requests into commands, serves queries of the read models.
