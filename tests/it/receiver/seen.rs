//! What was handled is known again, whatever remembers it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use hookwright::receiver::seen::{Seen, SeenIds, SeenStore, SqliteSeenIds};
use hookwright::receiver::{VerifiedRequest, verify_request};
use hookwright::{EventId, Nonce, Secret, Signer, Verifier};
use http::HeaderMap;

const BODY: &[u8] = b"{}";

/// A clock that is set by hand.
#[derive(Debug, Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_735_066_639_761)))
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0.load(Ordering::SeqCst)).expect("a time")
    }

    fn advance(&self, time: Duration) {
        let time = i64::try_from(time.as_millis()).expect("not long");
        self.0.fetch_add(time, Ordering::SeqCst);
    }

    fn reader(&self) -> impl Fn() -> DateTime<Utc> + Send + Sync + 'static {
        let hands = self.clone();
        move || hands.now()
    }
}

/// A sender and a receiver of one secret, at one time.
struct Pair {
    secret: Secret,
    hands: Hands,
}

impl Pair {
    fn documented() -> Self {
        Self { secret: Secret::imported("your-secret").expect("a secret"), hands: Hands::new() }
    }

    fn standard() -> Self {
        Self { secret: Secret::generate(), hands: Hands::new() }
    }

    /// An attempt, at a time of its own.
    fn headers(&self, id: &EventId, body: &[u8]) -> HeaderMap {
        self.hands.advance(Duration::from_secs(1));
        let now = self.hands.now().timestamp_millis();
        let signed = Signer::new(&self.secret).headers(id, now, Nonce::random(), body);
        let mut headers = HeaderMap::new();
        signed.insert_into(&mut headers, &hookwright::HeaderPrefix::default());
        headers.insert("webhook-id", id.to_string().parse().expect("a value"));
        headers
    }

    fn verify(&self, headers: &HeaderMap, body: &[u8]) -> VerifiedRequest {
        let verifier = Verifier::new(&self.secret).clock(self.hands.reader());
        verify_request(&verifier, headers, body).expect("it is right")
    }

    fn attempt(&self, id: &EventId) -> VerifiedRequest {
        self.verify(&self.headers(id, BODY), BODY)
    }
}

fn event_id(number: u32) -> EventId {
    format!("event-{number}").parse().expect("an id")
}

async fn what<M: SeenStore>(store: &M, request: &VerifiedRequest) -> &'static str {
    match store.begin(request).await.expect("a store that works") {
        Seen::New(_) => "new",
        Seen::UnderWay => "under way",
        Seen::Handled => "handled",
    }
}

async fn handle<M: SeenStore>(store: &M, request: &VerifiedRequest) {
    match store.begin(request).await.expect("a store that works") {
        Seen::New(handling) => handling.handled().await.expect("a store that works"),
        Seen::UnderWay | Seen::Handled => panic!("it is a repeat"),
    }
}

