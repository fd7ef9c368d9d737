//! Where a log's bytes come from: a file or a stream, gzip or plain, UTF-8 or UTF-16.

use crate::ReadError;
use flate2::bufread::MultiGzDecoder;
use quick_xml::encoding::DecodingReader;
use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

const BUFFER: usize = 64 * 1024;
const GZIP: [u8; 2] = [0x1f, 0x8b];
const UTF_8_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
/// Where the declaration of an XML file's encoding is looked for.
const DECLARATION: usize = 256;

type Bytes = Box<dyn BufRead + Send>;

/// A log to be read, and how far it was.
pub struct Source {
    bytes: Bytes,
    read: Arc<AtomicU64>,
    total: Option<u64>,
}

impl Source {
    /// A file, or standard input where the path is `-`.
    ///
    /// # Errors
    /// The file cannot be opened, or its first bytes cannot be read.
    pub fn open(path: &Path) -> Result<Source, ReadError> {
        let failed = |source| ReadError::Open { path: path.display().to_string(), source };
        if path.as_os_str() == "-" {
            return Source::new(io::stdin(), None).map_err(failed);
        }
        let file = File::open(path).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        if meta.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()));
        }
        Source::new(file, meta.is_file().then_some(meta.len())).map_err(failed)
    }

    /// Any stream of bytes, decompressed where it starts as gzip does.
    ///
    /// # Errors
    /// Its first bytes cannot be read.
    pub fn new(stream: impl Read + Send + 'static, total: Option<u64>) -> io::Result<Source> {
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted { stream, read: read.clone() };
        let bytes: Bytes = Box::new(BufReader::with_capacity(BUFFER, counted));
        let (start, mut bytes) = look_and_keep(bytes, GZIP.len())?;
        if start == GZIP {
            bytes = Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(bytes)));
        }
        Ok(Source { bytes, read, total })
    }

    /// Bytes that were read, as they lie in the file; goes on counting after the source is given away.
    #[must_use]
    pub fn bytes_read(&self) -> Arc<AtomicU64> {
        self.read.clone()
    }

    /// Bytes there are, where that is known.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// The text of a table: UTF-16 becomes UTF-8, a byte order mark goes.
    pub(crate) fn table(self) -> io::Result<Bytes> {
        let (start, mut bytes) = look_and_keep(self.bytes, UTF_8_MARK.len())?;
        if start == UTF_8_MARK {
            bytes.consume(UTF_8_MARK.len());
        }
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            bytes = Box::new(DecodingReader::new(bytes));
        }
        Ok(bytes)
    }

    /// The text of an XML file, from the encoding that it declares.
    pub(crate) fn xml(self) -> Result<Bytes, ReadError> {
        let broken = |source| ReadError::Broken { line: 1, source };
        let (start, bytes) = look_and_keep(self.bytes, DECLARATION).map_err(broken)?;
        let mut text = DecodingReader::new(bytes);
        if let Some(label) = declared(&start) {
            let encoding = encoding_rs::Encoding::for_label(label.as_bytes());
            text.set_encoding(encoding.ok_or(ReadError::Encoding { label })?);
        }
        Ok(Box::new(text))
    }
}

/// The encoding that an XML declaration in ASCII names, unless it is the default or contradicts what was seen.
fn declared(start: &[u8]) -> Option<String> {
    let start = String::from_utf8_lossy(start.strip_prefix(&UTF_8_MARK).unwrap_or(start));
    let declaration = start.strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let label = value[1..].split(quote).next()?.trim();
    let lower = label.to_ascii_lowercase();
    // Whoever reads this line in ASCII has no UTF-16 file before them, whatever it declares.
    (!lower.starts_with("utf-") && !lower.starts_with("utf8")).then(|| label.to_owned())
}

/// The first bytes, fewer where there are no more, and all bytes. Also right where they come in drops.
fn look_and_keep(mut bytes: Bytes, count: usize) -> io::Result<(Vec<u8>, Bytes)> {
    let start = bytes.fill_buf()?;
    if start.len() >= count {
        return Ok((start[..count].to_vec(), bytes));
    }
    let mut start = Vec::with_capacity(count);
    bytes.by_ref().take(count as u64).read_to_end(&mut start)?;
    Ok((start.clone(), Box::new(io::Cursor::new(start).chain(bytes))))
}

struct Counted<R> {
    stream: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// Gives one byte at a time, as a slow pipe may.
    struct Drops(io::Cursor<Vec<u8>>);
    impl Read for Drops {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let end = buffer.len().min(1);
            self.0.read(&mut buffer[..end])
        }
    }

    fn table(bytes: &[u8]) -> String {
        let mut text = String::new();
        let source = Source::new(Drops(io::Cursor::new(bytes.to_vec())), None).unwrap();
        source.table().unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn xml(bytes: &[u8]) -> Result<String, ReadError> {
        let mut text = String::new();
        Source::new(io::Cursor::new(bytes.to_vec()), None).unwrap().xml()?.read_to_string(&mut text).unwrap();
        Ok(text)
    }

    fn utf_16(text: &str) -> Vec<u8> {
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    }

    #[test]
    fn marks_and_utf_16_of_tables_are_read() {
        assert_eq!(table("\u{feff}a,b\nش,2".as_bytes()), "a,b\nش,2");
        assert_eq!(table(&utf_16("a\tb\nش\t2")), "a\tb\nش\t2");
        assert_eq!(table(b""), "");
        assert_eq!(table(b"a"), "a");
    }

    #[test]
    fn xml_is_read_in_the_encoding_that_it_declares() {
        let latin = b"<?xml version=\"1.0\" encoding='ISO-8859-1'?><log a=\"caf\xe9\"/>";
        assert!(xml(latin).unwrap().ends_with("<log a=\"café\"/>"));
        assert_eq!(xml("\u{feff}<log/>".as_bytes()).unwrap(), "<log/>");
        assert!(xml(&utf_16("<?xml version=\"1.0\" encoding=\"UTF-16\"?><log a=\"ش\"/>")).unwrap().contains('ش'));
        assert!(matches!(xml(b"<?xml version=\"1.0\" encoding=\"klingon\"?><log/>"), Err(ReadError::Encoding { .. })));
    }

    #[test]
    fn gzip_is_seen_by_its_first_bytes_in_as_many_members_as_it_has() {
        let mut bytes = Vec::new();
        for part in ["a,b\n", "1,2\n"] {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(part.as_bytes()).unwrap();
            bytes.extend(gzip.finish().unwrap());
        }
        let source = Source::new(Drops(io::Cursor::new(bytes.clone())), Some(bytes.len() as u64)).unwrap();
        let read = source.bytes_read();
        let mut text = String::new();
        source.table().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "a,b\n1,2\n");
        assert_eq!(read.load(Ordering::Relaxed), bytes.len() as u64);
    }
}
