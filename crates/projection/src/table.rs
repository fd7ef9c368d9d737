//! What a table is: its columns, who may see each, its key and its indexes. Static data, beside the read model.

/// The static description of a read model's table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name in the department's schema or file; `[a-z_]`, at most 40 characters.
    pub name: &'static str,
    /// Every column, named as the fields of the row are serialized.
    pub columns: &'static [Column],
    /// The columns of the primary key, `Int` or `Text`, in order.
    pub key: &'static [&'static str],
    /// Secondary indexes, each a list of columns.
    pub indexes: &'static [&'static [&'static str]],
    /// Rows are only ever added: `fold` is always given `None`, and nothing is loaded.
    pub append_only: bool,
}

impl Table {
    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }
    /// The columns that hold sealed personal data.
    pub fn sealed(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().filter(|column| column.class == Class::Sealed)
    }
}

/// One column: the field's name, what it holds, who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name of the column and of the row's field.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Who may see it.
    pub class: Class,
}

impl Column {
    /// A column of integers: `i64` or smaller, instants as microseconds, case ids as one number.
    #[must_use]
    pub const fn int(name: &'static str, class: Class) -> Column {
        Column { name, kind: Kind::Int, class }
    }
    /// A column of text.
    #[must_use]
    pub const fn text(name: &'static str, class: Class) -> Column {
        Column { name, kind: Kind::Text, class }
    }
    /// A column of booleans.
    #[must_use]
    pub const fn bool(name: &'static str, class: Class) -> Column {
        Column { name, kind: Kind::Bool, class }
    }
    /// A column of JSON: any serializable field.
    #[must_use]
    pub const fn json(name: &'static str, class: Class) -> Column {
        Column { name, kind: Kind::Json, class }
    }
    /// A column of sealed personal data: the field is a [`crate::SealedText`] or an option of one.
    #[must_use]
    pub const fn sealed(name: &'static str) -> Column {
        Column { name, kind: Kind::Text, class: Class::Sealed }
    }
}

/// What a column holds. Every column but those of the key may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 64 bits, signed.
    Int,
    /// UTF-8, without NUL; compared and ordered by its bytes in every database.
    Text,
    /// True or false.
    Bool,
    /// Any JSON.
    Json,
}

/// Who may see a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Anybody.
    Public,
    /// The department.
    Department,
    /// Personal, sealed in the register; in the clear only in the table's `_clear` side table, until forgotten.
    Sealed,
}
