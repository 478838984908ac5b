mod json;

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use url::Url;

use super::id::EndpointId;
use crate::endpoint::{Endpoint, EndpointError, PrivateCa};
use crate::format::Format;
use crate::outbox::error::{Kind, OutboxError};
use crate::outbox::pattern::{Changed, EventPattern};
use crate::retry::RetrySchedule;
use crate::signature::{PublicKey, Secret, Signing};

/// What an endpoint of an outbox is to be: where events go, which, signed by what, and how many at
/// once.
///
/// Secrets and the values of headers are encrypted in the database.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use hookwright::{EndpointSettings, Secret};
///
/// let settings = EndpointSettings::new("https://example.com/hooks")?
///     .description("the accounting system")
///     .secret(Secret::generate())
///     .wants("person.*".parse()?)
///     .wants("company.created".parse()?)
///     .deadline(Duration::from_secs(5))?
///     .per_second(50.try_into()?);
/// assert_eq!(settings.wanted().len(), 2);
///
/// // An edit takes the settings as they are, and changes some.
/// let settings = settings.wants_only(["person.*".parse()?]).without_rate_limit();
/// assert_eq!(settings.wanted().len(), 1);
/// assert_eq!(settings.chosen_per_second(), None);
/// assert_eq!(settings.chosen_deadline(), Duration::from_secs(5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct EndpointSettings {
    /// Everything that a request needs, but the secrets.
    target: Endpoint,
    secrets: Vec<DatedSecret>,
    description: String,
    wanted: Vec<EventPattern>,
    signing: Signing,
    per_second: Option<NonZeroU32>,
    concurrency: usize,
    schedule: Option<RetrySchedule>,
    order: Order,
}

/// A secret, and until when it signs.
#[derive(Clone)]
struct DatedSecret {
    secret: Secret,
    until: Option<DateTime<Utc>>,
}

/// In which order an endpoint receives events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// As they come: none waits for another.
    #[default]
    Any,
    /// The events of one object one after the other, each when the one before is delivered or dead.
    /// Events of other objects do not wait.
    PerObject,
}

impl Order {
    /// What the deliveries share that go one after the other; `None` when none waits for another.
    pub(super) fn key(self, object: &str, object_id: &str) -> Option<i64> {
        match self {
            Self::Any => None,
            Self::PerObject => {
                // The same in every process. Two objects of one key wait for each other, which does
                // no harm.
                let digest = Sha256::new()
                    .chain_update(object)
                    .chain_update(".")
                    .chain_update(object_id)
                    .finalize();
                Some(i64::from_be_bytes(*digest.first_chunk().expect("a digest has 32 bytes")))
            }
        }
    }
}

impl EndpointSettings {
    /// How many requests are under way to one endpoint at once, unless set.
    pub const DEFAULT_CONCURRENCY: usize = 8;
    /// The most that can be set.
    pub const MAX_CONCURRENCY: usize = 256;

    /// How many secrets an endpoint has at most, with those that are being rotated out: 10. Standard
    /// Webhooks sends a signature of each in one header.
    pub const MAX_SECRETS: usize = 10;

    /// Takes the URL of an endpoint that wants all events.
    ///
    /// # Errors
    ///
    /// As [`Endpoint::new`].
    pub fn new(url: &str) -> Result<Self, EndpointError> {
        Ok(Self {
            target: Endpoint::new(url)?,
            secrets: Vec::new(),
            description: String::new(),
            wanted: Vec::new(),
            signing: Signing::default(),
            per_second: None,
            concurrency: Self::DEFAULT_CONCURRENCY,
            schedule: None,
            order: Order::default(),
        })
    }

    /// The same settings for another URL.
    ///
    /// # Errors
    ///
    /// As [`Endpoint::new`].
    pub fn with_url(mut self, url: &str) -> Result<Self, EndpointError> {
        self.target = self.target.with_url(url)?;
        Ok(self)
    }

