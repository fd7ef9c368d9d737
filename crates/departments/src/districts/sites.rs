//! Where each case is, for those who go there.

use super::touch;
use kernel::{CaseId, DistrictId, ParcelId, ProcedureId};
use permits::Event;
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, Table, Unfoldable};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Sites.
pub(crate) struct Sites;

/// The site of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Site {
    case_id: CaseId,
    procedure: ProcedureId,
    district: DistrictId,
    parcel: Option<ParcelId>,
    reference: Option<SmolStr>,
}

impl ReadModel for Sites {
    type Event = Event;
    type Row = Site;
    const TABLE: Table = Table {
        name: "sites",
        columns: &[
            Column::int("case_id", Public),
            Column::text("procedure", Public),
            Column::int("district", Public),
            Column::text("parcel", Public),
            Column::text("reference", Department),
        ],
        key: &["case_id"],
        indexes: &[],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if touch::of(event.event).site {
            keys.push(Key::one(event.case));
        }
    }

    fn fold(_: Option<Site>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Site>, Unfoldable> {
        let Event::ApplicationSubmitted(e) = event.event else {
            return Err(Unfoldable::new(format!("{} names no site", event.event.name())));
        };
        Ok(Some(Site {
            case_id: event.case,
            procedure: e.procedure.clone(),
            district: e.district,
            parcel: e.parcel.clone(),
            reference: e.origin.as_ref().map(|origin| origin.reference.clone()),
        }))
    }
}
