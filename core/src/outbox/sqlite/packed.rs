//! A row as one value: its columns one behind the other, each with its length.
//!
//! The driver copies every value of a row by itself, on its own thread, and they are freed on
//! another: for the twelve columns of an event that was a tenth of a delivery's instructions.

use std::str;

use crate::outbox::store::{Columns, Failure};

/// Appends the expression of such a value: `-` for `NULL`, and the number of bytes, `:` and these
/// bytes for everything else.
pub(super) fn push_expression(sql: &mut String, columns: &[&str]) {
    let mut before = "CAST(";
    for column in columns {
        sql.extend([before, "ifnull(octet_length(", column, ") || ':' || ", column, ", '-')"]);
        before = " || ";
    }
    sql.push_str(" AS BLOB)");
}

/// What of a value is not read yet.
pub(super) struct Packed<'a>(pub(super) &'a [u8]);

impl<'a> Packed<'a> {
    fn take(&mut self) -> Result<Option<&'a [u8]>, Failure> {
        if let Some(rest) = self.0.strip_prefix(b"-") {
            self.0 = rest;
            return Ok(None);
        }
        let wrong = || Failure::Decode("a row is not what was selected".into());
        let colon = self.0.iter().position(|byte| *byte == b':').ok_or_else(wrong)?;
        let length: usize = parse(&self.0[..colon]).ok_or_else(wrong)?;
        let (value, rest) = self.0[colon + 1..].split_at_checked(length).ok_or_else(wrong)?;
        self.0 = rest;
        Ok(Some(value))
    }
}

impl Columns for Packed<'_> {
    fn integer(&mut self) -> Result<Option<i64>, Failure> {
        let Some(digits) = self.take()? else { return Ok(None) };
        let number = parse(digits).ok_or_else(|| Failure::Decode("not a number".into()))?;
        Ok(Some(number))
    }

    fn string(&mut self) -> Result<Option<String>, Failure> {
        let text = self.take()?.map(str::from_utf8).transpose();
        Ok(text.map_err(|error| Failure::Decode(error.into()))?.map(str::to_owned))
    }

    fn bytes(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.take()?.map(<[u8]>::to_vec))
    }
}

fn parse<N: str::FromStr>(digits: &[u8]) -> Option<N> {
    str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, Executor, Row, SqliteConnection};

    use super::*;

    #[tokio::test]
    async fn every_value_is_read_back_as_it_was() {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.expect("a file");
        let columns = ["-5", "''", "NULL", "'a:b-1'", "x''", "x'00ff3a'", "'ü' || char(0) || '-'"];
        let mut sql = "SELECT ".to_owned();
        push_expression(&mut sql, &columns);
        let row = connection.fetch_one(sqlx::AssertSqlSafe(sql)).await.expect("a row");
        let value: Vec<u8> = row.get(0);
        let mut packed = Packed(&value);
        assert_eq!(packed.integer().expect("a number"), Some(-5));
        assert_eq!(packed.string().expect("a text"), Some(String::new()));
        assert_eq!(packed.string().expect("NULL"), None);
        assert_eq!(packed.string().expect("a text"), Some("a:b-1".to_owned()));
        assert_eq!(packed.bytes().expect("bytes"), Some(Vec::new()));
        assert_eq!(packed.bytes().expect("bytes"), Some(vec![0, 0xff, b':']));
        assert_eq!(packed.string().expect("a text"), Some("ü\0-".to_owned()));
        assert!(packed.bytes().is_err());
    }

    #[test]
    fn what_is_no_row_is_an_error() {
        for bytes in ["", "x", "5", "5:abc", "99999999999999999999:a", ":", "-1:a"] {
            let mut packed = Packed(bytes.as_bytes());
            let all: Result<Vec<_>, _> = (0..3).map(|_| packed.bytes()).collect();
            assert!(all.is_err(), "{bytes}");
        }
        assert!(Packed(b"1:x").integer().is_err());
        assert!(Packed(b"1:\xff").string().is_err());
    }
}
