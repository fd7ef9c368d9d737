//! Random lives of a register: who asks for what next, so that many get as far as a licence and some beyond.

use super::harness::*;
use kernel::{CaseId, Instant, Register, Rials};
use permits::{
    Command, Permits,
    events::*,
    numbers::BillNumber,
    state::{Case, Status},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

const ROLES: &[&str] = &[
    "citizen",
    "intake",
    "clerk",
    "panel",
    "surveyor",
    "cashier",
    "head",
    "bank",
    "agency-fire",
    "agency-power",
    "agency-museum",
    "agency-gas",
    "admin",
    "importer",
    "clock",
];
const STEPS: &[&str] = &["check", "hearing", "ask", "survey", "cash", "build", "final", "roof"];
const OUTCOMES: &[&str] = &["good", "bad", "doubt", "stands", "again", "done"];
const AGENCIES: &[&str] = &["fire", "power", "museum", "gas"];
const DAYS: &[&str] = &["1405/09/09", "1405/09/14", "1405/10/01", "1405/12/20", "1406/01/20"];

fn a_case() -> impl Strategy<Value = CaseId> {
    (select(&[1405_u16, 1405, 1405, 1406][..]), 1..5_u32).prop_map(|(year, serial)| CaseId::new(year, serial))
}

fn applications() -> BoxedStrategy<Command> {
    let facts = (1..11_i64, option::of(any::<bool>()));
    let import = option::weighted(0.15, Just(Origin { reference: "old".into() }));
    (1..4_u32, facts, import, any::<bool>())
        .prop_map(|(parcel, (height, heritage), origin, with_plan)| {
            let mut wanted = application(&format!("3-{parcel}"));
            wanted.facts = vec![floors(height)];
            wanted.facts.extend(heritage.map(|flag| fact("heritage", Value::Flag(flag))));
            wanted.documents.extend(with_plan.then(|| document("plan")));
            wanted.origin = origin;
            Command::Apply(wanted)
        })
        .boxed()
}

fn work() -> BoxedStrategy<Command> {
    (a_case(), select(STEPS), select(OUTCOMES), any::<bool>())
        .prop_map(|(case, step, outcome, thorough)| {
            let (items, documents): (&[&str], &[&str]) =
                if thorough && step == "check" { (&["matches"], &["plan"]) } else { (&[], &[]) };
            let mut work = complete(step, outcome, items, documents);
            if let Command::CompleteStep { case: of, .. } = &mut work {
                *of = case;
            }
            work
        })
        .boxed()
}

fn talk() -> BoxedStrategy<Command> {
    let verdict =
        select(&[Verdict::Approves, Verdict::Approves, Verdict::ApprovesWithConditions, Verdict::Rejects][..]);
    let corrections = vec(select(&["floors", "heritage", "plan"][..]), 0..2);
    let facts = (option::of(1..11_i64), option::of(any::<bool>()));
    prop_oneof![
        (a_case(), select(AGENCIES), verdict).prop_map(|(case, agency, verdict)| Command::AnswerConsultation {
            case,
            agency: id(agency),
            verdict,
            note: None
        }),
        (a_case(), select(STEPS), select(AGENCIES)).prop_map(|(case, step, agency)| Command::Consult {
            case,
            step: id(step),
            agency: id(agency)
        }),
        (a_case(), select(STEPS), corrections).prop_map(|(case, step, corrections)| Command::ReturnCase {
            case,
            step: id(step),
            corrections: corrections.into_iter().map(id).collect(),
            note: None
        }),
        (a_case(), facts).prop_map(|(case, (height, heritage))| Command::AnswerReturn {
            case,
            facts: height
                .map(floors)
                .into_iter()
                .chain(heritage.map(|flag| fact("heritage", Value::Flag(flag))))
                .collect(),
            documents: vec![document("plan")],
            note: None
        }),
    ]
    .boxed()
}

fn money() -> BoxedStrategy<Command> {
    let refund = select(&[500_i64, 1_000, 2_000][..]);
    let amount = select(&[1_000_i64, 2_000, 3_000, 500, 0, 9_009][..]);
    prop_oneof![
        4 => a_case().prop_map(|case| Command::IssueBill { case }),
        6 => (a_case(), 1..5_u32, amount, 0..40_u32).prop_map(|(case, serial, amount, reference)| Command::RecordPayment {
            case,
            bill: BillNumber::new(1405, serial),
            amount: Rials(amount),
            reference: format!("T{reference}").into()
        }),
        1 => (a_case(), refund, 0..40_u32).prop_map(|(case, amount, payment)| Command::OrderRefund {
            case,
            payment: format!("T{payment}").into(),
            amount: Rials(amount),
            note: None
        }),
        1 => (a_case(), 0..40_u32).prop_map(|(case, payment)| Command::ConfirmRefund {
            case,
            payment: format!("T{payment}").into(),
            reference: "R1".into()
        }),
        1 => a_case().prop_map(|case| Command::ViewFile { case, document: None }),
    ]
    .boxed()
}

fn decisions() -> BoxedStrategy<Command> {
    let about = |kind: u8, case: CaseId| match kind {
        0 => Command::Grant { case },
        1 => Command::IssueLicence { case },
        2 => Command::Renew { case },
        3 => Command::CompleteWork { case },
        4 => Command::Reinstate { case },
        5 => Command::Withdraw { case },
        6 => Command::Object { case, note: None },
        7 => Command::DecideObjection { case, upheld: true, note: None },
        8 => Command::DecideObjection { case, upheld: false, note: None },
        9 => Command::RefuseCase { case, article: id("zoning"), note: None },
        10 => Command::Suspend { case, article: id("zoning"), note: None },
        11 => Command::Revoke { case, article: id("zoning"), note: None },
        12 => Command::CloseRecord { case },
        _ => Command::Transfer { case, to: party(OTHER) },
    };
    let extension = (a_case(), option::of(select(STEPS)));
    let record = (a_case(), select(STEPS));
    prop_oneof![
        8 => (0..14_u8, a_case()).prop_map(move |(kind, case)| about(kind, case)),
        1 => extension.prop_map(|(case, step)| Command::ExtendDeadline { case, step: step.map(id) }),
        1 => record.prop_map(|(case, name)| Command::RecordStep { case, name: name.into(), actor: None, unit: None, lifecycle: None }),
    ]
    .boxed()
}

fn of_the_city() -> BoxedStrategy<Command> {
    prop_oneof![
        3 => select(DAYS).prop_map(|day| Command::DeclareHoliday { date: date(day), title: "برف".into() }),
        3 => select(DAYS).prop_map(|day| Command::WithdrawHoliday { date: date(day) }),
        1 => Just(Command::SetRestDays {
            from: date("1405/09/20"),
            days: vec![kernel::Weekday::Thursday, kernel::Weekday::Friday]
        }),
        1 => Just(Command::ForgetPerson { person: OTHER }),
        1 => Just(publish(&KIOSK.replace("version = 1", "version = 2").replace("days = 2", "days = 3"))),
    ]
    .boxed()
}

/// Who is likely to be allowed: random roles would be refused nearly always.
fn fitting(command: &Command, dice: usize) -> &'static str {
    let role = match command {
        Command::Apply(wanted) if wanted.origin.is_some() => "importer",
        Command::Apply(_) | Command::Withdraw { .. } | Command::AnswerReturn { .. } | Command::Object { .. } => {
            "citizen"
        }
        Command::CompleteStep { step, .. } | Command::ReturnCase { step, .. } | Command::TakeStep { step, .. } => {
            match step.as_str() {
                "survey" | "build" => "surveyor",
                "cash" => "cashier",
                "hearing" => "panel",
                _ => "clerk",
            }
        }
        Command::Consult { .. } => "clerk",
        Command::AnswerConsultation { agency, .. } => {
            ROLES.iter().find(|role| role.strip_prefix("agency-") == Some(agency.as_str())).unwrap()
        }
        Command::IssueBill { .. } => "cashier",
        Command::RecordPayment { .. } | Command::ConfirmRefund { .. } => "bank",
        Command::OrderRefund { .. } => "cashier",
        Command::ViewFile { .. } => "clerk",
        Command::DecideObjection { .. } => "panel",
        Command::RecordStep { .. } | Command::CloseRecord { .. } => "importer",
        Command::ExtendDeadline { .. }
        | Command::RefuseCase { .. }
        | Command::Grant { .. }
        | Command::IssueLicence { .. }
        | Command::Suspend { .. }
        | Command::Reinstate { .. }
        | Command::Revoke { .. }
        | Command::Renew { .. }
        | Command::Transfer { .. }
        | Command::CompleteWork { .. } => "head",
        Command::EstablishCity { .. }
        | Command::PublishProcedure { .. }
        | Command::DeclareHoliday { .. }
        | Command::WithdrawHoliday { .. }
        | Command::SetRestDays { .. }
        | Command::DeclareKin { .. }
        | Command::ForgetPerson { .. } => "admin",
        Command::PassDeadline { .. } | Command::RecomputeDeadlines { .. } => "clock",
    };
    if dice == 0 { "intake" } else { role }
}

