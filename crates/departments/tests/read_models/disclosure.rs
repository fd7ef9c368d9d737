//! Every column says who may see it, and what is sealed in the register is sealed in the tables.

use crate::story::story;
use crate::tables::sqlite;
use projection::{Class, SealedText};
use std::collections::BTreeSet;

/// Columns that anybody or the department may see. A new column is added here on purpose; one that is not fails.
const DECLARED: &str = include_str!("columns.txt");

#[test]
fn every_column_is_declared_with_its_class() {
    let mut found = String::new();
    for department in departments::all() {
        for (table, column, class) in department.disclosure() {
            let class = format!("{class:?}").to_lowercase();
            found.push_str(&format!("{}.{table}.{column} {class}\n", department.name()));
        }
    }
    let (found, declared): (BTreeSet<&str>, BTreeSet<&str>) = (found.lines().collect(), DECLARED.lines().collect());
    let undeclared: Vec<_> = found.difference(&declared).collect();
    let gone: Vec<_> = declared.difference(&found).collect();
    assert!(undeclared.is_empty() && gone.is_empty(), "columns.txt lacks {undeclared:#?} and has still {gone:#?}");
}

/// Whatever the type of a field: a value in the form of a sealed one stands in a sealed column only.
#[tokio::test]
async fn sealed_values_stand_in_sealed_columns() {
    let fresh = sqlite().await;
    fresh.catch_up(&story()).await;
    let mut sealed = BTreeSet::new();
    for department in departments::all() {
        let classes: Vec<_> = department.disclosure().collect();
        let rows = fresh.dump(department).await;
        let mut table = "";
        for line in rows.lines() {
            if let Some(name) = line.strip_prefix("-- ") {
                table = name;
                continue;
            }
            let row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
            for (name, value) in row {
                let held = value.as_str().unwrap_or_default();
                if held.parse::<SealedText>().is_ok() {
                    let class = classes.iter().find(|(of, column, _)| *of == table && *column == name).unwrap().2;
                    assert_eq!(class, Class::Sealed, "{table}.{name}");
                    sealed.insert(format!("{table}.{name}"));
                }
            }
        }
    }
    let expected = ["cases.address", "cases.mobile", "cases.name", "timeline.note", "timeline.performer"];
    assert_eq!(sealed.into_iter().collect::<Vec<_>>(), expected);
}
