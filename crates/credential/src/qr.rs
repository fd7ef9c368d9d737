//! A text as a QR code, for screens and for paper.

use fast_qr::{ECL, QRBuilder};

/// Light modules that must stand around the dark ones (ISO/IEC 18004 section 6.3.8).
pub(crate) const QUIET: usize = 4;

/// A square of dark and light modules with the quiet zone around it.
pub struct Qr {
    /// Runs of dark modules: row, first column, length.
    runs: Vec<(usize, usize, usize)>,
    side: usize,
}

impl Qr {
    /// The code of a text. Nothing for a text that is too long for one, some 2,300 bytes.
    #[must_use]
    pub fn of(text: &str) -> Option<Qr> {
        let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
        let mut runs = Vec::new();
        for row in 0..code.size {
            let mut column = 0;
            while column < code.size {
                let length = code[row][column..].iter().take_while(|module| module.value()).count();
                if length > 0 {
                    runs.push((row + QUIET, column + QUIET, length));
                }
                column += length.max(1);
            }
        }
        Some(Qr { runs, side: code.size + 2 * QUIET })
    }

    /// Modules from edge to edge, with the quiet zone.
    #[must_use]
    pub fn side(&self) -> usize {
        self.side
    }

    /// Runs of dark modules: row, first column and length.
    #[must_use]
    pub fn runs(&self) -> &[(usize, usize, usize)] {
        &self.runs
    }

    /// As SVG, black on white, with a name for whoever does not see it. `name` must hold no markup.
    #[must_use]
    pub fn svg(&self, name: &str) -> String {
        let path: String =
            self.runs.iter().map(|(row, from, long)| format!("M{from} {row}h{long}v1h-{long}z")).collect();
        let side = self.side;
        format!(
            r##"<svg class="qr" role="img" aria-label="{name}" viewBox="0 0 {side} {side}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>"##
        )
    }
}

impl std::fmt::Debug for Qr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Qr({0}×{0})", self.side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_the_dark_modules_and_no_others() {
        let text = "https://city.example/check?number=L-1405-000123";
        let (qr, code) = (Qr::of(text).unwrap(), QRBuilder::new(text).ecl(ECL::M).build().unwrap());
        let dark = (0..code.size).map(|row| code[row].iter().filter(|module| module.value()).count()).sum::<usize>();
        assert_eq!(qr.runs().iter().map(|(_, _, length)| length).sum::<usize>(), dark);
        for (row, from, length) in qr.runs() {
            for column in *from..from + length {
                assert!(code[row - QUIET][column - QUIET].value());
            }
        }
        assert_eq!(qr.side(), code.size + 8);
        assert!(qr.svg("QR").contains("aria-label=\"QR\""));
        assert!(Qr::of(&"x".repeat(3_000)).is_none());
    }
}
