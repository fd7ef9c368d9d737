//! Which facts a command adds, or why it is refused: one arm a command, each a short function named for its rule.

mod application;
mod city;
mod clock;
mod consultations;
mod draft;
mod guards;
mod licence;
mod limits;
mod money;
mod objections;
mod records;
mod steps;
mod views;

use crate::{commands::Command, events::Event, refusal::Refusal, state::Permits};
use draft::Asking;
use kernel::{Envelope, Fact, Instant};

pub(crate) use clock::tick;

type Decision = Result<Vec<Fact<Event>>, Refusal>;

pub(crate) fn decide(state: &Permits, envelope: &Envelope<Command>, now: Instant) -> Decision {
    limits::check(&envelope.command)?;
    answer(&Asking::new(state, envelope, now)?, &envelope.command)
}

fn answer(asking: &Asking, command: &Command) -> Decision {
    match command {
        Command::EstablishCity { title, zone, districts, departments } => {
            city::establish(asking, title, zone, *districts, departments)
        }
        Command::PublishProcedure { source } => city::publish_procedure(asking, source),
        Command::DeclareHoliday { date, title } => city::declare_holiday(asking, *date, title),
        Command::WithdrawHoliday { date } => city::withdraw_holiday(asking, *date),
        Command::SetRestDays { from, days } => city::set_rest_days(asking, *from, days),
        Command::DeclareKin { officer, kin, relation } => city::declare_kin(asking, *officer, *kin, relation),
        Command::ForgetPerson { person } => city::forget_person(asking, *person),

        Command::Apply(application) => application::apply(asking, application),
        Command::Withdraw { case } => application::withdraw(asking.about(*case)?),
        Command::ReturnCase { case, step, corrections, note } => {
            application::return_case(asking.about(*case)?, step, corrections, note.as_ref())
        }
        Command::AnswerReturn { case, facts, documents, note } => {
            application::answer_return(asking.about(*case)?, facts, documents, note.as_ref())
        }
        Command::TakeStep { case, step } => steps::take(asking.about(*case)?, step),
        Command::CompleteStep { case, step, outcome, checklist, documents, note } => {
            let work = steps::Work { step, outcome, checklist, documents, note: note.as_ref() };
            steps::complete(asking.about(*case)?, &work)
        }
        Command::ViewFile { case, document } => views::view(asking.about(*case)?, document.as_ref()),
        Command::ExtendDeadline { case, step } => steps::extend(asking.about(*case)?, step.as_ref()),
        Command::Consult { case, step, agency } => consultations::consult(asking.about(*case)?, step, agency),
        Command::AnswerConsultation { case, agency, verdict, note } => {
            consultations::answer(asking.about(*case)?, agency, *verdict, note.as_ref())
        }

        Command::IssueBill { case } => money::issue_bill(asking.about(*case)?),
        Command::RecordPayment { case, bill, amount, reference } => {
            money::record_payment(asking.about(*case)?, *bill, *amount, reference)
        }
        Command::OrderRefund { case, payment, amount, note } => {
            money::order_refund(asking.about(*case)?, payment, *amount, note.as_ref())
        }
        Command::ConfirmRefund { case, payment, reference } => {
            money::confirm_refund(asking.about(*case)?, payment, reference)
        }

        Command::RefuseCase { case, article, note } => licence::refuse(asking.about(*case)?, article, note.as_ref()),
        Command::Grant { case } => licence::grant(asking.about(*case)?),
        Command::IssueLicence { case } => licence::issue(asking.about(*case)?),
        Command::Suspend { case, article, note } => licence::suspend(asking.about(*case)?, article, note.as_ref()),
        Command::Reinstate { case } => licence::reinstate(asking.about(*case)?),
        Command::Revoke { case, article, note } => licence::revoke(asking.about(*case)?, article, note.as_ref()),
        Command::Renew { case } => licence::renew(asking.about(*case)?),
        Command::Transfer { case, to } => licence::transfer(asking.about(*case)?, to),
        Command::CompleteWork { case } => licence::complete_work(asking.about(*case)?),

        Command::Object { case, note } => objections::object(asking.about(*case)?, note.as_ref()),
        Command::DecideObjection { case, upheld, note } => {
            objections::decide(asking.about(*case)?, *upheld, note.as_ref())
        }

        Command::RecordStep { case, name, actor, unit, lifecycle } => {
            let step =
                records::Recorded { name, actor: actor.as_ref(), unit: unit.as_ref(), lifecycle: lifecycle.as_ref() };
            records::record_step(asking.about(*case)?, &step)
        }
        Command::CloseRecord { case } => records::close(asking.about(*case)?),

        Command::PassDeadline { case } => clock::pass_deadline(asking.about(*case)?),
        Command::RecomputeDeadlines { case } => clock::recompute(asking.about(*case)?),
    }
}
