//! One row a case: where it stands, who has it, and what was promised.

use super::inbox::Work;
use super::touch;
use kernel::{CaseId, Channel, DistrictId, Instant, ParcelId, PersonId, ProcedureId, Rials, StepId};
use permits::events::{ApplicationSubmitted, Clock, DeadlineMoved, Party};
use permits::numbers::{CertificateNumber, LicenceNumber};
use permits::{Event, state::case::Status};
use projection::Class::{Department, Public};
use projection::{Column, Key, ReadModel, Recorded, SealedText, Table, Unfoldable};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// Cases.
pub(crate) struct Cases;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// The city works on it.
    City,
    /// The applicant must correct something or pay.
    Applicant,
    /// It has ended.
    Nobody,
}

/// How an objection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Objection {
    /// Not decided yet.
    Open,
    /// The applicant was right.
    Upheld,
    /// The decision stands.
    Rejected,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Case {
    pub(super) case_id: CaseId,
    pub(super) procedure: ProcedureId,
    pub(super) version: u32,
    pub(super) district: DistrictId,
    pub(super) parcel: Option<ParcelId>,
    pub(super) status: SmolStr,
    pub(super) holder: Holder,
    pub(super) holder_since: Instant,
    pub(super) applicant: Option<PersonId>,
    pub(super) name: Option<SealedText>,
    pub(super) mobile: Option<SealedText>,
    pub(super) address: Option<SealedText>,
    pub(super) agent: Option<PersonId>,
    pub(super) corrections: Option<Vec<StepId>>,
    /// What all its bills ask for.
    pub(super) billed: Rials,
    pub(super) outstanding: Rials,
    pub(super) promised: Option<Instant>,
    pub(super) promise_passed: bool,
    pub(super) promise_extended: bool,
    pub(super) estimate: Rials,
    pub(super) reference: Option<SmolStr>,
    pub(super) channel: Channel,
    pub(super) opened_at: Instant,
    pub(super) decided_at: Option<Instant>,
    pub(super) article: Option<StepId>,
    pub(super) licence: Option<LicenceNumber>,
    pub(super) certificate: Option<CertificateNumber>,
    pub(super) objection: Option<Objection>,
    pub(super) objection_due: Option<Instant>,
    pub(super) objection_passed: bool,
    /// The decision that is waited for; a grant also waits for what this row does not show.
    pub(super) awaits: Option<Work>,
    pub(super) awaits_since: Option<Instant>,
    pub(super) awaits_due: Option<Instant>,
}

impl ReadModel for Cases {
    type Event = Event;
    type Row = Case;
    const TABLE: Table = Table {
        name: "cases",
        columns: &[
            Column::int("case_id", Public),
            Column::text("procedure", Public),
            Column::int("version", Public),
            Column::int("district", Public),
            Column::text("parcel", Public),
            Column::text("status", Public),
            Column::text("holder", Public),
            Column::int("holder_since", Public),
            Column::text("applicant", Department),
            Column::sealed("name"),
            Column::sealed("mobile"),
            Column::sealed("address"),
            Column::text("agent", Department),
            Column::json("corrections", Department),
            Column::int("billed", Department),
            Column::int("outstanding", Department),
            Column::int("promised", Public),
            Column::bool("promise_passed", Public),
            Column::bool("promise_extended", Public),
            Column::int("estimate", Department),
            Column::text("reference", Department),
            Column::text("channel", Public),
            Column::int("opened_at", Public),
            Column::int("decided_at", Public),
            Column::text("article", Public),
            Column::int("licence", Public),
            Column::int("certificate", Public),
            Column::text("objection", Department),
            Column::int("objection_due", Department),
            Column::bool("objection_passed", Department),
            Column::text("awaits", Department),
            Column::int("awaits_since", Department),
            Column::int("awaits_due", Department),
        ],
        key: &["case_id"],
        indexes: &[
            &["parcel"],
            &["licence"],
            &["reference"],
            &["applicant"],
            &["agent"],
            &["awaits", "awaits_due", "case_id"],
            &["opened_at", "channel", "district", "reference"],
        ],
        append_only: false,
    };

    fn keys(event: &Recorded<'_, Event>, keys: &mut Vec<Key>) {
        if touch::of(event.event).cases {
            keys.push(Key::one(event.case));
        }
    }

    fn fold(row: Option<Case>, _: &Key, event: &Recorded<'_, Event>) -> Result<Option<Case>, Unfoldable> {
        if let Event::ApplicationSubmitted(e) = event.event {
            return match row {
                None => Ok(Some(Case::open(e, event).settled(event.occurred_at))),
                Some(_) => Err(Unfoldable::new(format!("case {} is opened a second time", event.case))),
            };
        }
        let missing = || Unfoldable::new(format!("{} for case {}, which is not there", event.event.name(), event.case));
        let mut case = row.ok_or_else(missing)?;
        case.change(event);
        Ok(Some(case.settled(event.occurred_at)))
    }
}

