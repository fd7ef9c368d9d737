//! Made-up documents: a page of PDF that says so, with the outline of a plan.

use super::dice::Dice;
use std::fmt::Write as _;

/// A document of a kind; another version of it has another outline.
pub(super) fn paper(kind: &str, case: usize, version: usize) -> Vec<u8> {
    let mut dice = Dice::new((case as u64) << 20 | (version as u64) << 8 | kind.len() as u64);
    let mut drawing = String::from("2 w 90 260 415 330 re S 1 w\n");
    // Walls between rooms, and a door in each.
    for _ in 0..4 {
        let (x, y) = (dice.between(130, 460), dice.between(300, 550));
        let (to_x, to_y) = if dice.percent(50) { (x, 260 + dice.between(0, 1) * 330) } else { (90, y) };
        let _ = writeln!(drawing, "{x} {y} m {to_x} {to_y} l S {x} {y} 14 14 re S");
    }
    let mut text = |y: i64, size: i64, words: &str| {
        let _ = writeln!(drawing, "BT /F1 {size} Tf 90 {y} Td ({words}) Tj ET");
    };
    text(760, 22, "MADE UP - SAMPLE DOCUMENT");
    text(730, 14, &format!("{kind}, version {version}"));
    text(235, 11, "Drawn by the demonstration of Daftar. Not a real plan, deed or person.");
    pdf(&drawing)
}

/// A PDF of one A4 page with this drawing (ISO 32000-1, the least that a reader needs).
fn pdf(drawing: &str) -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{drawing}endstream", drawing.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        places.push(file.len());
        let _ = write!(file, "{number} 0 obj\n{object}\nendobj\n");
    }
    let table = file.len();
    let _ = write!(file, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        let _ = writeln!(file, "{place:010} 00000 n ");
    }
    let _ = write!(file, "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1);
    file.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::paper;

    #[test]
    fn versions_differ_and_each_is_the_same_every_time() {
        assert_eq!(paper("deed", 1, 1), paper("deed", 1, 1));
        assert_ne!(paper("deed", 1, 1), paper("deed", 1, 2));
        assert!(paper("deed", 1, 1).starts_with(b"%PDF-"));
    }
}
