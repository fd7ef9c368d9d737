//! How much each officer has, and how people come.

use super::super::table::{Cell, Table, month};
use super::{Figures, Section};
use crate::pages::words;
use departments::permit_office::glance::Came;
use std::collections::{BTreeMap, BTreeSet};

/// Officers in a chart; the table has the rest.
const MOST_OFFICERS: usize = 15;

impl Figures<'_> {
    pub(super) fn officers(&self) -> Section {
        let mut loads: Vec<_> = self
            .glance
            .loads
            .iter()
            .filter(|load| self.filter.takes(load.district))
            .fold(BTreeMap::new(), |mut all, load| {
                let sums: &mut [i64; 4] = all.entry((load.officer, load.role.as_str())).or_default();
                for (sum, one) in sums.iter_mut().zip([load.open, load.late, load.week, load.month]) {
                    *sum += one;
                }
                all
            })
            .into_iter()
            .collect();
        loads.sort_by_key(|(_, sums)| std::cmp::Reverse(sums[0]));
        let code = |person: &kernel::PersonId| person.to_string().chars().take(8).collect::<String>();
        let bar = |((officer, role), sums): &((kernel::PersonId, &str), [i64; 4])| {
            (format!("{} {}", words::role(self.page.lang, role), code(officer)), vec![sums[0] - sums[1], sums[1]])
        };
        let bars = loads.iter().take(MOST_OFFICERS).map(bar).collect();
        let row = |((officer, role), sums): &((kernel::PersonId, &str), [i64; 4])| {
            let named = [code(officer), words::role(self.page.lang, role)].map(Cell::Text);
            named.into_iter().chain(sums.map(Cell::Number)).collect()
        };
        let series = vec![self.t("در مهلت", "In time"), self.t("از مهلت گذشته", "Late")];
        Section {
            name: "officers",
            title: self.t("بار هر کارمند", "Load of each officer"),
            lead: self
                .t("هر کارمند با شناسه‌اش؛ نام‌ها اینجا نیست.", "Each officer by id; no names are kept here.")
                .to_owned(),
            chart: self.bars(
                "officers",
                self.t("کارهای روی میز هر کارمند", "Work on each officer's desk"),
                series,
                bars,
            ),
            table: Table {
                columns: vec![
                    self.t("کارمند", "Officer"),
                    self.t("نقش", "Role"),
                    self.t("روی میز", "On the desk"),
                    self.t("دیر", "Late"),
                    self.t("انجام‌شده در هفته", "Done in a week"),
                    self.t("انجام‌شده در ماه", "Done in a month"),
                ],
                rows: loads.iter().map(row).collect(),
            },
        }
    }

    /// Counts by month and channel; the most used channels first.
    fn by_month<'a>(&self, came: impl Iterator<Item = &'a Came>) -> (Vec<BTreeMap<&'a str, i64>>, BTreeSet<&'a str>) {
        let mut months = vec![BTreeMap::new(); self.glance.months.starts().len()];
        let mut channels = BTreeSet::new();
        for came in came.filter(|came| self.filter.takes(came.district)) {
            if let Some(month) = months.get_mut(came.month) {
                *month.entry(came.channel.as_str()).or_default() += came.count;
                channels.insert(came.channel.as_str());
            }
        }
        (months, channels)
    }

    pub(super) fn channels(&self) -> Section {
        let (months, channels) = self.by_month(self.glance.came.iter());
        // Four ways are told apart in a chart, the others together.
        let known = ["online", "office", "phone"];
        let parts = |month: &BTreeMap<&str, i64>| {
            let mut parts: Vec<i64> = known.iter().map(|channel| month.get(channel).copied().unwrap_or(0)).collect();
            parts.push(month.values().sum::<i64>() - parts.iter().sum::<i64>());
            parts
        };
        let named = self.glance.months.starts().iter().zip(&months);
        let bars = named.clone().map(|(start, counts)| (month(self.page, *start), parts(counts))).collect();
        let mut series: Vec<&'static str> =
            vec![self.t("اینترنتی", "Online"), self.t("حضوری", "In person"), self.t("تلفنی", "By telephone")];
        series.push(self.t("دیگر", "Other"));
        let row = |(start, counts): (&kernel::Date, &BTreeMap<&str, i64>)| {
            let all: i64 = counts.values().sum();
            let online = counts.get("online").copied().unwrap_or(0);
            let share =
                if all == 0 { Cell::Text("—".to_owned()) } else { Cell::Percent((online * 100 + all / 2) / all) };
            let parts = parts(counts).into_iter().map(Cell::Number);
            [Cell::Text(month(self.page, *start)), Cell::Number(all)].into_iter().chain(parts).chain([share]).collect()
        };
        let mut columns = vec![self.t("ماه", "Month"), self.t("درخواست", "Applications")];
        columns.extend(&series);
        columns.push(self.t("سهم اینترنت", "Share online"));
        let chart = self.bars(
            "channels",
            self.t("درخواست‌های هر ماه به تفکیک راه", "Applications of each month by channel"),
            series,
            bars,
        );
        Section {
            name: "channels",
            title: self.t("سهم راه‌های درخواست", "Share of channels"),
            lead: self.t("دوازده ماه گذشته، همه خدمت‌ها", "The last twelve months, all services").to_owned(),
            chart: chart.filter(|_| !channels.is_empty()),
            table: Table { columns, rows: named.map(row).collect() },
        }
    }

    pub(super) fn visits(&self) -> Section {
        let in_person = self.services.in_person();
        let visits = self.glance.breached.iter().filter(|came| in_person.contains(came.channel.as_str()));
        let (months, _) = self.by_month(visits);
        let named = self.glance.months.starts().iter().zip(&months);
        let sum = |counts: &BTreeMap<&str, i64>| counts.values().sum::<i64>();
        let bars = named.clone().map(|(start, counts)| (month(self.page, *start), vec![sum(counts)])).collect();
        let row = |(start, counts): (&kernel::Date, &BTreeMap<&str, i64>)| {
            vec![Cell::Text(month(self.page, *start)), Cell::Number(sum(counts))]
        };
        Section {
            name: "visits",
            title: self.t("مراجعه حضوری پس از برخط شدن خدمت", "In-person visits after cut-over"),
            lead: self
                .t(
                    "هر یک یعنی کسی برای کاری آمد که دیگر آمدن نمی‌خواهد. همه خدمت‌ها.",
                    "Each means that somebody came in for what needs no coming any more. All services.",
                )
                .to_owned(),
            chart: self.bars("visits", self.t("مراجعه‌های هر ماه", "Visits of each month"), Vec::new(), bars),
            table: Table {
                columns: vec![self.t("ماه", "Month"), self.t("مراجعه", "Visits")],
                rows: named.map(row).collect(),
            },
        }
    }
}