    /// Sets a text for people.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// Adds a secret that signs: the newest first.
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secrets.push(DatedSecret { secret, until: None });
        self
    }

    /// Adds events that are wanted: `person.created`, `*.*`, or of updates those that touched a
    /// field, `person.updated[email,jobTitle]`. Without any, all are.
    pub fn wants(mut self, pattern: EventPattern) -> Self {
        self.wanted.push(pattern);
        self
    }

    /// Sets the events that are wanted, in place of those that were: all, when there are none.
    ///
    /// ```
    /// use hookwright::EndpointSettings;
    ///
    /// let settings = EndpointSettings::new("https://example.com/hooks")?.wants("person.*".parse()?);
    /// let settings = settings.wants_only(["company.created".parse()?, "company.deleted".parse()?]);
    /// assert_eq!(settings.wanted().len(), 2);
    /// assert!(settings.wants_only([]).wanted().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wants_only(mut self, patterns: impl IntoIterator<Item = EventPattern>) -> Self {
        self.wanted = patterns.into_iter().collect();
        self
    }

    /// Chooses how a body is written, from the next event on: what is on its way keeps its format.
    pub fn format(mut self, format: impl Into<Format>) -> Self {
        self.target = self.target.format(format);
        self
    }

    /// Chooses how the body becomes the message that is signed.
    pub fn signing(mut self, signing: Signing) -> Self {
        self.signing = signing;
        self
    }

    /// Adds a header to every request.
    ///
    /// # Errors
    ///
    /// As [`Endpoint::header`].
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, EndpointError> {
        self.target = self.target.header(name, value)?;
        Ok(self)
    }

    /// Removes a header, whatever the case of its name: nothing when it is not set. To give a header
    /// another value, remove it and add it again.
    ///
    /// ```
    /// use hookwright::EndpointSettings;
    ///
    /// let settings = EndpointSettings::new("https://example.com/hooks")?
    ///     .header("Authorization", "Bearer t0k3n")?
    ///     .header("X-Team", "sales")?;
    /// let settings = settings.without_header("Authorization").header("Authorization", "Bearer new")?;
    /// assert_eq!(settings.header_names().collect::<Vec<_>>(), ["x-team", "authorization"]);
    /// assert_eq!(settings.without_headers().header_names().count(), 0);
    /// # Ok::<(), hookwright::EndpointError>(())
    /// ```
    pub fn without_header(mut self, name: &str) -> Self {
        self.target = self.target.retain_headers(|other| !other.eq_ignore_ascii_case(name));
        self
    }

    /// Removes all headers.
    pub fn without_headers(mut self) -> Self {
        self.target = self.target.retain_headers(|_| false);
        self
    }

    /// Sets the deadline of one attempt: 1 to 30 seconds.
    ///
    /// # Errors
    ///
    /// [`EndpointError::Deadline`] when it is less or more.
    pub fn deadline(mut self, deadline: Duration) -> Result<Self, EndpointError> {
        self.target = self.target.deadline(deadline)?;
        Ok(self)
    }

    /// Trusts the certificates of this authority, and no others.
    pub fn private_ca(mut self, authority: PrivateCa) -> Self {
        self.target = self.target.private_ca(authority);
        self
    }

    /// Trusts the certificates of the system's authorities again.
    pub fn without_private_ca(mut self) -> Self {
        self.target = self.target.without_private_ca();
        self
    }

    /// Limits how many requests begin in a second, in each dispatcher.
    pub fn per_second(mut self, limit: NonZeroU32) -> Self {
        self.per_second = Some(limit);
        self
    }

    /// Lets as many requests begin in a second as come.
    pub fn without_rate_limit(mut self) -> Self {
        self.per_second = None;
        self
    }

    /// Sets how many requests are under way at once, in each dispatcher: 1 to
    /// [`MAX_CONCURRENCY`](Self::MAX_CONCURRENCY), and what is less or more is taken for these.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests.clamp(1, Self::MAX_CONCURRENCY);
        self
    }

    /// Sets when failed deliveries are tried again, in place of the dispatcher's own schedule.
    pub fn schedule(mut self, schedule: RetrySchedule) -> Self {
        self.schedule = Some(schedule);
        self
    }

    /// Has failed deliveries tried again by the dispatcher's own schedule.
    pub fn without_schedule(mut self) -> Self {
        self.schedule = None;
        self
    }

    /// Chooses the order in which events are received.
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// The URL. Its path and query may hold a token of the receiver's.
    pub fn url(&self) -> &Url {
        self.target.url()
    }

    /// The text for people.
    pub fn description_text(&self) -> &str {
        &self.description
    }

    /// What is wanted; everything when it is empty.
    pub fn wanted(&self) -> &[EventPattern] {
        &self.wanted
    }

    /// The secrets that sign now, the newest first.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.secrets_at(Utc::now())
    }

    /// What the deliveries share that go one after the other; `None` when none waits for another.
    pub(crate) fn order_key(&self, object: &str, object_id: &str) -> Option<i64> {
        self.order.key(object, object_id)
    }

    /// Whether the deliveries of an object go one after the other.
    pub(crate) fn keeps_order(&self) -> bool {
        matches!(self.order, Order::PerObject)
    }

    /// How the body becomes the message that is signed.
    pub fn chosen_signing(&self) -> Signing {
        self.signing
    }

    /// The names of the headers that are added to every request. Their values are secrets.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.target.headers().iter().map(|(name, _)| name.as_str())
    }

    /// The deadline of one attempt.
    pub fn chosen_deadline(&self) -> Duration {
        self.target.time_limit()
    }

    /// Whether the certificates of one authority are trusted, and no others.
    pub fn has_private_ca(&self) -> bool {
        self.target.authority().is_some()
    }

    /// How many requests begin in a second, in each dispatcher; as many as come when it is `None`.
    pub fn chosen_per_second(&self) -> Option<NonZeroU32> {
        self.per_second
    }

    /// How many requests are under way at once, in each dispatcher.
    pub fn chosen_concurrency(&self) -> usize {
        self.concurrency
    }

    /// When failed deliveries are tried again; by the dispatcher's own schedule when it is `None`.
    pub fn chosen_schedule(&self) -> Option<&RetrySchedule> {
        self.schedule.as_ref()
    }

    /// The order in which events are received.
    pub fn chosen_order(&self) -> Order {
        self.order
    }

    /// How a body is written.
    pub fn chosen_format(&self) -> &Format {
        self.target.chosen_format()
    }

    /// The format with all that its bodies tell of this endpoint.
    pub(crate) fn format_of(&self, id: &EndpointId) -> Format {
        self.chosen_format().of_endpoint(self.url().as_str(), Some(&id.to_string()))
    }

    /// Refuses what could not be received, and what is too much to be kept.
    pub(crate) fn check(&self) -> Result<(), OutboxError> {
        if self.secrets.len() > Self::MAX_SECRETS {
            return Err(OutboxError::new(Kind::TooManySecrets));
        }
        // One that is being rotated out does not sign for long.
        let stays = |dated: &DatedSecret| dated.until.is_none() && dated.secret.is_standard();
        match self.chosen_format() {
            Format::Standard if !self.secrets.iter().any(stays) => {
                Err(OutboxError::new(Kind::UnsignedStandard))
            }
            Format::Twenty(twenty) if !twenty.is_within_limits() => {
                Err(OutboxError::new(Kind::LargeFormat))
            }
            _ => Ok(()),
        }
    }

    /// The public keys of the secrets that sign now, the newest first: those of ed25519 have one.
    pub fn public_keys(&self) -> impl Iterator<Item = PublicKey> {
        self.secrets().filter_map(Secret::public_key)
    }

    pub(crate) fn wants_event(&self, object: &str, operation: &str, changed: &Changed) -> bool {
        EventPattern::any_wants(&self.wanted, object, operation, changed)
    }

    fn secrets_at(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Secret> {
        let is_valid = move |dated: &&DatedSecret| dated.until.is_none_or(|until| now < until);
        self.secrets.iter().filter(is_valid).map(|dated| &dated.secret)
    }

    /// What a request needs, with the secrets that sign at a time.
    pub(crate) fn endpoint_at(&self, now: DateTime<Utc>) -> Endpoint {
        let target = self.target.clone().signing(self.signing);
        self.secrets_at(now).fold(target, |target, secret| target.secret(secret.clone()))
    }

    /// When the next of the secrets stops signing.
    pub(crate) fn next_expiry(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.secrets.iter().filter_map(|dated| dated.until).filter(|until| *until > now).min()
    }

    /// Puts a new secret first; those before it sign for `overlap` longer.
    pub(crate) fn rotate(&mut self, secret: Secret, now: DateTime<Utc>, overlap: Duration) {
        let until = now + overlap;
        for dated in &mut self.secrets {
            dated.until = Some(dated.until.map_or(until, |earlier| earlier.min(until)));
        }
        self.secrets.retain(|dated| dated.until.is_none_or(|until| now < until));
        self.secrets.insert(0, DatedSecret { secret, until: None });
    }
}

impl fmt::Debug for EndpointSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EndpointSettings")
            .field("host", &self.target.host())
            .field("wanted", &self.wanted)
            .finish_non_exhaustive()
    }
}
