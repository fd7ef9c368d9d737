//! Figures of the office as sections of a page: each a table, most with a chart of the same numbers.

mod people;

use super::chart::Bars;
use super::glance::{DAYS, Glance};
use super::table::{Cell, Table};
use crate::pages::{Frame, words};
use crate::procedures::Services;
use departments::permit_office::glance::{OLDEST, Waits};
use departments::permit_office::{Holder, Work};
use kernel::{DistrictId, Districts, calendar::DayUnit};
use std::collections::BTreeMap;

/// Bars of a chart; the table has the rest.
const MOST_BARS: usize = 12;

/// A part of the page.
pub(super) struct Section {
    /// Its name in addresses.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) lead: String,
    pub(super) chart: Option<String>,
    pub(super) table: Table,
}

/// Which figures are asked for.
pub(super) struct Filter {
    pub(super) held: Districts,
    pub(super) district: Option<DistrictId>,
    pub(super) procedure: Option<String>,
}

impl Filter {
    fn takes(&self, district: u8) -> bool {
        match self.district {
            Some(asked) => asked.0 == district,
            None => self.held.contains(DistrictId(district)),
        }
    }

    fn waits(&self, waits: &Waits) -> bool {
        self.takes(waits.district) && self.procedure.as_ref().is_none_or(|asked| *asked == waits.procedure)
    }
}

/// What sections are made from.
pub(super) struct Figures<'a> {
    pub(super) page: &'a Frame,
    pub(super) glance: &'a Glance,
    pub(super) services: &'a Services,
    pub(super) filter: &'a Filter,
}

/// Days with how often each came, to find a share of them.
#[derive(Default)]
struct Ages(BTreeMap<u16, i64>);

impl Ages {
    fn add(&mut self, days: u16, count: i64) {
        *self.0.entry(days).or_default() += count;
    }

    /// So many of a hundred took no longer.
    fn share(&self, percent: i64) -> Option<u16> {
        let all: i64 = self.0.values().sum();
        let mut seen = 0;
        self.0
            .iter()
            .find(|(_, count)| {
                seen += **count;
                seen * 100 >= all * percent
            })
            .map(|(days, _)| *days)
    }

    fn cell(days: Option<u16>) -> Cell {
        match days {
            None => Cell::Text("—".to_owned()),
            Some(days) if days >= OLDEST => Cell::AtLeast(i64::from(OLDEST)),
            Some(days) => Cell::Number(i64::from(days)),
        }
    }
}

/// What waits at one place.
#[derive(Default)]
struct Waiting {
    count: i64,
    late: i64,
    with_applicant: i64,
    ages: Ages,
}

impl Waiting {
    fn add(&mut self, waits: &Waits) {
        self.count += waits.count;
        self.late += waits.late;
        self.ages.add(waits.age, waits.count);
        if waits.holder == Holder::Applicant {
            self.with_applicant += waits.count;
        }
    }

    fn cells(&self) -> [Cell; 5] {
        let (median, oldest) = (Ages::cell(self.ages.share(50)), Ages::cell(self.ages.share(100)));
        [Cell::Number(self.count), Cell::Number(self.late), Cell::Number(self.with_applicant), median, oldest]
    }

    fn parts(&self) -> Vec<i64> {
        vec![self.count - self.late - self.with_applicant, self.late, self.with_applicant]
    }
}

