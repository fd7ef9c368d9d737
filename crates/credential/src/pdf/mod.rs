//! A licence on paper: a page a language, each with what it says and a code by which anybody checks it.

mod layout;
mod paint;
mod tags;
mod text;

use crate::Qr;
use kernel::Lang;
use krilla::action::LinkAction;
use krilla::annotation::{Annotation, LinkAnnotation, Target};
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{Point, Rect};
use krilla::metadata::Metadata;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::{Page, PageSettings};
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings};
use layout::{Item, Layout, What, lay_out};
use tags::Role;
use text::Typeface;

/// What one language's pages say.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The language.
    pub lang: Lang,
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

/// The sheets as one PDF that satisfies PDF/UA-1, its name and language being those of the first.
///
/// # Errors
/// When there is no sheet, the fonts do not read, or an address is too long for a code.
pub fn pdf(sheets: &[Sheet]) -> Result<Vec<u8>, PdfError> {
    let failed = |what: &str| PdfError(what.to_owned());
    let typefaces = Typeface::both().ok_or_else(|| failed("its fonts do not read"))?;
    let mut document = Document::new_with(accessible()?);
    document.set_metadata(metadata(sheets.first().ok_or_else(|| failed("it says nothing"))?));
    let (mut tags, mut outline, mut count) = (TagTree::new(), Outline::new(), 0);
    for sheet in sheets {
        let code = Qr::of(&sheet.address).ok_or_else(|| failed("its address is too long"))?;
        let layout = lay_out(sheet, &code, &typefaces.0, &typefaces.1);
        let first = XyzDestination::new(count, Point::from_xy(0.0, 0.0));
        outline.push_child(OutlineNode::new(sheet.title.clone(), first));
        count += layout.pages.len();
        tags.push(print(&mut document, sheet, layout, &typefaces)?);
    }
    document.set_outline(outline);
    document.set_tag_tree(tags);
    document.finish().map_err(|error| failed(&format!("{error:?}")))
}

fn accessible() -> Result<SerializeSettings, PdfError> {
    let configuration = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
    let configuration = configuration.map_err(|error| PdfError(format!("{error:?}")))?;
    Ok(SerializeSettings { configuration, ..SerializeSettings::default() })
}

fn metadata(sheet: &Sheet) -> Metadata {
    let metadata = Metadata::new().title(format!("{} {}", sheet.title, sheet.number)).creator("Daftar".to_owned());
    // No direction: pdfium would read Latin in its lines backwards.
    metadata.language(tags::subtag(sheet.lang).to_owned())
}

/// Prints a sheet's pages, and returns what its parts are.
fn print(
    document: &mut Document,
    sheet: &Sheet,
    layout: Layout<'_>,
    (regular, bold): &(Typeface, Typeface),
) -> Result<TagGroup, PdfError> {
    let size = || PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| PdfError("its paper has no size".to_owned()));
    let mut parts: Vec<(Role, Vec<Identifier>)> = layout.parts.into_iter().map(|role| (role, Vec::new())).collect();
    for items in layout.pages {
        let mut page = document.start_page_with(size()?);
        let mut surface = page.surface();
        for item in &items {
            let content = surface.start_tagged(content(item));
            paint::item(&mut surface, item, if item.bold { bold } else { regular });
            surface.end_tagged();
            if let Some((_, contents)) = item.part.and_then(|part| parts.get_mut(part)) {
                contents.push(content);
            }
        }
        surface.finish();
        for item in &items {
            if let Some((Role::Link, contents)) = item.part.and_then(|part| parts.get_mut(part)) {
                contents.extend(link(&mut page, item, sheet));
            }
        }
        page.finish();
    }
    Ok(tags::sheet(sheet.lang, parts))
}

fn content(item: &Item<'_>) -> ContentTag<'static> {
    match (&item.part, &item.what) {
        (None, _) => ContentTag::Artifact(Artifact::new(ArtifactType::Other, None)),
        // Each glyph says what it stands for. A line's text beside it (ActualText) is read backwards by poppler and pdfium.
        (Some(_), What::Text { .. }) => ContentTag::Span(SpanTag::empty()),
        (Some(_), What::Box { .. } | What::Code { .. }) => ContentTag::Other,
    }
}

/// Where a line of the address is, a click leads to it.
fn link(page: &mut Page<'_>, item: &Item<'_>, sheet: &Sheet) -> Option<Identifier> {
    let What::Text { line, size } = &item.what else { return None };
    let area = Rect::from_xywh(item.x, item.y - size, line.width * size, size * 1.3)?;
    let target = Target::Action(LinkAction::new(sheet.address.clone()).into());
    Some(page.add_tagged_annotation(Annotation::new_link(LinkAnnotation::new(area, target), Some(sheet.check.clone()))))
}
