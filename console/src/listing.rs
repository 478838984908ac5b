//! Lists, a page at a time.

use hookwright::{Cursor, Query};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

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

/// Which page of a list is asked for.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listing {
    /// How many there are on a page: 50, unless given.
    #[param(minimum = 1, maximum = 500)]
    #[serde(default, deserialize_with = "between::<_, _, 1, 500>")]
    pub(crate) limit: Option<usize>,
    /// Goes on after a page, by its `next`.
    pub(crate) cursor: Option<String>,
}

impl Listing {
    pub(crate) fn query(&self) -> Result<Query, Problem> {
        let mut query = Query::new();
        if let Some(limit) = self.limit {
            query = query.limit(limit);
        }
        if let Some(cursor) = &self.cursor {
            let cursor: Cursor = cursor
                .parse()
                .map_err(|error| Problem::bad_request(format!("`cursor`: {error}")))?;
            query = query.after(cursor);
        }
        Ok(query)
    }
}

/// Reads a whole number from `LEAST` to `MOST`, and refuses others: what a document promises to
/// refuse is not brought into its bounds.
pub(crate) fn between<'de, D, T, const LEAST: u32, const MOST: u32>(
    deserializer: D,
) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u32>,
{
    let Some(number) = Option::<u32>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let number = Some(number).filter(|number| (LEAST..=MOST).contains(number));
    let number = number.and_then(|number| T::try_from(number).ok());
    let refused = || D::Error::custom(format_args!("a number from {LEAST} to {MOST} is expected"));
    number.ok_or_else(refused).map(Some)
}