impl Figures<'_> {
    pub(super) fn all(&self) -> Vec<Section> {
        vec![self.waits(), self.districts(), self.finished(), self.officers(), self.channels(), self.visits()]
    }

    fn t(&self, fa: &'static str, en: &'static str) -> &'static str {
        words::text(self.page.lang, fa, en)
    }

    fn service(&self, procedure: &str) -> String {
        let title = self.services.title(procedure);
        title.map_or_else(|| procedure.to_owned(), |title| title.get(self.page.lang).to_owned())
    }

    fn work(&self, procedure: &str, work: Work, item: &str) -> String {
        if let Some(decision) = words::decision(self.page.lang, work) {
            return decision.to_owned();
        }
        let title = match work {
            Work::Consultation => self.services.agency(procedure, item),
            Work::Step | Work::Grant | Work::Issue | Work::Objection => self.services.step(procedure, item),
        };
        title.map_or_else(|| item.to_owned(), |title| title.get(self.page.lang).to_owned())
    }

    fn place(&self, district: u8) -> String {
        match district {
            0 => self.t("کل شهر", "Whole city").to_owned(),
            district => format!("{} {}", self.t("منطقه", "District"), self.page.number(&i64::from(district))),
        }
    }

    fn series(&self) -> Vec<&'static str> {
        vec![self.t("در مهلت", "In time"), self.t("از مهلت گذشته", "Late"), self.t("نزد متقاضی", "With the applicant")]
    }

    fn waits(&self) -> Section {
        let mut groups: BTreeMap<(&str, &str, &str), (Work, Waiting)> = BTreeMap::new();
        for waits in self.glance.waits.iter().filter(|waits| self.filter.waits(waits)) {
            let key = (waits.procedure.as_str(), waits.item.as_str(), waits.role.as_str());
            groups.entry(key).or_insert_with(|| (waits.work, Waiting::default())).1.add(waits);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, (_, waiting))| std::cmp::Reverse(waiting.count));
        let bar = |((procedure, item, _), (work, waiting)): &((&str, &str, &str), (Work, Waiting))| {
            (format!("{} – {}", self.work(procedure, *work, item), self.service(procedure)), waiting.parts())
        };
        let bars = groups.iter().take(MOST_BARS).map(bar).collect();
        let row = |((procedure, item, role), (work, waiting)): &((&str, &str, &str), (Work, Waiting))| {
            let role = words::role(self.page.lang, role);
            let named = [self.service(procedure), self.work(procedure, *work, item), role].map(Cell::Text);
            named.into_iter().chain(waiting.cells()).collect()
        };
        let columns = vec![self.t("خدمت", "Service"), self.t("کار", "Work"), self.t("نقش", "Role")];
        Section {
            name: "waits",
            title: self.t("چه در انتظار است و چند روز کاری", "What waits, and how many working days"),
            lead: String::new(),
            chart: self.bars("waits", self.t("شمار کارهای در انتظار", "How much waits"), self.series(), bars),
            table: Table { columns: self.waiting_columns(columns), rows: groups.iter().map(row).collect() },
        }
    }

    fn waiting_columns(&self, mut columns: Vec<&'static str>) -> Vec<&'static str> {
        columns.extend([
            self.t("در انتظار", "Waiting"),
            self.t("دیر", "Late"),
            self.t("نزد متقاضی", "With the applicant"),
            self.t("میانه روز کاری", "Median working days"),
            self.t("بیشترین روز کاری", "Most working days"),
        ]);
        columns
    }

    fn districts(&self) -> Section {
        let mut groups: BTreeMap<u8, Waiting> = BTreeMap::new();
        for waits in self.glance.waits.iter().filter(|waits| self.filter.waits(waits)) {
            groups.entry(waits.district).or_default().add(waits);
        }
        let bars = groups.iter().map(|(district, waiting)| (self.place(*district), waiting.parts())).collect();
        let row = |(district, waiting): (&u8, &Waiting)| {
            std::iter::once(Cell::Text(self.place(*district))).chain(waiting.cells()).collect()
        };
        Section {
            name: "districts",
            title: self.t("کجا در انتظار است", "Where it waits"),
            lead: String::new(),
            chart: self.bars(
                "districts",
                self.t("شمار کارها در هر منطقه", "How much waits in each district"),
                self.series(),
                bars,
            ),
            table: Table {
                columns: self.waiting_columns(vec![self.t("منطقه", "District")]),
                rows: groups.iter().map(row).collect(),
            },
        }
    }

    fn finished(&self) -> Section {
        let mut groups: BTreeMap<&str, Ages> = BTreeMap::new();
        for done in self.glance.finished.iter().filter(|done| self.filter.takes(done.district)) {
            let days = self.glance.calendar.days_between(done.opened, done.ended, DayUnit::Working);
            groups.entry(&done.step).or_default().add(days, done.count);
        }
        let step = |step: &str| {
            self.services.any_step(step).map_or_else(|| step.to_owned(), |title| title.get(self.page.lang).to_owned())
        };
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(_, ages)| std::cmp::Reverse(ages.share(50)));
        let bar = |(id, ages): &(&str, Ages)| (step(id), vec![i64::from(ages.share(50).unwrap_or(0))]);
        let bars = groups.iter().take(MOST_BARS).map(bar).collect();
        let number =
            |days: Option<u16>| days.map_or_else(|| Cell::Text("—".to_owned()), |days| Cell::Number(i64::from(days)));
        let row = |(id, ages): &(&str, Ages)| {
            let count = Cell::Number(ages.0.values().sum());
            vec![Cell::Text(step(id)), count, number(ages.share(50)), number(ages.share(90)), number(ages.share(100))]
        };
        let days = self.page.number(&i64::from(DAYS));
        Section {
            name: "finished",
            title: self.t("گام‌های انجام‌شده و چند روز کاری کشید", "Steps done, and how many working days they took"),
            lead: if self.page.code() == "fa" {
                format!("در {days} روز گذشته")
            } else {
                format!("In the last {days} days")
            },
            chart: self.bars(
                "finished",
                self.t("میانه روز کاری هر گام", "Median working days of each step"),
                Vec::new(),
                bars,
            ),
            table: Table {
                columns: vec![
                    self.t("گام", "Step"),
                    self.t("انجام‌شده", "Done"),
                    self.t("میانه روز کاری", "Median working days"),
                    self.t("نود درصد تا", "Nine of ten within"),
                    self.t("بیشترین", "Most"),
                ],
                rows: groups.iter().map(row).collect(),
            },
        }
    }

    pub(super) fn bars(
        &self,
        id: &'static str,
        title: &'static str,
        series: Vec<&'static str>,
        rows: Vec<(String, Vec<i64>)>,
    ) -> Option<String> {
        let about = self.t("همین عددها در جدول زیر هست.", "The same figures stand in the table below.").to_owned();
        let bars = Bars { id, title: title.to_owned(), about, series, rows };
        (!bars.rows.is_empty()).then(|| bars.svg(self.page))
    }
}

#[cfg(test)]
mod tests {
    use super::Ages;

    #[test]
    fn a_share_of_ages_is_the_least_that_so_many_do_not_pass() {
        let mut ages = Ages::default();
        assert_eq!(ages.share(50), None);
        for (days, count) in [(0, 1), (1, 4), (9, 4), (40, 1)] {
            ages.add(days, count);
        }
        assert_eq!(
            [ages.share(10), ages.share(50), ages.share(90), ages.share(100)],
            [Some(0), Some(1), Some(9), Some(40)]
        );
    }
}
