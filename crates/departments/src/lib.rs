//! One folder a department, one file a read model: row, fold, queries.
