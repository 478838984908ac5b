//! The endpoints of an outbox.

mod id;
mod pages;
mod settings;
mod stored;
mod trial;
mod unread;

use std::time::Duration;

use chrono::Utc;

pub use self::id::{EndpointId, EndpointIdError};
pub use self::settings::{EndpointSettings, Order};
pub(crate) use self::stored::{COLUMNS, StoredHealth};
pub use self::stored::{DisabledReason, EndpointState, StoredEndpoint};
pub(crate) use self::unread::UnreadEndpoint;
use super::error::{Kind, OutboxError};
use super::statement::Statement;
use super::store::Store;
use super::{Outbox, Parameter, formats, queue};
use crate::signature::{Jwks, Secret};

/// The endpoints of an outbox: made by [`Outbox::endpoints`].
///
/// A change counts for every event that commits after it; for deliveries that wait already, as soon
/// as dispatchers hear of it: within half a second. An endpoint that is made also gets events that
/// had committed before, and that no dispatcher had looked at yet.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use hookwright::{EndpointSettings, Outbox, Secret, Store};
///
/// # async fn example<S: Store>(outbox: Outbox<S>) -> Result<(), Box<dyn std::error::Error>> {
/// let settings = EndpointSettings::new("https://example.com/hooks")?.secret(Secret::generate());
/// let endpoint = outbox.endpoints().create(settings).await?;
///
/// let day = Duration::from_secs(24 * 60 * 60);
/// outbox.endpoints().rotate_secret(endpoint.id(), Secret::generate(), day).await?;
/// outbox.endpoints().disable(endpoint.id()).await?;
/// outbox.endpoints().enable(endpoint.id()).await?;
/// outbox.endpoints().delete(endpoint.id()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Endpoints<'a, S: Store> {
    outbox: &'a Outbox<S>,
}

impl<'a, S: Store> Endpoints<'a, S> {
    /// The longest time that a secret signs after it was rotated out: 7 days.
    pub const MAX_OVERLAP: Duration = Duration::from_hours(7 * 24);

    pub(super) fn new(outbox: &'a Outbox<S>) -> Self {
        Self { outbox }
    }

    /// Makes an endpoint, which is active from the commit of its creation on.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database refuses, and when the format is [`Format::Standard`] and no
    /// secret signs by Standard Webhooks; where the outbox has a catalogue, also when an event is
    /// wanted that is not in it.
    ///
    /// [`Format::Standard`]: crate::Format::Standard
    pub async fn create(&self, settings: EndpointSettings) -> Result<StoredEndpoint, OutboxError> {
        self.insert(settings, true).await
    }

    /// Makes an endpoint that is disabled from its creation on: its events are held until it is
    /// [enabled](Self::enable).
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn create_disabled(
        &self,
        settings: EndpointSettings,
    ) -> Result<StoredEndpoint, OutboxError> {
        self.insert(settings, false).await
    }

