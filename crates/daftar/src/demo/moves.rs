//! What somebody would do next about a case: the usual thing mostly, and now and then what makes an office worth watching.

use super::{
    dice::Dice,
    fate::{self, Fate},
    money,
};
use kernel::{CaseId, Rials, RoleId, StepId};
use permits::{
    Command, Permits,
    events::{ChecklistAnswer, Document, FactValue, Verdict},
    numbers::BillNumber,
    procedure::{
        Procedure,
        source::{Decisions, StepSource},
    },
    state::{Case, Status},
};
use smol_str::SmolStr;

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
    OrderRefund { payment: SmolStr, amount: Rials },
    Refunded { payment: SmolStr, amount: Rials },
    Bill,
    Take { step: StepId },
    Return { step: StepId, corrections: Vec<StepId> },
    Complete { step: StepId, outcome: StepId, checklist: Vec<ChecklistAnswer>, documents: Vec<StepId> },
    Grant,
    Refuse { article: StepId },
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
pub(super) fn moves(state: &Permits, id: CaseId, fate: Fate, dice: &mut Dice) -> Vec<Move> {
    let Some(case) = state.case(id).filter(|case| !case.imported) else { return Vec::new() };
    let procedure = state.procedure_of(case);
    let Some(decisions) = procedure.decisions() else { return Vec::new() };
    let later = case.later();
    let mut moves = fate.moves(case, procedure, decisions);
    let mut add = |by, chance, what| moves.push(Move { by, what, chance });
    if let Some(corrections) = &later.returned {
        if fate == Fate::NeverAnswers {
            return moves;
        }
        let known = |document: &StepId| procedure.source().documents.iter().any(|known| known.id == *document);
        let (documents, fields) = corrections.iter().cloned().partition(known);
        add(By::Applicant, 12, What::Answer { fields, documents });
        add(By::Applicant, 1, What::Withdraw);
        return moves;
    }
    if fate != Fate::AgenciesSilent {
        asked(case, procedure, dice, &mut add);
    }
    if let Some(bill) = &later.bill {
        money::moves(case, bill, &decisions.bill, fate, dice, &mut add);
    }
    for open in &case.open {
        let step = procedure.step_at(usize::from(open.place));
        step_moves(procedure, case, step, open.officer.is_some(), fate, dice, &mut add);
    }
    status_moves(case, procedure, decisions, fate, dice, &mut add);
    moves
}

/// What the agencies could answer.
fn asked(case: &Case, procedure: &Procedure, dice: &mut Dice, add: &mut impl FnMut(By, usize, What)) {
    for asked in case.consultations.iter().filter(|asked| asked.verdict.is_none()) {
        let (_, agency) = procedure.agency_at(usize::from(asked.agency));
        let verdict = match dice.below(100) {
            0..=3 => Verdict::Rejects,
            4..=20 => Verdict::ApprovesWithConditions,
            _ => Verdict::Approves,
        };
        // Others have other things to do: about two days, and now and then the deadline passes.
        add(By::Role(agency.role.clone()), 4, What::Agency { agency: agency.agency.clone(), verdict });
    }
}

/// What could be decided about the whole of a case.
fn status_moves(
    case: &Case,
    procedure: &Procedure,
    decisions: &Decisions,
    fate: Fate,
    dice: &mut Dice,
    add: &mut impl FnMut(By, usize, What),
) {
    let by = |role: &RoleId| By::Role(role.clone());
    match case.status {
        Status::InProgress if is_rejected(case, procedure) => {
            let article = article(procedure, dice);
            add(by(&decisions.refuse), 3, What::Refuse { article });
        }
        Status::InProgress if case.open.is_empty() => ready_moves(case, procedure, decisions, add),
        Status::Granted => add(by(&decisions.issue), 8, What::Issue),
        Status::Issued if case.open.is_empty() && fate.finishes() => add(by(&decisions.complete), 3, What::Finish),
        Status::Issued if dice.below(400) == 0 => {
            let article = article(procedure, dice);
            add(by(&decisions.suspend), 100, What::Suspend { article });
        }
        Status::Suspended if fate.finishes() => add(by(&decisions.suspend), 4, What::Reinstate),
        Status::Refused if case.later().objection.is_none() => add(By::Applicant, 3, What::Object),
        Status::Refused => {
            let upheld = dice.percent(30);
            add(by(&decisions.objection), 1, What::DecideObjection { upheld });
        }
        _ => {}
    }
}

