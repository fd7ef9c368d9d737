//! The vault as the projectors see it: opens sealed columns for the departments that may read them.

use futures::future::BoxFuture;
use kernel::Sealed;
use projection::{OpenError, Opener};
use std::sync::Arc;
use vault::Vault;

/// Opens with the city's vault.
#[derive(Debug, Clone)]
pub(crate) struct VaultOpener(pub(crate) Arc<Vault>);

impl Opener for VaultOpener {
    fn open_all<'a>(&'a self, sealed: &'a [Sealed]) -> BoxFuture<'a, Result<Vec<Option<String>>, OpenError>> {
        Box::pin(async move {
            let fields: Vec<&Sealed> = sealed.iter().collect();
            let opened = self.0.open_all(&fields).await.map_err(|source| OpenError(Box::new(source)))?;
            let text = |plain: Vec<u8>| String::from_utf8_lossy(&plain).into_owned();
            Ok(opened.into_iter().map(|plain| plain.map(text)).collect())
        })
    }
}
