//! Documents: streamed in, sealed, content-addressed; sniffed, limited and previewed.
