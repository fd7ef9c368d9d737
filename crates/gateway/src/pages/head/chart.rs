//! Bars lying on their side, as SVG made here. What a colour tells a pattern tells too, and each chart stands beside a
//! table with the same figures.

use crate::pages::Frame;
use kernel::Lang;
use std::fmt::Write as _;

/// Bars, each of one part for each series.
pub(super) struct Bars {
    /// Its name in the page.
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) about: String,
    pub(super) series: Vec<&'static str>,
    pub(super) rows: Vec<(String, Vec<i64>)>,
}

const WIDTH: i64 = 680;
/// Where bars begin, and how far the longest reaches.
const LABELS: i64 = 240;
const LONGEST: i64 = WIDTH - LABELS - 60;
const ROW: i64 = 30;
const BAR: i64 = 18;
const LEGEND: i64 = 30;
/// Letters of a label that find room.
const LETTERS: usize = 34;

impl Bars {
    pub(super) fn svg(&self, page: &Frame) -> String {
        let legend = if self.series.len() > 1 { LEGEND } else { 4 };
        let height = legend + ROW * i64::try_from(self.rows.len()).unwrap_or(0);
        let most = self.rows.iter().map(|(_, parts)| parts.iter().sum::<i64>()).max().unwrap_or(0).max(1);
        let (id, title, about) = (self.id, escaped(&self.title), escaped(&self.about));
        let mut svg = format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\">\
             <title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{about}</desc>{}",
            self.patterns()
        );
        if self.series.len() > 1 {
            self.legend(&mut svg, page.lang);
        }
        for (index, (label, parts)) in self.rows.iter().enumerate() {
            let top = legend + ROW * i64::try_from(index).unwrap_or(0);
            self.row(&mut svg, page, (label, parts), (top, most));
        }
        svg.push_str("</svg>");
        svg
    }

    /// Lines and dots for the second and third series.
    fn patterns(&self) -> String {
        let id = self.id;
        format!(
            "<defs><pattern id=\"{id}-1\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate(45)\"><rect class=\"bar late\" width=\"7\" height=\"7\"/>\
             <rect class=\"gap\" width=\"2\" height=\"7\"/></pattern>\
             <pattern id=\"{id}-2\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
             <rect class=\"bar other\" width=\"6\" height=\"6\"/><circle class=\"gap\" cx=\"3\" cy=\"3\" r=\"1.2\"/>\
             </pattern></defs>"
        )
    }

    /// How the part of a series is filled.
    fn fill(&self, series: usize) -> String {
        match series {
            0 => "class=\"bar\"".to_owned(),
            1 | 2 => format!("fill=\"url(#{}-{series})\"", self.id),
            _ => "class=\"bar rest\"".to_owned(),
        }
    }

    fn legend(&self, svg: &mut String, lang: Lang) {
        let mut x = 0;
        for (index, name) in self.series.iter().enumerate() {
            let fill = self.fill(index);
            let _ = write!(svg, "<rect {fill} x=\"{}\" y=\"4\" width=\"14\" height=\"14\"/>", mirrored(lang, x, 14));
            text(svg, lang, x + 20, 16, name);
            // Letters are about so wide.
            x += 40 + 8 * i64::try_from(name.chars().count()).unwrap_or(0);
        }
    }

    fn row(&self, svg: &mut String, page: &Frame, (label, parts): (&str, &[i64]), (top, most): (i64, i64)) {
        let short: String = label.chars().take(LETTERS).collect();
        let short = if short.len() < label.len() { format!("{}…", short.trim_end()) } else { short };
        text(svg, page.lang, 0, top + BAR, &short);
        let (mut x, mut before) = (LABELS, 0);
        for (index, part) in parts.iter().enumerate().filter(|(_, part)| **part > 0) {
            // Ends are worked out from sums, so that parts meet and the whole is as long as it should be.
            let end = LABELS + (before + part) * LONGEST / most;
            let (start, fill) = (mirrored(page.lang, x, end - x), self.fill(index));
            let _ =
                write!(svg, "<rect {fill} x=\"{start}\" y=\"{}\" width=\"{}\" height=\"{BAR}\"/>", top + 4, end - x);
            (x, before) = (end, before + part);
        }
        text(svg, page.lang, x + 8, top + BAR, &page.number(&before));
    }
}

/// Where something of this width begins that would begin at `x` in a page from left to right.
fn mirrored(lang: Lang, x: i64, width: i64) -> i64 {
    match lang {
        Lang::Fa => WIDTH - x - width,
        Lang::En => x,
    }
}

/// The drawing runs from left to right in every language, so what is said is isolated and given its own direction.
fn text(svg: &mut String, lang: Lang, x: i64, y: i64, said: &str) {
    let (anchor, isolate) = match lang {
        Lang::Fa => (" text-anchor=\"end\"", '\u{2067}'),
        Lang::En => ("", '\u{2066}'),
    };
    let (x, said) = (mirrored(lang, x, 0), escaped(said));
    let _ = write!(svg, "<text x=\"{x}\" y=\"{y}\"{anchor}>{isolate}{said}\u{2069}</text>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_codes_keep_the_order_of_their_language() {
        let said = |lang| {
            let mut svg = String::new();
            text(&mut svg, lang, 0, 9, "d3a85777 <پذیرش>");
            svg
        };
        let ends = "d3a85777 &lt;پذیرش&gt;\u{2069}</text>";
        assert_eq!(said(Lang::Fa), format!("<text x=\"{WIDTH}\" y=\"9\" text-anchor=\"end\">\u{2067}{ends}"));
        assert_eq!(said(Lang::En), format!("<text x=\"0\" y=\"9\">\u{2066}{ends}"));
    }
}
