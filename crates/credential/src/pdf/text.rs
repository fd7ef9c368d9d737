//! A line of text as glyphs in the order in which they are seen: Persian letters joined, and Persian, Latin and numbers in
//! one line each in its own direction.

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
        let text = text.replace(['\n', '\r', '\t'], " ");
        let base = if rtl { Level::rtl() } else { Level::ltr() };
        let strong = BidiInfo::new(&text, None);
        let base = if has_letters(&text) { strong.paragraphs.first().map_or(base, |first| first.level) } else { base };
        let info = BidiInfo::new(&text, Some(base));
        let mut runs = Vec::new();
        for paragraph in &info.paragraphs {
            let (levels, ranges) = info.visual_runs(paragraph, paragraph.range.clone());
            runs.extend(ranges.into_iter().map(|range| self.run(&text, range.clone(), levels[range.start].is_rtl())));
        }
        let width = runs.iter().map(|run| run.width).sum();
        Line { runs, width }
    }

    /// A text in as many lines as a width asks for, in ems; a word that is wider than that is broken where it must be.
    pub(super) fn wrapped(&self, text: &str, rtl: bool, width: f32) -> Vec<Line> {
        let fits = |text: &str| self.line(text, rtl).width <= width;
        let (mut lines, mut last) = (Vec::new(), String::new());
        for word in text.split_whitespace() {
            let longer = if last.is_empty() { word.to_owned() } else { format!("{last} {word}") };
            if fits(&longer) {
                last = longer;
                continue;
            }
            if !last.is_empty() {
                lines.push(std::mem::take(&mut last));
            }
            for letter in word.chars() {
                if !last.is_empty() && !fits(&format!("{last}{letter}")) {
                    lines.push(std::mem::take(&mut last));
                }
                last.push(letter);
            }
        }
        lines.push(last);
        lines.iter().map(|line| self.line(line, rtl)).collect()
    }

    fn run(&self, text: &str, range: Range<usize>, rtl: bool) -> Run {
        let text = text[range].to_owned();
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text);
        buffer.guess_segment_properties();
        buffer.set_direction(if rtl { Direction::RightToLeft } else { Direction::LeftToRight });
        let shaped = rustybuzz::shape(&self.face, &[], buffer);
        let glyphs = self.glyphs(&text, &shaped);
        let width = glyphs.iter().map(|glyph| glyph.x_advance).sum();
        Run { text, glyphs, width }
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

/// Runs from left to right.
pub(super) struct Line {
    pub(super) runs: Vec<Run>,
    /// In ems.
    pub(super) width: f32,
}

/// Glyphs of one direction, from left to right, with the text that they stand for.
pub(super) struct Run {
    pub(super) text: String,
    pub(super) glyphs: Vec<KrillaGlyph>,
    /// In ems.
    pub(super) width: f32,
}
