//! What a console is set up with, and the router that comes of it.

use std::sync::Arc;
use std::{error, fmt};

use axum::Router;
use hookwright::{Catalog, Health, Sender, SenderError};

use crate::access::{ApiKeys, NewApiKey, Scope, Sessions};
use crate::answers::{Answers, Sweep};
use crate::api;
use crate::catalog::{EventCatalog, NotACatalog};
use crate::outbox::AnyOutbox;
use crate::tables::{Made, Tables};

/// Writes what a scraper reads.
type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// The settings page and the REST API of an outbox.
///
/// # Examples
///
/// ```no_run
/// use hookwright::{Outbox, Store};
/// use hookwright_console::{AnyOutbox, Console};
///
/// # fn example<S: Store>(outbox: Outbox<S>) -> Result<(), Box<dyn std::error::Error>>
/// # where AnyOutbox: From<Outbox<S>> {
/// let console = Console::new(outbox)?.host("crm.example.com").https();
/// let router: axum::Router = console.router();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Console {
    pub(crate) outbox: AnyOutbox,
    pub(crate) sender: Sender,
    pub(crate) catalog: Option<Arc<EventCatalog>>,
    pub(crate) hosts: Vec<String>,
    pub(crate) is_https: bool,
    pub(crate) health: Option<Health>,
    pub(crate) metrics: Option<Metrics>,
    /// Of the answers that are kept for repeated writes.
    sweep: Arc<Sweep>,
    made: Arc<Made>,
}

impl Console {
    /// The console of an outbox, which answers to the names of this machine alone: `localhost` and
    /// the addresses of loopback. Only `/health/live` and `/health/ready` answer to every name, since
    /// a probe may know an address alone.
    ///
    /// # Errors
    ///
    /// [`ConsoleError`] when the sender of test events cannot be made, as [`Sender::new`].
    pub fn new(outbox: impl Into<AnyOutbox>) -> Result<Self, ConsoleError> {
        Ok(Self {
            outbox: outbox.into(),
            sender: Sender::new().map_err(Kind::Sender)?,
            catalog: None,
            hosts: Vec::new(),
            is_https: false,
            health: None,
            metrics: None,
            sweep: Arc::default(),
            made: Arc::default(),
        })
    }

    /// Sends test events by this sender, and refuses webhooks whose address it refuses.
    pub fn sender(mut self, sender: Sender) -> Self {
        self.sender = sender;
        self
    }

    /// Offers these events when a webhook is made, and refuses others when they are posted or a webhook
    /// wants them.
    ///
    /// # Errors
    ///
    /// [`ConsoleError`] when the catalogue's JSON Schema cannot be read back.
    pub fn catalog(self, catalog: &Catalog) -> Result<Self, ConsoleError> {
        let catalog = EventCatalog::of(catalog).map_err(Kind::Catalog)?;
        Ok(Self { catalog: Some(Arc::new(catalog)), ..self })
    }

    /// As [`catalog`](Self::catalog), from the JSON Schema that [`Catalog::json_schema`] wrote.
    ///
    /// # Errors
    ///
    /// [`ConsoleError`] when it is something else.
    pub fn catalog_schema(self, json_schema: &str) -> Result<Self, ConsoleError> {
        let catalog = EventCatalog::read(json_schema).map_err(Kind::Catalog)?;
        Ok(Self { catalog: Some(Arc::new(catalog)), ..self })
    }

    /// Tells probes of this dispatcher, which works in the same process.
    pub fn dispatcher(mut self, health: Health) -> Self {
        self.health = Some(health);
        self
    }

    /// Serves what this gives at `/metrics`: the application's metrics, in the text format of
    /// Prometheus.
    pub fn metrics(mut self, render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.metrics = Some(Arc::new(render));
        self
    }

    /// Answers to this name too, which stands in the `Host` header of requests. Without its port.
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into().to_ascii_lowercase());
        self
    }

    /// Says that people come by HTTPS, so that cookies are never sent otherwise.
    pub fn https(mut self) -> Self {
        self.is_https = true;
        self
    }

    /// Makes the console's own tables where they are not there, which the first request does too: for
    /// a database whose user may make none later.
    ///
    /// # Errors
    ///
    /// [`ConsoleError`] when the database refuses.
    pub async fn migrate(&self) -> Result<(), ConsoleError> {
        Ok(self.tables().await.map(drop)?)
    }

    /// Makes a key with every scope when there is none yet; `None` when there is one.
    ///
    /// # Errors
    ///
    /// [`ConsoleError`] when the database refuses.
    pub async fn first_key(&self) -> Result<Option<NewApiKey>, ConsoleError> {
        let keys = self.keys().await?;
        if keys.has_any().await? {
            return Ok(None);
        }
        Ok(Some(keys.create("First key", &[Scope::Admin], None, None).await?))
    }

    /// The page and the API, to be served by itself or nested in an application's router.
    ///
    /// What is nested at `/settings` answers there, and not at `/settings/`, as always with axum: the
    /// application leads from the one to the other.
    ///
    /// # Examples
    ///
    /// ```
    /// use axum::Router;
    /// use axum::response::Redirect;
    /// use axum::routing::get;
    /// use hookwright_console::Console;
    ///
    /// fn application(console: Console) -> Router {
    ///     Router::new()
    ///         .route("/settings/", get(async || Redirect::permanent("/settings")))
    ///         .nest("/settings", console.router())
    /// }
    /// ```
    pub fn router(self) -> Router {
        api::router(Arc::new(self))
    }

    /// The console's own tables, which are made when they are not there.
    pub(crate) async fn tables(&self) -> Result<Tables<'_>, sqlx::Error> {
        self.made.tables(&self.outbox).await
    }

    /// The API keys.
    pub(crate) async fn keys(&self) -> Result<ApiKeys<'_>, sqlx::Error> {
        Ok(ApiKeys::new(self.tables().await?))
    }

    /// The sessions of people who signed in.
    pub(crate) async fn sessions(&self) -> Result<Sessions<'_>, sqlx::Error> {
        Ok(Sessions::new(self.tables().await?))
    }

    /// The answers to writes.
    pub(crate) async fn answers(&self) -> Result<Answers<'_>, sqlx::Error> {
        Ok(Answers::new(self.tables().await?, &self.sweep))
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Console")
            .field("outbox", &self.outbox)
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

/// Why a console could not be set up.
#[derive(Debug)]
pub struct ConsoleError(Kind);

#[derive(Debug)]
enum Kind {
    Catalog(NotACatalog),
    Sender(SenderError),
    Database(sqlx::Error),
}

impl fmt::Display for ConsoleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match &self.0 {
            Kind::Catalog(_) => "the catalogue cannot be used",
            Kind::Sender(_) => "the sender of test events cannot be set up",
            Kind::Database(_) => "the database refused what the console asked of it",
        })
    }
}

impl error::Error for ConsoleError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.0 {
            Kind::Catalog(error) => Some(error),
            Kind::Sender(error) => Some(error),
            Kind::Database(error) => Some(error),
        }
    }
}

impl From<Kind> for ConsoleError {
    fn from(kind: Kind) -> Self {
        Self(kind)
    }
}

impl From<sqlx::Error> for ConsoleError {
    fn from(error: sqlx::Error) -> Self {
        Self(Kind::Database(error))
    }
}