/// Moves a case through what it waits for: without it, few random lives get as far as a licence.
fn helpful(state: &Permits, id_of: CaseId) -> Option<Command> {
    let case = state.case(id_of)?;
    let procedure = state.procedure_of(case);
    if case.later().returned.is_some() {
        return Some(Command::AnswerReturn {
            case: id_of,
            facts: case
                .later()
                .returned
                .iter()
                .flatten()
                .any(|c| c.as_str() == "floors")
                .then(|| floors(3))
                .into_iter()
                .chain(
                    case.later()
                        .returned
                        .iter()
                        .flatten()
                        .any(|c| c.as_str() == "heritage")
                        .then(|| fact("heritage", Value::Flag(true))),
                )
                .collect(),
            documents: vec![document("plan")],
            note: None,
        });
    }
    let open = case.consultations.iter().filter(|asked| asked.verdict.is_none());
    let mut asked = open.map(|asked| procedure.agency_at(usize::from(asked.agency)).1);
    if let Some(asked) = asked.find(|asked| asked.required) {
        return Some(Command::AnswerConsultation {
            case: id_of,
            agency: asked.agency.clone(),
            verdict: Verdict::Approves,
            note: None,
        });
    }
    if let Some(pending) = case.later().bill.as_ref().and_then(|bill| bill.refunds.first()) {
        let payment = pending.payment.clone();
        return Some(Command::ConfirmRefund { case: id_of, payment, reference: "R2".into() });
    }
    if let Some(bill) = case.later().bill.as_ref().filter(|bill| bill.outstanding().0 > 0) {
        let reference = format!("H{}", bill.payments.len()).into();
        return Some(Command::RecordPayment { case: id_of, bill: bill.number, amount: bill.outstanding(), reference });
    }
    let open = case.open.first().map(|step| procedure.step_at(usize::from(step.place)).id.clone());
    match (case.status, open) {
        (Status::Granted, _) => Some(Command::IssueLicence { case: id_of }),
        (Status::InProgress, None) => Some(Command::Grant { case: id_of }),
        (Status::Issued, None) => Some(Command::CompleteWork { case: id_of }),
        (Status::InProgress | Status::Issued, Some(step)) => {
            let owed = procedure.estimate(&procedure.scope(&case.facts)).ok()?;
            let unbilled = case.later().bill.as_ref().is_none_or(|bill| bill.billed < owed);
            if step.as_str() == "cash" && unbilled {
                return Some(Command::IssueBill { case: id_of });
            }
            let mut work = done(step.as_str());
            if let Command::CompleteStep { case, .. } = &mut work {
                *case = id_of;
            }
            Some(work)
        }
        _ => None,
    }
}

