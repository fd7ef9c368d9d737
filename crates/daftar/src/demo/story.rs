//! The days of a made-up city: who applies, who works, who looks.

use super::{
    DemoError, answers,
    dice::Dice,
    fate::{self, Fate},
    money,
    moves::{self, Attached, By, Move, What},
    office::Office,
    papers,
    people::{Citizen, MADE_UP, Officer},
};
use bank::{protocol::Refund, test_bank::Counter};
use kernel::{Actor, CaseId, Channel, Date, DistrictId, Instant, PersonId, StepId};
use permits::{
    Application, Command,
    events::{Document, FactValue, Party},
    procedure::Procedure,
};
use sha2::{Digest as _, Sha256};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use vault::Vault;

/// Rounds of work in an office day, half an hour each.
const ROUNDS: i64 = 12;
const MICROS: i64 = 1_000_000;
const HALF_HOUR: i64 = 1_800 * MICROS;
/// How often in a hundred somebody applies in a round: about six a day, and one on a holiday.
const APPLIES: usize = 50;
const APPLIES_ON_HOLIDAY: usize = 8;

/// The city while it is being made up.
pub(super) struct Story<'a> {
    office: Office,
    vault: &'a Vault,
    store: &'a documents::Store,
    bank: Counter,
    citizens: Vec<Citizen>,
    officers: Vec<Officer>,
    procedures: Vec<Procedure>,
    dice: Dice,
    /// How many versions of each document of a case there are.
    versions: BTreeMap<(CaseId, StepId), usize>,
    /// Who looked at which case on the day.
    seen: BTreeSet<(PersonId, CaseId)>,
}

