//! Keys per person: seal, open, forget.
