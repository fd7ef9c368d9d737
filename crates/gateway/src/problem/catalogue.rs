//! Every class of problem: its status, and what it says where it has nothing more exact to say.

use axum::http::StatusCode;
use kernel::{Lang, Message};

macro_rules! kinds {
    ($($name:ident $status:ident $code:literal $(retry $seconds:literal)?;
       $title_fa:literal, $title_en:literal; $fa:literal; $en:literal;)*) => {
        /// A class of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind {
            $(#[doc = $en] $name,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Kind] = &[$(Kind::$name,)*];

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> StatusCode {
                match self { $(Kind::$name => StatusCode::$status,)* }
            }
            /// A constant word.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Kind::$name => $code,)* }
            }
            /// A few words for the class.
            #[must_use]
            pub fn title(self, lang: Lang) -> &'static str {
                match (self, lang) { $((Kind::$name, Lang::Fa) => $title_fa, (Kind::$name, Lang::En) => $title_en,)* }
            }
            /// What it says where nothing more exact is known.
            #[must_use]
            pub fn message(self) -> Message {
                let (fa, en) = match self { $(Kind::$name => ($fa, $en),)* };
                Message { code: self.code().to_owned(), field: None, fa: fa.to_owned(), en: en.to_owned() }
            }
            /// After how many seconds trying again can help.
            #[must_use]
            pub fn retry_after(self) -> Option<u16> {
                match self { $(Kind::$name => kinds!(@retry $($seconds)?),)* }
            }
        }
    };
    (@retry) => { None };
    (@retry $seconds:literal) => { Some($seconds) };
}