/// A decision that can be taken about the case as it stands.
fn fate(id_of: CaseId, case: &Case, dice: usize) -> Option<Command> {
    let article = || id("zoning");
    if case.later().objection.is_some() {
        return Some(Command::DecideObjection { case: id_of, upheld: dice < 5, note: None });
    }
    if case.imported {
        if dice == 0 {
            return Some(Command::CloseRecord { case: id_of });
        }
        let lifecycle = Some("complete".into());
        return Some(Command::RecordStep { case: id_of, name: "check".into(), actor: None, unit: None, lifecycle });
    }
    match case.status {
        Status::Issued => Some(match dice {
            0 | 1 => Command::Suspend { case: id_of, article: article(), note: None },
            2 | 3 => Command::Revoke { case: id_of, article: article(), note: None },
            4..=6 => Command::Transfer { case: id_of, to: party(OTHER) },
            _ => Command::Renew { case: id_of },
        }),
        Status::Suspended if dice < 3 => Some(Command::Reinstate { case: id_of }),
        Status::Refused | Status::Suspended | Status::Revoked => Some(Command::Object { case: id_of, note: None }),
        Status::InProgress if dice == 0 => Some(Command::RefuseCase { case: id_of, article: article(), note: None }),
        Status::InProgress => {
            let step = case.open.first().map(|step| STEPS[usize::from(step.place)])?;
            let corrections = if dice < 4 { vec![id("floors")] } else { vec![id("heritage")] };
            Some(Command::ReturnCase { case: id_of, step: id(step), corrections, note: None })
        }
        Status::Granted | Status::Completed | Status::Withdrawn | Status::Closed => None,
    }
}

