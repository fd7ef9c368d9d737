//! Batches on their way to who folds them: the next is read, checked and decoded while one is being folded.
//!
//! Departments that are rebuilt together share what is read. None gets further ahead of the slowest than the few batches
//! that wait, so that memory holds no more of them than that.

use crate::batch::{Batch, Batches};
use crate::{ProjectionError, Setup};
use kernel::{Height, Register};
use ledger::Chain;
use std::sync::Arc;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;

/// Batches that wait for a department.
const AHEAD: usize = 1;

type Next<E> = Result<Arc<Batch<E>>, ProjectionError>;

/// The batches that one department gets, up to some end.
pub(crate) struct Feed<E> {
    batches: Option<Receiver<Next<E>>>,
    /// Ends with it, where nobody else reads along.
    _reading: JoinSet<()>,
}

impl<E: Send + Sync + 'static> Feed<E> {
    /// Nothing to begin with.
    pub(crate) fn none() -> Feed<E> {
        Feed { batches: None, _reading: JoinSet::new() }
    }

    /// Batches up to the block at `end`, or up to what is wrong.
    pub(crate) fn own<R: Register<Event = E>>(batches: Batches, end: Height) -> Feed<E> {
        let (send, receive) = mpsc::channel(AHEAD);
        let mut reading = JoinSet::new();
        reading.spawn(read_until::<R>(batches, end, send));
        Feed { batches: Some(receive), _reading: reading }
    }

    /// The register from its beginning for each of these departments, up to where it asks for or the end of now.
    ///
    /// Ends before that when something is wrong: each then reads on for itself, and meets it.
    pub(crate) async fn shared<R: Register<Event = E>>(
        departments: &[(&Setup<R>, Option<Height>)],
    ) -> (Vec<Feed<E>>, JoinSet<()>) {
        let mut reading = JoinSet::new();
        let none = || departments.iter().map(|_| Feed::none()).collect();
        let Some((first, _)) = departments.first() else { return (none(), reading) };
        let Ok((now, _)) = first.end(Height(0)).await else { return (none(), reading) };
        let most = departments.iter().map(|(setup, _)| setup.department.batch()).min().unwrap_or_default();
        let (mut feeds, mut readers) = (Vec::new(), Vec::new());
        for (_, until) in departments {
            let (send, receive) = mpsc::channel(AHEAD);
            readers.push((until.unwrap_or(now), send));
            feeds.push(Feed { batches: Some(receive), _reading: JoinSet::new() });
        }
        let batches = first.batches(Chain::new(first.city.clone(), R::NAME)).of_at_most(most);
        reading.spawn(read_for_all::<R>(batches, readers));
        (feeds, reading)
    }

    /// The next batch; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Next<E>> {
        self.batches.as_mut()?.recv().await
    }
}

/// Sends batches up to the block at `end`, or up to the first that fails.
async fn read_until<R: Register>(mut batches: Batches, end: Height, send: Sender<Next<R::Event>>) {
    loop {
        let batch = batches.full::<R>(end).await;
        let last = batch.as_ref().map_or(true, |batch| batch.chain.head().height >= end);
        if send.send(batch.map(Arc::new)).await.is_err() || last {
            return;
        }
    }
}

/// Sends each batch to everybody who has not yet all that it asked for; a batch ends wherever somebody's end is.
async fn read_for_all<R: Register>(mut batches: Batches, mut readers: Vec<(Height, Sender<Next<R::Event>>)>) {
    let mut height = Height(0);
    loop {
        readers.retain(|(end, _)| *end > height);
        let Some(end) = readers.iter().map(|(end, _)| *end).min() else { return };
        let Ok(batch) = batches.full::<R>(end).await else { return };
        height = batch.chain.head().height;
        let batch = Arc::new(batch);
        let mut left = Vec::with_capacity(readers.len());
        for (end, send) in readers {
            if send.send(Ok(batch.clone())).await.is_ok() {
                left.push((end, send));
            }
        }
        readers = left;
    }
}
