//! Trying an endpoint out.

use std::future::Future;

use chrono::Utc;

use super::{EndpointId, Endpoints};
use crate::event::{Event, EventData};
use crate::outbox::error::OutboxError;
use crate::outbox::store::Store;
use crate::sender::{Message, Receipt, SendError, Sender};

impl<S: Store> Endpoints<'_, S> {
    /// Sends one event to an endpoint now and once, as a dispatcher would send it: in the endpoint's
    /// format, with its headers, its deadline and its secrets, but as part of no trace. Nothing is
    /// stored, and nothing is tried again.
    ///
    /// It is sent to an endpoint that is disabled too, and whether the endpoint wants such events is
    /// not asked. Limits of the endpoint do not count. Which addresses may be dialled, the prefix of
    /// headers and the largest body are those of the sender: give the one that the dispatcher has.
    ///
    /// # Errors
    ///
    /// [`OutboxError`], which [is not found](OutboxError::is_not_found) when there is no such endpoint
    /// of this tenant. What came of the request is the result inside.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hookwright::{EndpointId, Outbox, Sender, Store, WebhookObject};
    ///
    /// #[derive(serde::Serialize, WebhookObject)]
    /// struct Person {
    ///     id: String,
    /// }
    ///
    /// # async fn example<S: Store>(outbox: Outbox<S>, sender: Sender, id: EndpointId) -> Result<(), hookwright::OutboxError> {
    /// let person = Person { id: "test".into() };
    /// match outbox.endpoints().test(&sender, &id, &person.created()).await? {
    ///     Ok(receipt) => println!("{} in {:?}", receipt.status(), receipt.duration()),
    ///     Err(error) => println!("{} {:?}: {error}", error.class(), error.status()),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn test<'a, T: EventData>(
        &'a self,
        sender: &'a Sender,
        id: &'a EndpointId,
        event: &Event<T>,
    ) -> impl Future<Output = Result<Result<Receipt, SendError>, OutboxError>> + Send + use<'a, S, T>
    {
        let parts = event.parts(sender.body_limit());
        async move {
            let stored = self.get(id).await?;
            let settings = stored.settings();
            let endpoint = settings.endpoint_at(Utc::now()).format(settings.format_of(id));
            let parts = match parts {
                Ok(parts) => parts,
                Err(error) => return Ok(Err(SendError::body(&endpoint, error))),
            };
            let message = Message::of_parts(parts, &endpoint);
            Ok(sender.post(&endpoint, &message, 1, None).await)
        }
    }
}
