use schemars::JsonSchema;

use super::Catalog;
use crate::event::{Event, EventData, EventSet, ObjectEvent};
use crate::object::WebhookObject;

/// What an enum of events holds, when all of its types have schemas.
///
/// It is implemented for what the variants of an enum may be; there is nothing to be implemented by
/// hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be described in a catalogue",
    note = "add `#[derive(schemars::JsonSchema)]` to each type that these events carry"
)]
pub trait Described {
    /// Adds the events to a catalogue.
    fn describe(catalog: Catalog) -> Catalog;
}

impl Described for () {
    fn describe(catalog: Catalog) -> Catalog {
        catalog
    }
}

impl<A: Described, B: Described> Described for (A, B) {
    fn describe(catalog: Catalog) -> Catalog {
        B::describe(A::describe(catalog))
    }
}

impl<T: WebhookObject + JsonSchema> Described for ObjectEvent<T> {
    fn describe(catalog: Catalog) -> Catalog {
        catalog.object::<T>()
    }
}

impl<T: EventData + JsonSchema> Described for Event<T> {
    fn describe(catalog: Catalog) -> Catalog {
        catalog.data::<T>()
    }
}

impl<T: WebhookObject + JsonSchema> Described for Box<ObjectEvent<T>> {
    fn describe(catalog: Catalog) -> Catalog {
        catalog.object::<T>()
    }
}

impl<T: EventData + JsonSchema> Described for Box<Event<T>> {
    fn describe(catalog: Catalog) -> Catalog {
        catalog.data::<T>()
    }
}

/// Another enum in a variant.
impl<E: EventSet> Described for E
where
    E::Members: Described,
{
    fn describe(catalog: Catalog) -> Catalog {
        E::Members::describe(catalog)
    }
}
