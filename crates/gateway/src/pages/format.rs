//! How numbers, days and moments are written in each language.

use kernel::{Date, Instant, Lang, Rials, Zone, text::fa_digits};

/// English names of the Jalali months, as they are usually spelled.
const MONTHS_EN: [&str; 12] = [
    "Farvardin",
    "Ordibehesht",
    "Khordad",
    "Tir",
    "Mordad",
    "Shahrivar",
    "Mehr",
    "Aban",
    "Azar",
    "Dey",
    "Bahman",
    "Esfand",
];

/// A number, or a text with numbers in it.
pub(crate) fn digits(lang: Lang, text: &str) -> String {
    match lang {
        Lang::Fa => fa_digits(text),
        Lang::En => text.to_owned(),
    }
}

/// A whole number with its thousands apart.
pub(crate) fn number(lang: Lang, number: i64) -> String {
    let plain = number.unsigned_abs().to_string();
    let separator = if lang == Lang::Fa { '٬' } else { ',' };
    let mut grouped = String::with_capacity(plain.len() + 8);
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    if number < 0 {
        grouped.insert(0, '−');
    }
    digits(lang, &grouped)
}

/// Money.
pub(crate) fn rials(lang: Lang, amount: Rials) -> String {
    let unit = if lang == Lang::Fa { "ریال" } else { "rials" };
    format!("{} {unit}", number(lang, amount.0))
}

/// A day, in the Jalali calendar: `۶ آذر ۱۴۰۵`; in English with the Gregorian day behind it.
pub(crate) fn day(lang: Lang, date: Date) -> String {
    let jalali = date.jalali();
    match lang {
        Lang::Fa => fa_digits(&format!("{} {} {}", jalali.day(), jalali.month_fa(), jalali.year())),
        Lang::En => {
            format!("{} {} {} ({date})", jalali.day(), month_en(jalali.month()), jalali.year())
        }
    }
}

/// A month of the Jalali calendar: `آذر ۱۴۰۵`.
pub(crate) fn month(lang: Lang, day: Date) -> String {
    let jalali = day.jalali();
    match lang {
        Lang::Fa => fa_digits(&format!("{} {}", jalali.month_fa(), jalali.year())),
        Lang::En => format!("{} {}", month_en(jalali.month()), jalali.year()),
    }
}

fn month_en(month: u8) -> &'static str {
    MONTHS_EN.get(usize::from(month).saturating_sub(1)).copied().unwrap_or("")
}

/// A moment on the city's clock, to the minute.
pub(crate) fn moment(lang: Lang, at: Instant, zone: &Zone) -> String {
    let date = zone.date(at);
    let minutes = (at.0 - zone.start_of_day(date).0) / 60_000_000;
    let clock = digits(lang, &format!("{:02}:{:02}", minutes / 60, minutes % 60));
    match lang {
        Lang::Fa => format!("{}، ساعت {clock}", day(lang, date)),
        Lang::En => format!("{}, {clock}", day(lang, date)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_days_and_moments_are_written_as_each_language_writes_them() {
        assert_eq!(number(Lang::Fa, 1_234_567), "۱٬۲۳۴٬۵۶۷");
        assert_eq!((number(Lang::En, -1_000).as_str(), number(Lang::En, 0).as_str()), ("−1,000", "0"));
        let at = Instant::parse_rfc3339("2026-11-27T19:05:00Z").unwrap();
        let zone = Zone::new("Asia/Tehran").unwrap();
        assert_eq!(moment(Lang::Fa, at, &zone), "۶ آذر ۱۴۰۵، ساعت ۲۲:۳۵");
        assert_eq!(moment(Lang::En, at, &zone), "6 Azar 1405 (2026-11-27), 22:35");
        assert_eq!(rials(Lang::Fa, Rials(950_000)), "۹۵۰٬۰۰۰ ریال");
    }
}
