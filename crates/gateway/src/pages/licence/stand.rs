//! How a licence stands on a day, and what became of it, in words.

use departments::permit_office::{LicenceChange, LicenceState, LicenceView};
use kernel::{Date, Lang};

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Stand {
    /// Whether the work may be done, or was done as it should be.
    pub(in super::super) holds: bool,
    fa: &'static str,
    en: &'static str,
}

impl Stand {
    pub(in super::super) fn text(&self, lang: Lang) -> &'static str {
        if lang == Lang::Fa { self.fa } else { self.en }
    }
}

/// How the licence stands on a day; its last day is one on which it still holds.
pub(in super::super) fn stand(licence: &LicenceView, day: Date) -> Stand {
    let over = kernel::time::parse_date(&licence.valid_until.date).is_ok_and(|last| last < day);
    let (holds, fa, en) = match licence.state {
        LicenceState::Valid if over => (false, "مدتش به پایان رسیده است", "It has expired"),
        LicenceState::Valid => (true, "معتبر است", "It is valid"),
        LicenceState::Suspended => (false, "معلق است", "It is suspended"),
        LicenceState::Revoked => (false, "باطل شده است", "It is revoked"),
        LicenceState::Completed => (true, "کار پایان یافته و گواهی شده است", "The work is complete and certified"),
    };
    Stand { holds, fa, en }
}

/// What became of it.
pub(super) fn change(lang: Lang, change: LicenceChange) -> &'static str {
    let (fa, en) = match change {
        LicenceChange::Issued => ("صادر شد", "Issued"),
        LicenceChange::Suspended => ("معلق شد", "Suspended"),
        LicenceChange::Reinstated => ("تعلیق برداشته شد", "Suspension ended"),
        LicenceChange::Revoked => ("باطل شد", "Revoked"),
        LicenceChange::Renewed => ("تمدید شد", "Renewed"),
        LicenceChange::Transferred => ("به دارنده دیگری منتقل شد", "Transferred to another holder"),
        LicenceChange::Completed => ("کار پایان یافت و گواهی شد", "Work completed and certified"),
    };
    if lang == Lang::Fa { fa } else { en }
}