/// A file of SQLite, which is removed.
struct Place(std::path::PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("hookwright_seen_{name}_{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir(&directory).expect("a new directory");
        Self(directory)
    }

    async fn open(&self) -> SqliteSeenIds {
        let path = self.0.join("seen.db");
        SqliteSeenIds::open(path.to_str().expect("a path of ASCII")).await.expect("a store")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

async fn check_contract<M: SeenStore>(store: M) {
    let pair = Pair::standard();
    let (first, other) = (pair.attempt(&event_id(1)), pair.attempt(&event_id(2)));
    let Seen::New(handling) = store.begin(&first).await.expect("a store that works") else {
        panic!("nothing was there before");
    };
    assert_eq!(what(&store, &first).await, "under way");
    handle(&store, &other).await;
    handling.failed().await.expect("a store that works");

    // The retry of what has failed is handled, and so is that of what was dropped.
    let Seen::New(handling) = store.begin(&first).await.expect("a store that works") else {
        panic!("it has failed");
    };
    drop(handling);
    for round in 0.. {
        if what(&store, &first).await == "new" {
            break;
        }
        assert!(round < 500, "it is never forgotten");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    handle(&store, &first).await;
    assert_eq!(what(&store, &first).await, "handled");
    assert_eq!(what(&store.clone(), &other).await, "handled");

    // Of many at once, one.
    let contested = pair.attempt(&event_id(3));
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let (store, contested) = (store.clone(), contested.clone());
            tokio::spawn(async move { store.begin(&contested).await.expect("a store that works") })
        })
        .collect();
    let mut claimed = Vec::new();
    for task in tasks {
        match task.await.expect("no panic") {
            Seen::New(handling) => claimed.push(handling),
            Seen::UnderWay => {}
            Seen::Handled => panic!("it is under way"),
        }
    }
    assert_eq!(claimed.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_the_same_requests_is_handled_and_a_failed_one_is_forgotten() {
    check_contract(SeenIds::new()).await;
    let place = Place::new("contract");
    check_contract(place.open().await).await;
}

#[tokio::test]
async fn another_attempt_is_known_by_its_id() {
    for pair in [Pair::documented(), Pair::standard()] {
        let seen = SeenIds::new();
        handle(&seen, &pair.attempt(&event_id(1))).await;
        assert_eq!(what(&seen, &pair.attempt(&event_id(1))).await, "handled");
        assert_eq!(what(&seen, &pair.attempt(&event_id(2))).await, "new");
    }
}

#[tokio::test]
async fn what_was_overheard_is_known_though_its_headers_are_changed() {
    let other = "event-2".parse::<http::HeaderValue>().expect("a value");
    // The documented signature covers no id.
    let pair = Pair::documented();
    let headers = pair.headers(&event_id(1), BODY);
    let seen = SeenIds::new();
    handle(&seen, &pair.verify(&headers, BODY)).await;
    let mut renamed = headers.clone();
    renamed.insert("webhook-id", other.clone());
    assert_eq!(what(&seen, &pair.verify(&renamed, BODY)).await, "handled");
    let mut unnamed = headers;
    unnamed.remove("webhook-id");
    assert_eq!(what(&seen, &pair.verify(&unnamed, BODY)).await, "handled");
    // So that it cannot take the place of another event.
    let changed = br#"{"id":2}"#;
    let event = pair.verify(&pair.headers(&event_id(1), changed), changed);
    assert_eq!(what(&seen, &event).await, "new");

    // Signed both ways, and one of them taken away.
    let pair = Pair::standard();
    let headers = pair.headers(&event_id(1), BODY);
    let seen = SeenIds::new();
    handle(&seen, &pair.verify(&headers, BODY)).await;
    let mut documented = headers.clone();
    documented.remove("webhook-signature");
    documented.insert("webhook-id", other);
    assert_eq!(what(&seen, &pair.verify(&documented, BODY)).await, "handled");
    let mut standard = headers;
    standard.remove("x-twenty-webhook-signature");
    assert_eq!(what(&seen, &pair.verify(&standard, BODY)).await, "handled");
}

#[tokio::test]
async fn headers_of_another_event_are_not_taken_for_handled() {
    let (pair, seen) = (Pair::standard(), SeenIds::new());
    let (mut first, second) = (pair.headers(&event_id(1), BODY), pair.headers(&event_id(2), b"[]"));
    for name in ["x-twenty-webhook-timestamp", "x-twenty-webhook-signature"] {
        first.insert(name, second[name].clone());
    }
    // It is the first by Standard Webhooks' signature, which covers neither of these two.
    handle(&seen, &pair.verify(&first, BODY)).await;
    handle(&seen, &pair.verify(&second, b"[]")).await;
}

#[tokio::test]
async fn what_could_be_verified_again_is_remembered_however_short_the_time() {
    let place = Place::new("time");
    let pair = Pair::documented();
    let memory = SeenIds::new().keep_for(Duration::ZERO).clock(pair.hands.reader());
    let sqlite = place.open().await.keep_for(Duration::ZERO).clock(pair.hands.reader());
    let request = pair.attempt(&event_id(1));
    handle(&memory, &request).await;
    handle(&sqlite, &request).await;
    assert_eq!(2 * Verifier::DEFAULT_TOLERANCE, Duration::from_mins(10));
    pair.hands.advance(Duration::from_secs(599));
    assert_eq!(what(&memory, &request).await, "handled");
    assert_eq!(what(&sqlite, &request).await, "handled");
    pair.hands.advance(Duration::from_secs(1));
    assert_eq!(what(&memory, &request).await, "new");
    assert_eq!(what(&sqlite, &request).await, "new");
    assert!(memory.is_empty(), "{memory:?}");

    let (memory, sqlite) =
        (memory.keep_for(Duration::from_hours(1)), sqlite.keep_for(Duration::from_hours(1)));
    let request = pair.attempt(&event_id(2));
    handle(&memory, &request).await;
    handle(&sqlite, &request).await;
    pair.hands.advance(Duration::from_mins(59));
    assert_eq!(what(&memory, &request).await, "handled");
    assert_eq!(what(&sqlite, &request).await, "handled");
}

#[tokio::test]
async fn memory_is_bounded_and_the_oldest_is_forgotten_first() {
    let pair = Pair::standard();
    // Each request is two keys of 256 bytes.
    let seen = SeenIds::new().max_bytes(20 * 256);
    let requests: Vec<_> = (0..100).map(|number| pair.attempt(&event_id(number))).collect();
    let Seen::New(slow) = seen.begin(&requests[0]).await.expect("memory") else { panic!("new") };
    for request in &requests[1..] {
        handle(&seen, request).await;
        assert!(seen.len() <= 22, "{seen:?}");
    }
    assert_eq!(what(&seen, &requests[99]).await, "handled");
    assert_eq!(what(&seen, &requests[90]).await, "handled");
    assert_eq!(what(&seen, &requests[89]).await, "new");
    // What is under way is not forgotten.
    assert_eq!(what(&seen, &requests[0]).await, "under way");
    slow.handled().await.expect("memory");
    assert_eq!(what(&seen, &requests[0]).await, "handled");
}

#[tokio::test]
async fn a_file_knows_what_was_handled_before_a_restart_and_by_other_processes() {
    let place = Place::new("restart");
    let pair = Pair::standard();
    let (handled, dying) = (pair.attempt(&event_id(1)), pair.attempt(&event_id(2)));
    let before = place.open().await.clock(pair.hands.reader());
    handle(&before, &handled).await;
    let Seen::New(handling) = before.begin(&dying).await.expect("a file") else { panic!("new") };
    // As when the process dies.
    std::mem::forget(handling);

    let after = place.open().await.clock(pair.hands.reader());
    assert_eq!(what(&after, &handled).await, "handled");
    assert_eq!(what(&after, &dying).await, "under way");
    pair.hands.advance(Duration::from_secs(61));
    handle(&after, &dying).await;
    assert_eq!(what(&before, &dying).await, "handled");

    // Another sender's ids are its own.
    assert_eq!(what(&after.clone().sender("other"), &handled).await, "new");
}

#[tokio::test]
async fn a_file_holds_nothing_that_has_expired() {
    let place = Place::new("expired");
    let pair = Pair::standard();
    let seen = place.open().await.clock(pair.hands.reader());
    for number in 0..50 {
        handle(&seen, &pair.attempt(&event_id(number))).await;
    }
    pair.hands.advance(Duration::from_hours(73));
    // Each that is new deletes more than it adds; repeats do not stand in its way.
    for number in 50..60 {
        let attempt = pair.attempt(&event_id(number));
        handle(&seen, &attempt).await;
        assert_eq!(what(&seen, &attempt).await, "handled");
    }
    let path = format!("sqlite:{}", place.0.join("seen.db").display());
    let pool = sqlx::SqlitePool::connect(&path).await.expect("the file");
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM hookwright_seen")
        .fetch_one(&pool)
        .await
        .expect("a count");
    assert_eq!(count, 2 * 10);
}

#[tokio::test]
async fn a_store_that_cannot_be_used_says_so() {
    let error = SqliteSeenIds::open("/nowhere/at/all.db").await.expect_err("no directory");
    assert_eq!(error.to_string(), "what was seen cannot be remembered");
    assert!(std::error::Error::source(&error).is_some());
}
