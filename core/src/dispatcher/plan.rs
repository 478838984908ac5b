//! The deliveries that a turn makes of new events: which of them are claimed as they are made.

use std::collections::HashMap;

use super::directory::Directory;
use super::lanes::Lanes;
use super::turn::{Done, Terms};
use crate::outbox::formats::Formats;
use crate::outbox::queue::{Claimed, Fresh, Lease, Message, NewDelivery};

/// What a turn gives away as it fans out. A delivery is claimed as it is made where nothing waits before
/// it, which saves writing it twice.
pub(super) struct Plan {
    /// Slots that are free, and how many of them slow endpoints may take.
    free: usize,
    slow_free: usize,
    rooms: HashMap<i64, Room>,
    /// The deliveries of the last batch.
    pub(super) deliveries: Vec<NewDelivery>,
    /// How many deliveries went to endpoints that had room.
    wanted: usize,
    /// How many events they are of.
    events: usize,
}

/// What an endpoint can take.
#[derive(Debug, Clone, Copy, Default)]
struct Room {
    /// How many more may be claimed.
    left: usize,
    /// How many it wanted that could have been.
    wanted: usize,
}

impl Plan {
    pub(super) fn new(terms: &Terms<'_>) -> Self {
        Self {
            free: terms.free,
            slow_free: terms.slow_free,
            rooms: HashMap::new(),
            deliveries: Vec::new(),
            wanted: 0,
            events: 0,
        }
    }

    /// Makes the deliveries of a batch of events.
    pub(super) fn make(
        &mut self,
        events: &[Fresh],
        formats: &Formats,
        directory: &Directory,
        lanes: &mut Lanes,
        terms: &Terms<'_>,
        done: &mut Done,
    ) {
        let wanted = self.match_all(events, directory, lanes, terms.now);
        // Shared before anything is claimed: otherwise those that keep up would take every slot.
        let mut shares = lanes.contended(self.free, self.slow_free, directory, &wanted, terms.now);
        done.is_contended |= shares.is_some();
        let mut deliveries = self.deliveries.iter_mut().peekable();
        for event in events {
            // In each format once.
            let mut messages: HashMap<i64, Option<Message>> = HashMap::new();
            while let Some(delivery) = deliveries.next_if(|delivery| delivery.event == event.number)
            {
                let endpoint = delivery.endpoint;
                let room = self.rooms.entry(endpoint).or_default();
                let share = shares.as_mut().map(|shares| shares.entry(endpoint).or_default());
                let is_direct = room.left > 0
                    && self.free > 0
                    && share.as_ref().is_none_or(|share| **share > 0)
                    && delivery.order_key.is_none();
                let message = is_direct.then(|| {
                    let format = delivery.format;
                    let message = messages.entry(format);
                    message.or_insert_with(|| event.message(formats.get(format).as_deref())).clone()
                });
                if let Some(message) = message.flatten() {
                    room.left -= 1;
                    self.free -= 1;
                    if let Some(share) = share {
                        *share -= 1;
                    }
                    delivery.lease = Some((terms.token, terms.lease_until));
                    done.claimed.push(claimed(event, endpoint, terms.token, message, terms.now));
                } else {
                    // Those that come after it wait behind it.
                    room.left = 0;
                    done.waiting.push(endpoint);
                }
            }
        }
        let slow = wanted.keys().filter(|endpoint| lanes.is_slow(**endpoint));
        let taken: usize = slow.map(|endpoint| wanted[endpoint]).sum();
        self.slow_free = self.slow_free.saturating_sub(taken);
        for event in events {
            self.deliveries.extend(directory.kept(event, terms.now));
        }
    }

    /// Makes a delivery to each endpoint that wants an event. Tells how many slots each wants of those that
    /// it has room for.
    fn match_all(
        &mut self,
        events: &[Fresh],
        directory: &Directory,
        lanes: &mut Lanes,
        now: i64,
    ) -> HashMap<i64, usize> {
        let mut wanted: HashMap<i64, usize> = HashMap::new();
        self.deliveries.clear();
        for event in events {
            for (endpoint, subscriber) in directory.wanting(event) {
                let delivery = subscriber.delivery(event, endpoint, now);
                let room = self
                    .rooms
                    .entry(endpoint)
                    .or_insert_with(|| Room { left: lanes.direct(endpoint, now), wanted: 0 });
                if room.left > 0 {
                    let wanted = wanted.entry(endpoint).or_default();
                    *wanted = room.left.min(*wanted + 1);
                }
                if room.left > 0 && delivery.order_key.is_none() {
                    self.wanted += 1;
                    room.wanted += 1;
                }
                self.deliveries.push(delivery);
            }
        }
        self.events += events.len();
        wanted
    }

    /// How many slots an event takes.
    pub(super) fn width(&self) -> usize {
        self.wanted.div_ceil(self.events.max(1)).max(1)
    }

    /// Whether as many events again find slots, if they are like these. Events of which none can be sent
    /// take none.
    pub(super) fn has_room_for_as_many(&self) -> bool {
        let has_room = |room: &Room| room.left >= room.wanted;
        self.free >= self.wanted && self.rooms.values().all(has_room)
    }
}

fn claimed(event: &Fresh, endpoint: i64, token: i64, message: Message, due: i64) -> Claimed {
    Claimed {
        lease: Lease { event: event.number, endpoint, token },
        attempt: 1,
        order_key: None,
        object: event.object.clone(),
        operation: event.operation.clone(),
        message,
        due,
    }
}
