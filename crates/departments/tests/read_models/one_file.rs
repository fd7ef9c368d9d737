//! All tables in one file, and back.

use crate::story::story;
use crate::tables::sqlite;
use departments::one_file;
use projection::{Database, Reader, diff};

#[tokio::test]
async fn tables_go_into_one_file_and_come_out_the_same() {
    let fresh = sqlite().await;
    fresh.catch_up(&story()).await;
    let Database::Sqlite { folder } = &fresh.database else { panic!("it is SQLite") };
    let other = test_support::DataFolder::new();
    let file = other.join("all.db");
    one_file::gather(folder, &file).await.unwrap();
    one_file::part(&file, other.path()).await.unwrap();
    let back = Database::Sqlite { folder: other.path().to_owned() };
    for department in departments::all() {
        let mut left = fresh.reader(department.name()).await.snapshot().await.unwrap();
        let mut right = Reader::open(&back, department.name()).await.unwrap().snapshot().await.unwrap();
        assert_eq!(left.events(), right.events());
        for table in department.tables() {
            assert!(diff(&mut left, &mut right, table).await.unwrap().is_empty(), "{}", table.name);
        }
    }
    let again = one_file::gather(folder, &file).await.unwrap_err();
    assert!(again.to_string().starts_with("cannot copy a table of"), "nothing is overwritten: {again}");
    let nowhere = one_file::part(&other.join("none.db"), other.path()).await;
    assert!(nowhere.is_err());
}
