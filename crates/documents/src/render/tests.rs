//! Drawing pages and pictures, also of files that are made to hurt.

use super::*;
use crate::store::tests::{pdf_page, picture as picture_of};
use proptest::prelude::*;

fn decoded(picture: &Picture) -> RgbImage {
    let format = if picture.kind == Kind::Png { ImageFormat::Png } else { ImageFormat::Jpeg };
    image::load_from_memory_with_format(&picture.bytes, format).unwrap().into_rgb8()
}

#[test]
fn a_page_is_drawn_on_white_to_fit() {
    let content = pdf_page("0 0 1 rg 100 100 200 200 re f", 600, 300);
    let picture = render(Kind::Pdf, 1, content.clone()).unwrap();
    let image = decoded(&picture);
    assert_eq!((picture.pages, image.dimensions()), (1, (1_800, 900)));
    assert_eq!(image.get_pixel(5, 5).0, [255, 255, 255]);
    let [r, g, b] = image.get_pixel(600, 300).0;
    assert!(r < 20 && g < 20 && b > 235, "{r} {g} {b}");
    assert_eq!(render(Kind::Pdf, 2, content.clone()), Err(Unreadable));
    assert_eq!(render(Kind::Pdf, 0, content), Err(Unreadable));
}

#[test]
fn pictures_are_made_small_and_what_shows_through_is_white() {
    let mut large = image::RgbaImage::new(4_000, 1_000);
    large.put_pixel(0, 0, image::Rgba([255, 0, 0, 255]));
    let mut png = Cursor::new(Vec::new());
    large.write_to(&mut png, ImageFormat::Png).unwrap();
    let image = decoded(&render(Kind::Png, 1, png.into_inner()).unwrap());
    assert_eq!((image.dimensions(), image.get_pixel(1_000, 300).0), ((1_800, 450), [255, 255, 255]));
    for (kind, format) in [(Kind::Jpeg, ImageFormat::Jpeg), (Kind::Webp, ImageFormat::WebP)] {
        let image = decoded(&render(kind, 1, picture_of(format)).unwrap());
        assert_eq!(image.dimensions(), (40, 30), "{kind:?}");
        assert_eq!(render(kind, 2, picture_of(format)), Err(Unreadable));
    }
}

#[test]
fn a_photograph_is_stored_with_loss() {
    let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) as u8;
    let photograph = RgbImage::from_fn(1_200, 900, |x, y| image::Rgb([noise(x, y), noise(y, x), noise(x + 7, y)]));
    let (kind, bytes) = encode(&photograph).unwrap();
    assert_eq!(kind, Kind::Jpeg);
    assert!(bytes.len() < 1_200 * 900 * 3);
}

#[test]
fn pages_without_an_area_and_damaged_files_are_not_drawn() {
    for (width, height) in [(0, 100), (100, 0), (100_000_000, 1)] {
        let _ = render(Kind::Pdf, 1, pdf_page("", width, height));
    }
    for kind in Kind::ALL {
        assert_eq!(render(*kind, 1, b"nothing of the kind".to_vec()), Err(Unreadable), "{kind:?}");
    }
    let mut flood = picture_of(ImageFormat::Png);
    flood[16..24].copy_from_slice(&[0, 0, 0x60, 0, 0, 0, 0x60, 0]);
    assert_eq!(render(Kind::Png, 1, flood), Err(Unreadable));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn changed_files_end_well(kind in 0_usize..4, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut content = match Kind::ALL[kind] {
            Kind::Pdf => pdf_page("0 0 1 rg 10 10 20 20 re f", 60, 30),
            Kind::Jpeg => picture_of(ImageFormat::Jpeg),
            Kind::Png => picture_of(ImageFormat::Png),
            Kind::Webp => picture_of(ImageFormat::WebP),
        };
        let at = at.index(content.len());
        content[at] = byte;
        let _ = render(Kind::ALL[kind], 1, content);
    }
}