    async fn insert(
        &self,
        settings: EndpointSettings,
        is_enabled: bool,
    ) -> Result<StoredEndpoint, OutboxError> {
        #[cfg(feature = "schema")]
        self.outbox.check_patterns(settings.wanted())?;
        self.outbox.ready().await?;
        let id = EndpointId::new();
        let writer = self.outbox.writer().await?;
        let mut transaction = S::begin(self.outbox.pool()).await?;
        let Columns { plain, sealed, format } =
            self.columns(&mut transaction, &id, &settings).await?;
        let insert = Statement::new(
            "INSERT INTO hookwright_endpoint \
             (endpoint_id, tenant, url, settings, format, sealed, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        )
        .bind(id.to_string())
        .bind(Parameter::Text(self.outbox.tenant_id().map(str::to_owned)))
        .bind(settings.url().as_str())
        .bind(plain)
        .bind(format)
        .bind(sealed)
        .bind(Utc::now().timestamp_millis());
        self.apply(&mut transaction, insert).await?;
        if !is_enabled {
            self.apply(&mut transaction, self.disabling(&id)).await?;
        }
        // Before the commit: what was made is told, or it was not made.
        let stored = self.find(&mut transaction, &id, "").await?;
        transaction.commit().await?;
        drop(writer);
        self.outbox.wake();
        Ok(stored)
    }

    /// Every endpoint that is not deleted, in the order of their creation. Where there may be many,
    /// [`page`](Self::page) reads some of them.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] when the database refuses, or holds an endpoint that cannot be read.
    pub async fn list(&self) -> Result<Vec<StoredEndpoint>, OutboxError> {
        self.outbox.ready().await?;
        let select = Statement::new("SELECT ")
            .text(COLUMNS)
            .text(" FROM hookwright_endpoint WHERE deleted_at IS NULL AND ($1 IS NULL OR tenant = $1) ORDER BY id")
            .bind(Parameter::Text(self.outbox.tenant_id().map(str::to_owned)));
        let rows = S::fetch(&mut *self.outbox.pool().acquire().await?, select).await?;
        let key = self.outbox.master_key();
        rows.iter().map(|row| StoredEndpoint::of_row::<S>(row, key)).collect()
    }

    /// The public keys that receivers verify by: those of every endpoint whose secret is a private
    /// key, while it signs. Serve its text where receivers can fetch it.
    ///
    /// # Errors
    ///
    /// As [`list`](Self::list).
    pub async fn jwks(&self) -> Result<Jwks, OutboxError> {
        let endpoints = self.list().await?;
        Ok(endpoints.iter().flat_map(|endpoint| endpoint.settings().public_keys()).collect())
    }

    /// One endpoint.
    ///
    /// # Errors
    ///
    /// [`OutboxError`], which [is not found](OutboxError::is_not_found) when there is none of this
    /// id.
    pub async fn get(&self, id: &EndpointId) -> Result<StoredEndpoint, OutboxError> {
        self.outbox.ready().await?;
        self.find(&mut *self.outbox.pool().acquire().await?, id, "").await
    }

    /// Replaces an endpoint's settings. Events that are on their way already keep their bodies, in the
    /// format that the endpoint had.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and as [`create`](Self::create).
    pub async fn update(
        &self,
        id: &EndpointId,
        settings: EndpointSettings,
    ) -> Result<StoredEndpoint, OutboxError> {
        #[cfg(feature = "schema")]
        self.outbox.check_patterns(settings.wanted())?;
        self.outbox.ready().await?;
        let writer = self.outbox.writer().await?;
        let mut transaction = S::begin(self.outbox.pool()).await?;
        self.replace(&mut transaction, id, &settings).await?;
        let stored = self.find(&mut transaction, id, "").await?;
        transaction.commit().await?;
        drop(writer);
        self.outbox.wake();
        Ok(stored)
    }

    /// Changes an endpoint's settings by what they are now: nobody else changes them meanwhile, so that
    /// neither change is lost. A refusal of `edit` leaves them as they were.
    ///
    /// # Errors
    ///
    /// Those of `edit`, and as [`update`](Self::update).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use hookwright::{EndpointError, EndpointId, Outbox, OutboxError, Store};
    ///
    /// #[derive(Debug)]
    /// enum MoveError {
    ///     Url(EndpointError),
    ///     Outbox(OutboxError),
    /// }
    ///
    /// impl From<OutboxError> for MoveError {
    ///     fn from(error: OutboxError) -> Self {
    ///         Self::Outbox(error)
    ///     }
    /// }
    ///
    /// # async fn example<S: Store>(outbox: Outbox<S>, id: EndpointId) -> Result<(), MoveError> {
    /// let url = "https://example.com/new";
    /// outbox.endpoints().edit(&id, |now| now.with_url(url).map_err(MoveError::Url)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn edit<E: From<OutboxError>>(
        &self,
        id: &EndpointId,
        edit: impl FnOnce(EndpointSettings) -> Result<EndpointSettings, E> + Send,
    ) -> Result<StoredEndpoint, E> {
        self.edit_and(id, edit, None).await
    }

