//! Where blocks come from: the live log in JetStream, or an archive; both give heights and bytes, unchecked.

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _, TryFutureExt as _};
use kernel::Height;
use ledger::{Log, LogError};

/// Blocks with their heights, in order.
pub type Blocks = BoxStream<'static, Result<(Height, Bytes), SourceError>>;

/// A register's blocks, as they are kept.
pub trait BlockSource: Send + Sync + 'static {
    /// The blocks from this height on, then each new one as it comes. After an error the stream ends.
    fn read(&self, from: Height) -> Blocks;
    /// One block.
    fn get(&self, height: Height) -> BoxFuture<'_, Result<Bytes, SourceError>>;
    /// The last block there is now, if any.
    fn last(&self) -> BoxFuture<'_, Result<Option<(Height, Bytes)>, SourceError>>;
}

/// Why blocks cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the register cannot be read")]
pub struct SourceError {
    /// Whether the same call can succeed later without anybody repairing anything.
    pub transient: bool,
    /// What the log or the archive said.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl From<LogError> for SourceError {
    fn from(error: LogError) -> SourceError {
        SourceError { transient: error.is_transient(), source: Box::new(error) }
    }
}

impl BlockSource for Log {
    fn read(&self, from: Height) -> Blocks {
        Log::read(self, from).map(|block| block.map_err(SourceError::from)).boxed()
    }
    fn get(&self, height: Height) -> BoxFuture<'_, Result<Bytes, SourceError>> {
        Log::get(self, height).map_err(SourceError::from).boxed()
    }
    fn last(&self) -> BoxFuture<'_, Result<Option<(Height, Bytes)>, SourceError>> {
        Log::last(self).map_err(SourceError::from).boxed()
    }
}
