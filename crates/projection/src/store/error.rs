//! Why a database did not do what was asked, and whether asking again can help.

/// Why a database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be opened.
    #[error("cannot open the database of department {department}")]
    Open {
        /// Whose.
        department: String,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// A statement failed.
    #[error("cannot {operation}")]
    Failed {
        /// What was being done, and to what.
        operation: String,
        /// What the database said.
        #[source]
        source: sqlx::Error,
    },
    /// A row is not what the program takes it for.
    #[error("a row does not fit: {subject}")]
    Row {
        /// Where it came from.
        subject: String,
        /// What does not fit.
        #[source]
        source: serde_json::Error,
    },
    /// The checkpoint is not one that this program wrote.
    #[error("the checkpoint of department {department} cannot be read")]
    Checkpoint {
        /// Whose.
        department: String,
    },
}

/// For `map_err`: names the operation.
pub(crate) fn failed(operation: impl Into<String>) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |source| StoreError::Failed { operation: operation.into(), source }
}

/// Classes of SQLSTATE where a later try can succeed: lost connections, conflicts, no resources, shutdown.
const PASSING: [&str; 5] = ["08", "40", "53", "55", "57"];
/// SQLite: busy, locked, out of memory, I/O error, full, cannot open.
const SQLITE_PASSING: [i32; 6] = [5, 6, 7, 10, 13, 14];

impl StoreError {
    /// Whether the same call can succeed later without anybody changing the program.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            StoreError::Open { source, .. } | StoreError::Failed { source, .. } => passes(source),
            StoreError::Row { .. } | StoreError::Checkpoint { .. } => false,
        }
    }

    /// Whether the table or schema that was asked for is not there.
    #[must_use]
    pub fn is_missing_table(&self) -> bool {
        let StoreError::Failed { source: sqlx::Error::Database(error), .. } = self else { return false };
        match error.try_downcast_ref::<sqlx::sqlite::SqliteError>() {
            // SQLite has only its general error for this; the words tell it apart.
            Some(error) => sqlx::error::DatabaseError::message(error).starts_with("no such table"),
            None => matches!(error.code().as_deref(), Some("42P01" | "3F000")),
        }
    }
}

fn passes(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            match code.parse::<i32>() {
                Ok(number) if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() => {
                    SQLITE_PASSING.contains(&(number & 0xff))
                }
                _ => PASSING.iter().any(|class| code.starts_with(class)),
            }
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
        // A connection that was cut in the middle of an answer.
        sqlx::Error::Protocol(_) => true,
        _ => false,
    }
}
