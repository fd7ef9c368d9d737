//! Why a command was not accepted: one line of the table a reason, with its field and its rule in both languages.

use kernel::{CaseId, DistrictId, Lang, Message, Rials, RoleId, StepId, text::fa_digits};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

macro_rules! refusals {
    ($($name:ident { $($arg:ident: $type:ty),* } $code:literal $(on $field:expr)?; $fa:literal; $en:literal;)*) => {
        /// The typed reason why a command was not accepted. Nothing changed.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "each variant's sentence in the table is its documentation")]
        pub enum Refusal {
            $(#[doc = $en] $name { $($arg: $type),* },)*
        }

        impl Refusal {
            /// A short constant name.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self {
                    $(Refusal::$name { .. } => $code,)*
                }
            }

            /// The reason in both languages, with the field of the request that it is about.
            #[must_use]
            #[allow(unused_variables, reason = "not every sentence uses every argument")]
            pub fn message(&self) -> Message {
                match self {
                    $(Refusal::$name { $($arg),* } => Message {
                        code: $code.to_owned(),
                        field: refusals!(@field $($field)?),
                        fa: fa_digits(&format!($fa)),
                        en: format!($en),
                    },)*
                }
            }
        }
    };
    (@field) => { None };
    (@field $field:expr) => { Some($field.to_string()) };
}

