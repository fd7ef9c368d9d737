//! Walks through the domain: whoever may do something tries it, in an order that a seed picks.

use crate::world::{World, building, case, citizen, document, id, observed, officer, party, sealed, small_works};
use kernel::{Actor, CaseId, Districts, Instant, Rials, StepId};
use permits::events::{ChecklistAnswer, FactValue, Value, Verdict};
use permits::procedure::source::{FieldKind, OutcomeSource, StepSource};
use permits::{Command, numbers::BillNumber};

/// Picks, the same for the same seed.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound.max(1)
    }
    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { Some(&from[self.below(from.len())]) }
    }
}

/// This many things are tried; what is refused changes nothing.
pub(crate) fn walk(world: &mut World, dice: &mut Dice, tries: usize) {
    for _ in 0..tries {
        let cases = world.state.cases() as u32;
        match dice.below(12) {
            0 => apply(world, dice, cases + 1),
            1 if dice.below(3) == 0 => wait(world, dice),
            2 => import(world, dice),
            3 => holiday(world, dice),
            _ if cases > 0 => {
                let picked = case(1 + dice.below(cases as usize) as u32);
                something(world, dice, picked);
            }
            _ => {}
        }
    }
}

/// A building permit that has reached its outside agencies.
pub(crate) fn to_consultations(world: &mut World) -> CaseId {
    world.asks(1, Command::Apply(building(1, 3, 400)));
    for _ in 0..20 {
        let steps: Vec<StepSource> = open_steps(world, case(1));
        let Some(step) = steps.iter().find(|step| step.consultations.is_empty() && !step.needs_payment) else { break };
        world.does(step.role.as_str(), go_on(case(1), step));
    }
    assert!(!world.state.case(case(1)).unwrap().consultations.is_empty(), "the agencies were asked");
    case(1)
}

pub(crate) fn open_steps(world: &World, id: CaseId) -> Vec<StepSource> {
    let Some(case) = world.state.case(id) else { return Vec::new() };
    let procedure = world.state.procedure_of(case);
    case.open.iter().map(|open| procedure.step_at(usize::from(open.place)).clone()).collect()
}

/// Does a step with its first outcome that lets the case go on.
pub(crate) fn go_on(case: CaseId, step: &StepSource) -> Command {
    let onward = step.outcomes.iter().find(|o| o.opens.is_none() && o.back_to.is_none() && o.refuses.is_none());
    complete(case, step, onward)
}

fn complete(case: CaseId, step: &StepSource, outcome: Option<&OutcomeSource>) -> Command {
    let answer =
        |item: &permits::procedure::source::ChecklistSource| ChecklistAnswer { item: item.id.clone(), holds: true };
    Command::CompleteStep {
        case,
        step: step.id.clone(),
        outcome: outcome.map_or_else(|| id("done"), |outcome| outcome.id.clone()),
        checklist: step.checklist.iter().map(answer).collect(),
        documents: step.documents.iter().map(|kind| document(kind.as_str())).collect(),
        note: None,
    }
}

fn apply(world: &mut World, dice: &mut Dice, number: u32) {
    let district = 1 + dice.below(15) as u8;
    let area = 20 + dice.below(400) as i64;
    let wanted =
        if dice.below(2) == 0 { small_works(number, district, area) } else { building(number, district, area) };
    let _ = world.tries("citizen", citizen(number), Command::Apply(wanted));
}

fn wait(world: &mut World, dice: &mut Dice) {
    let day = 86_400_000_000;
    world.wait(Instant(world.now.0 + day * (1 + dice.below(6) as i64) + dice.below(1_000_000) as i64));
}

fn holiday(world: &mut World, dice: &mut Dice) {
    let date = crate::world::tehran().date(world.now).plus_days(dice.below(20) as i32);
    let command = if dice.below(3) == 0 {
        Command::WithdrawHoliday { date }
    } else {
        Command::DeclareHoliday { date, title: "تعطیل".into() }
    };
    let _ = world.tries("admin", officer("admin"), command);
}

fn import(world: &mut World, dice: &mut Dice) {
    let actor =
        Actor { person: officer("importer"), role: id("importer"), department: None, districts: Districts::ALL };
    let at = Some(Instant(world.now.0 - 1_000_000 * dice.below(1_000_000) as i64));
    let cases = world.state.cases();
    let case = case(1 + dice.below(cases.max(1)) as u32);
    let command = match dice.below(4) {
        0 => Command::Apply(observed(&format!("case-{cases}"), at.filter(|_| cases.is_multiple_of(2)))),
        1 => Command::CloseRecord { case },
        _ => Command::RecordStep {
            case,
            name: "T06 Determine".into(),
            actor: Some(sealed(citizen(90), "Resource06")),
            unit: None,
            lifecycle: None,
        },
    };
    let _ = world.ask(actor, id("Desk"), at, command);
}

