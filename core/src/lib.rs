//! Typed webhooks for Rust models.
//!
//! Derive [`WebhookObject`] on a record of your application, and each change of it becomes an
//! event: `person.created`, `person.updated`, `person.deleted`. An event is typed when it is made,
//! signed when it is sent, and typed again when it is received.
//!
//! # Emit
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use hookwright::WebhookObject;
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Serialize, Deserialize, WebhookObject)]
//! #[serde(rename_all = "camelCase")]
//! struct Person {
//!     id: String,
//!     first_name: String,
//!     email: String,
//!     created_at: DateTime<Utc>,
//!     #[webhook(skip)]
//!     #[serde(default)]
//!     internal_notes: String,
//! }
//!
//! let before = Person {
//!     id: "abc12345".into(),
//!     first_name: "Alice".into(),
//!     email: "alice@example.com".into(),
//!     created_at: "2025-02-10T15:30:45Z".parse()?,
//!     internal_notes: "prefers mornings".into(),
//! };
//! let after = Person { email: "alice@example.org".into(), ..before.clone() };
//!
//! let event = after.updated_from(&before)?.expect("the email can be seen");
//! assert_eq!(event.name().to_string(), "person.updated");
//! assert_eq!(event.updated_fields(), ["email"]);
//!
//! let event = event.at("2025-02-10T15:30:50Z".parse()?);
//! assert_eq!(
//!     serde_json::to_string(&event)?,
//!     concat!(
//!         r#"{"event":"person.updated","#,
//!         r#""data":{"id":"abc12345","firstName":"Alice","email":"alice@example.org","createdAt":"2025-02-10T15:30:45Z"},"#,
//!         r#""updatedFields":["email"],"previous":{"email":"alice@example.com"},"#,
//!         r#""timestamp":"2025-02-10T15:30:50Z"}"#,
//!     ),
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The attributes are described in [`attributes`]; [`WebhookEvent`] is for events with data of their own.
//!
//! # Send
//!
#![cfg_attr(feature = "http", doc = "```no_run")]
#![cfg_attr(not(feature = "http"), doc = "```ignore")]
//! use hookwright::{Endpoint, RetrySchedule, Secret, Sender, WebhookObject};
//!
//! #[derive(serde::Serialize, WebhookObject)]
//! struct Person {
//!     id: String,
//! }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = Secret::new("a secret of 16 bytes or more")?;
//! let endpoint = Endpoint::new("https://example.com/hooks")?.secret(secret);
//! let sender = Sender::new()?;
//!
//! let person = Person { id: "abc12345".into() };
//! match sender.send(&endpoint, &person.created()).await {
//!     Ok(receipt) => println!("{} in {:?}", receipt.status(), receipt.duration()),
//!     Err(error) if error.is_retryable() => eprintln!("later again: {error}"),
//!     Err(error) => eprintln!("never: {error}"),
//! }
//!
//! // Or, again until it is acknowledged: in 5 seconds, in 5 minutes, …
//! let receipt = sender.deliver(&endpoint, &person.created(), &RetrySchedule::default()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A request is a POST with these headers:
//!
//! | header | value |
//! | --- | --- |
//! | `X-Twenty-Webhook-Timestamp` | milliseconds since the epoch, at the attempt |
//! | `X-Twenty-Webhook-Signature` | HMAC-SHA256 of `{timestamp}:{body}`, in lower-case hex digits |
//! | `X-Twenty-Webhook-Nonce` | 32 hex digits, new at each attempt |
//! | `webhook-id` | the event's id, the same at each attempt |
//! | `webhook-attempt` | 1, 2, … |
//! | `webhook-timestamp`, `webhook-signature` | as [Standard Webhooks] says, when the secret begins with `whsec_` (HMAC) or `whsk_` (ed25519, and then without `X-Twenty-Webhook-Signature`) |
//!
//! The bodies, names and signatures are those that [Twenty] documents for its webhooks. An endpoint
//! may have its bodies in another format: as Twenty's server, Standard Webhooks or CloudEvents write
//! them.
//!
//! # Emit in the application's transaction
//!
//! An `Outbox`, by the features `sqlite` and `postgres`, keeps events in the application's own
//! database: an event is there if its transaction commits, and never was if it does not. A
//! `Dispatcher` delivers it, at least once, to every endpoint that wants it.
//!
#![cfg_attr(feature = "sqlite", doc = "```no_run")]
#![cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
//! use hookwright::{Dispatcher, Outbox, WebhookObject};
//!
//! #[derive(serde::Serialize, WebhookObject)]
//! struct Person {
//!     id: String,
//! }
//!
//! # async fn insert_person(_: &mut sqlx::SqliteConnection, _: &Person) -> sqlx::Result<()> { Ok(()) }
//! # async fn example(shutdown: impl Future<Output = ()> + Send) -> Result<(), Box<dyn std::error::Error>> {
//! let outbox = Outbox::sqlite("crm.db").await?;
//! let person = Person { id: "abc12345".into() };
//!
//! let mut transaction = outbox.begin().await?;
//! insert_person(&mut transaction, &person).await?;
//! outbox.emit(&mut transaction, &person.created()).await?;
//! transaction.commit().await?;
//!
//! Dispatcher::new(outbox).run(shutdown).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Receive
//!
//! [`receiver::verify`] takes the headers and the raw bytes of the body from any framework, and
//! gives the event; `receiver::axum::Verified` is an argument of an axum handler, and
//! `receiver::tower` a layer for services of any framework. [`receiver::seen`] has a repeat
//! acknowledged and not handled twice.
//!
//! ```
//! use hookwright::{Event, ReceiveError, Verifier, WebhookObject, receiver};
//!
//! #[derive(serde::Serialize, serde::Deserialize, WebhookObject)]
//! struct Person {
//!     id: String,
//! }
//!
//! fn receive(
//!     verifier: &Verifier,
//!     headers: &http::HeaderMap,
//!     body: &[u8],
//! ) -> Result<String, ReceiveError> {
//!     let event: Event<Person> = receiver::verify(verifier, headers, body)?;
//!     Ok(format!("{} of {}", event.name(), event.data().id))
//! }
//! ```
//!
//! Several objects and custom events are an enum that is matched exhaustively: see [`ReadEvent`].
//!
//! # Features
//!
//! | feature | default | brings |
//! | --- | --- | --- |
//! | `derive` | yes | `#[derive(WebhookObject)]`, `#[derive(WebhookEvent)]`, `#[derive(WebhookEvents)]` |
//! | `http` | yes | [`Endpoint`], [`Format`], [`AddressPolicy`] and [`Sender`], over reqwest and rustls |
//! | `sqlite` | no | `Outbox` and `Dispatcher` on a file of SQLite, which is built with it |
//! | `postgres` | no | `Outbox` and `Dispatcher` on PostgreSQL |
//! | `axum` | no | `receiver::axum` |
//! | `tower` | no | `receiver::tower`, a layer for services of any framework |
//! | `testing` | no | `testing`, for tests of your own, on a file of SQLite |
//! | `schema` | no | `Catalog`: JSON Schema, `AsyncAPI`, `OpenAPI`, TypeScript and a page of the events, and `catalog.lock` |
//!
//! Without features there are events, signatures and verification, and no HTTP client, no runtime
//! and no TLS is built.
//!
//! [Standard Webhooks]: https://www.standardwebhooks.com
//! [Twenty]: https://docs.twenty.com

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[cfg(feature = "http")]
mod address;
#[cfg(feature = "schema")]
mod catalog;
#[cfg(feature = "_outbox")]
mod dispatcher;
pub mod emits;
#[cfg(feature = "http")]
mod endpoint;
mod event;
#[cfg(feature = "http")]
mod format;
mod object;
#[cfg(feature = "_outbox")]
mod outbox;
pub mod receiver;
#[cfg(feature = "http")]
mod retry;
pub mod rfc3339;
#[cfg(feature = "http")]
mod sender;
mod signature;
#[cfg(feature = "testing")]
pub mod testing;

