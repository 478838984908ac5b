use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::{Future, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Claimed, SeenError, SeenKeys, SeenStore};

/// Remembers requests in memory, for a receiver of one process: 24 hours and 16 MiB at most, unless
/// set.
///
/// When it is full, what was handled longest ago is forgotten first. Only verified requests take
/// room, so that a stranger cannot fill it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use hookwright::receiver::seen::SeenIds;
///
/// let seen = SeenIds::new().keep_for(Duration::from_hours(72)).max_bytes(1024 * 1024);
/// ```
#[derive(Clone)]
#[must_use]
pub struct SeenIds {
    memory: Arc<Mutex<Memory>>,
    keep_for: Duration,
    max_keys: usize,
    clock: Option<Clock>,
}

type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;
type Key = [u8; 32];

/// What one key takes, with the room that the tables hold in reserve.
const BYTES_PER_KEY: usize = 256;

#[derive(Default)]
struct Memory {
    states: HashMap<Key, State>,
    /// Those that were handled, in the order in which they were.
    handled: VecDeque<(Key, u64)>,
    last_token: u64,
}

#[derive(Clone, Copy)]
struct State {
    token: u64,
    /// In milliseconds since the epoch; `None` while it is under way.
    expires_at: Option<i64>,
}

impl SeenIds {
    /// An empty store.
    pub fn new() -> Self {
        Self {
            memory: Arc::default(),
            keep_for: Duration::from_hours(24),
            max_keys: 16 * 1024 * 1024 / BYTES_PER_KEY,
            clock: None,
        }
    }

    /// Sets for how long a request is remembered that was handled: for twice the verifier's tolerance
    /// at least, while it could be verified again.
    pub fn keep_for(mut self, time: Duration) -> Self {
        self.keep_for = time;
        self
    }

    /// Sets how much memory it takes at most, in bytes, beside what is under way: a request takes 256
    /// or 512.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_keys = bytes / BYTES_PER_KEY;
        self
    }

    /// Reads the time from `clock`, for tests.
    pub fn clock(mut self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// How many hashes are remembered: one or two of each request.
    pub fn len(&self) -> usize {
        self.memory().states.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Nothing in here panics while it is locked.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> i64 {
        self.clock.as_ref().map_or_else(Utc::now, |clock| clock()).timestamp_millis()
    }
}

impl Memory {
    fn claim(&mut self, keys: &SeenKeys, now: i64) -> Claimed {
        let mut is_under_way = false;
        for key in keys.iter() {
            match self.states.get(key).map(|state| state.expires_at) {
                Some(Some(expires_at)) if expires_at > now => return Claimed::Handled,
                Some(None) => is_under_way = true,
                Some(Some(_)) | None => {}
            }
        }
        if is_under_way {
            return Claimed::UnderWay;
        }
        self.last_token += 1;
        let state = State { token: self.last_token, expires_at: None };
        self.states.extend(keys.iter().map(|key| (*key, state)));
        Claimed::New(state.token)
    }

    fn keep(&mut self, keys: &SeenKeys, token: u64, expires_at: i64) {
        for key in keys.iter() {
            self.states.insert(*key, State { token, expires_at: Some(expires_at) });
            self.handled.push_back((*key, token));
        }
    }

    fn release(&mut self, keys: &SeenKeys, token: u64) {
        for key in keys.iter() {
            if let Entry::Occupied(entry) = self.states.entry(*key) {
                let State { token: taken_by, expires_at } = *entry.get();
                if taken_by == token && expires_at.is_none() {
                    entry.remove();
                }
            }
        }
    }

    /// Forgets what has expired, and what is too much.
    fn clean(&mut self, max_keys: usize, now: i64) {
        while let Some((key, token)) = self.handled.front().copied() {
            // Another request may have taken the key since.
            let state = self.states.get(&key).filter(|state| state.token == token).copied();
            let is_kept = state.is_some_and(|state| state.expires_at.is_none_or(|at| at > now));
            if is_kept && self.handled.len() <= max_keys {
                return;
            }
            self.handled.pop_front();
            if state.is_some() {
                self.states.remove(&key);
            }
        }
    }
}

impl SeenStore for SeenIds {
    fn claim(&self, keys: &SeenKeys) -> impl Future<Output = Result<Claimed, SeenError>> + Send {
        let now = self.now();
        let mut memory = self.memory();
        memory.clean(self.max_keys, now);
        ready(Ok(memory.claim(keys, now)))
    }

    fn keep(
        &self,
        keys: &SeenKeys,
        token: u64,
    ) -> impl Future<Output = Result<(), SeenError>> + Send {
        let now = self.now();
        let mut memory = self.memory();
        memory.keep(keys, token, expiry(now, self.keep_for, keys));
        memory.clean(self.max_keys, now);
        ready(Ok(()))
    }

    fn release(
        &self,
        keys: &SeenKeys,
        token: u64,
    ) -> impl Future<Output = Result<(), SeenError>> + Send {
        self.abandon(keys, token);
        ready(Ok(()))
    }

    fn abandon(&self, keys: &SeenKeys, token: u64) {
        self.memory().release(keys, token);
    }
}

/// Until when what was handled at `now` is remembered.
pub(super) fn expiry(now: i64, keep_for: Duration, keys: &SeenKeys) -> i64 {
    let time = keep_for.max(keys.least().unwrap_or_default());
    now.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

impl Default for SeenIds {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SeenIds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SeenIds")
            .field("len", &self.len())
            .field("keep_for", &self.keep_for)
            .finish_non_exhaustive()
    }
}
