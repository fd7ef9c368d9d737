//! The checkpoint and the parked events: how far the tables are, and what is held back.

use super::error::StoreError;
use super::{Arg, Store, Tx};
use kernel::{CaseId, Height, Instant, Position};
use ledger::Chain;
use serde::Deserialize;

/// How far a department's tables are.
#[derive(Debug, Clone)]
pub(crate) struct Checkpoint {
    /// How many events they hold: the position of the next.
    pub(crate) position: Position,
    /// The block that they hold up to.
    pub(crate) height: Height,
    /// Goes up whenever rows change in another way than by the next batch: a rebuild, a retry.
    pub(crate) generation: i64,
    /// The register's clock at the last block.
    pub(crate) recorded_at: Instant,
    /// The chain up to there; none before the first block.
    pub(crate) chain: Option<Chain>,
    /// What the tables look like.
    pub(crate) shape: String,
}

/// One event of a parked case.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ParkedEvent {
    pub(crate) position: i64,
    pub(crate) case_id: i64,
    pub(crate) height: i64,
    /// Hash of its block, hexadecimal.
    pub(crate) block: String,
    /// Why; empty for an event that only waits behind another.
    pub(crate) error: String,
}

#[derive(Deserialize)]
struct Row {
    position: u64,
    height: u64,
    generation: i64,
    recorded_at: i64,
    chain: String,
    shape: String,
}

const PARKED: &str = "position, case_id, height, block, error";

impl Store {
    /// How many events the tables hold: the position of the next. None are held where there are no tables yet.
    pub(crate) async fn next_position(&self) -> Result<Position, StoreError> {
        #[derive(Deserialize)]
        struct Next {
            position: u64,
        }
        match self.fetch::<Next>("SELECT position FROM checkpoint".to_owned(), &[]).await {
            Ok(rows) => Ok(Position(rows.first().map_or(0, |next| next.position))),
            Err(error) if error.is_missing_table() => Ok(Position(0)),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.snapshot().await?.checkpoint(self.department()).await
    }

    /// The parked events, of one case or of all, in order.
    pub(crate) async fn parked(&self, case: Option<CaseId>) -> Result<Vec<ParkedEvent>, StoreError> {
        self.snapshot().await?.parked(case).await
    }
}

impl Tx {
    pub(crate) async fn checkpoint(&mut self, department: &str) -> Result<Option<Checkpoint>, StoreError> {
        let sql = match self.dialect() {
            super::Dialect::Postgres => "SELECT 0::bigint, row_to_json(c)::text FROM checkpoint AS c",
            super::Dialect::Sqlite => {
                "SELECT 0, json_object('position', position, 'height', height, 'generation', generation, \
                 'recorded_at', recorded_at, 'chain', chain, 'shape', shape) FROM checkpoint"
            }
        };
        let rows = self.pairs("read the checkpoint", sql.to_owned(), vec![]).await?;
        let Some((_, json)) = rows.first() else { return Ok(None) };
        let broken = || StoreError::Checkpoint { department: department.to_owned() };
        let row: Row = serde_json::from_str(json).map_err(|_| broken())?;
        let chain = match row.chain.as_str() {
            "" => None,
            hex => {
                let bytes = crate::hex::decode(hex).ok_or_else(broken)?;
                Some(postcard::from_bytes::<Chain>(&bytes).ok().filter(Chain::is_sound).ok_or_else(broken)?)
            }
        };
        Ok(Some(Checkpoint {
            position: Position(row.position),
            height: Height(row.height),
            generation: row.generation,
            recorded_at: Instant(row.recorded_at),
            chain,
            shape: row.shape,
        }))
    }

    pub(crate) async fn first_checkpoint(&mut self, shape: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO checkpoint (id, position, height, generation, recorded_at, chain, shape) \
                   VALUES (1, 0, 0, 0, 0, '', $1)";
        self.execute("write the first checkpoint", sql.to_owned(), vec![Arg::Text(shape.to_owned())]).await?;
        Ok(())
    }

