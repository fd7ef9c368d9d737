//! Previews of a document's pages: drawn once, then kept, sealed as the document is.

use crate::{
    Content, Kind, Picture, PutError, ReadError, Shelf, Store,
    turns::TURNS,
    worker::{Drawn, MOST},
};
use bytes::Bytes;
use futures::TryStreamExt;
use kernel::PersonId;
use object_store::path::Path;

/// The most pages that are drawn.
pub const MAX_PAGES: u32 = 300;
/// Pages that are drawn at the same time.
pub(crate) const AT_ONCE: usize = 2;
/// Goes up when previews look different; those of another number are drawn anew.
const VERSION: &[u8] = b"1";

/// A page, as far as it can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preview {
    /// Here it is.
    Picture(Picture),
    /// This document cannot be shown: it must be fetched and opened elsewhere.
    Unreadable,
    /// Too much is being drawn now.
    Later,
}

impl Store {
    /// A page of a document as a picture, counted from one; nothing where there is no such document or page.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn preview(
        &self,
        shelf: impl Into<Shelf>,
        sha256: &[u8; 32],
        page: u32,
    ) -> Result<Option<Preview>, ReadError> {
        self.page(&shelf.into(), sha256, page).await
    }

    async fn page(&self, shelf: &Shelf, sha256: &[u8; 32], page: u32) -> Result<Option<Preview>, ReadError> {
        if page == 0 || page > MAX_PAGES {
            return Ok(None);
        }
        let place = self.preview_address(shelf, sha256, page);
        if let Some(kept) = self.kept(shelf.owner, &place).await? {
            return Ok(Some(kept));
        }
        if page > 1 {
            match self.first(shelf, sha256).await? {
                Some(Preview::Picture(first)) if page <= first.pages => {}
                Some(Preview::Picture(_)) | None => return Ok(None),
                Some(other @ (Preview::Unreadable | Preview::Later)) => return Ok(Some(other)),
            }
        }
        let Some(content) = self.get(shelf.clone(), sha256).await? else { return Ok(None) };
        if content.size > MOST {
            return Ok(Some(Preview::Unreadable));
        }
        if TURNS.is_too_slow(&place) {
            return Ok(Some(Preview::Unreadable));
        }
        let Some(_turn) = TURNS.take(shelf.owner, &self.turns).await else { return Ok(Some(Preview::Later)) };
        let preview = match self.worker.draw(content.kind, page, content.stream).await? {
            Drawn::Picture(picture) => Preview::Picture(picture),
            Drawn::Unreadable => Preview::Unreadable,
            Drawn::Late => {
                TURNS.was_slow(&place);
                return Ok(Some(Preview::Later));
            }
            Drawn::Nobody => return Ok(Some(Preview::Later)),
        };
        if let Err(error) = self.keep(shelf.owner, &place, &preview).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a preview cannot be kept");
        }
        Ok(Some(preview))
    }

    /// Removes what was drawn of a document.
    pub(crate) async fn remove_previews(&self, shelf: &Shelf, sha256: &[u8; 32]) -> Result<(), ReadError> {
        let first = self.preview_address(shelf, sha256, 1);
        let pages = match self.kept(shelf.owner, &first).await? {
            None => return Ok(()),
            Some(Preview::Picture(first)) => first.pages.min(MAX_PAGES),
            Some(Preview::Unreadable | Preview::Later) => 1,
        };
        // The first goes last: it says how many there are.
        for page in (1..=pages).rev() {
            self.remove(&self.preview_address(shelf, sha256, page)).await?;
        }
        Ok(())
    }

    async fn first(&self, shelf: &Shelf, sha256: &[u8; 32]) -> Result<Option<Preview>, ReadError> {
        Box::pin(self.page(shelf, sha256, 1)).await
    }

    fn preview_address(&self, shelf: &Shelf, sha256: &[u8; 32], page: u32) -> Path {
        let (owner, matter) = (shelf.owner.0.as_bytes(), shelf.matter.as_bytes());
        self.named(shelf.owner, &[b"preview", VERSION, owner, matter, sha256, &page.to_be_bytes()])
    }

    async fn kept(&self, owner: PersonId, place: &Path) -> Result<Option<Preview>, ReadError> {
        let Some(Content { kind, stream, .. }) = self.open_at(owner, place, None).await? else { return Ok(None) };
        let bytes: Vec<Bytes> = stream.try_collect().await?;
        let bytes = bytes.concat();
        // Moved here from another place it is not what was kept.
        let bytes = bytes.strip_prefix(place.as_ref().as_bytes()).ok_or(ReadError::Damaged)?;
        let (pages, bytes) = bytes.split_first_chunk::<4>().ok_or(ReadError::Damaged)?;
        let pages = u32::from_be_bytes(*pages);
        Ok(Some(match pages {
            0 => Preview::Unreadable,
            pages => Preview::Picture(Picture { pages, kind, bytes: bytes.to_vec() }),
        }))
    }

    /// No pages stand for what cannot be shown: it is not tried again at every look.
    async fn keep(&self, owner: PersonId, place: &Path, preview: &Preview) -> Result<(), PutError> {
        let none = Picture { pages: 0, kind: Kind::Png, bytes: Vec::new() };
        let picture = match preview {
            Preview::Picture(picture) => picture,
            Preview::Unreadable | Preview::Later => &none,
        };
        let clear = [place.as_ref().as_bytes(), &picture.pages.to_be_bytes(), &picture.bytes].concat();
        self.put_at(owner, place, picture.kind, &clear).await
    }
}

#[cfg(test)]
mod tests;
