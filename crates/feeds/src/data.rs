//! What a department is told of an event: the bodies of the feeds, one struct a kind of event.
//!
//! Stable ids, rials, districts, steps, and the names that the city's own procedures give them. No person, no sealed
//! field, no note, no hash of a document and no text that somebody typed: there is no field to put them in. A body only
//! ever gets new fields; whatever would change the meaning of one is a new version of its kind.

mod bodies;

pub use bodies::*;

use permits::procedure::source::Text;
use schemars::JsonSchema;
use serde::Serialize;

/// A name in both languages, as the city wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Title<'a> {
    /// Persian.
    pub fa: &'a str,
    /// English.
    pub en: &'a str,
}

impl<'a> From<&'a Text> for Title<'a> {
    fn from(text: &'a Text) -> Title<'a> {
        Title { fa: &text.fa, en: &text.en }
    }
}

/// Something that a procedure or the charter names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Named<'a> {
    /// a-z, 0-9 and dashes; stable.
    pub id: &'a str,
    /// Its name; absent where the procedure of the case does not name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Title<'a>>,
}

/// Which case, as every event about a case says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Case<'a> {
    /// The service.
    pub procedure: Named<'a>,
    /// The version of the procedure that the case keeps.
    pub version: u32,
    /// The district, from 1.
    pub district: u8,
}

/// A deadline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Due {
    /// The last moment that is still in time, RFC 3339 in UTC.
    pub at: String,
    /// The version of the city's calendar that it was worked out with.
    pub calendar: u32,
}

/// An answered field of an application: a number, yes or no, or one of the procedure's choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Value<'a> {
    /// A whole number in the field's unit.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// The id of a choice.
    Choice(&'a str),
}

/// One answered field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fact<'a> {
    /// The field's id.
    pub field: &'a str,
    /// The answer.
    pub value: Value<'a>,
}

/// What a deadline belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Clock {
    /// The date promised to the applicant.
    Promise,
    /// A step.
    Step,
    /// An agency's answer.
    Consultation,
    /// The decision about an objection.
    Objection,
    /// The payment of a bill.
    Bill,
}

/// Why a deadline is not where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The applicant had the case; the clock stood still.
    Resumed,
    /// Extended, once, by a decision.
    Extended,
    /// The city's calendar changed.
    Calendar,
}

/// An agency's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Yes.
    Approves,
    /// Yes, if.
    ApprovesWithConditions,
    /// No.
    Rejects,
}

/// Why money goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Refund {
    /// More came in than was outstanding.
    Surplus,
    /// It came in when the case had ended.
    CaseEnded,
    /// The office that bills decided it.
    Decided,
}

/// A line of a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BillLine<'a> {
    /// Which fee.
    pub fee: Named<'a>,
    /// In rials.
    pub amount: i64,
}

/// A step of a procedure and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProcedureStep<'a> {
    /// The step.
    pub step: Named<'a>,
    /// The role that does it.
    pub role: &'a str,
    /// The department whose desk it is on.
    pub department: &'a str,
}

/// A kind of event as feeds name it.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// The last token of its subject, and the middle of its type: `step-opened`.
    pub name: &'static str,
    /// The version of its body.
    pub version: u8,
    /// Whether it is about a case; else it is about the city.
    pub of_case: bool,
    /// What it says, in Persian.
    pub fa: &'static str,
    /// The schema of its own fields.
    pub schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

macro_rules! kinds {
    ($life:lifetime; $($name:ident($body:ty), $kind:literal, $of_case:literal, $fa:literal;)*) => {
        /// What a department is told of one event.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        #[allow(missing_docs, reason = "each is named as its body")]
        pub enum Data<$life> {
            $($name($body),)*
        }
        /// Every kind of event that feeds have, in the order of [`Data`].
        pub const KINDS: &[Kind] = &[$(Kind {
            name: $kind,
            version: 1,
            of_case: $of_case,
            fa: $fa,
            schema: |generator| generator.subschema_for::<$name>(),
        },)*];
        impl Data<'_> {
            /// Its kind.
            #[must_use]
            pub fn kind(&self) -> &'static Kind {
                &KINDS[self.place()]
            }
            fn place(&self) -> usize {
                // The variants are counted in the order in which they and their kinds are listed.
                let mut place = 0;
                $(if matches!(self, Data::$name(_)) { return place; } place += 1;)*
                place
            }
        }
    };
}

