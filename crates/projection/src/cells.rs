//! A row as the values of its columns, in the table's order: what is checked, copied in bulk, and opened.

use crate::texts::Texts;
use crate::{Class, Kind, Table};
use serde::ser::{Error as _, Impossible, SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    /// Of a row that is still being taken apart.
    Absent,
    Null,
    Int(i64),
    Bool(bool),
    Text(Arc<str>),
    Json(Arc<str>),
}

/// Why a row does not fit its table.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misfit(String);

impl serde::ser::Error for Misfit {
    fn custom<T: fmt::Display>(message: T) -> Misfit {
        Misfit(message.to_string())
    }
}

/// Of each sealed column that holds something its name and what that is.
pub(crate) type SealedFields = Vec<(&'static str, Arc<str>)>;

/// Rows of a table, the values of one after the other.
pub(crate) struct Cells {
    table: &'static Table,
    cells: Vec<Cell>,
    texts: Texts,
    json: Vec<u8>,
}

impl Cells {
    /// No rows yet.
    pub(crate) fn new(table: &'static Table) -> Cells {
        Cells { table, cells: Vec::new(), texts: Texts::default(), json: Vec::new() }
    }

    /// Adds a row: exactly one value for each column.
    pub(crate) fn push(&mut self, row: &impl Serialize) -> Result<&[Cell], Misfit> {
        let start = self.cells.len();
        self.cells.resize(start + self.table.columns.len(), Cell::Absent);
        let taken = row.serialize(Row { rows: self, start, next: 0, key: None }).and_then(|()| self.whole(start));
        if let Err(misfit) = taken {
            self.cells.truncate(start);
            return Err(misfit);
        }
        Ok(&self.cells[start..])
    }

    fn whole(&self, start: usize) -> Result<(), Misfit> {
        let mut columns = self.cells[start..].iter().zip(self.table.columns);
        let missing = columns.find(|(cell, _)| matches!(cell, Cell::Absent));
        missing.map_or(Ok(()), |(_, column)| Err(Misfit(format!("the row has no field {:?}", column.name))))
    }

    /// Removes the last row.
    pub(crate) fn pop(&mut self) {
        self.cells.truncate(self.cells.len().saturating_sub(self.table.columns.len()));
    }

    /// Whether some text of a row that was ever added has a NUL character.
    pub(crate) fn had_nul(&self) -> bool {
        self.texts.had_nul()
    }

    /// The values, row after row.
    pub(crate) fn into_values(self) -> Vec<Cell> {
        self.cells
    }
}

/// The sealed columns that hold something.
pub(crate) fn sealed_fields(table: &'static Table, cells: &[Cell]) -> SealedFields {
    let columns = table.columns.iter().zip(cells).filter(|(column, _)| column.class == Class::Sealed);
    let held = columns.filter_map(|(column, cell)| match cell {
        Cell::Text(text) => Some((column.name, text.clone())),
        Cell::Absent | Cell::Null | Cell::Int(_) | Cell::Bool(_) | Cell::Json(_) => None,
    });
    held.collect()
}

/// Whether some text has a NUL character, which Postgres does not store.
pub(crate) fn has_nul(cells: &[Cell]) -> bool {
    cells.iter().any(|cell| match cell {
        Cell::Text(text) => text.contains('\0'),
        Cell::Json(json) => json.contains("\\u0000"),
        Cell::Absent | Cell::Null | Cell::Int(_) | Cell::Bool(_) => false,
    })
}

/// Takes a row's fields apart.
struct Row<'a> {
    rows: &'a mut Cells,
    /// Of the row among all cells.
    start: usize,
    /// Fields mostly come in the order of the columns.
    next: usize,
    key: Option<Arc<str>>,
}

impl Row<'_> {
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Misfit> {
        let columns = self.rows.table.columns;
        let at = match columns.get(self.next) {
            Some(column) if column.name == name => self.next,
            _ => {
                let found = columns.iter().position(|column| column.name == name);
                found.ok_or_else(|| Misfit(format!("the table has no column {name:?}")))?
            }
        };
        self.next = at + 1;
        let named = |error| Misfit(format!("field {name:?}: {error}"));
        let cell = match columns[at].kind {
            Kind::Json => self.json(value).map_err(named)?,
            Kind::Int | Kind::Text | Kind::Bool => value.serialize(Plain(&mut self.rows.texts)).map_err(named)?,
        };
        let fits = match (&cell, columns[at].kind) {
            (Cell::Null, _) | (Cell::Int(_), Kind::Int) | (Cell::Bool(_), Kind::Bool) => true,
            (Cell::Text(_), Kind::Text) | (Cell::Json(_), Kind::Json) => true,
            (Cell::Absent | Cell::Int(_) | Cell::Bool(_) | Cell::Text(_) | Cell::Json(_), _) => false,
        };
        if !fits {
            return Err(Misfit(format!("field {name:?} is not of the column's kind, {:?}", columns[at].kind)));
        }
        self.rows.cells[self.start + at] = cell;
        Ok(())
    }

    fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<Cell, Misfit> {
        let json = &mut self.rows.json;
        json.clear();
        serde_json::to_writer(&mut *json, value).map_err(Misfit::custom)?;
        let text = std::str::from_utf8(json).map_err(Misfit::custom)?;
        Ok(if text == "null" { Cell::Null } else { Cell::Json(self.rows.texts.json(text)) })
    }
}

impl SerializeStruct for Row<'_> {
    type Ok = ();
    type Error = Misfit;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Misfit> {
        self.field(name, value)
    }
    fn end(self) -> Result<(), Misfit> {
        Ok(())
    }
}

