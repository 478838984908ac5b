//! `hookwright verify` and `sign`: signatures by hand.

use chrono::Utc;
use clap::Args;
use hookwright::{EventId, HeaderPrefix, Nonce, Secret, Signer, Verifier, VerifyError};
use http::HeaderMap;
use serde_json::{Map, json};
use uuid::Uuid;

use super::failure::{Exit, Failure};
use super::input;
use super::output::{Colour, Output};
use super::settings::{Settings, Values};

/// What both have in common.
#[derive(Args, Debug)]
pub(super) struct Signed {
    /// The secret of the webhook; may be given several times, while one is rotated
    /// [env: HOOKWRIGHT_SECRET]
    #[arg(long)]
    secret: Vec<String>,
    /// What the names of the signature's headers begin with.
    #[arg(long, value_name = "PREFIX", default_value = "X-Twenty-Webhook-")]
    prefix: HeaderPrefix,
    /// The file with the exact body; else, or for -, it is read from the standard input.
    body: Option<String>,
}

/// Judges a captured request, and says why it is not taken.
#[derive(Args, Debug)]
pub(super) struct Verify {
    #[command(flatten)]
    signed: Signed,
    /// A file with the request's headers, a line each.
    #[arg(long, value_name = "FILE")]
    headers: Option<String>,
    /// A header of the request, `Name: value`; may be given several times.
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    header: Vec<String>,
    /// Take a request of any time: it was captured a while ago.
    #[arg(long)]
    any_time: bool,
    /// Take the signature of the sample in Twenty's documents, over a body that is a JSON string.
    #[arg(long)]
    double_encoded: bool,
}

/// Signs a body, and prints the headers.
#[derive(Args, Debug)]
pub(super) struct Sign {
    #[command(flatten)]
    signed: Signed,
    /// The time of the attempt in milliseconds since the epoch: now, unless given.
    #[arg(long, value_name = "MILLISECONDS")]
    timestamp: Option<i64>,
    /// The id of the event: a new one, unless given.
    #[arg(long)]
    id: Option<EventId>,
}

impl Signed {
    fn values(&self, values: &mut Values) {
        values.insert("secret", self.secret.clone());
    }
}

/// The secrets that are set, of which there is one at least.
fn secrets(settings: &Settings) -> Result<(Secret, Vec<Secret>), Failure> {
    let (secrets, _) = settings.all("secret");
    let read = |secret: &String| {
        Secret::imported(secret).map_err(|error| Failure::of(Exit::Usage, &error))
    };
    let mut secrets = secrets.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter();
    let first = secrets.next().ok_or_else(|| {
        Failure::usage(
            "a signature needs a secret: give the webhook's by HOOKWRIGHT_SECRET, or --secret",
        )
    })?;
    Ok((first, secrets.collect()))
}

impl Verify {
    pub(super) fn values(&self, values: &mut Values) {
        self.signed.values(values);
    }

    pub(super) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        let (secret, others) = secrets(settings)?;
        let text = match &self.headers {
            Some(path) => input::read_text(Some(path))?,
            None => String::new(),
        };
        let given = self.header.iter().map(String::as_str);
        let headers = input::headers(text.lines().chain(given))?;
        if headers.is_empty() {
            return Err(Failure::usage(
                "give the request's headers, by --headers FILE or -H 'Name: value'",
            ));
        }
        let body = input::read(self.signed.body.as_deref())?;
        let verifier = Verifier::new(&secret).header_prefix(self.signed.prefix.clone());
        let verifier = others.iter().fold(verifier, Verifier::and);
        let verifier = verifier.body_limit(usize::MAX);
        let verifier =
            if self.any_time { verifier.dangerously_accept_any_time() } else { verifier };
        let verifier =
            if self.double_encoded { verifier.accept_double_encoded() } else { verifier };
        let Err(error) = verifier.verify(&headers, &body) else {
            if output.is_json {
                return output.json(&json!({"verified": true}));
            }
            return output.marked(
                Colour::Green,
                "verified:",
                "the signature is of this body and this secret",
            );
        };
        let is_standard = is_standard(settings, &headers);
        let hint = misshapen(&error, &self.signed.prefix, is_standard, &headers)
            .or_else(|| hint(&error, verifier, &headers, &body).map(str::to_owned));
        if output.is_json {
            output.json(&json!({"verified": false, "problem": error.to_string(), "hint": hint}))?;
        } else {
            output.marked(Colour::Red, "not verified:", &error.to_string())?;
            if let Some(hint) = hint {
                output.line(&format!("help: {hint}"))?;
            }
        }
        Err(Failure::silent(Exit::Failed))
    }
}

