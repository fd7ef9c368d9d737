//! A table of figures, for a page and for a spreadsheet.

use crate::pages::{Frame, format};

/// Figures with what they are called.
pub(super) struct Table {
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Vec<Cell>>,
}

pub(super) enum Cell {
    Text(String),
    Number(i64),
    /// So many or more.
    AtLeast(i64),
    /// Of a hundred.
    Percent(i64),
}

impl Cell {
    pub(super) fn is_number(&self) -> bool {
        !matches!(self, Cell::Text(_))
    }

    /// As people read it.
    pub(super) fn shown(&self, page: &Frame) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => page.number(number),
            Cell::AtLeast(number) => format!("{}+", page.number(number)),
            Cell::Percent(number) => format!("{}{}", page.number(number), page.t("٪", "%")),
        }
    }

    /// As a spreadsheet reads it.
    fn plain(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Number(number) | Cell::AtLeast(number) | Cell::Percent(number) => number.to_string(),
        }
    }
}

/// Begins a text that spreadsheets would otherwise read in the system's own encoding.
const MARK: char = '\u{feff}';

impl Table {
    /// Whether a column holds numbers, as far as its first row tells.
    pub(super) fn is_number(&self, column: &usize) -> bool {
        self.rows.first().and_then(|row| row.get(*column)).is_some_and(Cell::is_number)
    }

    /// Comma-separated values (RFC 4180), each in quotes.
    pub(super) fn csv(&self) -> String {
        let line = |cells: Vec<String>| format!("{}\r\n", cells.join(","));
        let head = line(self.columns.iter().map(|column| quoted(column)).collect());
        let rows = self.rows.iter().map(|row| line(row.iter().map(|cell| cell.csv()).collect()));
        format!("{MARK}{head}{}", rows.collect::<String>())
    }
}

impl Cell {
    fn csv(&self) -> String {
        let plain = self.plain();
        if self.is_number() { plain } else { quoted(&plain) }
    }
}

/// A text that a spreadsheet takes as a text: one that begins like a formula gets an apostrophe before it.
fn quoted(text: &str) -> String {
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let before = if formula || text.starts_with(['\t', '\r', '\n']) { "'" } else { "" };
    format!("\"{before}{}\"", text.replace('"', "\"\""))
}

/// The name of a month: `آذر ۱۴۰۵`.
pub(super) fn month(page: &Frame, day: kernel::Date) -> String {
    format::month(page.lang, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_cell_is_a_formula() {
        let cells = vec![
            Cell::Text("=cmd|' /C calc'!A0".to_owned()),
            Cell::Text(" +1".to_owned()),
            Cell::Text("گفت \"نه\"، رفت".to_owned()),
            Cell::Number(-3),
        ];
        let table = Table { columns: vec!["@a", "b"], rows: vec![cells] };
        let lines: Vec<String> = table.csv().lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "\u{feff}\"'@a\",\"b\"");
        assert_eq!(lines[1], "\"'=cmd|' /C calc'!A0\",\"' +1\",\"گفت \"\"نه\"\"، رفت\",-3");
    }

    proptest! {
        #[test]
        fn whatever_a_text_is_it_stays_one_cell_and_begins_no_formula(text in "[=+@\\-\t\r\n\",a-zا-ی ]{0,12}") {
            let cell = quoted(&text);
            prop_assert!(cell.starts_with('"') && cell.ends_with('"') && cell.len() >= 2);
            let inner = &cell[1..cell.len() - 1];
            prop_assert!(!inner.replace("\"\"", "").contains('"'));
            prop_assert!(!inner.trim_start().starts_with(['=', '+', '-', '@']));
        }
    }
}