    /// As [`edit`](Self::edit), and disables the endpoint by the same commit, so that nothing is sent
    /// by the new settings.
    ///
    /// # Errors
    ///
    /// As [`edit`](Self::edit).
    pub async fn edit_and_disable<E: From<OutboxError>>(
        &self,
        id: &EndpointId,
        edit: impl FnOnce(EndpointSettings) -> Result<EndpointSettings, E> + Send,
    ) -> Result<StoredEndpoint, E> {
        self.edit_and(id, edit, Some(self.disabling(id))).await
    }

    async fn edit_and<E: From<OutboxError>>(
        &self,
        id: &EndpointId,
        edit: impl FnOnce(EndpointSettings) -> Result<EndpointSettings, E> + Send,
        change: Option<Statement>,
    ) -> Result<StoredEndpoint, E> {
        self.outbox.ready().await?;
        let writer = self.outbox.writer().await?;
        let mut transaction = S::begin(self.outbox.pool()).await.map_err(OutboxError::from)?;
        let settings = self.find(&mut transaction, id, S::FOR_UPDATE).await?.into_settings();
        let settings = edit(settings)?;
        #[cfg(feature = "schema")]
        self.outbox.check_patterns(settings.wanted())?;
        self.replace(&mut transaction, id, &settings).await?;
        if let Some(change) = change {
            self.apply(&mut transaction, change).await?;
        }
        let stored = self.find(&mut transaction, id, "").await?;
        transaction.commit().await.map_err(OutboxError::from)?;
        drop(writer);
        self.outbox.wake();
        Ok(stored)
    }

