//! A statement and its values, the same for every store.

use std::borrow::Cow;
use std::fmt;

/// A value that an INSERT binds, in the order of `$1`, `$2`, …
///
/// `Debug` shows what kind of value it is and how long, so that data cannot reach a log.
#[derive(Clone, PartialEq, Eq)]
pub enum Parameter {
    /// `TEXT`.
    Text(Option<String>),
    /// `BYTEA` in PostgreSQL, `BLOB` in SQLite.
    Bytes(Option<Vec<u8>>),
    /// `BIGINT` in PostgreSQL, `INTEGER` in SQLite.
    Integer(Option<i64>),
}

impl Parameter {
    /// The value, in whose place `NULL` is left.
    #[cfg(feature = "sqlite")]
    pub(super) fn take(&mut self) -> Self {
        match self {
            Self::Text(text) => Self::Text(text.take()),
            Self::Bytes(bytes) => Self::Bytes(bytes.take()),
            Self::Integer(number) => Self::Integer(*number),
        }
    }
}

impl fmt::Debug for Parameter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(None) | Self::Bytes(None) | Self::Integer(None) => {
                formatter.write_str("NULL")
            }
            Self::Text(Some(text)) => write!(formatter, "Text({} bytes)", text.len()),
            Self::Bytes(Some(bytes)) => write!(formatter, "Bytes({} bytes)", bytes.len()),
            Self::Integer(Some(number)) => write!(formatter, "Integer({number})"),
        }
    }
}

impl From<i64> for Parameter {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<Option<i64>> for Parameter {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<&str> for Parameter {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Parameter {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Parameter {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Parameter {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl From<Option<Vec<u8>>> for Parameter {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self::Bytes(bytes)
    }
}

/// A column of several rows.
#[derive(Clone)]
pub enum Column {
    Texts(Vec<Option<String>>),
    Blobs(Vec<Option<Vec<u8>>>),
    Integers(Vec<Option<i64>>),
}

impl Column {
    pub fn rows(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Blobs(blobs) => blobs.len(),
            Self::Integers(integers) => integers.len(),
        }
    }

    fn array_type(&self) -> &'static str {
        match self {
            Self::Texts(_) => "::text[]",
            Self::Blobs(_) => "::bytea[]",
            Self::Integers(_) => "::bigint[]",
        }
    }

    /// A value, or `NULL` behind the last row.
    fn take(&mut self, row: usize) -> Parameter {
        match self {
            Self::Texts(texts) => Parameter::Text(texts.get_mut(row).and_then(Option::take)),
            Self::Blobs(blobs) => Parameter::Bytes(blobs.get_mut(row).and_then(Option::take)),
            Self::Integers(integers) => Parameter::Integer(integers.get(row).copied().flatten()),
        }
    }
}

impl FromIterator<i64> for Column {
    fn from_iter<I: IntoIterator<Item = i64>>(integers: I) -> Self {
        Self::Integers(integers.into_iter().map(Some).collect())
    }
}

impl FromIterator<Option<i64>> for Column {
    fn from_iter<I: IntoIterator<Item = Option<i64>>>(integers: I) -> Self {
        Self::Integers(integers.into_iter().collect())
    }
}

impl FromIterator<Option<String>> for Column {
    fn from_iter<I: IntoIterator<Item = Option<String>>>(texts: I) -> Self {
        Self::Texts(texts.into_iter().collect())
    }
}

impl FromIterator<Option<Vec<u8>>> for Column {
    fn from_iter<I: IntoIterator<Item = Option<Vec<u8>>>>(blobs: I) -> Self {
        Self::Blobs(blobs.into_iter().collect())
    }
}

impl fmt::Debug for Column {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Column({} rows)", self.rows())
    }
}

/// What is bound to one `$n`.
#[derive(Debug, Clone)]
pub enum Value {
    One(Parameter),
    Many(Column),
}

/// How a store writes a table of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// One array a column: the text is the same for any number of rows.
    Arrays,
    /// `VALUES`, one parameter a value. There are more rows than were given, of `NULL`, which the
    /// table leaves out: so that there are few texts, each of which is prepared once and kept.
    Values,
}

impl Tables {
    /// How many rows `VALUES` has for so many.
    fn padded(rows: usize) -> usize {
        if rows > 8 { rows.next_multiple_of(8) } else { rows.next_power_of_two() }
    }
}

/// SQL and what is bound to it.
#[derive(Debug, Clone)]
pub struct Statement {
    pub sql: Cow<'static, str>,
    pub values: Vec<Value>,
}

impl Statement {
    pub fn new(sql: &'static str) -> Self {
        Self { sql: Cow::Borrowed(sql), values: Vec::new() }
    }

