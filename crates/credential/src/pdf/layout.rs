//! Where everything stands on the pages of a sheet, measured from the top left corner in points.

use super::tags::Role;
use super::text::{Line, Typeface};
use super::{HEIGHT, Sheet, WIDTH};
use crate::Qr;
use crate::qr::QUIET;
use kernel::Lang;

const MARGIN: f32 = 56.0;
/// From where a line's text begins to where the next one's does, in ems.
const LEADING: f32 = 1.75;
/// From a line's top to its base, in ems.
const BASE: f32 = 1.2;
const BODY: f32 = 11.5;
/// How much of the width labels have.
const LABELS: f32 = 0.32;
const CODE: f32 = 120.0;
/// Between a row's text and the line under it.
const GAP: f32 = 2.0;

type Colour = (u8, u8, u8);
const INK: Colour = (27, 42, 51);
const SOFT: Colour = (74, 91, 102);
const BRAND: Colour = (8, 69, 68);
const GOOD: Colour = (29, 95, 44);
const BAD: Colour = (156, 28, 28);
const GOOD_PALE: Colour = (227, 243, 229);
const BAD_PALE: Colour = (251, 230, 228);
const BLACK: Colour = (0, 0, 0);
const RULE: Colour = (214, 221, 226);

/// Something at its place: a text by the left end of its base line, anything else by its left top corner.
pub(super) struct Item<'a> {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) colour: Colour,
    pub(super) bold: bool,
    /// Which part of the sheet it belongs to; none for what only adorns it.
    pub(super) part: Option<usize>,
    pub(super) what: What<'a>,
}

pub(super) enum What<'a> {
    Text { line: Line, size: f32 },
    Box { width: f32, height: f32 },
    Code { code: &'a Qr, side: f32 },
}

/// A sheet's pages, and what its parts are.
pub(super) struct Layout<'a> {
    pub(super) pages: Vec<Vec<Item<'a>>>,
    pub(super) parts: Vec<Role>,
}

struct Pen<'a> {
    rtl: bool,
    regular: &'a Typeface,
    bold: &'a Typeface,
    /// Where the next line begins.
    y: f32,
    layout: Layout<'a>,
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
pub(super) fn lay_out<'a>(sheet: &Sheet, code: &'a Qr, regular: &'a Typeface, bold: &'a Typeface) -> Layout<'a> {
    let layout = Layout { pages: vec![Vec::new()], parts: Vec::new() };
    let mut pen = Pen { rtl: sheet.lang == Lang::Fa, regular, bold, y: MARGIN, layout };
    pen.adorn(0.0, 0.0, BRAND, WIDTH, 10.0);
    pen.text(Role::Paragraph, &sheet.city, style(12.0, SOFT, false), 0.0, WHOLE);
    pen.text(Role::Title(sheet.title.clone()), &sheet.title, style(22.0, BRAND, true), 0.0, WHOLE);
    pen.text(Role::Paragraph, &sheet.number, style(15.0, INK, true), 0.0, WHOLE);
    pen.standing(sheet);
    for section in &sheet.sections {
        if let Some(heading) = &section.heading {
            pen.y += 14.0;
            pen.text(Role::Heading(heading.clone()), heading, style(14.0, BRAND, true), 0.0, WHOLE);
            pen.y += GAP;
        }
        for (label, value) in &section.lines {
            pen.pair(label, value);
        }
    }
    pen.check(sheet, code);
    pen.layout
}

impl<'a> Pen<'a> {
    fn put(&mut self, item: Item<'a>) {
        if let Some(page) = self.layout.pages.last_mut() {
            page.push(item);
        }
    }

    /// A box that says nothing.
    fn adorn(&mut self, x: f32, y: f32, colour: Colour, width: f32, height: f32) {
        self.put(Item { x, y, colour, bold: false, part: None, what: What::Box { width, height } });
    }

    fn part(&mut self, role: Role) -> Option<usize> {
        self.layout.parts.push(role);
        Some(self.layout.parts.len() - 1)
    }

    /// The left end of what is this wide and this far from where lines begin.
    fn left(&self, from: f32, width: f32) -> f32 {
        if self.rtl { WIDTH - MARGIN - from - width } else { MARGIN + from }
    }

    /// Goes on to another page where this much does not fit on this one.
    fn room(&mut self, height: f32) {
        if self.y + height > HEIGHT - MARGIN {
            self.layout.pages.push(Vec::new());
            self.y = MARGIN;
        }
    }

    /// A text in a column that begins this far from where lines do.
    fn text(&mut self, role: Role, text: &str, style: Style, from: f32, width: f32) {
        let part = self.part(role);
        let Style { size, colour, bold } = style;
        let typeface = if bold { self.bold } else { self.regular };
        for line in typeface.wrapped(text, self.rtl, width / size) {
            self.room(size * LEADING);
            let (x, y) = (self.left(from, line.width * size), self.y + size * BASE);
            self.put(Item { x, y, colour, bold, part, what: What::Text { line, size } });
            self.y += size * LEADING;
        }
    }

    /// A label with what stands beside it, and a line under them.
    fn pair(&mut self, label: &str, value: &str) {
        let labels = WHOLE * LABELS;
        self.room(BODY * LEADING + GAP);
        let (top, page) = (self.y, self.layout.pages.len());
        self.text(Role::Label, label, style(BODY, SOFT, false), 0.0, labels - BODY);
        let after = self.y;
        if self.layout.pages.len() == page {
            self.y = top;
        }
        self.text(Role::Value, value, style(BODY, INK, false), labels, WHOLE - labels);
        if self.layout.pages.len() == page {
            self.y = self.y.max(after);
        }
        self.y += GAP;
        self.adorn(MARGIN, self.y, RULE, WHOLE, 0.5);
        self.y += GAP + 0.5;
    }

    /// How it stood, in a box of its colour.
    fn standing(&mut self, sheet: &Sheet) {
        let (colour, pale) = if sheet.holds { (GOOD, GOOD_PALE) } else { (BAD, BAD_PALE) };
        self.y += 8.0;
        let (y, height) = (self.y, 13.0 * LEADING + 8.0);
        self.adorn(MARGIN, y, pale, WHOLE, height);
        let edge = self.left(0.0, 4.0);
        self.adorn(edge, y, colour, 4.0, height);
        self.y += 4.0;
        self.text(Role::Paragraph, &sheet.stands, style(13.0, colour, true), 16.0, WHOLE - 32.0);
        self.y = y + height + 14.0;
    }

    /// The code with what it is for beside it. Its quiet zone may be of the margin, so that dark begins where lines do.
    fn check(&mut self, sheet: &Sheet, code: &'a Qr) {
        self.y += 20.0;
        self.room(CODE);
        let quiet = CODE * QUIET as f32 / code.side() as f32;
        let (top, x) = (self.y, self.left(-quiet, CODE));
        let part = self.part(Role::Picture(sheet.check.clone()));
        let what = What::Code { code, side: CODE };
        self.put(Item { x, y: top, colour: BLACK, bold: false, part, what });
        self.y += quiet;
        let (from, width) = (CODE, WHOLE - CODE);
        self.text(Role::Paragraph, &sheet.check, style(BODY, INK, false), from, width);
        self.text(Role::Link, &sheet.address, style(9.5, BRAND, false), from, width);
        self.y = self.y.max(top + CODE);
    }
}