#[doc = include_str!("attributes.md")]
pub mod attributes {}

#[cfg(feature = "http")]
pub use crate::address::{AddressPolicy, RefusedAddress};
#[cfg(feature = "schema")]
pub use crate::catalog::{Added, Break, Catalog, CatalogLock, Described, LockError, UnknownEvent};
#[cfg_attr(not(feature = "testing"), doc(hidden))]
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use crate::dispatcher::Clock;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use crate::dispatcher::{Dispatcher, Health, Notice};
#[cfg(feature = "http")]
pub use crate::endpoint::{Endpoint, EndpointError, PrivateCa, PrivateCaError};
pub use crate::event::{
    Actor, Body, BodyError, Carries, Event, EventData, EventId, EventIdError, EventName,
    EventNameError, EventSet, Field, JsonData, JsonDataError, ObjectEvent, RawEvent, ReadError,
    ReadEvent, UpdateError, WebhookEvent,
};
#[cfg(feature = "http")]
pub use crate::format::{CloudEvents, CloudEventsError, Format, Twenty};
pub use crate::object::WebhookObject;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use crate::outbox::{
    AttemptOutcome, Backlog, Cursor, CursorError, Deliveries, DeliveryState, DisabledReason,
    EmitError, EndpointId, EndpointIdError, EndpointSettings, EndpointState, Endpoints,
    EventPattern, EventPatternError, Figures, History, Insert, KeyError, MasterKey, Order, Outbox,
    OutboxBuilder, OutboxError, Page, Parameter, Query, ReplayId, ReplayIdError, ReplayKind,
    ReplayProgress, ReplayState, Stats, StatsQuery, Store, StoredAttempt, StoredDelivery,
    StoredEndpoint, StoredEvent, StoredReplay, StoredRequest, Tally, Transaction,
};
pub use crate::receiver::{ReceiveError, Verifier};
#[cfg(feature = "http")]
pub use crate::retry::{Jitter, RetrySchedule};
#[cfg(feature = "http")]
pub use crate::sender::{Receipt, Resolve, SendError, Sender, SenderBuilder, SenderError};
pub use crate::signature::{
    HeaderPrefix, HeaderPrefixError, Jwks, Nonce, PublicKey, PublicKeyError, Secret, SecretError,
    Signature, SignatureHeaders, Signer, Signing, VerifyError,
};
#[cfg(feature = "derive")]
pub use hookwright_macros::{WebhookEvent, WebhookEvents, WebhookObject};
#[cfg(feature = "http")]
pub use ipnet::IpNet;
#[cfg(feature = "schema")]
pub use schemars;
#[cfg(feature = "postgres")]
pub use sqlx::Postgres;
#[cfg(feature = "sqlite")]
pub use sqlx::Sqlite;
