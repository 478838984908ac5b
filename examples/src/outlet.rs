//! Where the CRM's events go out: to every endpoint, one after the other.

use std::io;

use hookwright::{Endpoint, Event, SendError, Sender, UpdateError, WebhookObject, emits};

use crate::report::{Report, Row};

/// Sends events until it has sent as many as it should.
#[derive(Debug)]
pub struct Outlet {
    sender: Sender,
    endpoints: Vec<Endpoint>,
    wanted: usize,
    sent: usize,
    report: Report,
    failure: Option<Failure>,
}

/// That no more events go out.
#[derive(Debug)]
pub struct Closed;

/// Why an event did not go out.
#[derive(Debug)]
pub enum Failure {
    /// An endpoint did not acknowledge it.
    Send(SendError),
    /// It could not be told what had changed.
    Update(UpdateError),
    /// The report could not be written.
    Report(io::Error),
}

impl Outlet {
    /// An outlet that closes after `wanted` events.
    pub fn new(sender: Sender, endpoints: Vec<Endpoint>, wanted: usize, report: Report) -> Self {
        Self { sender, endpoints, wanted, sent: 0, report, failure: None }
    }

    /// Sends one event to every endpoint.
    ///
    /// # Errors
    ///
    /// [`Closed`] when enough were sent, or when an endpoint did not acknowledge it.
    pub async fn emit<T: WebhookObject>(&mut self, event: &Event<T>) -> Result<(), Closed> {
        if self.sent == self.wanted {
            return Err(Closed);
        }
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            let outcome = match self.sender.send(endpoint, event).await {
                Ok(receipt) => {
                    self.report.add(Row::sent(event, index, &receipt)).map_err(Failure::Report)
                }
                Err(error) => Err(Failure::Send(error)),
            };
            if let Err(failure) = outcome {
                return Err(self.fail(failure));
            }
        }
        self.sent += 1;
        Ok(())
    }

    /// Sends the event that a record has changed, if a receiver can see it.
    ///
    /// # Errors
    ///
    /// As [`emit`](Self::emit).
    pub async fn emit_change<T>(&mut self, before: &T, after: &T) -> Result<(), Closed>
    where
        T: WebhookObject + emits::Updated,
    {
        if self.sent == self.wanted {
            return Err(Closed);
        }
        match after.updated_from(before) {
            Ok(Some(event)) => self.emit(&event).await,
            Ok(None) => match self.report.add(Row::invisible(after)) {
                Ok(()) => Ok(()),
                Err(error) => Err(self.fail(Failure::Report(error))),
            },
            Err(error) => Err(self.fail(Failure::Update(error))),
        }
    }

    fn fail(&mut self, failure: Failure) -> Closed {
        self.failure = Some(failure);
        Closed
    }

    /// What went out, and why no more did if it was too little.
    pub fn finish(self) -> (usize, Report, Option<Failure>) {
        (self.sent, self.report, self.failure)
    }
}
