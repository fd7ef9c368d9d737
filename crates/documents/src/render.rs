//! A page of a document as a picture, within bounds. Pure, and slow: it belongs in a process of its own.

use crate::{Kind, MAX_SIDE};
use hayro::{
    PixmapSettings, RenderCache, RenderSettings, hayro_interpret::InterpreterSettings, hayro_syntax::Pdf,
    render as draw, vello_cpu::color::palette::css::WHITE,
};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, codecs::jpeg::JpegEncoder};
use std::io::Cursor;

/// The longer side of a preview.
const SIDE: u32 = 1_800;
/// How far a small page is enlarged.
const MOST_SCALE: f32 = 4.0;
/// The most memory that decoding a picture may take.
const MEMORY: u64 = 512 * 1024 * 1024;
/// Above this a preview is stored with loss.
const LOSSLESS: usize = 256 * 1024;
const QUALITY: u8 = 82;

/// A page as a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// How many pages the document has.
    pub pages: u32,
    /// PNG or JPEG.
    pub kind: Kind,
    /// The picture.
    pub bytes: Vec<u8>,
}

/// The document cannot be shown, or has no such page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// Page `page` of a document, counted from one.
pub(crate) fn render(kind: Kind, page: u32, content: Vec<u8>) -> Result<Picture, Unreadable> {
    let (pages, picture) = match kind {
        Kind::Pdf => pdf(page, content)?,
        Kind::Jpeg => (1, picture(ImageFormat::Jpeg, page, &content)?),
        Kind::Png => (1, picture(ImageFormat::Png, page, &content)?),
        Kind::Webp => (1, picture(ImageFormat::WebP, page, &content)?),
    };
    let (kind, bytes) = encode(&picture)?;
    Ok(Picture { pages, kind, bytes })
}

fn pdf(page: u32, content: Vec<u8>) -> Result<(u32, RgbImage), Unreadable> {
    let pdf = Pdf::new(content).map_err(|_| Unreadable)?;
    let pages = pdf.pages();
    let index = page.checked_sub(1).ok_or(Unreadable)?;
    let wanted = pages.get(index as usize).ok_or(Unreadable)?;
    let (width, height) = wanted.render_dimensions();
    let scale = (SIDE as f32 / width.max(height)).min(MOST_SCALE);
    // A side of NaN is no side either.
    if !(width * scale >= 1.0 && height * scale >= 1.0) {
        return Err(Unreadable);
    }
    let settings = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let cache = RenderCache::new();
    let drawn = draw(wanted, &cache, &InterpreterSettings::default(), &RenderSettings::default(), &settings);
    let (width, height) = (drawn.width().into(), drawn.height().into());
    let rgb = drawn.data().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
    let image = RgbImage::from_raw(width, height, rgb).ok_or(Unreadable)?;
    Ok((u32::try_from(pages.len()).map_err(|_| Unreadable)?, image))
}

fn picture(format: ImageFormat, page: u32, content: &[u8]) -> Result<RgbImage, Unreadable> {
    if page != 1 {
        return Err(Unreadable);
    }
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE), Some(MAX_SIDE));
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(content), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| Unreadable)?;
    if decoder.total_bytes() > MEMORY {
        return Err(Unreadable);
    }
    let orientation = decoder.orientation().map_err(|_| Unreadable)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| Unreadable)?;
    if image.width().max(image.height()) > SIDE {
        image = image.thumbnail(SIDE, SIDE);
    }
    image.apply_orientation(orientation);
    Ok(on_white(image))
}

/// What shows through is white, as paper is.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let over = |value: u8, alpha: u8| {
        let (value, alpha) = (u16::from(value), u16::from(alpha));
        ((value * alpha + 255 * (255 - alpha)) / 255) as u8
    };
    let rgb = image.pixels().flat_map(|pixel| {
        let [r, g, b, alpha] = pixel.0;
        [r, g, b].map(|value| over(value, alpha))
    });
    RgbImage::from_raw(image.width(), image.height(), rgb.collect()).unwrap_or_default()
}

/// Without loss where that is small, as drawings are; photographs with loss.
fn encode(picture: &RgbImage) -> Result<(Kind, Vec<u8>), Unreadable> {
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).map_err(|_| Unreadable)?;
    let png = png.into_inner();
    if png.len() <= LOSSLESS {
        return Ok((Kind::Png, png));
    }
    let mut jpeg = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, QUALITY)).map_err(|_| Unreadable)?;
    Ok(if jpeg.len() < png.len() { (Kind::Jpeg, jpeg) } else { (Kind::Png, png) })
}

#[cfg(test)]
mod tests;
