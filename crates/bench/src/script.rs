//! Real permit commands: what applicant, officers and agencies send for one building permit, in order.

use kernel::{Actor, CaseId, Channel, CommandId, DistrictId, Districts, Envelope, PersonId, Sealed, StepId};
use permits::{
    Application, Command,
    events::{ChecklistAnswer, Department, Document, FactValue, Party, Title, Value, Verdict},
};
use uuid::Uuid;

const PROCEDURE: &str = include_str!("../../../deploy/cities/isfahan/procedures/building-permit.toml");

/// How many commands one case takes.
pub(crate) const COMMANDS: usize = 13;

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect("the script's ids are valid")
}

fn actor(role: &str, person: u128) -> Actor {
    Actor { person: PersonId(Uuid::from_u128(person)), role: id(role), department: None, districts: Districts::ALL }
}

fn envelope(actor: Actor, command: Command) -> Envelope<Command> {
    let id = CommandId(Uuid::now_v7());
    Envelope { id, actor, channel: Channel::ONLINE, cause: None, occurred_at: None, command }
}

/// Makes the city and publishes the shipped building permit.
pub(crate) fn founding() -> Vec<Envelope<Command>> {
    let title = || Title { fa: "شهر".to_owned(), en: "City".to_owned() };
    let departments = vec![Department { id: id("permit-office"), title: title() }];
    let establish = Command::EstablishCity { title: title(), zone: "Asia/Tehran".into(), districts: 15, departments };
    let publish = Command::PublishProcedure { source: PROCEDURE.to_owned() };
    [establish, publish].map(|command| envelope(actor("admin", 1), command)).into()
}

/// A sealed field of the size that the vault gives to a name.
fn sealed(person: PersonId) -> Sealed {
    Sealed { person, bytes: vec![0xa5; 72] }
}

/// The application of the `n`th case.
pub(crate) fn apply(n: u64) -> Envelope<Command> {
    let citizen = actor("citizen", 1_000_000 + u128::from(n));
    let person = citizen.person;
    let fact = |field: &str, value| FactValue { field: id(field), value };
    let document = |kind: &str| Document { kind: id(kind), sha256: [7; 32] };
    let application = Application {
        procedure: id("building-permit"),
        district: DistrictId(1 + (n % 15) as u8),
        parcel: Some(id(&format!("{}-{}-{}", 1 + n % 15, n / 1_000, n % 1_000))),
        applicant: Some(Party { person, name: sealed(person), mobile: Some(sealed(person)), address: None }),
        agent: None,
        facts: vec![
            fact("land-area", Value::Integer(240)),
            fact("built-area", Value::Integer(600)),
            fact("floors", Value::Integer(4)),
            fact("use", Value::Choice(id("residential"))),
        ],
        documents: ["deed", "identity", "renewal-levy-receipt"].map(document).into(),
        origin: None,
        deadline: None,
    };
    envelope(citizen, Command::Apply(application))
}

/// The `k`th command after the application, from 1 to [`COMMANDS`] − 1.
pub(crate) fn step(case: CaseId, k: usize) -> Envelope<Command> {
    let complete = |role: &str, step: &str, outcome: &str, checklist: &[&str], documents: &[&str]| {
        let holds = |item: &&str| ChecklistAnswer { item: id(item), holds: true };
        let there = |kind: &&str| Document { kind: id(kind), sha256: [9; 32] };
        let command = Command::CompleteStep {
            case,
            step: id(step),
            outcome: id::<StepId>(outcome),
            checklist: checklist.iter().map(holds).collect(),
            documents: documents.iter().map(there).collect(),
            note: None,
        };
        envelope(actor(role, 77), command)
    };
    let answer = |role: &str, agency: &str| {
        let command = Command::AnswerConsultation { case, agency: id(agency), verdict: Verdict::Approves, note: None };
        envelope(actor(role, 88), command)
    };
    let take = |role: &str, step: &str| envelope(actor(role, 77), Command::TakeStep { case, step: id(step) });
    match k {
        1 => take("intake", "file"),
        2 => complete("intake", "file", "complete", &["deed-matches", "levies-settled"], &[]),
        3 => complete("technical-officer", "site-visit", "conforms", &["street-line"], &["visit-report"]),
        4 => complete("planner", "planning-order", "ordered", &["use-allowed", "density-allowed"], &[]),
        5 => take("plan-reviewer", "plans"),
        6 => answer("agency-fire", "fire"),
        7 => answer("agency-social-security", "social-security"),
        8 => answer("agency-engineers", "engineers-body"),
        9 => {
            let plans = ["architectural-plan", "structural-plan", "services-plan"];
            complete("plan-reviewer", "plans", "approved", &["architecture", "structure", "services"], &plans)
        }
        10 => complete("engineers", "supervisor", "done", &[], &["supervisor-undertaking"]),
        11 => answer("agency-utilities", "utilities"),
        _ => complete("intake", "inquiries", "done", &[], &[]),
    }
}
