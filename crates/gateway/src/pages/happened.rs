//! What happened to a case, in plain words: an event's name, what it is about in the procedure's own words, and by whom.

use super::{Frame, words};
use departments::permit_office::Happened;
use kernel::StepId;
use permits::procedure::Procedure;

/// A line of a timeline.
pub(super) struct Line {
    pub(super) at: String,
    pub(super) text: String,
    /// The role that did it.
    pub(super) role: String,
    pub(super) note: Option<String>,
}

/// Every event that a case can have, in both languages.
const SENTENCES: &[(&str, &str, &str)] = &[
    ("ApplicationSubmitted", "درخواست ثبت شد", "Application submitted"),
    ("ApplicationWithdrawn", "درخواست پس گرفته شد", "Application withdrawn"),
    ("StepOpened", "گام آغاز شد", "Step opened"),
    ("StepSkipped", "گام لازم نبود", "Step not needed"),
    ("StepTaken", "کارشناس کار را برداشت", "Taken by an officer"),
    ("StepCompleted", "گام انجام شد", "Step done"),
    ("StepCancelled", "گام کنار گذاشته شد", "Step called off"),
    ("CaseReturned", "برای اصلاح برگردانده شد", "Returned for correction"),
    ("ReturnAnswered", "متقاضی اصلاح کرد", "Corrected by the applicant"),
    ("DeadlineMoved", "مهلت جابه‌جا شد", "Deadline moved"),
    ("DeadlinePassed", "مهلت گذشت", "Deadline passed"),
    ("ConsultationRequested", "استعلام شد", "Agency asked"),
    ("ConsultationAnswered", "پاسخ استعلام رسید", "Agency answered"),
    ("ConsultationCancelled", "استعلام کنار گذاشته شد", "Consultation called off"),
    ("BillIssued", "فیش صادر شد", "Bill issued"),
    ("PaymentReceived", "پرداخت شد", "Payment received"),
    ("RefundOrdered", "بازگشت وجه مقرر شد", "Refund ordered"),
    ("RefundPaid", "وجه بازگردانده شد", "Refund paid"),
    ("CaseRefused", "درخواست رد شد", "Application refused"),
    ("PermitGranted", "با درخواست موافقت شد", "Application granted"),
    ("LicenceIssued", "پروانه صادر شد", "Licence issued"),
    ("LicenceSuspended", "پروانه معلق شد", "Licence suspended"),
    ("LicenceReinstated", "تعلیق پروانه برداشته شد", "Suspension ended"),
    ("LicenceRevoked", "پروانه باطل شد", "Licence revoked"),
    ("LicenceRenewed", "پروانه تمدید شد", "Licence renewed"),
    ("LicenceTransferred", "پروانه به دارنده دیگری رسید", "Licence has another holder"),
    ("WorkCompleted", "پایان کار صادر شد", "Completion certified"),
    ("ObjectionRaised", "متقاضی اعتراض کرد", "Objection raised"),
    ("ObjectionDecided", "به اعتراض رسیدگی شد", "Objection decided"),
    ("CutOverBreached", "مراجعه حضوری پس از موعد برخط شدن", "Visit in person after the cut-over"),
    ("StepRecorded", "گامی از سامانه دیگر", "Step of another system"),
    ("RecordClosed", "پرونده در سامانه دیگر بسته شد", "Closed in the other system"),
];

/// The newest first.
pub(super) fn lines(page: &Frame, procedure: &Procedure, all: &[Happened]) -> Vec<Line> {
    all.iter().rev().map(|one| line(page, procedure, one)).collect()
}

fn line(page: &Frame, procedure: &Procedure, one: &Happened) -> Line {
    let known = SENTENCES.iter().find(|(event, _, _)| *event == one.event);
    let text = known.map_or(one.event.as_str(), |(_, fa, en)| page.t(fa, en));
    let about = one.subject.as_deref().map(|subject| subject_in(page, procedure, subject));
    let text = about.map_or_else(|| text.to_owned(), |about| format!("{text}: {about}"));
    let (at, role) = (page.moment(&one.recorded_at.at), words::role(page.lang, &one.role));
    Line { at, text, role, note: one.note.clone() }
}

/// A step or an agency by its name; a number in the reader's digits.
fn subject_in(page: &Frame, procedure: &Procedure, subject: &str) -> String {
    let id: Option<StepId> = subject.parse().ok();
    let step = id.as_ref().and_then(|id| procedure.step(id)).map(|(_, step)| &step.title);
    let agency = id.as_ref().and_then(|id| procedure.agency(id)).map(|(_, agency)| &agency.title);
    match step.or(agency) {
        Some(title) => page.t(&title.fa, &title.en).to_owned(),
        None if subject == "promise" => page.t("موعد قول‌داده‌شده", "the promised date").to_owned(),
        None => page.digits(&subject),
    }
}
