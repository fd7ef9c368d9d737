//! Where everything stands on the pages of a sheet, measured from the top left corner in points.

use super::text::{Line, Typeface};
use super::{HEIGHT, Sheet, WIDTH};
use crate::Qr;

const MARGIN: f32 = 56.0;
/// From where a line's text begins to where the next one's does, in ems.
const LEADING: f32 = 1.75;
/// From a line's top to its base, in ems.
const BASE: f32 = 1.2;
const BODY: f32 = 11.5;
/// How much of the width labels have.
const LABELS: f32 = 0.32;
const CODE: f32 = 120.0;

type Colour = (u8, u8, u8);
const INK: Colour = (27, 42, 51);
const SOFT: Colour = (74, 91, 102);
const BRAND: Colour = (8, 69, 68);
const GOOD: Colour = (29, 95, 44);
const BAD: Colour = (156, 28, 28);
const GOOD_PALE: Colour = (227, 243, 229);
const BAD_PALE: Colour = (251, 230, 228);
const BLACK: Colour = (0, 0, 0);

/// Something at its place: a text by the left end of its base line, anything else by its left top corner.
pub(super) struct Item<'a> {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) colour: Colour,
    pub(super) bold: bool,
    pub(super) what: What<'a>,
}

pub(super) enum What<'a> {
    Text { line: Line, size: f32 },
    Box { width: f32, height: f32 },
    Code { code: &'a Qr, side: f32 },
}

struct Pen<'a> {
    rtl: bool,
    regular: &'a Typeface,
    bold: &'a Typeface,
    /// Where the next line begins.
    y: f32,
    pages: Vec<Vec<Item<'a>>>,
}

/// How a text is written.
#[derive(Clone, Copy)]
struct Style {
    size: f32,
    colour: Colour,
    bold: bool,
}

const fn style(size: f32, colour: Colour, bold: bool) -> Style {
    Style { size, colour, bold }
}

/// All that is between the margins.
const WHOLE: f32 = WIDTH - 2.0 * MARGIN;

/// The pages of a sheet: one, unless it says a lot.
pub(super) fn pages<'a>(sheet: &Sheet, code: &'a Qr, regular: &'a Typeface, bold: &'a Typeface) -> Vec<Vec<Item<'a>>> {
    let mut pen = Pen { rtl: sheet.rtl, regular, bold, y: MARGIN, pages: vec![Vec::new()] };
    pen.put(0.0, 0.0, BRAND, What::Box { width: WIDTH, height: 10.0 });
    pen.text(&sheet.city, style(12.0, SOFT, false), 0.0, WHOLE);
    pen.text(&sheet.title, style(22.0, BRAND, true), 0.0, WHOLE);
    pen.text(&sheet.number, style(15.0, INK, true), 0.0, WHOLE);
    pen.standing(sheet);
    for section in &sheet.sections {
        if let Some(heading) = &section.heading {
            pen.y += 10.0;
            pen.text(heading, style(14.0, BRAND, true), 0.0, WHOLE);
        }
        for (label, value) in &section.lines {
            pen.pair(label, value);
        }
    }
    pen.check(sheet, code);
    pen.pages
}

impl<'a> Pen<'a> {
    fn put(&mut self, x: f32, y: f32, colour: Colour, what: What<'a>) {
        self.put_as(x, y, colour, false, what);
    }

    fn put_as(&mut self, x: f32, y: f32, colour: Colour, bold: bool, what: What<'a>) {
        if let Some(page) = self.pages.last_mut() {
            page.push(Item { x, y, colour, bold, what });
        }
    }

    /// The left end of what is this wide and this far from where lines begin.
    fn left(&self, from: f32, width: f32) -> f32 {
        if self.rtl { WIDTH - MARGIN - from - width } else { MARGIN + from }
    }

    /// Goes on to another page where this much does not fit on this one.
    fn room(&mut self, height: f32) {
        if self.y + height > HEIGHT - MARGIN {
            self.pages.push(Vec::new());
            self.y = MARGIN;
        }
    }

    /// A text in a column that begins this far from where lines do.
    fn text(&mut self, text: &str, style: Style, from: f32, width: f32) {
        let typeface = if style.bold { self.bold } else { self.regular };
        for line in typeface.wrapped(text, self.rtl, width / style.size) {
            self.room(style.size * LEADING);
            let x = self.left(from, line.width * style.size);
            let base = self.y + style.size * BASE;
            self.put_as(x, base, style.colour, style.bold, What::Text { line, size: style.size });
            self.y += style.size * LEADING;
        }
    }

    /// A label with what stands beside it.
    fn pair(&mut self, label: &str, value: &str) {
        let labels = WHOLE * LABELS;
        self.room(BODY * LEADING);
        let (top, page) = (self.y, self.pages.len());
        self.text(label, style(BODY, SOFT, false), 0.0, labels - BODY);
        let after = self.y;
        if self.pages.len() == page {
            self.y = top;
        }
        self.text(value, style(BODY, INK, false), labels, WHOLE - labels);
        if self.pages.len() == page {
            self.y = self.y.max(after);
        }
    }

    /// How it stood, in a box of its colour.
    fn standing(&mut self, sheet: &Sheet) {
        let (colour, pale) = if sheet.holds { (GOOD, GOOD_PALE) } else { (BAD, BAD_PALE) };
        self.y += 8.0;
        let (x, y, height) = (self.left(0.0, WHOLE), self.y, 13.0 * LEADING + 8.0);
        self.put(x, y, pale, What::Box { width: WHOLE, height });
        let edge = self.left(0.0, 4.0);
        self.put(edge, y, colour, What::Box { width: 4.0, height });
        self.y += 4.0;
        self.text(&sheet.stands, style(13.0, colour, true), 16.0, WHOLE - 32.0);
        self.y = y + height + 12.0;
    }

    /// The code with what it is for beside it.
    fn check(&mut self, sheet: &Sheet, code: &'a Qr) {
        self.y += 20.0;
        self.room(CODE);
        let (top, x) = (self.y, self.left(0.0, CODE));
        self.put(x, top, BLACK, What::Code { code, side: CODE });
        self.y += 16.0;
        self.text(&sheet.check, style(BODY, INK, false), CODE + 12.0, WHOLE - CODE - 12.0);
        self.text(&sheet.address, style(9.5, SOFT, false), CODE + 12.0, WHOLE - CODE - 12.0);
        self.y = self.y.max(top + CODE);
    }
}
