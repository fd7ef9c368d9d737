//! One line of a desk: a piece of work as an officer reads it.

use super::super::{Frame, words};
use crate::access::Caller;
use crate::procedures::Services;
use departments::permit_office::{Holder, InboxItem, Work};
use kernel::{Instant, WorkCalendar, calendar::DayUnit};

/// What lines are made with.
pub(super) struct Lines<'a> {
    pub(super) page: &'a Frame,
    pub(super) services: &'a Services,
    pub(super) calendar: &'a WorkCalendar,
    pub(super) caller: &'a Caller,
    pub(super) now: Instant,
}

/// A piece of work.
pub(super) struct Line {
    pub(super) case: String,
    pub(super) service: String,
    pub(super) what: String,
    /// The step that can be taken from here.
    pub(super) takes: Option<String>,
    pub(super) district: u8,
    pub(super) parcel: Option<String>,
    /// Moments, as RFC 3339.
    pub(super) since: String,
    pub(super) due: Option<String>,
    /// How far that is, in working days.
    pub(super) left: String,
    pub(super) is_late: bool,
    pub(super) is_with_applicant: bool,
    pub(super) is_escalated: bool,
    /// Whose desk it is on.
    pub(super) officer: &'static str,
}

impl Lines<'_> {
    pub(super) fn line(&self, item: InboxItem) -> Line {
        let (page, own) = (self.page, self.caller.person().to_string());
        let officer = match &item.officer {
            None => page.t("هیچ‌کس", "Nobody"),
            Some(officer) if *officer == own => page.t("من", "Me"),
            Some(_) => page.t("همکار", "A colleague"),
        };
        let is_with_applicant = item.holder == Holder::Applicant;
        let is_own = item.role == self.caller.actor.role.as_str();
        let free = item.work == Work::Step && item.officer.is_none() && is_own && !is_with_applicant;
        let due = item.due.as_ref().map(|due| due.at.clone());
        let is_late = !is_with_applicant && due.as_deref().and_then(parse).is_some_and(|due| due < self.now);
        Line {
            service: self.service(&item),
            what: self.what(&item),
            takes: item.step.clone().filter(|_| free),
            left: due.as_deref().map_or_else(String::new, |due| self.left(due)),
            case: item.case,
            district: item.district,
            parcel: item.parcel,
            since: item.opened_at.at,
            due,
            is_late,
            is_with_applicant,
            is_escalated: !is_own,
            officer,
        }
    }

    fn service(&self, item: &InboxItem) -> String {
        let title = self.services.title(&item.procedure);
        title.map_or_else(|| item.procedure.clone(), |title| title.get(self.page.lang).to_owned())
    }

    fn what(&self, item: &InboxItem) -> String {
        if let Some(decision) = words::decision(self.page.lang, item.work) {
            return decision.to_owned();
        }
        let title = match item.work {
            Work::Consultation => self.services.agency(&item.procedure, &item.item),
            Work::Step | Work::Grant | Work::Issue | Work::Objection => self.services.step(&item.procedure, &item.item),
        };
        let title = title.map_or_else(|| item.item.clone(), |title| title.get(self.page.lang).to_owned());
        if item.work == Work::Consultation {
            format!("{}: {title}", self.page.t("استعلام", "Inquiry"))
        } else {
            title
        }
    }

    /// `۲ روز کاری مانده`.
    fn left(&self, due: &str) -> String {
        let Some(due) = parse(due) else { return String::new() };
        let (page, zone) = (self.page, &self.page.site.zone);
        let (today, day) = (zone.date(self.now), zone.date(due));
        let (from, to, late) = if due < self.now { (day, today, true) } else { (today, day, false) };
        let days = page.number(&i64::from(self.calendar.days_between(from, to, DayUnit::Working)));
        match (page.lang, late) {
            (kernel::Lang::Fa, true) => format!("{days} روز کاری گذشته"),
            (kernel::Lang::Fa, false) => format!("{days} روز کاری مانده"),
            (kernel::Lang::En, true) => format!("{days} working days late"),
            (kernel::Lang::En, false) => format!("{days} working days left"),
        }
    }
}

fn parse(at: &str) -> Option<Instant> {
    Instant::parse_rfc3339(at).ok()
}