    /// Moves the checkpoint from `old` to `new`; `false` when it no longer stands at `old`.
    pub(crate) async fn advance(&mut self, old: &Checkpoint, new: &Checkpoint) -> Result<bool, StoreError> {
        let sql = "UPDATE checkpoint SET position = $1, height = $2, recorded_at = $3, chain = $4, generation = $5, \
                   shape = $6 WHERE position = $7 AND generation = $8";
        let chain = new.chain.as_ref().map(|chain| postcard::to_stdvec(chain).expect("a chain always serializes"));
        let arguments = vec![
            Arg::Int(new.position.0 as i64),
            Arg::Int(new.height.0 as i64),
            Arg::Int(new.recorded_at.0),
            Arg::Text(chain.map(|bytes| crate::hex::encode(&bytes)).unwrap_or_default()),
            Arg::Int(new.generation),
            Arg::Text(new.shape.clone()),
            Arg::Int(old.position.0 as i64),
            Arg::Int(old.generation),
        ];
        Ok(self.execute("move the checkpoint", sql.to_owned(), arguments).await? == 1)
    }

    /// Takes hold of the checkpoint and starts a new generation: whoever has rows in memory reads them again.
    pub(crate) async fn renew(&mut self, department: &str) -> Result<Checkpoint, StoreError> {
        let sql = "UPDATE checkpoint SET generation = generation + 1".to_owned();
        self.execute("take hold of the checkpoint", sql, vec![]).await?;
        let broken = || StoreError::Checkpoint { department: department.to_owned() };
        self.checkpoint(department).await?.ok_or_else(broken)
    }

    pub(crate) async fn parked(&mut self, case: Option<CaseId>) -> Result<Vec<ParkedEvent>, StoreError> {
        let filter = if case.is_some() { "WHERE case_id = $1" } else { "" };
        let arguments = case.map(|case| Arg::Int(case.as_u64() as i64)).into_iter().collect();
        let sql = match self.dialect() {
            super::Dialect::Postgres => {
                format!("SELECT 0::bigint, row_to_json(p)::text FROM parked AS p {filter} ORDER BY position")
            }
            super::Dialect::Sqlite => {
                let fields: Vec<String> = PARKED.split(", ").map(|name| format!("'{name}', {name}")).collect();
                format!("SELECT 0, json_object({}) FROM parked {filter} ORDER BY position", fields.join(", "))
            }
        };
        let rows = self.pairs("read the parked events", sql, arguments).await?;
        let event = |json: &str| serde_json::from_str(json);
        let misfit = |source| StoreError::Row { subject: "parked".to_owned(), source };
        rows.iter().map(|(_, json)| event(json).map_err(misfit)).collect()
    }

    /// Adds parked events, or changes why they are parked.
    pub(crate) async fn park(&mut self, events: &[ParkedEvent]) -> Result<(), StoreError> {
        for event in events {
            let sql = format!(
                "INSERT INTO parked ({PARKED}) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (position) DO UPDATE SET error = excluded.error"
            );
            let ParkedEvent { position, case_id, height, block, error } = event.clone();
            let arguments =
                vec![Arg::Int(position), Arg::Int(case_id), Arg::Int(height), Arg::Text(block), Arg::Text(error)];
            self.execute("park an event", sql, arguments).await?;
        }
        Ok(())
    }

    /// Removes parked events before a position, of one case or of all.
    pub(crate) async fn unpark(&mut self, case: Option<CaseId>, before: Position) -> Result<(), StoreError> {
        let mut sql = "DELETE FROM parked WHERE position < $1".to_owned();
        let mut arguments = vec![Arg::Int(before.0 as i64)];
        if let Some(case) = case {
            sql.push_str(" AND case_id = $2");
            arguments.push(Arg::Int(case.as_u64() as i64));
        }
        self.execute("remove parked events", sql, arguments).await?;
        Ok(())
    }
}
