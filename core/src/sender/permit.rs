//! The right to send, which may end while a request is on its way to the socket.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

tokio::task_local! {
    /// The permit of the request that this task makes, for the connector.
    static CURRENT: Permit;
}

/// Asked before a connection is dialled, before it is used, and, last, as the request's body is taken,
/// which is in the same step of its task in which HTTP writes the first byte of the request.
#[derive(Clone)]
pub(crate) struct Permit(Arc<dyn Fn() -> bool + Send + Sync>);

impl Permit {
    /// A permit that is given for as long as `holds` says so.
    #[cfg(feature = "_outbox")]
    pub(crate) fn new(holds: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(holds))
    }

    pub(crate) fn ask(&self) -> Result<(), Withdrawn> {
        if (self.0)() { Ok(()) } else { Err(Withdrawn) }
    }

    /// Asks the permit under which this task connects. A connection that is made for whoever needs
    /// one next has none.
    pub(super) fn ask_current() -> Result<(), Withdrawn> {
        CURRENT.try_with(Self::ask).unwrap_or(Ok(()))
    }

    /// Runs `request` so that the connector finds the permit.
    pub(super) fn over<F: Future>(self, request: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, request)
    }
}

/// The permit had ended before anything was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Withdrawn;

impl fmt::Display for Withdrawn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("what was to be sent is no longer ours to send")
    }
}

impl Error for Withdrawn {}

/// A body of one piece, which is given only while its permit holds. HTTP has not written anything
/// of the request when it asks for it.
pub(super) struct Permitted {
    pub(super) bytes: Option<Bytes>,
    pub(super) permit: Permit,
}

impl Body for Permitted {
    type Data = Bytes;
    type Error = Withdrawn;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Withdrawn>>> {
        let Some(bytes) = self.bytes.take() else {
            return Poll::Ready(None);
        };
        Poll::Ready(Some(self.permit.ask().map(|()| Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
