//! The statements, in the two dialects. Names come from static descriptions, values only ever as parameters.

use crate::{Kind, Table};

/// Which SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}
use Dialect::{Postgres, Sqlite};

/// The name in the database of a table that is `version` of a rebuild, or the live one.
pub(crate) fn versioned(name: &str, version: Option<i64>) -> String {
    match version {
        Some(version) => format!("{name}__v{version}"),
        None => name.to_owned(),
    }
}

/// The clear side table of a table.
pub(crate) fn clear_name(table: &Table) -> String {
    format!("{}_clear", table.name)
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

fn joined<'a>(names: impl IntoIterator<Item = &'a str>, with: &str, form: impl Fn(&str) -> String) -> String {
    names.into_iter().map(form).collect::<Vec<_>>().join(with)
}

/// A column's type. SQLite's names are also what a query tells booleans and JSON by.
fn kind(dialect: Dialect, kind: Kind) -> &'static str {
    match (dialect, kind) {
        (Sqlite, Kind::Int) => "INTEGER",
        (Postgres, Kind::Int) => "BIGINT",
        (Sqlite, Kind::Text) => "TEXT",
        // By bytes, as SQLite does: the same order everywhere, and prefixes found by the index.
        (Postgres, Kind::Text) => "TEXT COLLATE \"C\"",
        (_, Kind::Bool) => "BOOLEAN",
        (Sqlite, Kind::Json) => "BLOB",
        (Postgres, Kind::Json) => "JSONB",
    }
}

/// A column's type within a statement, where no collation may stand.
fn plain_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "bigint",
        Kind::Text => "text",
        Kind::Bool => "boolean",
        Kind::Json => "jsonb",
    }
}

fn key_kind(table: &Table, name: &str) -> Kind {
    table.column(name).map_or(Kind::Text, |column| column.kind)
}

pub(crate) fn create_table(dialect: Dialect, table: &Table, name: &str) -> String {
    let columns = table.columns.iter().map(|column| {
        let null = if table.key.contains(&column.name) { " NOT NULL" } else { "" };
        format!("\"{}\" {}{null}", column.name, kind(dialect, column.kind))
    });
    let columns = columns.collect::<Vec<_>>().join(", ");
    create(dialect, name, &columns, table.key, matches!(table.key, [one] if key_kind(table, one) == Kind::Int))
}

fn create(dialect: Dialect, name: &str, columns: &str, key: &[&str], integer_key: bool) -> String {
    // SQLite's own row number serves as the key when that is one integer; else the key is the table's order.
    let tail = if dialect == Sqlite && !integer_key { " WITHOUT ROWID" } else { "" };
    format!("CREATE TABLE \"{name}\" ({columns}, PRIMARY KEY ({})){tail}", quoted(key.iter().copied()))
}

/// The clear side table: the key, whose text it is, which field, the text and how it is searched.
pub(crate) fn create_clear(dialect: Dialect, table: &Table, name: &str) -> String {
    let mut columns = joined(table.key.iter().copied(), ", ", |key| {
        format!("\"{key}\" {} NOT NULL", kind(dialect, key_kind(table, key)))
    });
    for name in ["person", "field", "clear", "search"] {
        columns.push_str(&format!(", \"{name}\" {} NOT NULL", kind(dialect, Kind::Text)));
    }
    let key: Vec<&str> = table.key.iter().copied().chain(["field"]).collect();
    create(dialect, name, &columns, &key, false)
}

/// The secondary indexes; index names carry the version, since old and new tables stand side by side.
pub(crate) fn create_indexes(table: &Table, version: Option<i64>) -> Vec<String> {
    let on = versioned(table.name, version);
    let serial = version.unwrap_or(0);
    let mut indexes: Vec<String> = (table.indexes.iter().enumerate())
        .map(|(n, columns)| {
            format!("CREATE INDEX \"{}_i{n}_v{serial}\" ON \"{on}\" ({})", table.name, quoted(columns.iter().copied()))
        })
        .collect();
    if table.sealed().next().is_some() {
        let clear = clear_name(table);
        let on = versioned(&clear, version);
        for (n, columns) in [&["person"][..], &["field", "search"][..]].iter().enumerate() {
            indexes.push(format!(
                "CREATE INDEX \"{clear}_i{n}_v{serial}\" ON \"{on}\" ({})",
                quoted(columns.iter().copied())
            ));
        }
    }
    indexes
}

/// Writes all rows of `$1`, a JSON array of objects.
pub(crate) fn upsert(dialect: Dialect, table: &Table, name: &str) -> String {
    let columns: Vec<(&str, Kind)> = table.columns.iter().map(|column| (column.name, column.kind)).collect();
    upsert_columns(dialect, name, &columns, table.key, "true")
}

/// As [`upsert`], for the clear side table; rows of forgotten persons stay out.
pub(crate) fn upsert_clear(dialect: Dialect, table: &Table, name: &str) -> String {
    let keys = table.key.iter().map(|key| (*key, key_kind(table, key)));
    let texts = ["person", "field", "clear", "search"].map(|name| (name, Kind::Text));
    let columns: Vec<(&str, Kind)> = keys.chain(texts).collect();
    let key: Vec<&str> = table.key.iter().copied().chain(["field"]).collect();
    let person = if dialect == Sqlite { "value->>'person'" } else { "x.person" };
    let remembered = format!("{person} NOT IN (SELECT person FROM forgotten)");
    upsert_columns(dialect, name, &columns, &key, &remembered)
}

