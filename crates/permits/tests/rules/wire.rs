//! Stored events: what is written is read back, and bytes that nobody wrote are refused, never a panic.

use super::harness::stored;
use kernel::*;
use permits::{Event, Permits, events::*, numbers::*, wire::CODES};
use proptest::{collection::vec, option, prelude::*};
use smol_str::SmolStr;

fn slug<T: std::str::FromStr<Err = ids::InvalidId> + std::fmt::Debug>() -> impl Strategy<Value = T> {
    "[a-z0-9-]{1,24}".prop_map(|text| text.parse().unwrap())
}
fn text() -> impl Strategy<Value = SmolStr> {
    "[ -~آ-ی]{0,30}".prop_map(SmolStr::from)
}
fn title() -> impl Strategy<Value = Title> {
    ("[آ-ی ]{0,9}", "[ -~]{0,9}").prop_map(|(fa, en)| Title { fa, en })
}
fn person() -> impl Strategy<Value = PersonId> {
    any::<u128>().prop_map(|n| PersonId(uuid::Uuid::from_u128(n)))
}
fn sealed() -> impl Strategy<Value = Sealed> {
    (person(), vec(any::<u8>(), 0..50)).prop_map(|(person, bytes)| Sealed { person, bytes })
}
fn note() -> impl Strategy<Value = Option<Sealed>> {
    option::of(sealed())
}
fn date() -> impl Strategy<Value = Date> {
    any::<i32>().prop_map(Date)
}
fn instant() -> impl Strategy<Value = Instant> {
    any::<i64>().prop_map(Instant)
}
fn rials() -> impl Strategy<Value = Rials> {
    any::<i64>().prop_map(Rials)
}
fn district() -> impl Strategy<Value = DistrictId> {
    any::<u8>().prop_map(DistrictId)
}
fn parcel() -> impl Strategy<Value = ParcelId> {
    "[0-9A-Z/-]{1,20}".prop_map(|text| text.parse().unwrap())
}
fn deadline() -> impl Strategy<Value = Deadline> {
    let rule = prop_oneof![Just(StartRule::SameDay), Just(StartRule::NextDay), Just(StartRule::NextWorkingDay)];
    let unit = prop_oneof![Just(DayUnit::Calendar), Just(DayUnit::Working)];
    (date(), option::of(rule), any::<u16>(), unit, instant(), any::<u32>(), any::<bool>()).prop_map(
        |(start, rule, days, unit, due, calendar, extended)| Deadline {
            start,
            rule,
            days,
            unit,
            due,
            calendar,
            extended,
        },
    )
}
fn clock() -> impl Strategy<Value = Clock> {
    let plain = prop_oneof![Just(Clock::Promise), Just(Clock::Objection), Just(Clock::Bill)];
    prop_oneof![plain, slug().prop_map(Clock::Step), slug().prop_map(Clock::Consultation)]
}
fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![Just(Verdict::Approves), Just(Verdict::ApprovesWithConditions), Just(Verdict::Rejects)]
}
fn facts() -> impl Strategy<Value = Vec<FactValue>> {
    let value = prop_oneof![
        any::<i64>().prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Flag),
        slug().prop_map(Value::Choice)
    ];
    vec((slug(), value).prop_map(|(field, value)| FactValue { field, value }), 0..4)
}
fn documents() -> impl Strategy<Value = Vec<Document>> {
    vec((slug(), any::<[u8; 32]>()).prop_map(|(kind, sha256)| Document { kind, sha256 }), 0..3)
}
fn party() -> impl Strategy<Value = Party> {
    (person(), sealed(), note(), note()).prop_map(|(person, name, mobile, address)| Party {
        person,
        name,
        mobile,
        address,
    })
}
fn weekdays() -> impl Strategy<Value = Vec<Weekday>> {
    vec((0..7_usize).prop_map(|day| Weekday::ALL[day]), 0..7)
}
fn bill() -> impl Strategy<Value = BillNumber> {
    (any::<u16>(), any::<u32>()).prop_map(|(year, serial)| BillNumber::new(year, serial))
}

fn submitted() -> impl Strategy<Value = ApplicationSubmitted> {
    let origin = option::of(text().prop_map(|reference| Origin { reference }));
    let who = (option::of(party()), option::of(person()));
    let what = (facts(), documents(), option::of(deadline()), rials(), origin);
    (slug(), any::<u32>(), district(), option::of(parcel()), who, what).prop_map(
        |(procedure, version, district, parcel, (applicant, agent), (facts, documents, promise, estimate, origin))| {
            ApplicationSubmitted {
                procedure,
                version,
                district,
                parcel,
                applicant,
                agent,
                facts,
                documents,
                promise,
                estimate,
                origin,
            }
        },
    )
}

