//! The only place that turns events into stored bytes and back. Codes and versions are only ever added.

#[allow(missing_docs, reason = "field names of stored events are their documentation")]
pub mod v1;

use crate::events::Event;
use kernel::{Stored, WireError};
use serde::{Serialize, de::DeserializeOwned};
use std::borrow::Cow;

macro_rules! stored_events {
    ($($code:literal $name:ident;)*) => {
        /// Every code ever stored, with its event's name.
        pub const CODES: &[(u16, &str)] = &[$(($code, stringify!($name)),)*];

        /// The stored form of an event.
        #[must_use]
        pub fn encode(event: &Event) -> Stored<'static> {
            match event {
                $(Event::$name(body) => stored($code, body),)*
            }
        }

        /// Reads any version ever stored, lifted to the newest.
        ///
        /// # Errors
        /// When no event has this code and version, or the body does not decode to its last byte.
        pub fn decode(stored: &Stored<'_>) -> Result<Event, WireError> {
            match (stored.code, stored.version) {
                $(($code, 1) => body(stringify!($name), &stored.body).map(Event::$name),)*
                (code, version) => Err(WireError::UnknownEvent { code, version }),
            }
        }

        impl Event {
            /// The event's stored code.
            #[must_use]
            pub fn code(&self) -> u16 {
                match self {
                    $(Event::$name(_) => $code,)*
                }
            }
            /// The event's name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Event::$name(_) => stringify!($name),)*
                }
            }
        }
    };
}

stored_events! {
    1 CityEstablished;
    2 ProcedurePublished;
    3 HolidayDeclared;
    4 HolidayWithdrawn;
    5 RestDaysSet;
    6 KinDeclared;
    7 PersonForgotten;
    20 ApplicationSubmitted;
    21 ApplicationWithdrawn;
    22 StepOpened;
    23 StepSkipped;
    24 StepTaken;
    25 StepCompleted;
    26 CaseReturned;
    27 ReturnAnswered;
    28 DeadlineMoved;
    29 DeadlinePassed;
    30 ConsultationRequested;
    31 ConsultationAnswered;
    32 BillIssued;
    33 PaymentReceived;
    34 CaseRefused;
    35 PermitGranted;
    36 LicenceIssued;
    37 LicenceSuspended;
    38 LicenceReinstated;
    39 LicenceRevoked;
    40 LicenceRenewed;
    41 LicenceTransferred;
    42 WorkCompleted;
    43 ObjectionRaised;
    44 ObjectionDecided;
    45 CutOverBreached;
    46 StepRecorded;
    47 RecordClosed;
    48 StepCancelled;
    49 ConsultationCancelled;
    50 RefundOrdered;
    51 RefundPaid;
    52 FileViewed;
}

fn stored<T: Serialize>(code: u16, body: &T) -> Stored<'static> {
    let body = postcard::to_stdvec(body).expect("an event of plain fields always encodes");
    Stored { code, version: 1, body: Cow::Owned(body) }
}

pub(crate) fn body<T: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<T, WireError> {
    let malformed = |why: String| WireError::Malformed { what, why };
    let (event, rest) = postcard::take_from_bytes(bytes).map_err(|error| malformed(error.to_string()))?;
    if rest.is_empty() {
        return Ok(event);
    }
    Err(malformed(format!("{} bytes too many", rest.len())))
}
