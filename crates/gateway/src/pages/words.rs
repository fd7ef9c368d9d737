//! What roles, kinds of work and channels are called in each language. Roles and channels are a city's own data: one that
//! has no name here stands by its id.

use departments::permit_office::{Verdict, Work};
use kernel::Lang;

const ROLES: &[(&str, &str, &str)] = &[
    ("intake", "پذیرش", "Intake"),
    ("technical-officer", "کارشناس فنی", "Technical officer"),
    ("planner", "کارشناس شهرسازی", "Planner"),
    ("plan-reviewer", "بررس نقشه", "Plan reviewer"),
    ("technical-head", "مسئول فنی", "Technical head"),
    ("deputy", "معاون", "Deputy"),
    ("revenue", "درآمد", "Revenue"),
    ("engineers", "نظام مهندسی", "Engineers"),
    ("supervisor", "ناظر", "Supervisor"),
    ("objection-panel", "هیئت رسیدگی به اعتراض", "Objection panel"),
    ("article-100-panel", "کمیسیون ماده ۱۰۰", "Article 100 panel"),
    ("citizen", "متقاضی", "Applicant"),
    ("clock", "سامانه", "The system"),
    ("importer", "درون‌ریز", "Importer"),
    ("bank", "بانک", "Bank"),
    ("admin", "مدیر سامانه", "Administrator"),
    ("agency-fire", "آتش‌نشانی", "Fire service"),
    ("agency-social-security", "تأمین اجتماعی", "Social security"),
    ("agency-engineers", "نظام مهندسی", "Engineers' body"),
    ("agency-heritage", "میراث فرهنگی", "Cultural heritage"),
    ("agency-utilities", "آب، برق و گاز", "Utilities"),
];

const CHANNELS: &[(&str, &str, &str)] = &[
    ("online", "اینترنتی", "Online"),
    ("phone", "تلفنی", "By telephone"),
    ("office", "حضوری", "In person"),
    ("system", "سامانه", "By the system"),
];

fn named(names: &[(&'static str, &'static str, &'static str)], id: &str, lang: Lang) -> String {
    let known = names.iter().find(|(known, _, _)| *known == id);
    known.map_or_else(|| id.to_owned(), |(_, fa, en)| text(lang, fa, en).to_owned())
}

/// One of two texts.
pub(super) fn text<'a>(lang: Lang, fa: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Fa => fa,
        Lang::En => en,
    }
}

pub(super) fn role(lang: Lang, role: &str) -> String {
    named(ROLES, role, lang)
}

pub(super) fn channel(lang: Lang, channel: &str) -> String {
    named(CHANNELS, channel, lang)
}

/// What a decision about a whole case is called; nothing for a step or an agency's answer, which have names of their own.
pub(super) fn decision(lang: Lang, work: Work) -> Option<&'static str> {
    match work {
        Work::Step | Work::Consultation => None,
        Work::Grant => Some(text(lang, "موافقت با درخواست", "Granting the application")),
        Work::Issue => Some(text(lang, "صدور پروانه", "Issuing the licence")),
        Work::Objection => Some(text(lang, "رسیدگی به اعتراض", "Deciding the objection")),
    }
}

pub(super) fn verdict(lang: Lang, verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approves => text(lang, "موافق", "Approves"),
        Verdict::ApprovesWithConditions => text(lang, "موافق با شرط", "Approves with conditions"),
        Verdict::Rejects => text(lang, "مخالف", "Rejects"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_without_a_name_stands_by_its_id() {
        assert_eq!(role(Lang::Fa, "planner"), "کارشناس شهرسازی");
        assert_eq!(role(Lang::En, "bell-ringer"), "bell-ringer");
        assert_eq!(channel(Lang::En, "137"), "137");
    }
}