fn upsert_columns(dialect: Dialect, name: &str, columns: &[(&str, Kind)], key: &[&str], filter: &str) -> String {
    let into = quoted(columns.iter().map(|(name, _)| *name));
    let rest: Vec<&str> = columns.iter().map(|(name, _)| *name).filter(|name| !key.contains(name)).collect();
    let change = if rest.is_empty() {
        "DO NOTHING".to_owned()
    } else {
        format!("DO UPDATE SET {}", joined(rest, ", ", |name| format!("\"{name}\" = excluded.\"{name}\"")))
    };
    let from = match dialect {
        Sqlite => {
            // jsonb_each hands out each row parsed, at half the cost of json_each, which hands out its text.
            let values = columns.iter().map(|(name, kind)| match kind {
                Kind::Json => format!("NULLIF(value->'{name}', 'null')"),
                Kind::Int | Kind::Text | Kind::Bool => format!("value->>'{name}'"),
            });
            format!("SELECT {} FROM jsonb_each($1)", values.collect::<Vec<_>>().join(", "))
        }
        Postgres => format!("SELECT {into} FROM {}", recordset(columns.iter().copied())),
    };
    format!(
        "INSERT INTO \"{name}\" ({into}) {from} WHERE {filter} ON CONFLICT ({}) {change}",
        quoted(key.iter().copied())
    )
}

/// Writes `rows` new rows, a parameter for each value.
pub(crate) fn insert(table: &Table, name: &str, rows: usize) -> String {
    let into = quoted(table.columns.iter().map(|column| column.name));
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    format!("INSERT INTO \"{name}\" ({into}) VALUES {}", vec![row; rows].join(", "))
}

/// Takes new rows in Postgres's text form.
pub(crate) fn copy(table: &Table, name: &str) -> String {
    format!("COPY \"{name}\" ({}) FROM STDIN", quoted(table.columns.iter().map(|column| column.name)))
}

fn recordset<'a>(columns: impl Iterator<Item = (&'a str, Kind)>) -> String {
    let columns: Vec<String> = columns.map(|(name, kind)| format!("\"{name}\" {}", plain_kind(kind))).collect();
    format!("json_to_recordset($1::json) AS x({})", columns.join(", "))
}

/// Removes the rows whose key columns are in `$1`, a JSON array of objects; `key` may be a part of the table's key.
pub(crate) fn delete(dialect: Dialect, table: &Table, name: &str, key: &[&str]) -> String {
    match dialect {
        Sqlite => {
            let values = joined(key.iter().copied(), ", ", |key| format!("value->>'{key}'"));
            format!(
                "DELETE FROM \"{name}\" WHERE ({}) IN (SELECT {values} FROM jsonb_each($1))",
                quoted(key.iter().copied())
            )
        }
        Postgres => {
            let from = recordset(key.iter().map(|key| (*key, key_kind(table, key))));
            let on = joined(key.iter().copied(), " AND ", |key| format!("t.\"{key}\" = x.\"{key}\""));
            format!("DELETE FROM \"{name}\" AS t USING {from} WHERE {on}")
        }
    }
}

/// Number (`_n`) and JSON of the rows whose keys are in `$1`.
pub(crate) fn load(dialect: Dialect, table: &Table, name: &str) -> String {
    let row = row_json(dialect, table);
    match dialect {
        Sqlite => {
            let on = joined(table.key.iter().copied(), " AND ", |key| format!("t.\"{key}\" = x.value->>'{key}'"));
            // CROSS JOIN keeps the order: for each asked key, one look into the index.
            format!("SELECT x.value->>'_n', {row} FROM jsonb_each($1) AS x CROSS JOIN \"{name}\" AS t WHERE {on}")
        }
        Postgres => {
            let keys = table.key.iter().map(|key| (*key, key_kind(table, key)));
            let from = recordset(keys.chain([("_n", Kind::Int)]));
            let on = joined(table.key.iter().copied(), " AND ", |key| format!("t.\"{key}\" = x.\"{key}\""));
            format!("SELECT x.\"_n\", {row} FROM {from} JOIN \"{name}\" AS t ON {on}")
        }
    }
}

/// The JSON of every row, in the order of the key.
pub(crate) fn dump(dialect: Dialect, table: &Table, name: &str) -> String {
    let order = joined(table.key.iter().copied(), ", ", |key| format!("t.\"{key}\""));
    format!("SELECT {} FROM \"{name}\" AS t ORDER BY {order}", row_json(dialect, table))
}

fn row_json(dialect: Dialect, table: &Table) -> String {
    if dialect == Postgres {
        return "row_to_json(t)::text".to_owned();
    }
    let fields = table.columns.iter().map(|column| {
        let name = column.name;
        match column.kind {
            Kind::Int | Kind::Text => format!("'{name}', t.\"{name}\""),
            Kind::Json => format!("'{name}', json(t.\"{name}\")"),
            Kind::Bool => {
                format!("'{name}', json(iif(t.\"{name}\", 'true', iif(t.\"{name}\" IS NULL, 'null', 'false')))")
            }
        }
    });
    format!("json_object({})", fields.collect::<Vec<_>>().join(", "))
}
