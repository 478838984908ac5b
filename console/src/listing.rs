//! Lists, a page at a time.

use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// What is on it.
    pub(crate) data: Vec<T>,
    /// What the next page is asked for by, as `cursor`; `null` on the last.
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    pub(crate) fn of<'a, U>(page: &'a hookwright::Page<U>) -> Self
    where
        T: From<&'a U>,
    {
        let next = page.next().map(|cursor| cursor.to_string());
        Self { data: page.items().iter().map(T::from).collect(), next }
    }
}
