//! What is coming in: written beside the documents, and one of them only once it is whole.

use crate::place::INCOMING;
use object_store::{ObjectStore, ObjectStoreExt, Result, WriteMultipart, path::Path};
use std::sync::Arc;

/// Parts that are on their way to the storage at once, besides the one being filled.
const IN_FLIGHT: usize = 2;

/// An upload to the storage. Dropped before its end it is taken back.
pub(crate) struct Incoming {
    storage: Arc<dyn ObjectStore>,
    path: Path,
    upload: Option<WriteMultipart>,
}

impl Incoming {
    pub(crate) async fn begin(storage: &Arc<dyn ObjectStore>, part: usize) -> Result<Incoming> {
        let path = Path::from(INCOMING).join(uuid::Uuid::new_v4().to_string());
        let upload = WriteMultipart::new_with_chunk_size(storage.put_multipart(&path).await?, part);
        Ok(Incoming { storage: Arc::clone(storage), path, upload: Some(upload) })
    }

    /// Takes more; waits while the storage is slower than whoever writes.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(upload) = &mut self.upload {
            upload.wait_for_capacity(IN_FLIGHT).await?;
            upload.write(bytes);
        }
        Ok(())
    }

    /// Puts it where it belongs, over what may be there.
    pub(crate) async fn finish(mut self, to: &Path) -> Result<()> {
        if let Some(upload) = self.upload.take() {
            upload.finish().await?;
        }
        let moved = self.storage.rename(&self.path, to).await;
        if moved.is_err() {
            // What is not moved is swept up later, should this fail too.
            drop(self.storage.delete(&self.path).await);
        }
        moved
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let (Some(upload), Ok(runtime)) = (self.upload.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "a broken-off upload could not be taken back");
                }
            });
        }
    }
}
