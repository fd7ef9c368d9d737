//! Putting glyphs and boxes on a page.

use super::layout::{Item, What};
use super::text::Typeface;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::paint::Fill;
use krilla::surface::Surface;

/// Paints what is at its place.
pub(super) fn item(surface: &mut Surface<'_>, item: &Item<'_>, typeface: &Typeface) {
    let (red, green, blue) = item.colour;
    surface.set_fill(Some(Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }));
    match &item.what {
        What::Text { line, size } => {
            for piece in &line.pieces {
                let start = Point::from_xy(item.x + piece.x * size, item.y);
                surface.draw_glyphs(start, &piece.glyphs, typeface.font.clone(), &piece.text, *size, false);
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