impl SerializeMap for Row<'_> {
    type Ok = ();
    type Error = Misfit;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Misfit> {
        match key.serialize(Plain(&mut self.rows.texts))? {
            Cell::Text(name) => self.key = Some(name),
            Cell::Absent | Cell::Null | Cell::Int(_) | Cell::Bool(_) | Cell::Json(_) => {
                return Err(Misfit("a field's name".into()));
            }
        }
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Misfit> {
        let name = self.key.take().ok_or_else(|| Misfit("a value without a name".into()))?;
        self.field(&name, value)
    }
    fn end(self) -> Result<(), Misfit> {
        Ok(())
    }
}

/// Takes one value that is not JSON.
struct Plain<'a>(&'a mut Texts);

macro_rules! integers {
    ($($name:ident($from:ty))*) => {$(
        fn $name(self, value: $from) -> Result<Cell, Misfit> {
            i64::try_from(value).map(Cell::Int).map_err(Misfit::custom)
        }
    )*};
}

/// The kinds of values that have no place: each names itself in the error.
macro_rules! refuse {
    ($($name:ident($($argument:ty),*) -> $ok:ty;)*) => {$(
        fn $name(self, $(_: $argument),*) -> Result<$ok, Misfit> {
            Err(Misfit(concat!(stringify!($name), " has no place here").into()))
        }
    )*};
}

type No<T> = Impossible<T, Misfit>;

impl Serializer for Plain<'_> {
    type Ok = Cell;
    type Error = Misfit;
    type SerializeSeq = No<Cell>;
    type SerializeTuple = No<Cell>;
    type SerializeTupleStruct = No<Cell>;
    type SerializeTupleVariant = No<Cell>;
    type SerializeMap = No<Cell>;
    type SerializeStruct = No<Cell>;
    type SerializeStructVariant = No<Cell>;

    integers! {
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
    }
    fn serialize_bool(self, value: bool) -> Result<Cell, Misfit> {
        Ok(Cell::Bool(value))
    }
    fn serialize_char(self, value: char) -> Result<Cell, Misfit> {
        Ok(Cell::Text(self.0.text(value.encode_utf8(&mut [0; 4]))))
    }
    fn serialize_str(self, value: &str) -> Result<Cell, Misfit> {
        Ok(Cell::Text(self.0.text(value)))
    }
    fn serialize_none(self) -> Result<Cell, Misfit> {
        Ok(Cell::Null)
    }
    fn serialize_unit(self) -> Result<Cell, Misfit> {
        Ok(Cell::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Cell, Misfit> {
        value.serialize(self)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Cell, Misfit> {
        value.serialize(self)
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Cell, Misfit> {
        Ok(Cell::Text(self.0.text(variant)))
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<Cell, Misfit> {
        Err(Misfit(format!("the variant {variant} has no place in a column that is not JSON")))
    }
    refuse! {
        serialize_f32(f32) -> Cell;
        serialize_f64(f64) -> Cell;
        serialize_bytes(&[u8]) -> Cell;
        serialize_unit_struct(&'static str) -> Cell;
        serialize_seq(Option<usize>) -> No<Cell>;
        serialize_tuple(usize) -> No<Cell>;
        serialize_tuple_struct(&'static str, usize) -> No<Cell>;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No<Cell>;
        serialize_map(Option<usize>) -> No<Cell>;
        serialize_struct(&'static str, usize) -> No<Cell>;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No<Cell>;
    }
}

impl<'a> Serializer for Row<'a> {
    type Ok = ();
    type Error = Misfit;
    type SerializeSeq = No<Self::Ok>;
    type SerializeTuple = No<Self::Ok>;
    type SerializeTupleStruct = No<Self::Ok>;
    type SerializeTupleVariant = No<Self::Ok>;
    type SerializeMap = Row<'a>;
    type SerializeStruct = Row<'a>;
    type SerializeStructVariant = No<Self::Ok>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Row<'a>, Misfit> {
        Ok(self)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Row<'a>, Misfit> {
        Ok(self)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Self::Ok, Misfit> {
        value.serialize(self)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Self::Ok, Misfit> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<Self::Ok, Misfit> {
        Err(Misfit(format!("a row must be a struct, not the variant {variant}")))
    }
    refuse! {
        serialize_bool(bool) -> Self::Ok;
        serialize_i8(i8) -> Self::Ok;
        serialize_i16(i16) -> Self::Ok;
        serialize_i32(i32) -> Self::Ok;
        serialize_i64(i64) -> Self::Ok;
        serialize_u8(u8) -> Self::Ok;
        serialize_u16(u16) -> Self::Ok;
        serialize_u32(u32) -> Self::Ok;
        serialize_u64(u64) -> Self::Ok;
        serialize_f32(f32) -> Self::Ok;
        serialize_f64(f64) -> Self::Ok;
        serialize_char(char) -> Self::Ok;
        serialize_str(&str) -> Self::Ok;
        serialize_bytes(&[u8]) -> Self::Ok;
        serialize_none() -> Self::Ok;
        serialize_unit() -> Self::Ok;
        serialize_unit_struct(&'static str) -> Self::Ok;
        serialize_unit_variant(&'static str, u32, &'static str) -> Self::Ok;
        serialize_seq(Option<usize>) -> No<Self::Ok>;
        serialize_tuple(usize) -> No<Self::Ok>;
        serialize_tuple_struct(&'static str, usize) -> No<Self::Ok>;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No<Self::Ok>;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No<Self::Ok>;
    }
}
