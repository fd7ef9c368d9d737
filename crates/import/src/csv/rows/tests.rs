//! Rows against the texts that people really make, and against another reader of the same format.

use super::*;
use proptest::prelude::*;

fn read(text: &[u8]) -> Vec<(u64, Result<Vec<String>, String>)> {
    let mut rows = Rows::new(text).unwrap();
    let mut read = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        read.push((row.line, row.cells));
    }
    read
}

fn cells(texts: &[&str]) -> Result<Vec<String>, String> {
    Ok(texts.iter().map(|&text| text.to_owned()).collect())
}

#[test]
fn quotes_hold_separators_lines_and_quotes() {
    let rows = read(b"a,b\r\n\"1,\n\"\"2\"\"\",x\r\n\r\n3,\"\"\n");
    assert_eq!(rows, [(1, cells(&["a", "b"])), (2, cells(&["1,\n\"2\"", "x"])), (5, cells(&["3", ""]))]);
}

#[test]
fn the_separator_is_found_or_said() {
    for separator in [",", ";", "\t", "|"] {
        let text = format!("case{separator}\"a,b;c\"{separator}time\n1{separator}2{separator}3");
        assert_eq!(read(text.as_bytes())[1], (2, cells(&["1", "2", "3"])), "{separator:?}");
    }
    assert_eq!(read(b"sep=;\r\na,x;b\n1;2"), [(2, cells(&["a,x", "b"])), (3, cells(&["1", "2"]))]);
    assert_eq!(read(b"alone\n1,2"), [(1, cells(&["alone"])), (2, cells(&["1", "2"]))]);
}

#[test]
fn a_quote_that_never_closes_costs_one_row() {
    let rows = read(b"a,b\n1,\"open\n2,y\n3,z\n");
    assert_eq!(rows.len(), 4);
    assert!(rows[1].0 == 2 && rows[1].1.is_err(), "{rows:?}");
    assert_eq!(rows[2..], [(3, cells(&["2", "y"])), (4, cells(&["3", "z"]))]);
}

#[test]
fn a_row_that_is_too_long_or_no_text_costs_one_row() {
    let long = [b"a,b\n1,".as_slice(), &vec![b'x'; ROW_LIMIT * 3], b"\n2,\xff\n3,z"].concat();
    let rows = read(&long);
    assert!(rows[1].1.as_ref().is_err_and(|reason| reason.contains("longer")), "{:?}", rows[1]);
    assert_eq!(rows[2], (3, Err("cell 2 is not UTF-8 text".to_owned())));
    assert_eq!(rows[3], (4, cells(&["3", "z"])));
    let open = [b"a,b\n1,\"".as_slice(), &vec![b'\n'; ROW_LIMIT + 9], b"2,y\n"].concat();
    let rows = read(&open);
    assert_eq!((rows.len(), rows[2].1.clone()), (3, cells(&["2", "y"])));
}

#[test]
fn nothing_is_no_row() {
    assert_eq!(read(b""), []);
    assert_eq!(read(b"\n \r\n\n"), []);
}

proptest! {
    #[test]
    fn what_was_written_is_read(table in prop::collection::vec(prop::collection::vec("[ab,;\"\n\r\tش]{0,6}", 2..5), 1..8)) {
        let mut builder = csv::WriterBuilder::new();
        let mut writer = builder.flexible(true).quote_style(csv::QuoteStyle::Always).from_writer(b"sep=,\n".to_vec());
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let rows: Vec<_> = read(&text).into_iter().map(|(_, cells)| cells.unwrap()).collect();
        prop_assert_eq!(rows, table);
    }

    #[test]
    fn no_bytes_make_it_panic_or_stick(bytes in prop::collection::vec(prop::sample::select(b"a,\"\n\r;\xff\t ".to_vec()), 0..300)) {
        let lines = bytes.split(|&byte| byte == b'\n').count();
        prop_assert!(read(&bytes).len() <= lines);
    }
}
