//! The table that is printed: a figure, what was reached, the goal, and the raw limit measured beside it.

use std::fmt;

/// Rows as they are measured.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<[String; 4]>);

impl Table {
    /// Adds a row and says it at once: a run takes minutes.
    pub(crate) fn row(
        &mut self,
        figure: impl Into<String>,
        ours: impl Into<String>,
        goal: &str,
        raw: impl Into<String>,
    ) {
        let row = [figure.into(), ours.into(), goal.to_owned(), raw.into()];
        eprintln!("{}: {} (goal {}; {})", row[0], row[1], row[2], row[3]);
        self.0.push(row);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| figure | measured | goal | raw limit in this run |\n|---|---|---|---|")?;
        for [figure, ours, goal, raw] in &self.0 {
            writeln!(f, "| {figure} | {ours} | {goal} | {raw} |")?;
        }
        Ok(())
    }
}

/// `41,000`.
pub(crate) fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
