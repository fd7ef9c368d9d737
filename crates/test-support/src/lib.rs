//! Throw-away nats-server and databases, a fake clock and builders for tests.