/// Whether a request is judged by Standard Webhooks: it says so, and a secret here can tell.
fn is_standard(settings: &Settings, headers: &HeaderMap) -> bool {
    let (secrets, _) = settings.all("secret");
    headers.contains_key("webhook-signature")
        && secrets.iter().any(|secret| secret.starts_with("whsec_") || secret.starts_with("whsk_"))
}

/// How a header is written that is written otherwise.
fn misshapen(
    error: &VerifyError,
    prefix: &HeaderPrefix,
    is_standard: bool,
    headers: &HeaderMap,
) -> Option<String> {
    Some(match error {
        VerifyError::MalformedTimestamp if is_standard => {
            "`webhook-timestamp` is 10 digits, in seconds".to_owned()
        }
        VerifyError::MalformedTimestamp => {
            format!("`{}` is 13 digits, in milliseconds", prefix.timestamp())
        }
        VerifyError::Mismatch if is_standard => {
            let signatures = headers.get("webhook-signature")?.as_bytes();
            let is_one = |text: &[u8]| text.starts_with(b"v1,") || text.starts_with(b"v1a,");
            if signatures.split(|byte| *byte == b' ').any(is_one) {
                return None;
            }
            "`webhook-signature` is `v1,` and base64".to_owned()
        }
        VerifyError::Mismatch => {
            let signature = headers.get(prefix.signature())?.as_bytes();
            let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            if signature.len() == 64 && signature.iter().all(is_digit) {
                return None;
            }
            format!("`{}` is 64 hex digits in lower case, and nothing else", prefix.signature())
        }
        _ => return None,
    })
}

/// What may have gone wrong, found by trying.
fn hint(
    error: &VerifyError,
    verifier: Verifier,
    headers: &HeaderMap,
    body: &[u8],
) -> Option<&'static str> {
    Some(match error {
        VerifyError::TooOld | VerifyError::FromTheFuture => {
            "a request that was captured a while ago is judged by --any-time; else set the clocks"
        }
        VerifyError::MissingHeader { .. } => {
            "capture all headers of the request, and give --prefix where the sender has its own"
        }
        VerifyError::Mismatch => {
            let trimmed = body.trim_ascii_end();
            if trimmed.len() < body.len() && verifier.verify(headers, trimmed).is_ok() {
                "it matches without the line's end at the end of the file: save the body exactly as it came"
            } else if verifier.accept_double_encoded().verify(headers, body).is_ok() {
                "it matches as the sample in the documents signs: give --double-encoded"
            } else {
                "the secret is another one, or the body is not byte for byte as it was sent, such as after it was parsed and written again"
            }
        }
        _ => return None,
    })
}

impl Sign {
    pub(super) fn values(&self, values: &mut Values) {
        self.signed.values(values);
    }

    pub(super) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        let (secret, others) = secrets(settings)?;
        let body = input::read(self.signed.body.as_deref())?;
        let signer = others.iter().fold(Signer::new(&secret), Signer::and);
        let id = match self.id {
            Some(id) => id,
            None => new_id()?,
        };
        let timestamp = self.timestamp.unwrap_or_else(|| Utc::now().timestamp_millis());
        let values = signer.headers(&id, timestamp, Nonce::random(), &body);
        let mut headers = HeaderMap::new();
        values.insert_into(&mut headers, &self.signed.prefix);
        let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let mut lines = vec![("webhook-id".to_owned(), id.to_string())];
        lines.extend(headers.iter().map(|(name, value)| (name.to_string(), text(value))));
        if output.is_json {
            let members = lines.into_iter().map(|(name, value)| (name, json!(value)));
            return output.json(&members.collect::<Map<_, _>>());
        }
        for (name, value) in lines {
            output.line(&format!("{name}: {value}"))?;
        }
        Ok(())
    }
}

fn new_id() -> Result<EventId, Failure> {
    let milliseconds = u64::try_from(Utc::now().timestamp_millis()).unwrap_or_default();
    let random: [u8; 10] = rand::random();
    let id = uuid::Builder::from_unix_timestamp_millis(milliseconds, &random).into_uuid();
    Uuid::to_string(&id).parse().map_err(|error| Failure::of(Exit::Failed, &error))
}