#[derive(Debug, Clone)]
pub(super) enum Move {
    Ask(Box<Command>, usize),
    Help(CaseId, usize),
    /// A decision that fits where the case stands.
    Fate(CaseId, usize),
    Wait(i64),
}

pub(super) fn moves() -> impl Strategy<Value = Vec<Move>> {
    let command =
        prop_oneof![4 => applications(), 4 => work(), 4 => talk(), 3 => money(), 4 => decisions(), 3 => of_the_city()];
    let one = prop_oneof![
        6 => (command, 0..12_usize).prop_map(|(command, dice)| Move::Ask(Box::new(command), dice)),
        8 => (a_case(), 1..5_usize).prop_map(|(case, times)| Move::Help(case, times)),
        4 => (a_case(), 0..8_usize).prop_map(|(case, dice)| Move::Fate(case, dice)),
        // Also back in time: the clock of a machine can be set back.
        2 => select(&[-3_i64, 0, 1, 2, 5, 9, 40, 120][..]).prop_map(Move::Wait),
    ];
    vec(one, 1..90)
}

/// Asks; accepted or refused, the state keeps its laws.
pub(super) fn ask(world: &mut World, asked: &Ask) {
    let first = world.state.decide(&asked.envelope, world.now);
    assert_eq!(first, world.state.decide(&asked.envelope, world.now), "a decision is deterministic");
    if let Ok(facts) = first {
        assert!(!facts.is_empty(), "an accepted command says something");
        let size: usize = facts.iter().map(|fact| Permits::encode(&fact.event).body.len()).sum();
        assert!(size < 256 * 1024, "a commit fits into a block: {size}");
        world.step(asked);
    }
}

pub(super) fn live(moves: &[Move]) -> World {
    let mut world = given(city());
    for one in moves {
        match one {
            Move::Ask(command, dice) => ask(&mut world, &by(fitting(command, *dice), (**command).clone())),
            Move::Help(case, times) => {
                for _ in 0..*times {
                    if let Some(command) = helpful(&world.state, *case) {
                        ask(&mut world, &by(fitting(&command, 1), command));
                    }
                }
            }
            Move::Fate(id_of, dice) => {
                let fate = world.state.case(*id_of).and_then(|case| fate(*id_of, case, *dice));
                if let Some(command) = fate {
                    ask(&mut world, &by(fitting(&command, 1), command));
                }
            }
            Move::Wait(days) => {
                let now = Instant(world.now.0 + days * 86_400_000_000);
                world.wait(now);
            }
        }
        world.wait(world.now);
    }
    world
}
