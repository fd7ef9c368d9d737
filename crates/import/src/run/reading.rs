//! Records on their way from the reader's thread, with the persons of the vault whom they name.

use crate::{ReadError, Record, actors::Actors, report::Stopped};
use futures::{Stream, stream};
use kernel::{CityId, PersonId};
use smol_str::SmolStr;
use tokio::sync::mpsc;
use vault::Vault;

/// How many records come from the reader at a time.
const BATCH: usize = 256;

type Records = Vec<Result<Record, ReadError>>;

/// Records, each with the person of the actor whom it names.
pub(super) struct Batch {
    pub(super) records: Vec<(Record, Option<PersonId>)>,
    /// Why there are no more.
    pub(super) broken: Option<Stopped>,
}

/// Reads on a thread of its own, a little ahead.
pub(super) fn read(records: impl Iterator<Item = Result<Record, ReadError>>, sender: &mpsc::Sender<Records>) {
    let mut records = records.peekable();
    while records.peek().is_some() {
        let batch: Records = records.by_ref().take(BATCH).collect();
        if sender.blocking_send(batch).is_err() {
            return;
        }
    }
}

/// What was read, with its persons.
pub(super) fn named(records: mpsc::Receiver<Records>, vault: &Vault, city: &CityId) -> impl Stream<Item = Batch> {
    stream::unfold((records, Actors::default()), async move |(mut records, mut actors)| {
        let batch = name(records.recv().await?, &mut actors, vault, city).await;
        Some((batch, (records, actors)))
    })
}

async fn name(read: Records, actors: &mut Actors, vault: &Vault, city: &CityId) -> Batch {
    let mut broken = None;
    let mut records = Vec::with_capacity(read.len());
    for record in read {
        match record {
            Ok(record) => records.push(record),
            Err(error) => broken = Some(Stopped::Read(error)),
        }
    }
    let labels: Vec<&SmolStr> = records.iter().filter_map(actor).collect();
    if let Err(error) = actors.meet(vault, city, &labels).await {
        return Batch { records: Vec::new(), broken: Some(Stopped::Vault(error)) };
    }
    let with_person = |record: Record| {
        let person = actor(&record).and_then(|label| actors.person(label));
        (record, person)
    };
    Batch { records: records.into_iter().map(with_person).collect(), broken }
}

fn actor(record: &Record) -> Option<&SmolStr> {
    match record {
        Record::Step(step) => step.actor.as_ref(),
        Record::Case(_) | Record::Refused { .. } => None,
    }
}
