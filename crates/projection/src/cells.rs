//! A row as the values of its columns, in the table's order: what is checked, copied in bulk, and opened.

use crate::{Class, Kind, Table};
use serde::ser::{Error as _, Impossible, SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use std::fmt;

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Bool(bool),
    Text(String),
    Json(String),
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

/// Of each sealed column its name and what it holds.
pub(crate) type SealedFields = Vec<(&'static str, Option<String>)>;

/// The values of a row: exactly one for each column.
pub(crate) fn cells(table: &'static Table, row: &impl Serialize) -> Result<Vec<Cell>, Misfit> {
    let cells = row.serialize(Row { table, cells: vec![None; table.columns.len()], next: 0, key: None })?;
    let columns = cells.into_iter().zip(table.columns);
    let missing = |name| Misfit(format!("the row has no field {name:?}"));
    columns.map(|(cell, column)| cell.ok_or_else(|| missing(column.name))).collect()
}

/// What the sealed columns hold.
pub(crate) fn sealed_fields(table: &'static Table, cells: &[Cell]) -> SealedFields {
    let text = |cell: &Cell| match cell {
        Cell::Text(text) => Some(text.clone()),
        Cell::Null | Cell::Int(_) | Cell::Bool(_) | Cell::Json(_) => None,
    };
    let columns = table.columns.iter().zip(cells).filter(|(column, _)| column.class == Class::Sealed);
    columns.map(|(column, cell)| (column.name, text(cell))).collect()
}

/// Whether some text has a NUL character, which Postgres does not store.
pub(crate) fn has_nul(cells: &[Cell]) -> bool {
    cells.iter().any(|cell| match cell {
        Cell::Text(text) => text.contains('\0'),
        Cell::Json(json) => json.contains("\\u0000"),
        Cell::Null | Cell::Int(_) | Cell::Bool(_) => false,
    })
}

/// Takes a row's fields apart.
struct Row {
    table: &'static Table,
    cells: Vec<Option<Cell>>,
    /// Fields mostly come in the order of the columns.
    next: usize,
    key: Option<String>,
}

impl Row {
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Misfit> {
        let columns = self.table.columns;
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
            Kind::Json => match serde_json::to_string(value).map_err(Misfit::custom).map_err(named)? {
                null if null == "null" => Cell::Null,
                json => Cell::Json(json),
            },
            Kind::Int | Kind::Text | Kind::Bool => value.serialize(Plain).map_err(named)?,
        };
        let fits = match (&cell, columns[at].kind) {
            (Cell::Null, _) | (Cell::Int(_), Kind::Int) | (Cell::Bool(_), Kind::Bool) => true,
            (Cell::Text(_), Kind::Text) | (Cell::Json(_), Kind::Json) => true,
            (Cell::Int(_) | Cell::Bool(_) | Cell::Text(_) | Cell::Json(_), _) => false,
        };
        if !fits {
            return Err(Misfit(format!("field {name:?} is not of the column's kind, {:?}", columns[at].kind)));
        }
        self.cells[at] = Some(cell);
        Ok(())
    }
}

impl SerializeStruct for Row {
    type Ok = Vec<Option<Cell>>;
    type Error = Misfit;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Misfit> {
        self.field(name, value)
    }
    fn end(self) -> Result<Vec<Option<Cell>>, Misfit> {
        Ok(self.cells)
    }
}

impl SerializeMap for Row {
    type Ok = Vec<Option<Cell>>;
    type Error = Misfit;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Misfit> {
        match key.serialize(Plain)? {
            Cell::Text(name) => self.key = Some(name),
            Cell::Null | Cell::Int(_) | Cell::Bool(_) | Cell::Json(_) => return Err(Misfit("a field's name".into())),
        }
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Misfit> {
        let name = self.key.take().unwrap_or_default();
        self.field(&name, value)
    }
    fn end(self) -> Result<Vec<Option<Cell>>, Misfit> {
        Ok(self.cells)
    }
}

/// Takes one value that is not JSON.
struct Plain;

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

impl Serializer for Plain {
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
        Ok(Cell::Text(value.into()))
    }
    fn serialize_str(self, value: &str) -> Result<Cell, Misfit> {
        Ok(Cell::Text(value.to_owned()))
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
        Ok(Cell::Text(variant.to_owned()))
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

impl Serializer for Row {
    type Ok = Vec<Option<Cell>>;
    type Error = Misfit;
    type SerializeSeq = No<Self::Ok>;
    type SerializeTuple = No<Self::Ok>;
    type SerializeTupleStruct = No<Self::Ok>;
    type SerializeTupleVariant = No<Self::Ok>;
    type SerializeMap = Row;
    type SerializeStruct = Row;
    type SerializeStructVariant = No<Self::Ok>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Row, Misfit> {
        Ok(self)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Row, Misfit> {
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