/// Whether an agency is against it whose word counts.
fn is_rejected(case: &Case, procedure: &Procedure) -> bool {
    let required = |place: u8| procedure.agency_at(usize::from(place)).1.required;
    case.consultations.iter().any(|asked| asked.verdict == Some(Verdict::Rejects) && required(asked.agency))
}

/// What follows when all steps are done: the licence, unless corrections made it dearer.
fn ready_moves(case: &Case, procedure: &Procedure, decisions: &Decisions, add: &mut impl FnMut(By, usize, What)) {
    let billed = case.later().bill.as_ref().map_or(Rials(0), |bill| bill.billed);
    let due = procedure.estimate(&procedure.scope(&case.facts)).unwrap_or_default();
    if due > billed && case.outstanding().0 == 0 {
        add(By::Role(decisions.bill.clone()), 10, What::Bill);
    } else {
        add(By::Role(decisions.grant.clone()), 10, What::Grant);
    }
}

fn step_moves(
    procedure: &Procedure,
    case: &Case,
    step: &StepSource,
    taken: bool,
    fate: Fate,
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
    if !works && (fate == Fate::NeverAnswers || dice.percent(9)) {
        let corrections = corrections(procedure, step, dice);
        return add(by(), chance, What::Return { step: id(), corrections });
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
    let documents = procedure.source().documents.iter().enumerate();
    let there: Vec<&StepId> =
        documents.filter(|(place, _)| case.documents >> place & 1 == 1).map(|(_, document)| &document.id).collect();
    let documents = step.documents.iter().filter(|document| !there.contains(document)).cloned().collect();
    add(by(), chance, What::Complete { step: id(), outcome, checklist, documents });
}

/// What has to be corrected: one document or field, of the step rather than of the whole.
fn corrections(procedure: &Procedure, step: &StepSource, dice: &mut Dice) -> Vec<StepId> {
    let source = procedure.source();
    let enclosed = fate::enclosed(procedure);
    let of_step: Vec<StepId> = step.documents.iter().filter(|document| enclosed.contains(document)).cloned().collect();
    let mut all = if of_step.is_empty() { enclosed } else { of_step };
    if dice.percent(30) {
        all = source.fields.iter().filter(|field| field.required).map(|field| field.id.clone()).collect();
    }
    vec![dice.pick(&all).clone()]
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

impl What {
    /// Whether whoever does it looks at the file first.
    pub(super) fn looks(&self) -> bool {
        match self {
            What::Complete { .. } | What::Take { .. } | What::Return { .. } | What::Bill => true,
            What::Grant | What::Refuse { .. } | What::Issue | What::DecideObjection { .. } => true,
            What::Agency { .. } | What::Suspend { .. } | What::OrderRefund { .. } => true,
            What::Answer { .. } | What::Pay { .. } | What::Refunded { .. } | What::Object => false,
            What::Withdraw | What::Reinstate | What::Revoke { .. } | What::Finish => false,
        }
    }

    /// The command, with what goes with it.
    pub(super) fn command(self, case: CaseId, with: Attached) -> Command {
        let Attached { facts, documents, note, reference } = with;
        match self {
            What::Answer { .. } => Command::AnswerReturn { case, facts, documents, note },
            What::Agency { agency, verdict } => Command::AnswerConsultation { case, agency, verdict, note },
            What::Pay { bill, amount } => Command::RecordPayment { case, bill, amount, reference },
            What::OrderRefund { payment, amount } => Command::OrderRefund { case, payment, amount, note },
            What::Refunded { payment, .. } => Command::ConfirmRefund { case, payment, reference },
            What::Bill => Command::IssueBill { case },
            What::Take { step } => Command::TakeStep { case, step },
            What::Return { step, corrections } => Command::ReturnCase { case, step, corrections, note },
            What::Complete { step, outcome, checklist, .. } => {
                Command::CompleteStep { case, step, outcome, checklist, documents, note }
            }
            What::Grant => Command::Grant { case },
            What::Refuse { article } => Command::RefuseCase { case, article, note },
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

/// What goes with a command: answers, documents given by their hashes, sealed words, the bank's tracking number.
#[derive(Debug, Default)]
pub(super) struct Attached {
    pub(super) facts: Vec<FactValue>,
    pub(super) documents: Vec<Document>,
    pub(super) note: Option<kernel::Sealed>,
    pub(super) reference: SmolStr,
}
