//! The events that an object declares.
//!
//! `#[webhook(events(..))]` implements one marker for each event in its list; without it an object
//! has [`Created`], [`Updated`] and [`Deleted`]. The operations are those of Twenty's server, where
//! `deleted` hides a record, `restored` brings it back, and `destroyed` removes it for good.
//!
//! ```
//! use hookwright::{WebhookObject, emits};
//!
//! #[derive(serde::Serialize, WebhookObject)]
//! #[webhook(events(created, destroyed))]
//! struct Attachment {
//!     id: u64,
//! }
//!
//! fn destroy<T: WebhookObject + emits::Destroyed>(record: &T) -> String {
//!     record.destroyed().name().to_string()
//! }
//!
//! assert_eq!(destroy(&Attachment { id: 7 }), "attachment.destroyed");
//! ```

/// Declares `created`: the record is new.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not emit `created`",
    label = "`created` is not among the events of `{Self}`",
    note = "add `created` to `#[webhook(events(...))]`"
)]
pub trait Created {}

/// Declares `updated`: fields of the record have changed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not emit `updated`",
    label = "`updated` is not among the events of `{Self}`",
    note = "add `updated` to `#[webhook(events(...))]`"
)]
pub trait Updated {}

/// Declares `deleted`: the record is gone, or hidden where the application can restore it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not emit `deleted`",
    label = "`deleted` is not among the events of `{Self}`",
    note = "add `deleted` to `#[webhook(events(...))]`"
)]
pub trait Deleted {}

/// Declares `restored`: a deleted record is back.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not emit `restored`",
    label = "`restored` is not among the events of `{Self}`",
    note = "add `restored` to `#[webhook(events(...))]`"
)]
pub trait Restored {}

/// Declares `destroyed`: the record is gone for good.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not emit `destroyed`",
    label = "`destroyed` is not among the events of `{Self}`",
    note = "add `destroyed` to `#[webhook(events(...))]`"
)]
pub trait Destroyed {}