refusals! {
    CityNotEstablished {} "city-not-established"; "شهر هنوز برپا نشده است"; "the city is not established yet";
    CityEstablishedAlready {} "city-established"; "شهر پیش از این برپا شده است"; "the city is established already";
    UnknownZone { zone: SmolStr } "unknown-zone" on "zone";
        "منطقه زمانی {zone} شناخته نیست"; "{zone} is not a time zone of the IANA list";
    ProcedureInvalid { why: String } "procedure-invalid" on "source";
        "رویه پذیرفته نشد: {why}"; "the procedure is not valid: {why}";
    ProcedureVersionNotNext { version: u32, next: u32 } "procedure-version-not-next" on "version";
        "نسخه بعدی این رویه {next} است، نه {version}"; "the next version of this procedure is {next}, not {version}";
    HolidayDeclaredAlready {} "holiday-declared" on "date"; "این روز پیش از این تعطیل اعلام شده است"; "that day is a holiday already";
    HolidayNotDeclared {} "holiday-not-declared" on "date"; "این روز تعطیل اعلام نشده است"; "that day was not declared a holiday";
    WeekWithoutWork {} "week-without-work" on "days"; "هفته باید دست‌کم یک روز کاری داشته باشد"; "a week must have at least one working day";
    KinOfOneself {} "kin-of-oneself" on "kin"; "کسی خویشاوند خود نیست"; "nobody is their own relative";
    KinDeclaredAlready {} "kin-declared" on "kin"; "این خویشاوندی پیش از این اعلام شده است"; "that relation is declared already";
    ForgottenAlready {} "forgotten-already" on "person"; "این شخص پیش از این فراموش شده است"; "that person is forgotten already";

    DistrictsOutOfRange { max: u8 } "districts-out-of-range" on "districts";
        "شمار منطقه‌ها باید از ۱ تا {max} باشد"; "there must be 1 to {max} districts";
    ForgottenPerson {} "person-forgotten" on "applicant";
        "این شخص فراموش شده است و پرونده تازه‌ای نمی‌گیرد"; "that person is forgotten and can have no new part in a case";
    TextTooLong { field: SmolStr, max: u32 } "text-too-long" on field;
        "{field} نباید بیش از {max} نویسه باشد"; "{field} may have at most {max} characters";
    TextForbidden { field: SmolStr } "text-forbidden-character" on field;
        "{field} تهی است یا نویسه پنهان یا کنترلی دارد"; "{field} is empty or has a hidden or control character";
    TooMany { field: SmolStr, max: u32 } "too-many" on field;
        "{field} نباید بیش از {max} تا باشد"; "there may be at most {max} of {field}";
    SealedForOther { field: SmolStr } "sealed-for-other" on field;
        "{field} با کلید شخص دیگری بسته شده است"; "{field} is sealed under another person's key";

    RoleMayNot { role: RoleId, needed: RoleId } "role-may-not";
        "این کار با نقش «{needed}» است و نقش شما «{role}» است"; "this belongs to the role {needed}; you act as {role}";
    DistrictNotYours { district: DistrictId } "district-not-yours";
        "نقش شما در منطقه {district} نیست"; "your role does not hold in district {district}";
    OwnCase {} "own-case"; "هیچ‌کس در پرونده خود تصمیم نمی‌گیرد"; "no officer may act on a case of their own";
    CaseOfKin {} "case-of-kin"; "هیچ‌کس در پرونده خویشاوند خود تصمیم نمی‌گیرد"; "no officer may act on a case of their declared kin";
    NotYourCase {} "not-your-case"; "این پرونده از آنِ شما نیست"; "this case is not yours";
    UnknownCase { case: CaseId } "unknown-case" on "case"; "پرونده‌ای به شماره {case} نیست"; "there is no case {case}";
    OccurredInFuture {} "occurred-in-future" on "occurred_at"; "زمان رویداد در آینده است"; "what happened cannot lie in the future";
    MayNotBackdate {} "may-not-backdate" on "occurred_at";
        "ثبت با تاریخ گذشته فقط برای درون‌ریزی است"; "only an import may record with an earlier date";

    UnknownProcedure { procedure: SmolStr } "unknown-procedure" on "procedure";
        "خدمتی به نام {procedure} نیست"; "there is no procedure {procedure}";
    UnknownDistrict { district: DistrictId, districts: u8 } "unknown-district" on "district";
        "منطقه {district} نیست؛ منطقه‌ها از ۱ تا {districts} اند"; "there is no district {district}; they are 1 to {districts}";
    ApplicantMissing {} "applicant-missing" on "applicant"; "متقاضی معلوم نیست"; "the applicant is missing";
    ParcelMissing {} "parcel-missing" on "parcel"; "کد نوسازی ملک لازم است"; "this procedure needs the parcel";
    ParcelHasLiveApplication { case: CaseId } "parcel-has-live-application" on "parcel";
        "برای این ملک پرونده {case} در جریان است"; "case {case} for this parcel is still open";
    UnknownField { field: StepId } "unknown-field" on format!("facts.{field}");
        "این خدمت فیلد {field} ندارد"; "this procedure has no field {field}";
    FieldMissing { field: StepId } "field-missing" on format!("facts.{field}");
        "فیلد {field} لازم است"; "the field {field} is required";
    FieldKind { field: StepId, kind: SmolStr } "field-kind" on format!("facts.{field}");
        "مقدار {field} باید از نوع {kind} باشد"; "{field} must be of the kind {kind}";
    FieldOutOfRange { field: StepId, min: i64, max: i64 } "field-out-of-range" on format!("facts.{field}");
        "مقدار {field} باید از {min} تا {max} باشد"; "{field} must be from {min} to {max}";
    FieldTwice { field: StepId } "field-twice" on format!("facts.{field}");
        "فیلد {field} دو بار آمده است"; "the field {field} is given twice";
    UnknownDocument { document: StepId } "unknown-document" on "documents";
        "این خدمت مدرکی به نام {document} ندارد"; "this procedure has no document {document}";
    DocumentMissing { document: StepId } "document-missing" on "documents";
        "مدرک {document} لازم است"; "the document {document} is required";
    NotEligible { rule: StepId } "not-eligible" on "facts";
        "شرط «{rule}» این خدمت برقرار نیست"; "the procedure's condition {rule} does not hold";
    OnlyImported {} "only-imported" on "origin";
        "این رویه فقط پرونده‌های سامانه‌های دیگر را نگه می‌دارد"; "this procedure only keeps cases imported from other systems";
    OnlyImporterMayImport {} "only-importer" on "origin";
        "فقط نقش درون‌ریز می‌تواند پرونده سامانه دیگر را ثبت کند"; "only the role importer may record cases of other systems";

    CaseIsNot { status: SmolStr, needed: SmolStr } "case-is-not";
        "وضع پرونده «{status}» است؛ این کار در وضع «{needed}» شدنی است"; "the case is {status}; this needs it to be {needed}";
    CaseWithApplicant {} "case-with-applicant"; "پرونده نزد متقاضی است"; "the case is with the applicant";
    CaseNotReturned {} "case-not-returned"; "پرونده برای اصلاح بازگردانده نشده است"; "the case was not returned for correction";
    CorrectionMissing { correction: StepId } "correction-missing" on correction;
        "اصلاح {correction} نیامده است"; "the correction of {correction} is missing";
    UnknownCorrection { correction: StepId } "unknown-correction" on "corrections";
        "{correction} نه فیلد این خدمت است و نه مدرک آن"; "{correction} is neither a field nor a document of this procedure";
    CorrectionNotAsked { correction: StepId } "correction-not-asked" on format!("facts.{correction}");
        "اصلاح {correction} خواسته نشده است"; "a correction of {correction} was not asked for";
    UnknownStep { step: StepId } "unknown-step" on "step"; "این خدمت گامی به نام {step} ندارد"; "this procedure has no step {step}";
    UnknownStepName { name: SmolStr } "unknown-step" on "step";
        "این خدمت گامی به نام «{name}» ندارد"; "this procedure has no step named {name}";
    StepNotOpen { step: StepId } "step-not-open" on "step"; "گام {step} باز نیست"; "the step {step} is not open";
    StepTakenByOther { step: StepId } "step-taken" on "step"; "گام {step} روی میز همکار دیگری است"; "the step {step} is on another officer's desk";
    UnknownOutcome { outcome: StepId } "unknown-outcome" on "outcome";
        "این گام نتیجه‌ای به نام {outcome} ندارد"; "this step has no outcome {outcome}";
    UnknownChecklistItem { item: StepId } "unknown-checklist-item" on format!("checklist.{item}");
        "این گام بند بازبینی {item} ندارد"; "this step's checklist has no item {item}";
    ChecklistIncomplete { item: StepId } "checklist-incomplete" on format!("checklist.{item}");
        "بند بازبینی {item} باید برقرار باشد"; "the checklist item {item} must hold";
    ChecklistTwice { item: StepId } "checklist-twice" on format!("checklist.{item}");
        "بند بازبینی {item} دو بار آمده است"; "the checklist item {item} is answered twice";
    StepsPending { step: StepId } "steps-pending" on "step"; "گام {step} هنوز انجام نشده است"; "the step {step} is not done yet";

    UnknownAgency { agency: StepId } "unknown-agency" on "agency"; "این گام از {agency} استعلام ندارد"; "this step does not consult {agency}";
    ConsultationOpen { agency: StepId } "consultation-open" on "agency"; "استعلام از {agency} بی‌پاسخ مانده است"; "the consultation of {agency} is still open";
    ConsultationNotOpen { agency: StepId } "consultation-not-open" on "agency"; "استعلام بازی از {agency} نیست"; "no consultation of {agency} is open";
    ConsultationRejected { agency: StepId } "consultation-rejected" on "agency"; "{agency} مخالفت کرده است"; "{agency} has rejected the application";

    BillExists {} "bill-exists"; "فیش عوارض صادر شده است"; "a bill is issued already";
    BillMissing {} "bill-missing"; "فیش عوارض هنوز صادر نشده است"; "the fees are not billed yet";
    BillUnpaid { outstanding: Rials } "bill-unpaid"; "{outstanding} ریال از عوارض پرداخت نشده است"; "{outstanding} rials of the bill are not paid yet";
    NothingToBill {} "nothing-to-bill"; "این پرونده عوارضی ندارد"; "this case has no fees";
    UnknownBill {} "unknown-bill" on "bill"; "چنین فیشی در این پرونده نیست"; "this case has no such bill";
    AmountNotPositive {} "amount-not-positive" on "amount"; "مبلغ باید بیش از صفر باشد"; "the amount must be more than zero";
    AmountTooLarge { outstanding: Rials } "amount-too-large" on "amount";
        "فقط {outstanding} ریال مانده است"; "only {outstanding} rials are outstanding";
    PaymentBooked { reference: SmolStr } "payment-booked" on "reference";
        "پرداخت {reference} پیش از این ثبت شده است"; "the payment {reference} is booked already";
    UnknownPayment { reference: SmolStr } "unknown-payment" on "payment";
        "پرداختی به شماره {reference} در این پرونده نیست"; "this case has no payment {reference}";
    RefundPending { reference: SmolStr } "refund-pending" on "payment";
        "بازگرداندن پرداخت {reference} هنوز در راه است"; "a refund of the payment {reference} is still on its way";
    RefundTooLarge { refundable: Rials } "refund-too-large" on "amount";
        "از این پرداخت {refundable} ریال بازگرداندنی است"; "{refundable} rials of this payment can be given back";
    NoRefundPending { reference: SmolStr } "no-refund-pending" on "payment";
        "برای پرداخت {reference} بازپرداختی در راه نیست"; "no refund of the payment {reference} is on its way";
    OnlyOfficersView {} "only-officers-view";
        "فقط نگاه کارمندان به پرونده ثبت می‌شود"; "only an officer's look at a file is recorded";
    FeeNotComputable { fee: StepId, why: SmolStr } "fee-not-computable" on "facts";
        "عوارض {fee} حساب نشد: {why}"; "the fee {fee} cannot be computed: {why}";

    UnknownArticle { article: StepId } "unknown-article" on "article";
        "{article} از ماده‌های این خدمت نیست"; "{article} is not one of this procedure's articles";
    NoDeadline {} "no-deadline" on "step"; "این گام مهلتی ندارد"; "there is no deadline to extend";
    ExtensionUsed {} "extension-used" on "step"; "مهلت یک بار تمدید شده است"; "the deadline was extended once already";
    ExtensionTooLate {} "extension-too-late" on "step"; "مهلت گذشته است و تمدید نمی‌شود"; "the deadline has passed and can no longer be extended";
    NoExtension {} "no-extension" on "step"; "این مهلت تمدیدپذیر نیست"; "this deadline may not be extended";
    NoDeadlinePassed {} "no-deadline-passed"; "مهلتی نگذشته است"; "no deadline has passed";
    CalendarUnchanged {} "calendar-unchanged"; "تقویم تغییر نکرده است"; "no deadline was computed under an older calendar";
    NoRenewal {} "no-renewal"; "این پروانه دیگر تمدیدپذیر نیست"; "this licence may not be renewed again";
    ObjectionOpen {} "objection-open"; "اعتراضی در دست بررسی است"; "an objection is open already";
    NoObjection {} "no-objection"; "اعتراضی در دست بررسی نیست"; "no objection is open";
    ObjectionTooLate {} "objection-too-late"; "مهلت اعتراض گذشته است"; "the time to object has passed";
    NoObjectionAllowed {} "no-objection-allowed"; "این خدمت اعتراض ندارد"; "this procedure knows no objection";
    NotObserved {} "not-observed";
        "گام‌های این خدمت باید اعلام‌شده باشند؛ ثبت آزاد فقط در رویه مشاهده‌ای است"; "this procedure's steps are declared; free recording needs an observed one";
    IsObserved {} "is-observed";
        "این پرونده از سامانه دیگری خوانده شده و فقط ثبت می‌شود"; "this case is only observed: it is decided in another system";
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.message().text(Lang::En))
    }
}

impl std::error::Error for Refusal {}
