//! placeholder
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[cfg(feature = "http")]
mod address;
pub mod emits;
#[cfg(feature = "http")]
mod endpoint;
mod event;
mod object;
pub mod receiver;
#[cfg(feature = "http")]
mod sender;
mod signature;

#[cfg(feature = "http")]
pub use crate::address::{AddressPolicy, RefusedAddress};
#[cfg(feature = "http")]
pub use crate::endpoint::{Endpoint, EndpointError, PrivateCa, PrivateCaError};
pub use crate::event::{
    Body, BodyError, Event, EventId, EventIdError, EventName, EventNameError, UpdateError,
};
pub use crate::object::WebhookObject;
pub use crate::receiver::{ReceiveError, Verifier};
#[cfg(feature = "http")]
pub use crate::sender::{Receipt, Resolve, SendError, Sender, SenderBuilder, SenderError};
pub use crate::signature::{
    HeaderPrefix, HeaderPrefixError, Nonce, Secret, SecretError, Signature, SignatureHeaders,
    Signer, Signing, VerifyError,
};
#[cfg(feature = "derive")]
pub use hookwright_macros::WebhookObject;
#[cfg(feature = "http")]
pub use ipnet::IpNet;