/// Something that somebody may want of this case now.
fn something(world: &mut World, dice: &mut Dice, case: CaseId) {
    let Some(held) = world.state.case(case).cloned() else { return };
    let owner = held.applicant.unwrap_or(citizen(0));
    let roles = ["technical-head", "deputy", "revenue", "intake", "technical-officer", "objection-panel"];
    let note = (dice.below(3) == 0).then(|| sealed(owner, "یادداشت"));
    let article: StepId = id(["safety", "needs-building-permit", "ownership"][dice.below(3)]);
    let command = match dice.below(24) {
        0..=8 => return step(world, dice, case),
        9..=11 => return agency(world, dice, case),
        12 | 13 => Command::IssueBill { case },
        14 | 15 => return pay(world, dice, case),
        16 | 17 => Command::Grant { case },
        18 | 19 => Command::IssueLicence { case },
        20 => [
            Command::Suspend { case, article: article.clone(), note: note.clone() },
            Command::Reinstate { case },
            Command::Renew { case },
            Command::Transfer { case, to: party(40 + dice.below(20) as u32, "خریدار") },
            Command::CompleteWork { case },
        ][dice.below(5)]
        .clone(),
        21 => Command::DecideObjection { case, upheld: dice.below(2) == 0, note },
        22 => {
            let step = dice.pick(&open_steps(world, case)).map(|step| step.id.clone());
            Command::ExtendDeadline { case, step: step.filter(|_| dice.below(2) == 0) }
        }
        _ => return citizen_asks(world, dice, case, owner),
    };
    if dice.below(12) == 0 {
        let _ =
            world.tries("technical-head", officer("technical-head"), Command::RefuseCase { case, article, note: None });
        let _ = world.tries("deputy", officer("deputy"), Command::Revoke { case, article: id("safety"), note: None });
    }
    for role in roles {
        if world.tries(role, officer(role), command.clone()).is_ok() {
            return;
        }
    }
}

fn citizen_asks(world: &mut World, dice: &mut Dice, case: CaseId, owner: kernel::PersonId) {
    let commands = [Command::Object { case, note: Some(sealed(owner, "اعتراض")) }, Command::Withdraw { case }];
    let at = dice.below(8).min(1);
    let command = commands[if at == 0 { 1 } else { 0 }].clone();
    let _ = world.tries("citizen", owner, command);
}

fn step(world: &mut World, dice: &mut Dice, case: CaseId) {
    let held = world.state.case(case).cloned().expect("a case that was picked");
    if let Some(asked) = &held.later().returned {
        return answer(world, case, asked);
    }
    let steps = open_steps(world, case);
    let Some(step) = dice.pick(&steps) else { return };
    let role = step.role.as_str();
    let command = match dice.below(8) {
        0 => {
            // Whoever takes a step has looked at the file before.
            let _ = world.tries(role, officer(role), Command::ViewFile { case, document: None });
            Command::TakeStep { case, step: step.id.clone() }
        }
        1 => {
            let corrections = world.state.procedure_of(&held).source().fields.iter().map(|field| field.id.clone());
            Command::ReturnCase { case, step: step.id.clone(), corrections: corrections.take(1).collect(), note: None }
        }
        2 => complete(case, step, dice.pick(&step.outcomes)),
        _ => {
            let onward = |o: &&OutcomeSource| o.back_to.is_none() && o.refuses.is_none();
            complete(case, step, step.outcomes.iter().find(onward))
        }
    };
    let _ = world.tries(role, officer(role), command);
}

fn answer(world: &mut World, case: CaseId, asked: &[StepId]) {
    let held = world.state.case(case).cloned().expect("a case that was picked");
    let fields = &world.state.procedure_of(&held).source().fields;
    let value = |field: &StepId| {
        let source = fields.iter().find(|source| source.id == *field)?;
        let FieldKind::Integer { min, .. } = source.holds else { return None };
        Some(FactValue { field: field.clone(), value: Value::Integer(min + 30) })
    };
    let facts = asked.iter().filter_map(value).collect();
    let command = Command::AnswerReturn { case, facts, documents: vec![document("deed")], note: None };
    let _ = world.tries("citizen", held.applicant.unwrap_or(citizen(0)), command);
}

fn agency(world: &mut World, dice: &mut Dice, case: CaseId) {
    let held = world.state.case(case).cloned().expect("a case that was picked");
    let procedure = world.state.procedure_of(&held);
    let open = held.consultations.iter().filter(|asked| asked.verdict.is_none());
    let open: Vec<StepId> = open.map(|c| procedure.agency_at(usize::from(c.agency)).1.agency.clone()).collect();
    let Some(agency) = dice.pick(&open) else { return step(world, dice, case) };
    let role = procedure.agency(agency).expect("it was asked").1.role.clone();
    let verdict =
        [Verdict::Approves, Verdict::ApprovesWithConditions, Verdict::Approves, Verdict::Rejects][dice.below(4)];
    let note = Some(sealed(officer(role.as_str()), "پاسخ"));
    let command = Command::AnswerConsultation { case, agency: agency.clone(), verdict, note };
    let _ = world.tries(role.as_str(), officer(role.as_str()), command);
}

fn pay(world: &mut World, dice: &mut Dice, case: CaseId) {
    let held = world.state.case(case).cloned().expect("a case that was picked");
    let Some(bill) = &held.later().bill else { return };
    let (number, owed): (BillNumber, Rials) = (bill.number, bill.outstanding());
    let amount = if dice.below(3) == 0 { Rials(owed.0 / 2) } else { owed };
    let reference = format!("T{}", dice.below(1_000_000)).into();
    let _ = world.tries("bank", officer("bank"), Command::RecordPayment { case, bill: number, amount, reference });
}