impl<'a> Story<'a> {
    pub(super) fn new(
        office: Office,
        vault: &'a Vault,
        store: &'a documents::Store,
        bank: Counter,
        citizens: Vec<Citizen>,
        officers: Vec<Officer>,
        procedures: Vec<Procedure>,
    ) -> Story<'a> {
        let dice = Dice::new(1405 + office.cases.len() as u64);
        let (versions, seen) = (BTreeMap::new(), BTreeSet::new());
        Story { office, vault, store, bank, citizens, officers, procedures, dice, versions, seen }
    }

    pub(super) async fn end(self) -> Result<(), DemoError> {
        self.office.close().await
    }

    /// One day: people apply on any day, the office works on working days.
    pub(super) async fn day(&mut self, date: Date, morning: Instant, until: Instant) -> Result<(), DemoError> {
        let working = self.office.state.calendar().is_working(date);
        self.seen.clear();
        for round in 0..ROUNDS {
            let at = Instant(morning.0 + round * HALF_HOUR + self.dice.between(0, 20 * 60) * MICROS);
            if at >= until {
                return Ok(());
            }
            if at <= self.office.now() {
                // An interrupted demo that goes on: this was made up already.
                continue;
            }
            self.office.wait_until(at).await?;
            if self.dice.percent(if working { APPLIES } else { APPLIES_ON_HOLIDAY }) {
                self.apply().await?;
            }
            self.work(working).await?;
        }
        Ok(())
    }

    /// A round over all cases: who can do something does it, or not yet.
    async fn work(&mut self, working: bool) -> Result<(), DemoError> {
        for index in 0..self.office.cases.len() {
            let case = self.office.cases[index];
            for wanted in moves::moves(&self.office.state, case, Fate::of(index), &mut self.dice) {
                let open = working || !matches!(wanted.by, By::Role(_));
                if open && self.dice.percent(wanted.chance) && self.does(index, case, wanted).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn does(&mut self, index: usize, case: CaseId, wanted: Move) -> Result<bool, DemoError> {
        let Some(known) = self.office.state.case(case) else { return Ok(false) };
        let (district, applicant) = (known.district, known.applicant);
        let Some(actor) = self.actor(case, &wanted, district, applicant) else { return Ok(false) };
        self.looks(index, case, &actor, &wanted.what).await?;
        let (facts, kinds) = match &wanted.what {
            What::Answer { fields, documents } => (self.corrected(case, fields), documents.clone()),
            What::Complete { documents, .. } => (Vec::new(), documents.clone()),
            _ => (Vec::new(), Vec::new()),
        };
        let documents = self.papers(index, Some(case), applicant, &kinds).await?;
        let note = match (applicant, words(&wanted.what, &mut self.dice)) {
            (Some(person), Some(words)) => Some(self.vault.seal(person, words.as_bytes()).await?),
            _ => None,
        };
        let reference = self.at_bank(case, &wanted.what)?;
        let command = wanted.what.command(case, Attached { facts, documents, note, reference });
        self.office.send(actor, Channel::ONLINE, command).await
    }

    /// Has the bank do its part first, and gives its tracking number: what a crash cuts off, the reconciler finds there.
    fn at_bank(&mut self, case: CaseId, what: &What) -> Result<SmolStr, DemoError> {
        let at = self.office.now();
        match what {
            What::Pay { bill, amount } => {
                let before = self.office.state.case(case).and_then(|known| known.later().bill.as_deref());
                Ok(self.bank.pay(money::attempt(before, *bill), *amount, at)?)
            }
            What::Refunded { payment, amount } => {
                // As the reconciler names it, so that it is not paid out again.
                let key = smol_str::format_smolstr!("{payment}/1");
                Ok(self.bank.refund(Refund { key, payment: payment.clone(), amount: *amount }, at)?)
            }
            _ => Ok(SmolStr::default()),
        }
    }

    /// Who does it: the officer who has the step, or one of the role in that district.
    fn actor(
        &mut self,
        case: CaseId,
        wanted: &Move,
        district: DistrictId,
        applicant: Option<PersonId>,
    ) -> Option<Actor> {
        match &wanted.by {
            By::Applicant => self.citizens.iter().find(|citizen| Some(citizen.person) == applicant).map(Citizen::actor),
            By::Bank => {
                let role = "bank".parse().ok()?;
                Some(Actor {
                    person: PersonId(uuid::Uuid::nil()),
                    role,
                    department: None,
                    districts: kernel::Districts::ALL,
                })
            }
            By::Role(role) => {
                let has = self.holder(case, &wanted.what);
                let of_role = |officer: &&Officer| officer.role == *role && officer.districts.contains(&district);
                let able: Vec<&Officer> = self.officers.iter().filter(of_role).collect();
                let officer = match has {
                    Some(person) => able.iter().find(|officer| officer.person == person).copied(),
                    // The first of a role does most of the work, as everywhere.
                    None if self.dice.percent(65) => able.first().copied(),
                    None => able.last().copied(),
                };
                officer.map(Officer::actor)
            }
        }
    }

    /// On whose desk the step is that is acted on.
    fn holder(&self, case: CaseId, what: &What) -> Option<PersonId> {
        let (What::Complete { step, .. } | What::Return { step, .. }) = what else { return None };
        let known = self.office.state.case(case)?;
        let (place, _) = self.office.state.procedure_of(known).step(step)?;
        known.open_step(place)?.officer
    }

    /// Whoever works on a file opens it first, once a day, and mostly a document of it too.
    async fn looks(&mut self, index: usize, case: CaseId, actor: &Actor, what: &What) -> Result<(), DemoError> {
        if !what.looks() || !self.seen.insert((actor.person, case)) {
            return Ok(());
        }
        self.office.send(actor.clone(), Channel::ONLINE, Command::ViewFile { case, document: None }).await?;
        let of_case = self.versions.iter().filter(|((known, _), _)| *known == case);
        let kept: Vec<_> = of_case.map(|((_, kind), version)| (kind.clone(), *version)).collect();
        if kept.is_empty() || self.dice.percent(40) {
            return Ok(());
        }
        let (kind, version) = self.dice.pick(&kept).clone();
        let sha256 = Sha256::digest(papers::paper(kind.as_str(), index, version)?).into();
        let document = Some(Document { kind, sha256 });
        self.office.send(actor.clone(), Channel::ONLINE, Command::ViewFile { case, document }).await.map(drop)
    }

    /// New answers to the fields that an officer asked about.
    fn corrected(&mut self, case: CaseId, fields: &[StepId]) -> Vec<FactValue> {
        let Some(known) = self.office.state.case(case) else { return Vec::new() };
        let source = self.office.state.procedure_of(known).source();
        let asked = source.fields.iter().filter(|field| fields.contains(&field.id));
        let dice = &mut self.dice;
        asked.map(|field| FactValue { field: field.id.clone(), value: answers::one(field, dice) }).collect()
    }

    /// The next version of each of these documents, kept under its owner's key.
    async fn papers(
        &mut self,
        index: usize,
        case: Option<CaseId>,
        owner: Option<PersonId>,
        kinds: &[StepId],
    ) -> Result<Vec<Document>, DemoError> {
        let mut made = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let known = case.map(|case| self.versions.entry((case, kind.clone())).or_insert(0));
            let version = known.map_or(1, |known| {
                *known += 1;
                *known
            });
            let paper = papers::paper(kind.as_str(), index, version)?;
            made.push(Document { kind: kind.clone(), sha256: Sha256::digest(&paper).into() });
            if let Some(owner) = owner {
                let whole = futures::stream::iter([Ok::<_, std::io::Error>(paper.into())]);
                self.store.put(owner, None, whole).await?;
            }
        }
        Ok(made)
    }

    /// Somebody applies: mostly online, sometimes by telephone, and now and then in an office that should be closed.
    async fn apply(&mut self) -> Result<(), DemoError> {
        let citizen = self.dice.pick(&self.citizens).clone();
        let index = self.office.cases.len();
        let silent = Fate::of(index) == Fate::AgenciesSilent;
        let at = if silent { 0 } else { self.dice.below(self.procedures.len() * 3 / 2).min(self.procedures.len() - 1) };
        let procedure = &self.procedures[at];
        let (id, kinds) = (procedure.id().clone(), fate::enclosed(procedure));
        let offered: Vec<_> =
            procedure.channels().iter().map(|offered| (offered.name.clone(), offered.in_person)).collect();
        let facts = answers::all(procedure, silent, &mut self.dice);
        let wanted = self.dice.below(100);
        let other = offered.iter().find(|(name, in_person)| match wanted {
            0..=5 => *in_person,
            6..=19 => !in_person && name != Channel::ONLINE.as_str(),
            _ => false,
        });
        let channel = other.and_then(|(name, _)| name.parse().ok()).unwrap_or(Channel::ONLINE);
        let district = DistrictId(u8::try_from(self.dice.between(1, 15)).unwrap_or(1));
        let intake = self.officers.iter().find(|officer| officer.role.as_str() == "intake");
        let actor = match (channel == Channel::ONLINE, intake) {
            (false, Some(intake)) => intake.actor(),
            _ => citizen.actor(),
        };
        let party = Party {
            person: citizen.person,
            name: self.vault.seal(citizen.person, citizen.name.as_bytes()).await?,
            mobile: Some(self.vault.seal(citizen.person, citizen.mobile.as_bytes()).await?),
            address: Some(self.vault.seal(citizen.person, citizen.address.as_bytes()).await?),
        };
        let parcel = format!("{}-{}-{}", district.0, self.dice.between(1, 900), self.dice.between(1, 300));
        let documents = self.papers(index, None, Some(citizen.person), &kinds).await?;
        let application = Application {
            procedure: id,
            district,
            parcel: parcel.parse().ok(),
            applicant: Some(party),
            agent: None,
            facts,
            documents,
            origin: None,
            deadline: None,
        };
        self.office.send(actor, channel, Command::Apply(application)).await?;
        if let Some(case) = self.office.cases.get(index) {
            self.versions.extend(kinds.into_iter().map(|kind| ((*case, kind), 1)));
        }
        Ok(())
    }
}

/// What is written on the occasion, if anything.
fn words(what: &What, dice: &mut Dice) -> Option<String> {
    let words: &[&str] = match what {
        What::Return { .. } => &[
            "لطفاً این مورد را دوباره و خوانا بفرستید.",
            "عدد نوشته‌شده با نقشه نمی‌خواند؛ اصلاح کنید.",
            "نسخه تازه نقشه با مهر مهندس لازم است.",
        ],
        What::Answer { .. } => &["اصلاح شد.", "نسخه تازه پیوست است.", "عدد درست را نوشتم."],
        What::Agency { .. } => &["با رعایت ضوابط بلامانع است.", "پاسخ بر پایه نقشه پیوست داده شد."],
        What::Object => &["با این رأی موافق نیستم؛ ملک پیش از طرح تفصیلی ساخته شده است."],
        What::DecideObjection { .. } => &["پرونده دوباره خوانده شد و رأی هیئت چنین است."],
        What::Refuse { .. } => &["درخواست با ضوابط نمی‌خواند."],
        What::OrderRefund { .. } => &["پرونده بی پروانه پایان یافت؛ عوارض برمی‌گردد."],
        What::Suspend { .. } | What::Revoke { .. } => &["گزارش ناظر خلاف پروانه است."],
        What::Complete { .. } => &["بررسی شد.", "مطابق ضوابط است.", "بازدید انجام شد و صورت‌جلسه پیوست است."],
        _ => return None,
    };
    Some(format!("{} {MADE_UP}", dice.pick(words)))
}
