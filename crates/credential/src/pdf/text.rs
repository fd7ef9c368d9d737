//! A line of text as glyphs, each where it is seen: Persian letters joined, and Persian, Latin and numbers in one line each
//! in its own direction.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, GlyphBuffer, UnicodeBuffer};
use std::ops::Range;
use unicode_bidi::{BidiInfo, Level};

const REGULAR: &[u8] = include_bytes!("../../fonts/Vazirmatn-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/Vazirmatn-Bold.ttf");

/// A font, to shape with and to print with.
pub(super) struct Typeface {
    pub(super) font: Font,
    face: Face<'static>,
}

impl Typeface {
    /// The regular and the bold face.
    pub(super) fn both() -> Option<(Typeface, Typeface)> {
        let read = |bytes: &'static [u8]| {
            Some(Typeface { font: Font::new(bytes.into(), 0)?, face: Face::from_slice(bytes, 0)? })
        };
        Some((read(REGULAR)?, read(BOLD)?))
    }

    /// A text in one line. Its own first letter says where it begins; numbers alone follow what is around them.
    pub(super) fn line(&self, text: &str, rtl: bool) -> Line {
        let text: String = text.chars().filter_map(|letter| self.printable(letter)).collect();
        let base = if rtl { Level::rtl() } else { Level::ltr() };
        let strong = BidiInfo::new(&text, None);
        let base = if has_letters(&text) { strong.paragraphs.first().map_or(base, |first| first.level) } else { base };
        let info = BidiInfo::new(&text, Some(base));
        let (mut pieces, mut width) = (Vec::new(), 0.0);
        for paragraph in &info.paragraphs {
            let (levels, runs) = info.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let rtl = levels[run.start].is_rtl();
                width = self.run(&text, run, rtl, width, &mut pieces);
            }
        }
        pieces.sort_by_key(|piece| piece.start);
        Line { pieces, width }
    }

    /// A text in as many lines as a width asks for, in ems; a word that is wider than that is broken where it must be.
    pub(super) fn wrapped(&self, text: &str, rtl: bool, width: f32) -> Vec<Line> {
        let measure = |text: &str| self.line(text, rtl).width;
        let space = measure(" ");
        let (mut lines, mut last, mut taken) = (Vec::new(), String::new(), 0.0);
        for word in text.split_whitespace() {
            // Letters are not joined across spaces: a word is as wide alone as in its line.
            let wide = measure(word);
            if !last.is_empty() && taken + space + wide <= width {
                last = format!("{last} {word}");
                taken += space + wide;
                continue;
            }
            if !last.is_empty() {
                lines.push(std::mem::take(&mut last));
            }
            word.clone_into(&mut last);
            taken = wide;
            if wide > width {
                lines.extend(self.broken(word, rtl, width));
                last = lines.pop().unwrap_or_default();
                taken = measure(&last);
            }
        }
        lines.push(last);
        lines.iter().map(|line| self.line(line, rtl)).collect()
    }

    /// A word in parts that are each no wider than that.
    fn broken(&self, word: &str, rtl: bool, width: f32) -> Vec<String> {
        let (mut parts, mut last) = (Vec::new(), String::new());
        for letter in word.chars() {
            last.push(letter);
            if last.chars().nth(1).is_some() && self.line(&last, rtl).width > width {
                last.pop();
                parts.push(std::mem::replace(&mut last, letter.to_string()));
            }
        }
        parts.push(last);
        parts
    }

    /// What is printed of a letter: a mark of its own for one that the typeface lacks, nothing for one that is not seen.
    fn printable(&self, letter: char) -> Option<char> {
        match letter {
            '\u{FEFF}' => None,
            letter if letter.is_control() => Some(' '),
            letter if self.face.glyph_index(letter).is_some() => Some(letter),
            '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' => None,
            _ => Some(char::REPLACEMENT_CHARACTER),
        }
    }

    /// Adds a run that begins there, a piece a word where it is read from the right; returns where it ends.
    fn run(&self, text: &str, range: Range<usize>, rtl: bool, mut x: f32, pieces: &mut Vec<Piece>) -> f32 {
        let (from, text) = (range.start, &text[range]);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(if rtl { Direction::RightToLeft } else { Direction::LeftToRight });
        let glyphs = self.glyphs(text, &rustybuzz::shape(&self.face, &[], buffer));
        let word = |glyph: &KrillaGlyph| text[..glyph.text_range.start].matches(' ').count();
        for glyphs in glyphs.chunk_by(|left, right| !rtl || word(left) == word(right)) {
            let start = glyphs.iter().map(|glyph| glyph.text_range.start).min().unwrap_or_default();
            pieces.push(Piece { x, start: from + start, text: text.to_owned(), glyphs: glyphs.to_vec() });
            x += glyphs.iter().map(|glyph| glyph.x_advance).sum::<f32>();
        }
        x
    }

    fn glyphs(&self, text: &str, shaped: &GlyphBuffer) -> Vec<KrillaGlyph> {
        let em = self.face.units_per_em() as f32;
        // A glyph stands for the text from its cluster to the next one, whichever side that is on.
        let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        starts.sort_unstable();
        let end = |start: usize| starts.iter().copied().find(|next| *next > start).unwrap_or(text.len());
        let glyph = |(info, place): (&rustybuzz::GlyphInfo, &rustybuzz::GlyphPosition)| {
            let start = info.cluster as usize;
            KrillaGlyph {
                glyph_id: GlyphId::new(info.glyph_id),
                text_range: start..end(start),
                x_advance: place.x_advance as f32 / em,
                x_offset: place.x_offset as f32 / em,
                y_offset: place.y_offset as f32 / em,
                y_advance: place.y_advance as f32 / em,
                location: None,
            }
        };
        shaped.glyph_infos().iter().zip(shaped.glyph_positions()).map(glyph).collect()
    }
}

fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// Pieces in the order in which they are read. Whoever has the document read aloud hears them in that of the file.
pub(super) struct Line {
    pub(super) pieces: Vec<Piece>,
    /// In ems.
    pub(super) width: f32,
}

/// Glyphs of one direction, from left to right.
pub(super) struct Piece {
    /// How far from the line's left end it begins, in ems.
    pub(super) x: f32,
    /// Where its text begins in the line's.
    start: usize,
    /// What the ranges of the glyphs are of.
    pub(super) text: String,
    pub(super) glyphs: Vec<KrillaGlyph>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Typeface::both().unwrap().0.line(text, true)
    }

    fn glyphs(text: &str) -> Vec<u32> {
        line(text).pieces.iter().flat_map(|piece| &piece.glyphs).map(|glyph| glyph.glyph_id.to_u32()).collect()
    }

    #[test]
    fn persian_letters_are_joined_unless_something_parts_them() {
        let alone = glyphs("ب");
        let [last, middle, first] = glyphs("ببب")[..] else { panic!("three letters are three glyphs") };
        assert!(first != middle && middle != last && ![first, middle, last].contains(&alone[0]));
        assert_eq!(glyphs("لا").len(), 1, "lam and alef are one");
        assert_ne!(glyphs("ب\u{200c}ب")[0], last, "a non-joiner parts them");
    }

    #[test]
    fn words_stand_from_right_to_left_and_numbers_from_left_to_right() {
        let line = line("صدور ۲۷ مهر Steel");
        let said = |piece: &Piece| {
            piece.text[piece.glyphs.iter().map(|glyph| glyph.text_range.start).min().unwrap()..].to_owned()
        };
        let words: Vec<_> = line.pieces.iter().map(said).collect();
        assert!(
            words[0].starts_with("صدور") && words[1].starts_with("۲۷") && words.last().unwrap() == "Steel",
            "{words:?}"
        );
        assert!(
            line.pieces.is_sorted_by(|earlier, later| earlier.x > later.x),
            "each stands left of what was read before"
        );
        let number = &line.pieces[1];
        assert!(number.glyphs.is_sorted_by_key(|glyph| glyph.text_range.start), "its digits stand as they are read");
        assert!((line.width - line.pieces[0].x - width(&line.pieces[0])).abs() < 0.001, "it begins at the right end");
    }

    fn width(piece: &Piece) -> f32 {
        piece.glyphs.iter().map(|glyph| glyph.x_advance).sum()
    }
}
