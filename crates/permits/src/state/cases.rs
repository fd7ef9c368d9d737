//! Every case, by its number. Serials have no gaps, so a case is found by counting and needs no table beside it.

use super::Case;
use kernel::CaseId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{collections::BTreeMap, sync::Arc};

/// Cases that lie together. A clone of [`Cases`] shares them; the first change to one of them copies all of its page.
const PAGE: usize = 16;

type Page = Arc<Vec<Case>>;

/// Every case. A clone costs a pointer for each page.
#[derive(Debug, Default, Clone)]
pub(crate) struct Cases {
    /// The cases of each Jalali year, from serial 1, on pages of which only the last is not full.
    years: BTreeMap<u16, Vec<Page>>,
}

impl Cases {
    pub(crate) fn get(&self, id: CaseId) -> Option<&Case> {
        let (page, place) = place(id)?;
        self.years.get(&id.year())?.get(page)?.get(place)
    }

    pub(crate) fn get_mut(&mut self, id: CaseId) -> Option<&mut Case> {
        let (page, place) = place(id)?;
        Arc::make_mut(self.years.get_mut(&id.year())?.get_mut(page)?).get_mut(place)
    }

    /// Keeps a new case, whose serial follows the last of its year.
    pub(crate) fn open(&mut self, id: CaseId, case: Case) {
        let pages = self.years.entry(id.year()).or_default();
        add(pages, case);
        let full = (pages.len() - 1) * PAGE;
        let last = full + pages.last().map_or(0, |page| page.len());
        assert_eq!(id.serial() as usize, last, "the serials of a year have no gaps");
    }

    pub(crate) fn len(&self) -> usize {
        self.iter_pages().map(|page| page.len()).sum()
    }

    /// Every case, in the order of the numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (CaseId, &Case)> {
        self.years.iter().flat_map(|(year, pages)| {
            let serials = (1..).map(|serial| CaseId::new(*year, serial));
            serials.zip(pages.iter().flat_map(|page| page.iter()))
        })
    }

    fn iter_pages(&self) -> impl Iterator<Item = &Page> {
        self.years.values().flatten()
    }
}

/// The page of a case, and its place on it.
fn place(id: CaseId) -> Option<(usize, usize)> {
    let serial = id.serial().checked_sub(1)? as usize;
    Some((serial / PAGE, serial % PAGE))
}

fn add(pages: &mut Vec<Page>, case: Case) {
    if pages.last().is_none_or(|page| page.len() == PAGE) {
        pages.push(Arc::default());
    }
    let page = pages.last_mut().map(Arc::make_mut).expect("a page was added if there was none");
    page.reserve_exact(PAGE - page.len());
    page.push(case);
}

/// Each year with its cases.
impl Serialize for Cases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Year<'a>(&'a [Page]);
        impl Serialize for Year<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.iter().map(|page| &**page))
            }
        }
        serializer.collect_map(self.years.iter().map(|(year, pages)| (year, Year(pages))))
    }
}
impl<'de> Deserialize<'de> for Cases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cases, D::Error> {
        let years = BTreeMap::<u16, Vec<Vec<Case>>>::deserialize(deserializer)?;
        let pages = |pages: Vec<Vec<Case>>| pages.into_iter().map(Arc::new).collect();
        Ok(Cases { years: years.into_iter().map(|(year, of_year)| (year, pages(of_year))).collect() })
    }
}