kinds! {
    BadRequest BAD_REQUEST "bad-request"; "درخواست نادرست", "Bad request";
        "درخواست خوانا نیست."; "The request cannot be read.";
    JsonSyntax BAD_REQUEST "json-syntax"; "درخواست نادرست", "Bad request";
        "متن درخواست JSON درستی نیست."; "The body is not valid JSON.";
    InvalidBody UNPROCESSABLE_ENTITY "invalid-body"; "فیلد نادرست", "Invalid field";
        "یکی از فیلدهای درخواست از نوع یا نام دیگری است."; "A field of the body has another name or type than it should.";
    InvalidField UNPROCESSABLE_ENTITY "invalid-field"; "فیلد نادرست", "Invalid field";
        "یکی از فیلدها نادرست است."; "A field is not valid.";
    InvalidQuery BAD_REQUEST "invalid-query"; "پرسش نادرست", "Invalid query";
        "پارامترهای نشانی نادرست است."; "The query of the address is not valid.";
    InvalidHeader BAD_REQUEST "invalid-header"; "سرآیند نادرست", "Invalid header";
        "یکی از سرآیندها نادرست است."; "A header is not valid.";
    Unauthenticated UNAUTHORIZED "unauthenticated"; "ورود لازم است", "Sign-in needed";
        "توکن معتبری همراه درخواست نیست."; "The request has no valid token.";
    Forbidden FORBIDDEN "forbidden"; "اجازه ندارید", "Not allowed";
        "نقش شما اجازه این کار را ندارد."; "Your role may not do this.";
    NotFound NOT_FOUND "not-found"; "پیدا نشد", "Not found";
        "چنین نشانی‌ای نیست."; "There is nothing at this address.";
    MethodNotAllowed METHOD_NOT_ALLOWED "method-not-allowed"; "روش نادرست", "Method not allowed";
        "این نشانی این روش HTTP را ندارد."; "This address does not have that HTTP method.";
    Conflict CONFLICT "conflict"; "در این وضع شدنی نیست", "Not possible now";
        "وضع کنونی اجازه این کار را نمی‌دهد."; "The present state does not allow this.";
    TooLarge PAYLOAD_TOO_LARGE "body-too-large"; "درخواست بزرگ است", "Too large";
        "متن درخواست بیش از ۶۴ کیبی‌بایت است."; "The body is larger than 64 KiB.";
    WrongType UNSUPPORTED_MEDIA_TYPE "wrong-content-type"; "نوع محتوای نادرست", "Wrong content type";
        "نوع محتوای درخواست پذیرفته نیست."; "The content type of the request is not accepted.";
    RequestTimeout REQUEST_TIMEOUT "request-timeout"; "درخواست کند بود", "Request too slow";
        "متن درخواست به‌موقع نرسید."; "The body did not arrive in time.";
    Internal INTERNAL_SERVER_ERROR "internal"; "خطای داخلی", "Internal error";
        "خطایی در سامانه رخ داد و ثبت شد."; "Something failed here; it was recorded.";
    Overloaded SERVICE_UNAVAILABLE "overloaded" retry 1; "سامانه شلوغ است", "Overloaded";
        "درخواست‌های زیادی در جریان است؛ کمی بعد دوباره بفرستید."; "Too many requests are being served; try again shortly.";
    Busy SERVICE_UNAVAILABLE "busy" retry 1; "سامانه شلوغ است", "Busy";
        "فرمان‌های زیادی در صف است؛ چیزی عوض نشد. کمی بعد دوباره بفرستید."; "Too many commands are waiting; nothing changed. Try again shortly.";
    NotCaughtUp SERVICE_UNAVAILABLE "not-caught-up" retry 1; "هنوز آماده نیست", "Not caught up";
        "نمای خواندنی هنوز به این جایگاه نرسیده است؛ کمی بعد دوباره بخوانید."; "The read model has not reached that position yet; try again shortly.";
    RegistrarDown SERVICE_UNAVAILABLE "registrar-not-running" retry 2; "ثبت ممکن نیست", "Register not available";
        "دفتر ثبت پاسخ نمی‌دهد؛ چیزی عوض نشد."; "The registrar is not running; nothing changed.";
    OutcomeUnknown GATEWAY_TIMEOUT "outcome-unknown" retry 2; "نتیجه معلوم نیست", "Outcome unknown";
        "پاسخی به‌موقع نرسید و معلوم نیست فرمان ثبت شد یا نه؛ با همان Idempotency-Key دوباره بفرستید.";
        "No answer came in time and the outcome is unknown; repeat it with the same Idempotency-Key.";
    LogUnavailable SERVICE_UNAVAILABLE "register-unavailable" retry 2; "ثبت ممکن نیست", "Register not available";
        "دفتر اکنون نوشتنی نیست و معلوم نیست فرمان ثبت شد یا نه؛ با همان Idempotency-Key دوباره بفرستید.";
        "The register cannot be written now and the outcome is unknown; repeat it with the same Idempotency-Key.";
    DiskFull INSUFFICIENT_STORAGE "storage-full" retry 30; "جای ذخیره پر است", "Storage full";
        "جای ذخیره دفتر پر است؛ فرمان ثبت نشد یا نتیجه‌اش معلوم نیست. بعداً با همان Idempotency-Key دوباره بفرستید.";
        "The register's storage is full; repeat it later with the same Idempotency-Key.";
    ReadUnavailable SERVICE_UNAVAILABLE "read-model-unavailable" retry 2; "خواندن ممکن نیست", "Reading not available";
        "پایگاه داده پاسخ نمی‌دهد؛ کمی بعد دوباره بخوانید."; "The database does not answer; try again shortly.";
    VaultUnavailable SERVICE_UNAVAILABLE "vault-unavailable" retry 2; "گنجه کلید در دسترس نیست", "Vault not available";
        "گنجه کلیدها پاسخ نمی‌دهد؛ چیزی عوض نشد."; "The vault does not answer; nothing changed.";
    DocumentsUnavailable SERVICE_UNAVAILABLE "documents-unavailable" retry 5; "مدارک در دسترس نیست", "Documents not available";
        "جای نگهداری مدارک پاسخ درستی نمی‌دهد؛ چیزی عوض نشد. کمی بعد دوباره بکوشید.";
        "Where documents are kept does not answer properly; nothing changed. Try again shortly.";
    BankUnavailable SERVICE_UNAVAILABLE "bank-unavailable" retry 5; "بانک پاسخ نمی‌دهد", "Bank not available";
        "بانک پاسخ درستی نمی‌دهد. پولی که پرداخت شده باشد گم نمی‌شود و تا چند دقیقه دیگر خودبه‌خود ثبت می‌شود؛ برای پرداخت کمی بعد دوباره بکوشید.";
        "The bank gives no proper answer. Money that was paid is not lost and is booked by itself within minutes; to pay, try again shortly.";
    NoBank CONFLICT "no-online-payment"; "پرداخت برخط نیست", "No online payment";
        "این شهر پرداخت برخط ندارد."; "This city has no online payment.";
    NothingDue CONFLICT "nothing-due"; "چیزی برای پرداخت نیست", "Nothing to pay";
        "این پرونده صورت‌حساب پرداخت‌نشده‌ای ندارد."; "This case has no bill that is to be paid.";
    UnknownPayment NOT_FOUND "unknown-payment-attempt"; "پرداخت ناشناخته", "Unknown payment";
        "بانک چنین پرداختی نمی‌شناسد و چیزی ثبت نشد."; "The bank knows no such payment, and nothing was booked.";
    Timeout SERVICE_UNAVAILABLE "timeout" retry 2; "پاسخ دیر شد", "Timed out";
        "پاسخ به‌موقع آماده نشد؛ اگر فرمانی فرستادید با همان Idempotency-Key دوباره بفرستید.";
        "The answer was not ready in time; if this was a command, repeat it with the same Idempotency-Key.";
}

impl Kind {
    /// The class that an answer without words has by its status: what the HTTP library itself refused.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Kind {
        match status {
            StatusCode::UNAUTHORIZED => Kind::Unauthenticated,
            StatusCode::FORBIDDEN => Kind::Forbidden,
            StatusCode::NOT_FOUND => Kind::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Kind::MethodNotAllowed,
            StatusCode::CONFLICT => Kind::Conflict,
            StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Kind::WrongType,
            StatusCode::REQUEST_TIMEOUT => Kind::RequestTimeout,
            StatusCode::UNPROCESSABLE_ENTITY => Kind::InvalidField,
            status if status.is_client_error() => Kind::BadRequest,
            StatusCode::SERVICE_UNAVAILABLE => Kind::Overloaded,
            _ => Kind::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_own_code_and_speaks_both_languages() {
        let mut codes: Vec<&str> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            let message = kind.message();
            assert!(message.en.is_ascii() && message.fa.chars().any(|c| ('آ'..='ی').contains(&c)), "{kind:?}");
            assert!(!kind.status().is_success());
        }
    }

    #[test]
    fn a_bare_status_keeps_itself() {
        for status in [401, 403, 404, 405, 408, 409, 413, 415, 422, 500, 503] {
            assert_eq!(Kind::of_status(StatusCode::from_u16(status).unwrap()).status().as_u16(), status);
        }
        assert_eq!(Kind::of_status(StatusCode::IM_A_TEAPOT), Kind::BadRequest);
    }
}
