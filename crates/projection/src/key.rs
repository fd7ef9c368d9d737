//! Keys of rows and arguments of queries: integers and texts, nothing else.

use kernel::{CaseId, DistrictId, Height, Instant, PersonId, Position};
use serde_json::Value as Json;
use smallvec::{SmallVec, smallvec};
use smol_str::SmolStr;
use std::fmt;

/// The values of a row's key columns, in the order of [`crate::Table::key`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(SmallVec<[Value; 2]>);

impl Key {
    /// A key of one column.
    pub fn one(a: impl Into<Value>) -> Key {
        Key(smallvec![a.into()])
    }
    /// A key of two columns.
    pub fn pair(a: impl Into<Value>, b: impl Into<Value>) -> Key {
        Key(smallvec![a.into(), b.into()])
    }
    /// A key of three columns.
    pub fn triple(a: impl Into<Value>, b: impl Into<Value>, c: impl Into<Value>) -> Key {
        Key(smallvec![a.into(), b.into(), c.into()])
    }
    /// The values, in the order of the table's key columns.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.0
    }
    /// The integer in key column `index`, if there is one.
    #[must_use]
    pub fn int(&self, index: usize) -> Option<i64> {
        match self.0.get(index) {
            Some(Value::Int(int)) => Some(*int),
            Some(Value::Text(_)) | None => None,
        }
    }
    /// The text in key column `index`, if there is one.
    #[must_use]
    pub fn text(&self, index: usize) -> Option<&str> {
        match self.0.get(index) {
            Some(Value::Text(text)) => Some(text),
            Some(Value::Int(_)) | None => None,
        }
    }
}
impl FromIterator<Value> for Key {
    fn from_iter<T: IntoIterator<Item = Value>>(values: T) -> Key {
        Key(values.into_iter().collect())
    }
}
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            value.fmt(f)?;
        }
        Ok(())
    }
}

/// One value of a key, or one argument of a query.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// `BIGINT`, `INTEGER`.
    Int(i64),
    /// `TEXT`.
    Text(SmolStr),
}

impl Value {
    /// The value as it stands in the parameters sent to a database.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Value::Int(int) => Json::from(*int),
            Value::Text(text) => Json::from(text.as_str()),
        }
    }
}
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Int(int) => int.fmt(f),
            Value::Text(text) => text.fmt(f),
        }
    }
}

macro_rules! values {
    ($($from:ty => |$value:ident| $into:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Value {
                $into
            }
        }
    )*};
}

values! {
    i64 => |int| Value::Int(int);
    i32 => |int| Value::Int(int.into());
    u32 => |int| Value::Int(int.into());
    u16 => |int| Value::Int(int.into());
    u8 => |int| Value::Int(int.into());
    &str => |text| Value::Text(SmolStr::new(text));
    String => |text| Value::Text(text.into());
    SmolStr => |text| Value::Text(text);
    CaseId => |case| Value::Int(case.as_u64() as i64);
    Position => |position| Value::Int(position.0 as i64);
    Height => |height| Value::Int(height.0 as i64);
    Instant => |instant| Value::Int(instant.0);
    DistrictId => |district| Value::Int(district.0.into());
    PersonId => |person| Value::Text(SmolStr::from(person.to_string()));
}
