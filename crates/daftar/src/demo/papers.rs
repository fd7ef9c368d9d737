//! Made-up documents, which say that they are: plans and letters as a page of PDF, photographs of cards as PNG.

use super::dice::Dice;
use image::{GrayImage, ImageError, ImageFormat, Luma};
use std::{fmt::Write as _, io::Cursor};

/// A document of a kind; another version of it looks different.
pub(super) fn paper(kind: &str, case: usize, version: usize) -> Result<Vec<u8>, ImageError> {
    let mut dice = Dice::new((case as u64) << 20 | (version as u64) << 8 | kind.len() as u64);
    dice.below(1);
    if kind == "identity" {
        return card(&mut dice);
    }
    let mut drawing = String::new();
    if kind.ends_with("-plan") {
        plan(&mut drawing, &mut dice);
    } else {
        letter(&mut drawing, &mut dice);
    }
    let mut text = |y: i64, size: i64, words: &str| {
        let _ = writeln!(drawing, "BT /F1 {size} Tf 90 {y} Td ({words}) Tj ET");
    };
    text(770, 22, "MADE UP - SAMPLE DOCUMENT");
    text(742, 14, &format!("{}, version {version}", kind.replace('-', " ")));
    text(60, 11, "Drawn by the demonstration of Daftar. Not a real plan, deed or person.");
    Ok(pdf(&drawing))
}

/// The plan of a floor: outer walls, rooms on both sides of a corridor with a door each, and a scale.
fn plan(drawing: &mut String, dice: &mut Dice) {
    let (left, right, bottom, top) = (90, 505, 150, 700);
    let corridor = dice.between(360, 440);
    let _ = writeln!(drawing, "5 w {left} {bottom} {} {} re S 3 w", right - left, top - bottom);
    let _ = writeln!(drawing, "{left} {corridor} m {right} {corridor} l S");
    let _ = writeln!(drawing, "{left} {} m {right} {} l S", corridor + 55, corridor + 55);
    for (from, to, wall) in [(corridor + 55, top, corridor + 55), (bottom, corridor, corridor)] {
        let rooms = dice.between(2, 4);
        let wide = (right - left) / rooms;
        for room in 0..rooms {
            let begins = left + room * wide;
            let swing = begins + dice.between(20, wide - 55);
            if room > 0 {
                let _ = writeln!(drawing, "3 w {begins} {from} m {begins} {to} l S");
            }
            // The opening is white over the wall; the leaf stands open.
            let _ = writeln!(drawing, "1 G 6 w {swing} {wall} m {} {wall} l S 0 G", swing + 34);
            let into = if wall == from { wall + 34 } else { wall - 34 };
            let _ = writeln!(drawing, "1 w {swing} {wall} m {swing} {into} l S");
            let bow = (into + wall) / 2;
            let _ = writeln!(
                drawing,
                "{swing} {into} m {} {into} {} {bow} {} {wall} c S",
                swing + 19,
                swing + 34,
                swing + 34
            );
            let _ = writeln!(
                drawing,
                "0.6 w {} {} 40 24 re S",
                begins + 14,
                if wall == from { to - 40 } else { from + 16 }
            );
        }
    }
    let _ = writeln!(drawing, "1 w 90 110 m 240 110 l S");
    for mark in 0..=5 {
        let _ = writeln!(drawing, "{0} 105 m {0} 115 l S", 90 + mark * 30);
    }
    let _ = writeln!(drawing, "BT /F1 9 Tf 250 107 Td (5 m) Tj ET");
}

/// A letter or a form: paragraphs as grey bars, and a stamp with a signature.
fn letter(drawing: &mut String, dice: &mut Dice) {
    let mut y = 690;
    let _ = writeln!(drawing, "0.75 g");
    while y > 290 {
        for _ in 0..dice.between(3, 6) {
            let _ = writeln!(drawing, "90 {y} {} 7 re f", dice.between(250, 415));
            y -= 19;
        }
        y -= 16;
    }
    let _ = writeln!(drawing, "0 g 0.1 0.25 0.55 RG 2.5 w");
    let (x, y) = (dice.between(380, 430), dice.between(165, 195));
    for size in [44, 36] {
        // A square with its corners cut is round enough for a stamp.
        let cut = size * 2 / 5;
        let corners = [(size, cut), (cut, size), (-cut, size), (-size, cut)];
        let around = corners.into_iter().chain(corners.map(|(a, b)| (-a, -b)));
        for (number, (a, b)) in around.enumerate() {
            let _ = writeln!(drawing, "{} {} {}", x + a, y + b, if number == 0 { "m" } else { "l" });
        }
        let _ = writeln!(drawing, "s");
    }
    let _ = writeln!(drawing, "1.5 w {} {} m", x - 150, y);
    for _ in 0..3 {
        let _ = writeln!(drawing, "{} {} l", x - dice.between(90, 160), y + dice.between(-20, 25));
    }
    let _ = writeln!(drawing, "S 0 G");
}

/// The photograph of a card: a grey card with the outline of somebody and lines where the words would be.
fn card(dice: &mut Dice) -> Result<Vec<u8>, ImageError> {
    let (width, height) = (640, 400);
    let shoulder = u32::try_from(dice.between(70, 90)).unwrap_or(80);
    let lines: Vec<u32> = (0..6).map(|_| u32::try_from(dice.between(180, 340)).unwrap_or(200)).collect();
    let picture = GrayImage::from_fn(width, height, |x, y| {
        let within = (12..width - 12).contains(&x) && (12..height - 12).contains(&y);
        let head = x.abs_diff(140).pow(2) + y.abs_diff(150).pow(2) < 48 * 48;
        let body = x.abs_diff(140) < shoulder && (215..300).contains(&y) && x.abs_diff(140) < y - 165;
        let line = lines
            .iter()
            .zip(0..)
            .any(|(long, row)| (280..280 + long).contains(&x) && (90 + row * 40..104 + row * 40).contains(&y));
        // A bar across it, as on every sample.
        let bar = (x + y) % 160 < 14;
        Luma([match (within, head || body, line, bar) {
            (false, ..) => 120,
            (_, true, ..) => 90,
            (_, _, true, _) => 150,
            (.., true) => 205,
            _ => 240,
        }])
    });
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png)?;
    Ok(file.into_inner())
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
        for (kind, begins) in [("deed", b"%PDF-"), ("architectural-plan", b"%PDF-"), ("identity", b"\x89PNG\r")] {
            let made = |case, version| paper(kind, case, version).expect("a paper");
            assert_eq!(made(1, 1), made(1, 1), "{kind}");
            assert_ne!(made(1, 1), made(1, 2), "{kind}");
            assert!(made(1, 1).starts_with(begins), "{kind}");
        }
    }
}
