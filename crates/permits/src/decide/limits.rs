//! How long a text and how many items a command may carry, so that no event outgrows a block or hides a control
//! character. Texts that are not sealed are listed here and nowhere else.

use crate::{
    commands::{Application, Command},
    events::{Party, Title},
    refusal::Refusal,
};
use kernel::Sealed;

/// The longest name, title or unit, in characters.
const MAX_NAME: usize = 200;
/// The longest reference to a case of another system, in characters.
const MAX_REFERENCE: usize = 120;
/// The longest bank reference, in printable ASCII characters.
const MAX_PAYMENT_REFERENCE: usize = 64;
/// The longest sealed field, in bytes: a note of a few thousand characters.
const MAX_SEALED: usize = 16 * 1024;
/// The most facts, documents, answers or corrections in one command.
const MAX_ITEMS: usize = 256;
/// The most departments of a city.
const MAX_DEPARTMENTS: usize = 100;

type Checked = Result<(), Refusal>;

/// Checks every text and list of a command.
pub(super) fn check(command: &Command) -> Checked {
    match command {
        Command::EstablishCity { title, zone, departments, .. } => {
            both("title", title)?;
            text("zone", zone, MAX_NAME)?;
            count("departments", departments.len(), MAX_DEPARTMENTS)?;
            departments.iter().try_for_each(|department| both("departments", &department.title))
        }
        Command::DeclareHoliday { title, .. } => text("title", title, MAX_NAME),
        Command::SetRestDays { days, .. } => count("days", days.len(), 7),
        Command::Apply(application) => check_application(application),
        Command::CompleteStep { checklist, documents, note, .. } => {
            count("checklist", checklist.len(), MAX_ITEMS)?;
            count("documents", documents.len(), MAX_ITEMS)?;
            sealed("note", note.as_ref())
        }
        Command::ReturnCase { corrections, note, .. } => {
            count("corrections", corrections.len(), MAX_ITEMS)?;
            sealed("note", note.as_ref())
        }
        Command::AnswerReturn { facts, documents, note, .. } => {
            count("facts", facts.len(), MAX_ITEMS)?;
            count("documents", documents.len(), MAX_ITEMS)?;
            sealed("note", note.as_ref())
        }
        Command::RecordPayment { reference, .. } => payment_reference("reference", reference),
        Command::ConfirmRefund { payment, reference, .. } => {
            payment_reference("payment", payment)?;
            payment_reference("reference", reference)
        }
        Command::OrderRefund { payment, note, .. } => {
            payment_reference("payment", payment)?;
            sealed("note", note.as_ref())
        }
        Command::AnswerConsultation { note, .. }
        | Command::RefuseCase { note, .. }
        | Command::Suspend { note, .. }
        | Command::Revoke { note, .. }
        | Command::Object { note, .. }
        | Command::DecideObjection { note, .. } => sealed("note", note.as_ref()),
        Command::Transfer { to, .. } => party("to", to),
        Command::RecordStep { name, actor, unit, lifecycle, .. } => {
            text("name", name, MAX_NAME)?;
            unit.iter().try_for_each(|unit| text("unit", unit, MAX_NAME))?;
            lifecycle.iter().try_for_each(|lifecycle| text("lifecycle", lifecycle, MAX_NAME))?;
            sealed("actor", actor.as_ref())
        }
        // A procedure's text has its own limit; the others carry only ids, numbers and dates.
        Command::PublishProcedure { .. }
        | Command::WithdrawHoliday { .. }
        | Command::DeclareKin { .. }
        | Command::ForgetPerson { .. }
        | Command::Withdraw { .. }
        | Command::TakeStep { .. }
        | Command::Consult { .. }
        | Command::IssueBill { .. }
        | Command::ViewFile { .. }
        | Command::ExtendDeadline { .. }
        | Command::Grant { .. }
        | Command::IssueLicence { .. }
        | Command::Reinstate { .. }
        | Command::Renew { .. }
        | Command::CompleteWork { .. }
        | Command::CloseRecord { .. }
        | Command::PassDeadline { .. }
        | Command::RecomputeDeadlines { .. } => Ok(()),
    }
}

fn check_application(application: &Application) -> Checked {
    count("facts", application.facts.len(), MAX_ITEMS)?;
    count("documents", application.documents.len(), MAX_ITEMS)?;
    application.origin.iter().try_for_each(|origin| text("origin", &origin.reference, MAX_REFERENCE))?;
    application.applicant.iter().try_for_each(|applicant| party("applicant", applicant))
}

fn both(field: &str, title: &Title) -> Checked {
    text(field, &title.fa, MAX_NAME)?;
    text(field, &title.en, MAX_NAME)
}

fn text(field: &str, text: &str, max: usize) -> Checked {
    if text.chars().count() > max {
        return Err(Refusal::TextTooLong { field: field.into(), max: max as u32 });
    }
    if text.chars().any(kernel::text::is_unsafe) {
        return Err(Refusal::TextForbidden { field: field.into() });
    }
    Ok(())
}

fn payment_reference(field: &str, reference: &str) -> Checked {
    if reference.chars().count() > MAX_PAYMENT_REFERENCE {
        return Err(Refusal::TextTooLong { field: field.into(), max: MAX_PAYMENT_REFERENCE as u32 });
    }
    if reference.is_empty() || !reference.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refusal::TextForbidden { field: field.into() });
    }
    Ok(())
}

fn sealed(field: &str, note: Option<&Sealed>) -> Checked {
    match note {
        Some(sealed) if sealed.bytes.len() > MAX_SEALED => {
            Err(Refusal::TextTooLong { field: field.into(), max: MAX_SEALED as u32 })
        }
        Some(_) | None => Ok(()),
    }
}

/// A person's fields are sealed under that person's key, or forgetting them would leave the fields open.
fn party(field: &str, party: &Party) -> Checked {
    let fields = [Some(&party.name), party.mobile.as_ref(), party.address.as_ref()];
    for one in fields {
        sealed(field, one)?;
        if one.is_some_and(|sealed| sealed.person != party.person) {
            return Err(Refusal::SealedForOther { field: field.into() });
        }
    }
    Ok(())
}

fn count(field: &str, items: usize, max: usize) -> Checked {
    if items > max { Err(Refusal::TooMany { field: field.into(), max: max as u32 }) } else { Ok(()) }
}
