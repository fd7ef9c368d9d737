//! What somebody would do next about a case: the usual thing mostly, and now and then what makes an office worth watching.

use super::dice::Dice;
use kernel::{CaseId, Rials, RoleId, StepId};
use permits::{
    Command, Permits,
    events::{ChecklistAnswer, Document, FactValue, Value, Verdict},
    numbers::BillNumber,
    procedure::{
        Procedure,
        source::{FieldKind, StepSource},
    },
    state::{Case, Status},
};

/// Something that can be done, by whom, and how eager they are.
#[derive(Debug)]
pub(super) struct Move {
    pub(super) by: By,
    pub(super) what: What,
    /// How often in a hundred it is done in one round.
    pub(super) chance: usize,
}

/// Who does it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum By {
    Applicant,
    Bank,
    Role(RoleId),
}

/// What is done; words and documents are added when it is sent.
#[derive(Debug, Clone)]
pub(super) enum What {
    Answer { fields: Vec<StepId>, documents: Vec<StepId> },
    Agency { agency: StepId, verdict: Verdict },
    Pay { bill: BillNumber, amount: Rials },
    Refunded { payment: smol_str::SmolStr },
    Bill,
    Take { step: StepId },
    Return { step: StepId, corrections: Vec<StepId> },
    Complete { step: StepId, outcome: StepId, checklist: Vec<ChecklistAnswer>, documents: Vec<StepId> },
    Grant,
    Issue,
    Object,
    DecideObjection { upheld: bool },
    Withdraw,
    Suspend { article: StepId },
    Reinstate,
    Revoke { article: StepId },
    Finish,
}

/// Everything that could be done about a case in one round.
pub(super) fn moves(state: &Permits, id: CaseId, dice: &mut Dice) -> Vec<Move> {
    let Some(case) = state.case(id).filter(|case| !case.imported) else { return Vec::new() };
    let procedure = state.procedure_of(case);
    let Some(decisions) = procedure.decisions() else { return Vec::new() };
    let later = case.later();
    let mut moves = Vec::new();
    let mut add = |by, chance, what| moves.push(Move { by, what, chance });
    if let Some(corrections) = &later.returned {
        let known = |document: &StepId| procedure.source().documents.iter().any(|known| known.id == *document);
        let (documents, fields) = corrections.iter().cloned().partition(known);
        add(By::Applicant, 12, What::Answer { fields, documents });
        add(By::Applicant, 1, What::Withdraw);
        return moves;
    }
    for asked in case.consultations.iter().filter(|asked| asked.verdict.is_none()) {
        let (_, agency) = procedure.agency_at(usize::from(asked.agency));
        let verdict = match dice.below(100) {
            0..=3 => Verdict::Rejects,
            4..=20 => Verdict::ApprovesWithConditions,
            _ => Verdict::Approves,
        };
        let chance = speed(&agency.role, case);
        add(By::Role(agency.role.clone()), chance, What::Agency { agency: agency.agency.clone(), verdict });
    }
    if let Some(bill) = &later.bill {
        if bill.outstanding().0 > 0 && case.status == Status::InProgress {
            add(By::Bank, 8, What::Pay { bill: bill.number, amount: bill.outstanding() });
        }
        for refund in &bill.refunds {
            add(By::Bank, 30, What::Refunded { payment: refund.payment.clone() });
        }
    }
    for open in &case.open {
        let step = procedure.step_at(usize::from(open.place));
        step_moves(procedure, case, step, open.officer.is_some(), dice, &mut add);
    }
    match case.status {
        Status::InProgress if case.open.is_empty() => add(By::Role(decisions.grant.clone()), 20, What::Grant),
        Status::Granted => add(By::Role(decisions.issue.clone()), 25, What::Issue),
        Status::Issued if case.open.is_empty() => add(By::Role(decisions.complete.clone()), 20, What::Finish),
        Status::Issued if dice.below(400) == 0 => {
            let article = article(procedure, dice);
            add(By::Role(decisions.suspend.clone()), 100, What::Suspend { article });
        }
        Status::Suspended if dice.below(30) == 0 => {
            let article = article(procedure, dice);
            add(By::Role(decisions.suspend.clone()), 50, What::Revoke { article });
        }
        Status::Suspended => add(By::Role(decisions.suspend.clone()), 4, What::Reinstate),
        Status::Refused if later.objection.is_none() => add(By::Applicant, 3, What::Object),
        Status::Refused if later.objection.is_some() => {
            let upheld = dice.percent(30);
            add(By::Role(decisions.objection.clone()), 4, What::DecideObjection { upheld });
        }
        _ => {}
    }
    moves
}