fn completed() -> impl Strategy<Value = StepCompleted> {
    let checklist = vec((slug(), any::<bool>()).prop_map(|(item, holds)| ChecklistAnswer { item, holds }), 0..4);
    (slug(), district(), slug(), checklist, documents(), note(), option::of(slug()), any::<bool>()).prop_map(
        |(step, district, outcome, checklist, documents, note, back_to, by_silence)| StepCompleted {
            step,
            district,
            outcome,
            checklist,
            documents,
            note,
            back_to,
            by_silence,
        },
    )
}

/// Any event: `made!(Name { field: strategy, … })`.
macro_rules! made {
    ($name:ident {}) => { Just(Event::from($name {})).boxed() };
    ($name:ident { $($field:ident: $strategy:expr),+ $(,)? }) => {
        ($($strategy,)+).prop_map(|($($field,)+)| Event::from($name { $($field),+ })).boxed()
    };
}

/// Events of the city.
fn city(code: u16) -> Option<BoxedStrategy<Event>> {
    let department = || (slug(), title()).prop_map(|(id, title)| Department { id, title });
    Some(match code {
        1 => made!(CityEstablished {
            title: title(),
            zone: text(),
            districts: any::<u8>(),
            departments: vec(department(), 0..3)
        }),
        2 => made!(ProcedurePublished { procedure: slug(), version: any::<u32>(), source: "[ -~آ-ی]{0,60}" }),
        3 => made!(HolidayDeclared { date: date(), title: text(), calendar: any::<u32>() }),
        4 => made!(HolidayWithdrawn { date: date(), calendar: any::<u32>() }),
        5 => made!(RestDaysSet { from: date(), days: weekdays(), calendar: any::<u32>() }),
        6 => made!(KinDeclared { officer: person(), kin: person(), relation: slug() }),
        7 => made!(PersonForgotten { person: person() }),
        _ => return None,
    })
}

/// Events of a case until it is decided.
fn application(code: u16) -> Option<BoxedStrategy<Event>> {
    Some(match code {
        20 => submitted().prop_map(Event::from).boxed(),
        21 => made!(ApplicationWithdrawn {}),
        22 => made!(StepOpened {
            step: slug(),
            role: slug(),
            department: slug(),
            district: district(),
            deadline: option::of(deadline())
        }),
        23 => made!(StepSkipped { step: slug() }),
        24 => made!(StepTaken { step: slug(), district: district(), officer: person() }),
        25 => completed().prop_map(Event::from).boxed(),
        26 => made!(CaseReturned { step: slug(), corrections: vec(slug(), 0..4), note: note() }),
        27 => made!(ReturnAnswered { facts: facts(), documents: documents(), note: note(), estimate: rials() }),
        28 => made!(DeadlineMoved {
            clock: clock(),
            deadline: deadline(),
            why: prop_oneof![Just(Moved::Resumed), Just(Moved::Extended), Just(Moved::Calendar)]
        }),
        29 => made!(DeadlinePassed {
            clock: clock(),
            district: district(),
            due: instant(),
            escalated_to: option::of(slug())
        }),
        30 => made!(ConsultationRequested {
            agency: slug(),
            role: slug(),
            district: district(),
            step: slug(),
            required: any::<bool>(),
            deadline: option::of(deadline())
        }),
        31 => {
            made!(ConsultationAnswered { agency: slug(), verdict: verdict(), note: note(), by_silence: any::<bool>() })
        }
        48 => made!(StepCancelled { step: slug(), district: district() }),
        49 => made!(ConsultationCancelled { agency: slug(), district: district() }),
        52 => made!(FileViewed {
            district: district(),
            document: option::of((slug(), any::<[u8; 32]>()).prop_map(|(kind, sha256)| Document { kind, sha256 }))
        }),
        _ => return None,
    })
}

/// Events of bills and of money that comes in and goes back.
fn money(code: u16) -> Option<BoxedStrategy<Event>> {
    Some(match code {
        32 => {
            let lines = vec((slug(), rials()).prop_map(|(fee, amount)| BillLine { fee, amount }), 0..4);
            made!(BillIssued {
                bill: bill(),
                district: district(),
                lines: lines,
                total: rials(),
                deadline: option::of(deadline())
            })
        }
        33 => made!(PaymentReceived {
            bill: bill(),
            district: district(),
            amount: rials(),
            reference: text(),
            outstanding: rials()
        }),
        50 => made!(RefundOrdered {
            bill: bill(),
            district: district(),
            payment: text(),
            amount: rials(),
            reason: prop_oneof![
                Just(RefundReason::Surplus),
                Just(RefundReason::CaseEnded),
                Just(RefundReason::Decided)
            ],
            note: note()
        }),
        51 => made!(RefundPaid {
            bill: bill(),
            district: district(),
            payment: text(),
            amount: rials(),
            reference: text()
        }),
        _ => return None,
    })
}

