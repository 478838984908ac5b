//! For tests of your own: which events were emitted, and what becomes of them.
//!
//! - [`TestOutbox`] is an outbox of its own in a temporary file, and tells what was emitted.
//! - [`TestReceiver`] is an endpoint on this machine that answers as it is told.
//! - [`TestDispatcher`] delivers by a clock that is moved by hand: the three days of the retry
//!   schedule take no time.
//! - [`snapshot`] is the exact body of an event with its ids and times masked.
//!
//! What is here panics where a test is to fail, and says why.
//!
//! ```
//! use std::time::Duration;
//!
//! use hookwright::testing::{Reply, TestDispatcher, TestOutbox, TestReceiver, snapshot};
//! use hookwright::{Event, WebhookObject};
//!
//! #[derive(Clone, serde::Serialize, serde::Deserialize, WebhookObject)]
//! struct Person {
//!     id: String,
//!     email: String,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let outbox = TestOutbox::new().await;
//! let receiver = TestReceiver::start().await;
//! outbox.endpoints().create(receiver.settings()).await?;
//! receiver.reply([Reply::status(500), Reply::reset()]);
//!
//! // What your code does.
//! let before = Person { id: "p1".into(), email: "a@example.com".into() };
//! let after = Person { email: "b@example.com".into(), ..before.clone() };
//! let mut transaction = outbox.begin().await?;
//! if let Some(event) = after.updated_from(&before)? {
//!     outbox.emit(&mut transaction, &event).await?;
//! }
//! transaction.commit().await?;
//!
//! let is_expected = |event: &Event<Person>| event.updated_fields() == ["email"];
//! outbox.assert_emitted::<Person>("person.updated", is_expected).await;
//! let updates = outbox.emitted_as::<Person>("person.updated").await;
//! assert_eq!(updates[0].data().email, "b@example.com");
//!
//! // What a receiver gets, and when.
//! let dispatcher = TestDispatcher::start(&outbox).await;
//! dispatcher.settle().await;
//! assert_eq!(receiver.requests().len(), 1);
//! assert_eq!(dispatcher.advance_to_next().await, Some(Duration::from_secs(5)));
//! assert_eq!(dispatcher.advance_to_next().await, Some(Duration::from_mins(5)));
//! assert_eq!(dispatcher.advance_to_next().await, None);
//!
//! let requests = receiver.requests();
//! assert_eq!(requests.len(), 3);
//! assert!(requests.iter().all(|request| request.is_verified()));
//! assert_eq!(
//!     snapshot(requests[2].body()),
//!     concat!(
//!         r#"{"event":"person.updated","data":{"id":"p1","email":"b@example.com"},"#,
//!         r#""updatedFields":["email"],"previous":{"email":"a@example.com"},"timestamp":"[time]"}"#,
//!     ),
//! );
//! # Ok(())
//! # }
//! ```

mod connection;
mod dispatcher;
mod outbox;
mod receiver;
mod snapshot;

pub use self::dispatcher::TestDispatcher;
pub use self::outbox::TestOutbox;
pub use self::receiver::{ReceivedRequest, Reply, TestReceiver};
pub use self::snapshot::snapshot;
pub use crate::dispatcher::Clock;
