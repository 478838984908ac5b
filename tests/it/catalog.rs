//! The catalogue: what it writes of every shape that a type may have, and when its lock refuses.

mod documents;
mod enums;
mod lock;
mod outbox;
pub(crate) mod shapes;

use hookwright::Catalog;
use serde_json::Value;

fn schema(catalog: &Catalog) -> Value {
    serde_json::from_str(&catalog.json_schema()).expect("JSON")
}