/// Events of the decision, of the licence's life, and of imported logs.
fn decision(code: u16) -> Option<BoxedStrategy<Event>> {
    let licence = (any::<u16>(), any::<u32>()).prop_map(|(year, serial)| LicenceNumber::new(year, serial));
    let certificate = (any::<u16>(), any::<u32>()).prop_map(|(year, serial)| CertificateNumber::new(year, serial));
    Some(match code {
        34 => made!(CaseRefused { article: option::of(slug()), note: note() }),
        35 => made!(PermitGranted {}),
        36 => made!(LicenceIssued { licence: licence, district: district(), valid_until: date() }),
        37 => made!(LicenceSuspended { article: slug(), note: note() }),
        38 => made!(LicenceReinstated {}),
        39 => made!(LicenceRevoked { article: slug(), note: note() }),
        40 => made!(LicenceRenewed { valid_until: date() }),
        41 => made!(LicenceTransferred { to: party() }),
        42 => made!(WorkCompleted { certificate: certificate }),
        43 => made!(ObjectionRaised { note: note(), deadline: option::of(deadline()) }),
        44 => made!(ObjectionDecided { upheld: any::<bool>(), note: note(), back_to: option::of(slug()) }),
        45 => made!(CutOverBreached { channel: text(), district: district(), since: date() }),
        46 => {
            made!(StepRecorded { name: text(), actor: note(), unit: option::of(text()), lifecycle: option::of(text()) })
        }
        47 => made!(RecordClosed {}),
        _ => return None,
    })
}

/// Any event of a code.
pub(super) fn event(code: u16) -> BoxedStrategy<Event> {
    let made = city(code).or_else(|| application(code)).or_else(|| money(code)).or_else(|| decision(code));
    made.unwrap_or_else(|| panic!("how is an event of code {code} made up?"))
}

fn any_event() -> impl Strategy<Value = Event> {
    proptest::sample::select(CODES).prop_flat_map(|(code, _)| event(code))
}

#[test]
fn codes_are_unique_and_named() {
    let codes: std::collections::BTreeSet<u16> = CODES.iter().map(|(code, _)| *code).collect();
    let names: std::collections::BTreeSet<&str> = CODES.iter().map(|(_, name)| *name).collect();
    assert_eq!((codes.len(), names.len()), (CODES.len(), CODES.len()));
}

#[test]
fn what_no_daftar_wrote_is_said_so() {
    for (code, version) in [(0, 1), (999, 1), (20, 0), (20, 2)] {
        assert_eq!(Permits::decode(&stored(code, version, vec![])), Err(WireError::UnknownEvent { code, version }));
    }
    let error = Permits::decode(&stored(35, 1, vec![0])).unwrap_err();
    assert!(error.to_string().contains("PermitGranted") && error.to_string().contains("1 bytes too many"), "{error}");
    let error = Permits::decode(&stored(23, 1, vec![])).unwrap_err();
    assert!(matches!(error, WireError::Malformed { what: "StepSkipped", .. }));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(event in any_event()) {
        let stored = Permits::encode(&event);
        prop_assert_eq!((stored.code, event.name()), (event.code(), event.name()));
        prop_assert_eq!(Permits::decode(&stored), Ok(event));
    }

    #[test]
    fn a_cut_or_lengthened_event_is_refused(event in any_event(), cut in any::<prop::sample::Index>()) {
        let whole = Permits::encode(&event);
        if !whole.body.is_empty() {
            let short = whole.body[..cut.index(whole.body.len())].to_vec();
            prop_assert!(Permits::decode(&stored(whole.code, 1, short)).is_err());
        }
        let mut long = whole.body.to_vec();
        long.push(0);
        prop_assert!(Permits::decode(&stored(whole.code, 1, long)).is_err());
    }

    #[test]
    fn garbage_is_refused_or_canonical(code in proptest::sample::select(CODES), bytes in vec(any::<u8>(), 0..120)) {
        if let Ok(event) = Permits::decode(&stored(code.0, 1, bytes)) {
            prop_assert_eq!(Permits::decode(&Permits::encode(&event)), Ok(event));
        }
    }

    #[test]
    fn a_flipped_bit_never_panics(event in any_event(), at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut body = Permits::encode(&event).body.into_owned();
        if !body.is_empty() {
            let at = at.index(body.len());
            body[at] ^= 1 << bit;
            let _ = Permits::decode(&stored(event.code(), 1, body));
        }
    }

    #[test]
    fn a_broken_snapshot_is_refused(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Permits::restore(&bytes);
    }
}