    /// Puts a new secret first. Those before it sign for `overlap` longer, of at most
    /// [`MAX_OVERLAP`](Self::MAX_OVERLAP); 24 hours is usual.
    ///
    /// Receivers by Standard Webhooks accept either meanwhile; the documented scheme has room for
    /// one signature, which is the new secret's, so that its receivers learn the new one first.
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update), and when more than
    /// [`MAX_SECRETS`](EndpointSettings::MAX_SECRETS) would sign.
    pub async fn rotate_secret(
        &self,
        id: &EndpointId,
        secret: Secret,
        overlap: Duration,
    ) -> Result<StoredEndpoint, OutboxError> {
        let rotate = |mut settings: EndpointSettings| {
            settings.rotate(secret, Utc::now(), overlap.min(Self::MAX_OVERLAP));
            Ok(settings)
        };
        self.edit(id, rotate).await
    }

    /// Puts a newly generated secret first, which signs in the same ways as the newest did. It is the
    /// first of [`secrets`](EndpointSettings::secrets) of what this returns.
    ///
    /// # Errors
    ///
    /// As [`rotate_secret`](Self::rotate_secret).
    pub async fn renew_secret(
        &self,
        id: &EndpointId,
        overlap: Duration,
    ) -> Result<StoredEndpoint, OutboxError> {
        let renew = |mut settings: EndpointSettings| {
            let newest = settings.secrets().next();
            let secret = newest.map_or_else(Secret::generate, Secret::generate_alike);
            settings.rotate(secret, Utc::now(), overlap.min(Self::MAX_OVERLAP));
            Ok(settings)
        };
        self.edit(id, renew).await
    }

    /// Lets events flow again, those that were held first.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn enable(&self, id: &EndpointId) -> Result<(), OutboxError> {
        self.outbox.ready().await?;
        let update = Statement::new(
            "UPDATE hookwright_endpoint SET disabled_at = NULL, disabled_reason = NULL, \
             failing_since = NULL, failures = 0, paused_until = 0, pause = 0, updated_at = $3",
        );
        self.change(self.named(id, update).bind(Utc::now().timestamp_millis())).await
    }

    /// Holds events back until the endpoint is enabled: none is lost.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn disable(&self, id: &EndpointId) -> Result<(), OutboxError> {
        self.outbox.ready().await?;
        self.change(self.disabling(id)).await
    }

    /// Removes an endpoint. What was on its way to it is dropped; the log of its attempts stays.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn delete(&self, id: &EndpointId) -> Result<(), OutboxError> {
        self.outbox.ready().await?;
        // The secrets are of no more use.
        let update = Statement::new(
            "UPDATE hookwright_endpoint SET deleted_at = $3, sealed = $4, settings = '{}', updated_at = $3",
        );
        let update =
            self.named(id, update).bind(Utc::now().timestamp_millis()).bind(Vec::<u8>::new());
        self.change(update).await
    }

    fn disabling(&self, id: &EndpointId) -> Statement {
        let update = Statement::new(
            "UPDATE hookwright_endpoint SET disabled_at = $3, disabled_reason = 'by hand', updated_at = $3",
        );
        self.named(id, update).bind(Utc::now().timestamp_millis())
    }

    /// Completes an UPDATE of one endpoint, which binds its values from `$3` on.
    fn named(&self, id: &EndpointId, update: Statement) -> Statement {
        update
            .text(" WHERE endpoint_id = $1 AND deleted_at IS NULL AND ($2 IS NULL OR tenant = $2)")
            .bind(id.to_string())
            .bind(Parameter::Text(self.outbox.tenant_id().map(str::to_owned)))
    }

    /// Runs a change of one row in a transaction of its own.
    async fn change(&self, statement: Statement) -> Result<(), OutboxError> {
        let writer = self.outbox.writer().await?;
        let mut transaction = S::begin(self.outbox.pool()).await?;
        self.apply(&mut transaction, statement).await?;
        transaction.commit().await?;
        drop(writer);
        self.outbox.wake();
        Ok(())
    }

    /// Runs a change of one row, and makes it known to dispatchers by the same commit.
    async fn apply(
        &self,
        connection: &mut S::Connection,
        statement: Statement,
    ) -> Result<(), OutboxError> {
        if S::execute(connection, statement).await? == 0 {
            return Err(OutboxError::new(Kind::NoEndpoint));
        }
        Ok(queue::raise_revision::<S>(connection).await?)
    }

    async fn find(
        &self,
        connection: &mut S::Connection,
        id: &EndpointId,
        lock: &str,
    ) -> Result<StoredEndpoint, OutboxError> {
        let select = Statement::new("SELECT ")
            .text(COLUMNS)
            .text(" FROM hookwright_endpoint WHERE deleted_at IS NULL AND endpoint_id = $1 AND ($2 IS NULL OR tenant = $2)")
            .text(lock)
            .bind(id.to_string())
            .bind(Parameter::Text(self.outbox.tenant_id().map(str::to_owned)));
        let rows = S::fetch(connection, select).await?;
        let row = rows.first().ok_or_else(|| OutboxError::new(Kind::NoEndpoint))?;
        StoredEndpoint::of_row::<S>(row, self.outbox.master_key())
    }

    /// Replaces an endpoint's settings.
    async fn replace(
        &self,
        connection: &mut S::Connection,
        id: &EndpointId,
        settings: &EndpointSettings,
    ) -> Result<(), OutboxError> {
        let Columns { plain, sealed, format } = self.columns(connection, id, settings).await?;
        let update = Statement::new(
            "UPDATE hookwright_endpoint SET url = $3, settings = $4, sealed = $5, format = $6, updated_at = $7",
        );
        let update = self
            .named(id, update)
            .bind(settings.url().as_str())
            .bind(plain)
            .bind(sealed)
            .bind(format)
            .bind(Utc::now().timestamp_millis());
        self.apply(connection, update).await
    }

    /// What is written of settings, which are refused when nobody could receive by them.
    async fn columns(
        &self,
        connection: &mut S::Connection,
        id: &EndpointId,
        settings: &EndpointSettings,
    ) -> Result<Columns, OutboxError> {
        settings.check()?;
        let (plain, hidden) =
            settings.to_stored().map_err(|_| OutboxError::stored("an endpoint"))?;
        let sealed = self.outbox.master_key().seal(&id.to_string(), &hidden);
        let format = formats::intern::<S>(connection, &settings.format_of(id)).await?;
        Ok(Columns { plain, sealed, format })
    }
}

/// What is written of an endpoint's settings.
struct Columns {
    plain: String,
    sealed: Vec<u8>,
    format: i64,
}