    /// Appends to the text.
    #[must_use]
    pub fn text(mut self, sql: &str) -> Self {
        self.sql.to_mut().push_str(sql);
        self
    }

    /// Binds the next `$n`, which stands in the text already.
    #[must_use]
    pub fn bind(mut self, parameter: impl Into<Parameter>) -> Self {
        self.values.push(Value::One(parameter.into()));
        self
    }

    /// Appends `$n`, and binds it.
    #[must_use]
    pub fn value(mut self, parameter: impl Into<Parameter>) -> Self {
        self.push(Value::One(parameter.into()));
        self
    }

    /// Appends a table of values of this name, to stand after FROM: one row at least, and no `NULL`
    /// in the first column.
    #[must_use]
    pub fn table<const N: usize>(
        mut self,
        tables: Tables,
        name: &str,
        columns: [(&str, Column); N],
    ) -> Self {
        match tables {
            Tables::Arrays => self.push_arrays(name, columns),
            Tables::Values => self.push_values(name, columns),
        }
        self
    }

    fn push(&mut self, value: Value) {
        self.values.push(value);
        let sql = self.sql.to_mut();
        sql.push('$');
        sql.push_str(itoa::Buffer::new().format(self.values.len()));
    }

    fn push_arrays<const N: usize>(&mut self, name: &str, columns: [(&str, Column); N]) {
        let names = columns.each_ref().map(|(name, _)| *name).join(", ");
        let mut before = "UNNEST(";
        for (_, column) in columns {
            self.sql.to_mut().push_str(before);
            let array = column.array_type();
            self.push(Value::Many(column));
            self.sql.to_mut().push_str(array);
            before = ", ";
        }
        self.sql.to_mut().extend([") AS ", name, "(", &names, ")"]);
    }

    fn push_values<const N: usize>(&mut self, name: &str, columns: [(&str, Column); N]) {
        let mut before = "(SELECT column".to_owned();
        for (number, (name, _)) in (1..).zip(&columns) {
            let number: i32 = number;
            self.sql.to_mut().extend([&before, itoa::Buffer::new().format(number), " AS ", *name]);
            ", column".clone_into(&mut before);
        }
        let mut columns = columns.map(|(_, column)| column);
        let mut before = " FROM (VALUES (";
        for row in 0..Tables::padded(columns.first().map_or(0, Column::rows)) {
            for column in &mut columns {
                self.sql.to_mut().push_str(before);
                self.push(Value::One(column.take(row)));
                before = ", ";
            }
            before = "), (";
        }
        self.sql.to_mut().extend([")) WHERE column1 IS NOT NULL) AS ", name]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn table(tables: Tables) -> Statement {
        let columns = [
            ("a", Column::from_iter([1, 2])),
            ("b", Column::from_iter([Some("x".to_owned()), None])),
        ];
        Statement::new("SELECT $1 FROM ")
            .bind(7)
            .table(tables, "t", columns)
            .text(" WHERE a < ")
            .value(9)
    }

    #[test]
    fn a_table_is_arrays_or_values() {
        assert_eq!(
            table(Tables::Arrays).sql,
            "SELECT $1 FROM UNNEST($2::bigint[], $3::text[]) AS t(a, b) WHERE a < $4"
        );
        let values = table(Tables::Values);
        assert_eq!(
            values.sql,
            "SELECT $1 FROM (SELECT column1 AS a, column2 AS b FROM (VALUES ($2, $3), ($4, $5)) \
             WHERE column1 IS NOT NULL) AS t WHERE a < $6"
        );
        assert_eq!(values.values.len(), 6);
    }

    #[test]
    fn tables_of_many_sizes_have_few_texts() {
        let text = |rows: i64| {
            let columns = [("a", (0..rows).collect()), ("b", (0..rows).collect())];
            Statement::new("").table(Tables::Values, "t", columns)
        };
        let texts: HashSet<_> = (1..=64).map(|rows| text(rows).sql).collect();
        assert_eq!(texts.len(), 11);
        let nine = text(9);
        assert_eq!(nine.values.len(), 2 * 16);
        let value = |place: usize| format!("{:?}", nine.values[place]);
        assert_eq!(value(17), "One(Integer(8))");
        assert_eq!(value(18), "One(NULL)");
    }

    #[test]
    fn what_is_bound_is_not_shown() {
        let shown = format!(
            "{:?}",
            [Parameter::from("secret"), Parameter::from(vec![1_u8]), Parameter::from(5)]
        );
        assert_eq!(shown, "[Text(6 bytes), Bytes(1 bytes), Integer(5)]");
    }
}