fn step_moves(
    procedure: &Procedure,
    case: &Case,
    step: &StepSource,
    taken: bool,
    dice: &mut Dice,
    add: &mut impl FnMut(By, usize, What),
) {
    let by = || By::Role(step.role.clone());
    let id = || step.id.clone();
    if step.needs_payment && case.outstanding().0 > 0 {
        return;
    }
    if step.needs_payment && case.later().bill.is_none() {
        let bill = procedure.decisions().map(|decisions| decisions.bill.clone());
        return bill.into_iter().for_each(|role| add(By::Role(role), 30, What::Bill));
    }
    if !taken {
        return add(by(), speed(&step.role, case) * 2, What::Take { step: id() });
    }
    let works = step.phase == permits::procedure::source::Phase::Works;
    let chance = if works { 1 } else { speed(&step.role, case) };
    if !works && dice.percent(9) {
        let source = procedure.source();
        let document = source.documents.iter().filter(|document| document.required).map(|document| document.id.clone());
        let mut corrections: Vec<StepId> = step.documents.iter().cloned().chain(document).collect();
        corrections.extend(source.fields.iter().filter(|field| field.required).map(|field| field.id.clone()));
        let correction = dice.pick(&corrections).clone();
        return add(by(), chance, What::Return { step: id(), corrections: vec![correction] });
    }
    let usual = step.outcomes.iter().find(|o| o.opens.is_none() && o.back_to.is_none() && o.refuses.is_none());
    let rare = dice.percent(7) && !step.outcomes.is_empty();
    let outcome = if rare { Some(dice.pick(&step.outcomes)) } else { usual };
    let outcome = outcome.map_or_else(permits::procedure::done, |outcome| outcome.id.clone());
    let answer = |item: &permits::procedure::source::ChecklistSource| {
        let holds = item.required || !dice.percent(15);
        ChecklistAnswer { item: item.id.clone(), holds }
    };
    let checklist = step.checklist.iter().map(answer).collect();
    add(by(), chance, What::Complete { step: id(), outcome, checklist, documents: step.documents.clone() });
}

fn article(procedure: &Procedure, dice: &mut Dice) -> StepId {
    dice.pick(&procedure.source().articles).id.clone()
}

/// How often in a hundred a role gets to a piece of work in one round: some roles, and some districts, are slow.
fn speed(role: &RoleId, case: &Case) -> usize {
    let letters: usize = role.as_str().bytes().map(usize::from).sum();
    let slow = if letters.is_multiple_of(5) { 3 } else { 9 + letters % 7 };
    if case.district.0 % 7 == 5 { slow.div_ceil(2) } else { slow }
}

/// An answer to every field of an application, of a house rather than of a tower.
pub(super) fn answers(procedure: &Procedure, dice: &mut Dice) -> Vec<FactValue> {
    let fields = procedure.source().fields.iter();
    fields.map(|field| FactValue { field: field.id.clone(), value: answer(&field.holds, dice) }).collect()
}

/// A likely answer to a field: in the lower part of its range, on a scale of doublings.
pub(super) fn answer(holds: &FieldKind, dice: &mut Dice) -> Value {
    match holds {
        FieldKind::Integer { min, max } => {
            let span = max.saturating_sub(*min).clamp(1, 900);
            let high = *min + (span >> dice.below(5)).max(1);
            Value::Integer(dice.between(*min, high.min(*max)))
        }
        FieldKind::Flag => Value::Flag(dice.percent(15)),
        FieldKind::Choice { choices } => {
            // Most people ask for the first.
            let at = if dice.percent(70) { 0 } else { dice.below(choices.len()) };
            Value::Choice(choices[at].id.clone())
        }
    }
}

/// Documents of an application that must be there.
pub(super) fn required(procedure: &Procedure) -> Vec<StepId> {
    procedure
        .source()
        .documents
        .iter()
        .filter(|document| document.required)
        .map(|document| document.id.clone())
        .collect()
}

impl What {
    /// Whether whoever does it looks at the file first, and at which document.
    pub(super) fn looks_at(&self) -> Option<&[StepId]> {
        match self {
            What::Complete { documents, .. } => Some(documents),
            What::Take { .. } | What::Return { .. } | What::Bill | What::Grant | What::Issue => Some(&[]),
            What::DecideObjection { .. } | What::Agency { .. } | What::Suspend { .. } => Some(&[]),
            _ => None,
        }
    }

    /// The command, with documents given by their hashes and words sealed.
    pub(super) fn command(
        self,
        case: CaseId,
        facts: Vec<FactValue>,
        documents: Vec<Document>,
        note: Option<kernel::Sealed>,
    ) -> Command {
        match self {
            What::Answer { .. } => Command::AnswerReturn { case, facts, documents, note },
            What::Agency { agency, verdict } => Command::AnswerConsultation { case, agency, verdict, note },
            What::Pay { bill, amount } => {
                let reference = smol_str::format_smolstr!("DEMO-{bill}-{amount}");
                Command::RecordPayment { case, bill, amount, reference }
            }
            What::Refunded { payment } => {
                let reference = smol_str::format_smolstr!("R-{payment}");
                Command::ConfirmRefund { case, payment, reference }
            }
            What::Bill => Command::IssueBill { case },
            What::Take { step } => Command::TakeStep { case, step },
            What::Return { step, corrections } => Command::ReturnCase { case, step, corrections, note },
            What::Complete { step, outcome, checklist, .. } => {
                Command::CompleteStep { case, step, outcome, checklist, documents, note }
            }
            What::Grant => Command::Grant { case },
            What::Issue => Command::IssueLicence { case },
            What::Object => Command::Object { case, note },
            What::DecideObjection { upheld } => Command::DecideObjection { case, upheld, note },
            What::Withdraw => Command::Withdraw { case },
            What::Suspend { article } => Command::Suspend { case, article, note },
            What::Reinstate => Command::Reinstate { case },
            What::Revoke { article } => Command::Revoke { case, article, note },
            What::Finish => Command::CompleteWork { case },
        }
    }
}
