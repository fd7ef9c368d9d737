//! Where documents are kept: a folder, or a bucket that speaks S3.

use crate::OpenError;
use object_store::{ObjectStore, aws::AmazonS3Builder, local::LocalFileSystem};
use reqwest as _;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Where what is still coming in lies until it is whole.
pub(crate) const INCOMING: &str = "incoming";
/// The smallest part of an upload that S3 takes, but for the last.
const S3_PART: usize = 5 * 1024 * 1024;
/// What is written to a folder at once.
const FOLDER_PART: usize = 1024 * 1024;
/// After this long nothing is still coming in: whoever brought it was killed.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

/// Where documents are kept.
#[derive(Debug, Clone)]
pub enum Place {
    /// In a folder, made where it is missing.
    Folder(PathBuf),
    /// In a bucket.
    S3(S3),
}

/// A bucket that speaks S3, and who the city is there.
#[derive(Clone)]
pub struct S3 {
    /// Its name.
    pub bucket: String,
    /// The server, for any but Amazon's: `https://s3.example`.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// The city's name there.
    pub access_key: String,
    /// The city's password there.
    pub secret_key: String,
}

impl std::fmt::Debug for S3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3").field("bucket", &self.bucket).field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Place {
    pub(crate) fn open(&self) -> Result<Arc<dyn ObjectStore>, OpenError> {
        match self {
            Place::Folder(folder) => {
                make_folder(folder).map_err(|source| OpenError::Folder { path: folder.clone(), source })?;
                let store = LocalFileSystem::new_with_prefix(folder).map_err(OpenError::Storage)?;
                // The register will name what was stored: it must outlive a power failure as the register does.
                Ok(Arc::new(store.with_fsync(true).with_automatic_cleanup(true)))
            }
            Place::S3(s3) => {
                // The first that is installed stays; all of them are this one.
                let _ = rustls::crypto::ring::default_provider().install_default();
                let builder = AmazonS3Builder::new()
                    .with_bucket_name(&s3.bucket)
                    .with_region(&s3.region)
                    .with_access_key_id(&s3.access_key)
                    .with_secret_access_key(&s3.secret_key);
                let builder = match &s3.endpoint {
                    Some(endpoint) => builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://")),
                    None => builder,
                };
                Ok(Arc::new(builder.build().map_err(OpenError::Storage)?))
            }
        }
    }

    /// The bytes of one part of an upload.
    pub(crate) fn part(&self) -> usize {
        match self {
            Place::Folder(_) => FOLDER_PART,
            Place::S3(_) => S3_PART,
        }
    }

    /// Removes what killed processes left half-written. A bucket does so by its own rule for incomplete uploads.
    pub(crate) fn sweep(&self, now: SystemTime) -> std::io::Result<usize> {
        match self {
            Place::Folder(folder) => sweep(&folder.join(INCOMING), now),
            Place::S3(_) => Ok(0),
        }
    }
}

fn sweep(folder: &Path, now: SystemTime) -> std::io::Result<usize> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        let age = now.duration_since(entry.metadata()?.modified()?).unwrap_or_default();
        if age > STALE {
            std::fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// For its owner alone.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_killed_processes_left_goes_and_what_is_coming_in_stays() {
        let folder = tempfile::tempdir().unwrap();
        let incoming = folder.path().join(INCOMING);
        let place = Place::Folder(folder.path().to_owned());
        let now = SystemTime::now();
        assert_eq!(place.sweep(now).unwrap(), 0, "there is no folder yet");
        std::fs::create_dir(&incoming).unwrap();
        std::fs::write(incoming.join("one#1"), b"half").unwrap();
        assert_eq!(place.sweep(now).unwrap(), 0);
        assert_eq!(place.sweep(now + STALE * 2).unwrap(), 1);
        assert_eq!(std::fs::read_dir(&incoming).unwrap().count(), 0);
    }

    #[test]
    fn a_bucket_never_prints_its_password() {
        let s3 = S3 {
            bucket: "documents".into(),
            endpoint: None,
            region: "ir".into(),
            access_key: "public".into(),
            secret_key: "hush".into(),
        };
        assert!(!format!("{:?}", Place::S3(s3)).contains("hush"));
    }
}