impl Case {
    fn open(e: &ApplicationSubmitted, event: &Recorded<'_, Event>) -> Case {
        let mut case = Case {
            case_id: event.case,
            procedure: e.procedure.clone(),
            version: e.version,
            district: e.district,
            parcel: e.parcel.clone(),
            status: name(Status::InProgress),
            holder: Holder::City,
            holder_since: event.occurred_at,
            applicant: None,
            name: None,
            mobile: None,
            address: None,
            agent: e.agent,
            corrections: None,
            billed: Rials(0),
            outstanding: Rials(0),
            promised: e.promise.map(|promise| promise.due),
            promise_passed: false,
            promise_extended: false,
            estimate: e.estimate,
            reference: e.origin.as_ref().map(|origin| origin.reference.clone()),
            channel: event.meta.channel.clone(),
            opened_at: event.occurred_at,
            decided_at: None,
            article: None,
            licence: None,
            certificate: None,
            objection: None,
            objection_due: None,
            objection_passed: false,
            awaits: None,
            awaits_since: None,
            awaits_due: None,
        };
        if let Some(party) = &e.applicant {
            case.belongs_to(party);
        }
        case
    }

    fn belongs_to(&mut self, party: &Party) {
        self.applicant = Some(party.person);
        self.name = Some(SealedText::from(&party.name));
        self.mobile = party.mobile.as_ref().map(SealedText::from);
        self.address = party.address.as_ref().map(SealedText::from);
    }

    /// The events that [`touch::of`] sends here.
    fn change(&mut self, event: &Recorded<'_, Event>) {
        let at = event.occurred_at;
        if let Event::CaseReturned(e) = event.event {
            self.corrections = Some(e.corrections.clone());
        } else if let Event::ReturnAnswered(e) = event.event {
            self.corrections = None;
            self.estimate = e.estimate;
        } else if let Event::DeadlineMoved(e) = event.event {
            self.move_deadline(e);
        } else if let Event::DeadlinePassed(e) = event.event {
            let passed =
                if e.clock == Clock::Objection { &mut self.objection_passed } else { &mut self.promise_passed };
            *passed = true;
        } else if let Event::BillIssued(e) = event.event {
            self.billed = Rials(self.billed.0 + e.total.0);
            self.outstanding = e.total;
        } else if let Event::PaymentReceived(e) = event.event {
            self.outstanding = e.outstanding;
        } else if let Event::ObjectionRaised(e) = event.event {
            self.objection = Some(Objection::Open);
            self.objection_due = e.deadline.map(|deadline| deadline.due);
            self.objection_passed = false;
        } else if let Event::ObjectionDecided(e) = event.event {
            self.objection = Some(if e.upheld { Objection::Upheld } else { Objection::Rejected });
            self.objection_due = None;
            if e.back_to.is_some() {
                self.stand(Status::InProgress, None);
                (self.article, self.decided_at) = (None, None);
            }
        } else if let Event::LicenceIssued(e) = event.event {
            self.licence = Some(e.licence);
            self.stand(Status::Issued, None);
        } else if let Event::LicenceTransferred(e) = event.event {
            self.belongs_to(&e.to);
            self.agent = None;
        } else {
            self.decide(event.event, at);
        }
    }

    fn decide(&mut self, event: &Event, at: Instant) {
        if let Event::CaseRefused(e) = event {
            self.article = e.article.clone();
            self.stand(Status::Refused, Some(at));
        } else if let Event::PermitGranted(_) = event {
            self.stand(Status::Granted, Some(at));
        } else if let Event::LicenceSuspended(e) = event {
            self.article = Some(e.article.clone());
            self.stand(Status::Suspended, Some(at));
        } else if let Event::LicenceReinstated(_) = event {
            self.article = None;
            self.stand(Status::Issued, None);
        } else if let Event::LicenceRevoked(e) = event {
            self.article = Some(e.article.clone());
            self.stand(Status::Revoked, Some(at));
        } else if let Event::WorkCompleted(e) = event {
            self.certificate = Some(e.certificate);
            self.stand(Status::Completed, None);
        } else if let Event::ApplicationWithdrawn(_) = event {
            self.stand(Status::Withdrawn, Some(at));
        } else if let Event::RecordClosed(_) = event {
            self.stand(Status::Closed, Some(at));
        }
    }

    fn move_deadline(&mut self, e: &DeadlineMoved) {
        let due = Some(e.deadline.due);
        if e.clock == Clock::Objection {
            self.objection_due = due;
        } else {
            self.promised = due;
            self.promise_extended = e.deadline.extended;
        }
    }

    fn stand(&mut self, status: Status, decided_at: Option<Instant>) {
        self.status = name(status);
        self.decided_at = decided_at.or(self.decided_at);
        if self.has_ended() {
            self.corrections = None;
        }
    }

    fn has_ended(&self) -> bool {
        let ended = [Status::Refused, Status::Withdrawn, Status::Closed, Status::Revoked, Status::Completed];
        ended.iter().any(|status| self.status == status.name())
    }

    /// What follows from the rest of the row.
    fn settled(mut self, at: Instant) -> Case {
        self.hand_over(at);
        self.wait(at);
        self
    }

    /// Says anew who has the case, and since when if that is somebody else than before.
    fn hand_over(&mut self, at: Instant) {
        let waits = self.corrections.is_some() || self.outstanding > Rials(0);
        let holder = match (self.has_ended(), waits) {
            (true, _) => Holder::Nobody,
            (false, true) => Holder::Applicant,
            (false, false) => Holder::City,
        };
        if holder != self.holder {
            (self.holder, self.holder_since) = (holder, at);
        }
    }
}

fn name(status: Status) -> SmolStr {
    SmolStr::new_static(status.name())
}