kinds! {
    'a;
    CityEstablished(CityEstablished<'a>), "city-established", false, "شهر دفترهای خود را گشود";
    ProcedurePublished(ProcedurePublished<'a>), "procedure-published", false, "نسخهٔ تازه‌ای از یک روند منتشر شد";
    HolidayDeclared(HolidayDeclared), "holiday-declared", false, "روزی تعطیل شد";
    HolidayWithdrawn(HolidayWithdrawn), "holiday-withdrawn", false, "تعطیلی روزی برداشته شد";
    RestDaysSet(RestDaysSet<'a>), "rest-days-set", false, "هفتهٔ کاری تغییر کرد";
    ApplicationSubmitted(ApplicationSubmitted<'a>), "application-submitted", true, "درخواستی ثبت شد";
    ApplicationWithdrawn(ApplicationWithdrawn), "application-withdrawn", true, "متقاضی درخواست را پس گرفت";
    StepOpened(StepOpened<'a>), "step-opened", true, "گامی در انتظار انجام است";
    StepSkipped(StepSkipped<'a>), "step-skipped", true, "گامی برای این پرونده لازم نیست";
    StepTaken(StepTaken<'a>), "step-taken", true, "کارشناسی گام را به دست گرفت";
    StepCancelled(StepCancelled<'a>), "step-cancelled", true, "گامی دیگر لازم نیست";
    StepCompleted(StepCompleted<'a>), "step-completed", true, "گامی انجام شد";
    CaseReturned(CaseReturned<'a>), "case-returned", true, "پرونده برای اصلاح به متقاضی برگشت";
    ReturnAnswered(ReturnAnswered<'a>), "return-answered", true, "متقاضی پاسخ داد";
    DeadlineMoved(DeadlineMoved<'a>), "deadline-moved", true, "مهلتی جابه‌جا شد";
    DeadlinePassed(DeadlinePassed<'a>), "deadline-passed", true, "مهلتی گذشت";
    ConsultationRequested(ConsultationRequested<'a>), "consultation-requested", true, "از دستگاهی استعلام شد";
    ConsultationAnswered(ConsultationAnswered<'a>), "consultation-answered", true, "دستگاهی به استعلام پاسخ داد";
    ConsultationCancelled(ConsultationCancelled<'a>), "consultation-cancelled", true, "استعلام دیگر لازم نیست";
    BillIssued(BillIssued<'a>), "bill-issued", true, "فیش عوارض صادر شد";
    PaymentReceived(PaymentReceived), "payment-received", true, "پرداختی رسید";
    RefundOrdered(RefundOrdered), "refund-ordered", true, "بازگرداندن پول دستور داده شد";
    RefundPaid(RefundPaid), "refund-paid", true, "پول بازگردانده شد";
    CaseRefused(CaseRefused<'a>), "case-refused", true, "درخواست رد شد";
    PermitGranted(PermitGranted), "permit-granted", true, "با درخواست موافقت شد";
    LicenceIssued(LicenceIssued), "licence-issued", true, "پروانه صادر شد";
    LicenceSuspended(LicenceSuspended<'a>), "licence-suspended", true, "پروانه تعلیق شد";
    LicenceReinstated(LicenceReinstated), "licence-reinstated", true, "تعلیق پروانه برداشته شد";
    LicenceRevoked(LicenceRevoked<'a>), "licence-revoked", true, "پروانه باطل شد";
    LicenceRenewed(LicenceRenewed), "licence-renewed", true, "پروانه تمدید شد";
    LicenceTransferred(LicenceTransferred), "licence-transferred", true, "پروانه منتقل شد";
    WorkCompleted(WorkCompleted), "work-completed", true, "گواهی پایان کار صادر شد";
    ObjectionRaised(ObjectionRaised), "objection-raised", true, "متقاضی اعتراض کرد";
    ObjectionDecided(ObjectionDecided<'a>), "objection-decided", true, "دربارهٔ اعتراض تصمیم گرفته شد";
    CutOverBreached(CutOverBreached), "cut-over-breached", true, "مراجعهٔ حضوری پس از پایان خدمت حضوری";
    StepRecorded(StepRecorded), "step-recorded", true, "گامی از سامانهٔ دیگر ثبت شد";
    RecordClosed(RecordClosed), "record-closed", true, "پروندهٔ سامانهٔ دیگر بسته شد";
}
