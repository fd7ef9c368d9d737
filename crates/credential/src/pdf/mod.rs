//! A licence on paper: a page a language, each with what it says and a code by which anybody checks it.

mod layout;
mod text;

use crate::Qr;
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag, Tag, TagGroup, TagTree};
use layout::{Item, What, pages};
use text::Typeface;

/// What one language's pages say.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Whether the language is written from right to left.
    pub rtl: bool,
    /// Who gave it.
    pub city: String,
    /// What it is.
    pub title: String,
    /// Its number.
    pub number: String,
    /// How it stood when this was printed, and when that was.
    pub stands: String,
    /// Whether that is well.
    pub holds: bool,
    /// What it says.
    pub sections: Vec<Section>,
    /// What the code is for.
    pub check: String,
    /// Where the code leads.
    pub address: String,
}

/// Some of what a licence says.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// What stands above it, if anything does.
    pub heading: Option<String>,
    /// Labels and what stands beside them.
    pub lines: Vec<(String, String)>,
}

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the document cannot be written: {0}")]
pub struct PdfError(String);

/// A4 in points.
const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;

/// The sheets as one PDF.
///
/// # Errors
/// When the fonts do not read, or the code's address is too long for one.
pub fn pdf(title: &str, sheets: &[Sheet]) -> Result<Vec<u8>, PdfError> {
    let failed = |what: &str| PdfError(what.to_owned());
    let (regular, bold) = Typeface::both().ok_or_else(|| failed("its fonts do not read"))?;
    let mut document = Document::new();
    document.set_metadata(Metadata::new().title(title.to_owned()).creator("Daftar".to_owned()));
    let mut tags = TagTree::new();
    for sheet in sheets {
        let code = Qr::of(&sheet.address).ok_or_else(|| failed("its address is too long"))?;
        for items in pages(sheet, &code, &regular, &bold) {
            let size = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| failed("its paper has no size"))?;
            let mut page = document.start_page_with(size);
            let mut surface = page.surface();
            for item in &items {
                let typeface = if item.bold { &bold } else { &regular };
                if let Some(part) = tagged(&mut surface, item, typeface, sheet) {
                    tags.push(part);
                }
            }
            surface.finish();
            page.finish();
        }
    }
    document.set_tag_tree(tags);
    document.finish().map_err(|error| failed(&format!("{error:?}")))
}

/// Paints an item, with what a screen reader says of it: lines as they are read, and what the code is for.
fn tagged(surface: &mut Surface<'_>, item: &Item, typeface: &Typeface, sheet: &Sheet) -> Option<TagGroup> {
    let lang = Some(if sheet.rtl { "fa" } else { "en" });
    let (content, mut part) = match &item.what {
        // Each glyph says what it stands for. The line's text beside it (ActualText) is read backwards by poppler and pdfium.
        What::Text { .. } => (ContentTag::Span(SpanTag::empty().with_lang(lang)), Some(TagGroup::new(Tag::P))),
        What::Code { .. } => (ContentTag::Other, Some(TagGroup::new(Tag::Figure(Some(sheet.check.clone()))))),
        What::Box { .. } => (ContentTag::Artifact(Artifact::new(ArtifactType::Other, None)), None),
    };
    let content = surface.start_tagged(content);
    paint(surface, item, typeface);
    surface.end_tagged();
    if let Some(part) = &mut part {
        part.push(content);
    }
    part
}

fn paint(surface: &mut Surface<'_>, item: &Item, typeface: &Typeface) {
    let (red, green, blue) = item.colour;
    surface.set_fill(Some(Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }));
    match &item.what {
        What::Text { line, size } => {
            let mut x = item.x;
            for run in &line.runs {
                let start = Point::from_xy(x, item.y);
                surface.draw_glyphs(start, &run.glyphs, typeface.font.clone(), &run.text, *size, false);
                x += run.width * size;
            }
        }
        What::Box { width, height } => rectangles(surface, [(item.x, item.y, *width, *height)]),
        What::Code { code, side } => {
            let module = side / code.side() as f32;
            let dark = code.runs().iter().map(|(row, from, length)| {
                let (x, y) = (item.x + *from as f32 * module, item.y + *row as f32 * module);
                (x, y, *length as f32 * module, module)
            });
            rectangles(surface, dark);
        }
    }
}

fn rectangles(surface: &mut Surface<'_>, all: impl IntoIterator<Item = (f32, f32, f32, f32)>) {
    let mut path = PathBuilder::new();
    for (x, y, width, height) in all {
        if let Some(rectangle) = Rect::from_xywh(x, y, width, height) {
            path.push_rect(rectangle);
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}
