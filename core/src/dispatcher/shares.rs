//! Which endpoints get the free slots: fair between tenants, then between endpoints of a tenant.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// An endpoint that has due deliveries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Want<'a> {
    pub endpoint: i64,
    /// Endpoints without a tenant are one tenant together.
    pub tenant: Option<&'a str>,
    /// How many slots it can use.
    pub capacity: usize,
    pub is_slow: bool,
}

/// Deals out slots one at a time: each goes to the tenant that has waited longest for one, and
/// there to the endpoint that has. This is deficit round robin with costs of 1, whatever the order
/// of the wants and whoever comes and goes between two rounds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shares {
    /// How many slots were ever dealt out: the time of this module.
    turn: u64,
    /// Tenants are known by a keyed hash of their name. Two that have the same would be served as
    /// one, which does no harm.
    names: RandomState,
    tenants: Turns,
    /// Slots for slow endpoints go round by themselves. Otherwise they could always meet the same
    /// tenant.
    slow_tenants: Turns,
    endpoints: Turns,
}

impl Shares {
    /// Gives each of some endpoints a number of slots: at most `free` in all, at most `slow_free`
    /// to slow ones together, at most its capacity to each. No slot is left that one could use.
    ///
    /// It takes time for every want and every slot that is dealt out, and no more.
    pub(crate) fn divide(
        &mut self,
        free: usize,
        slow_free: usize,
        wants: &[Want<'_>],
    ) -> Vec<(i64, usize)> {
        if free == 0 {
            return Vec::new();
        }
        let (round, dealt) = self.deal(free, slow_free, wants);
        let mut order = Vec::new();
        let mut counts = vec![0_usize; round.claims.len()];
        for index in dealt {
            let claim = &round.claims[index];
            self.serve(&wants[claim.want], round.tenants[claim.tenant]);
            if counts[index] == 0 {
                order.push(index);
            }
            counts[index] += 1;
        }
        self.forget_oldest(wants.len());
        let endpoint = |index: usize| wants[round.claims[index].want].endpoint;
        order.into_iter().map(|index| (endpoint(index), counts[index])).collect()
    }

    /// What [`divide`](Self::divide) would give, before it is known which of it is used:
    /// [`took`](Self::took) counts that.
    pub(crate) fn foresee(
        &self,
        free: usize,
        slow_free: usize,
        wants: &[Want<'_>],
    ) -> HashMap<i64, usize> {
        let (round, dealt) = self.deal(free, slow_free, wants);
        let mut counts = HashMap::new();
        for index in dealt {
            *counts.entry(wants[round.claims[index].want].endpoint).or_default() += 1;
        }
        counts
    }

    /// An endpoint took a slot that was foreseen for it.
    pub(crate) fn took(&mut self, want: &Want<'_>) {
        self.serve(want, self.names.hash_one(want.tenant));
    }

    /// Forgets what was served longest ago, when far more is remembered than there is.
    pub(crate) fn forget_oldest(&mut self, wants: usize) {
        for turns in [&mut self.tenants, &mut self.slow_tenants, &mut self.endpoints] {
            turns.forget_oldest(wants);
        }
    }

    fn serve(&mut self, want: &Want<'_>, tenant: u64) {
        self.turn += 1;
        self.endpoints.serve(id_key(want.endpoint), self.turn);
        self.tenants.serve(tenant, self.turn);
        if want.is_slow {
            self.slow_tenants.serve(tenant, self.turn);
        }
    }

    /// Deals out the slots: the claims, and which of them gets each.
    fn deal(&self, free: usize, slow_free: usize, wants: &[Want<'_>]) -> (Round, Vec<usize>) {
        let mut round = self.round(wants);
        self.limit_slow(&mut round, slow_free.min(free), wants);
        let tenants: Vec<u64> = round.tenants.iter().map(|key| self.tenants.last(*key)).collect();
        let dealt = deal(&round.claims, &tenants, free, self.turn);
        (round, dealt)
    }

    fn round(&self, wants: &[Want<'_>]) -> Round {
        let mut round = Round { claims: Vec::with_capacity(wants.len()), tenants: Vec::new() };
        let tenants = self.tenants.0.len().min(wants.len());
        let mut known = HashMap::with_capacity_and_hasher(tenants, Mixing::default());
        for (index, want) in wants.iter().enumerate().filter(|(_, want)| want.capacity > 0) {
            let key = self.names.hash_one(want.tenant);
            let tenant = *known.entry(key).or_insert_with(|| {
                round.tenants.push(key);
                round.tenants.len() - 1
            });
            let last = self.endpoints.last(id_key(want.endpoint));
            round.claims.push(Claim { want: index, tenant, room: want.capacity, last });
        }
        round
    }

    /// Lowers the room of slow endpoints to what they may have together.
    fn limit_slow(&self, round: &mut Round, slots: usize, wants: &[Want<'_>]) {
        let is_slow = |claim: &&mut Claim| wants[claim.want].is_slow;
        let mut slow: Vec<&mut Claim> = round.claims.iter_mut().filter(is_slow).collect();
        let asked = slow.iter().fold(0, |sum: usize, claim| sum.saturating_add(claim.room));
        if asked <= slots {
            return;
        }
        let claims: Vec<Claim> = slow.iter().map(|claim| (**claim).clone()).collect();
        for claim in &mut slow {
            claim.room = 0;
        }
        let tenants = round.tenants.iter().map(|key| self.slow_tenants.last(*key));
        for index in deal(&claims, &tenants.collect::<Vec<_>>(), slots, self.turn) {
            slow[index].room += 1;
        }
    }
}

/// What is looked at in one division.
struct Round {
    claims: Vec<Claim>,
    /// The keys of the tenants that claims name by index.
    tenants: Vec<u64>,
}

#[derive(Clone)]
struct Claim {
    want: usize,
    tenant: usize,
    room: usize,
    /// The turn in which the endpoint was served last.
    last: u64,
}

/// Deals out up to `slots`, and says which claim gets each, in order. `tenants` has the turn in
/// which each tenant was served last.
fn deal(claims: &[Claim], tenants: &[u64], slots: usize, mut turn: u64) -> Vec<usize> {
    // The claims of a tenant are a list, each naming the next.
    let mut first = vec![None; tenants.len()];
    let mut next = vec![None; claims.len()];
    for (index, claim) in claims.iter().enumerate().filter(|(_, claim)| claim.room > 0) {
        next[index] = first[claim.tenant].replace(index);
    }
    let waiting = (0..tenants.len()).filter(|tenant| first[*tenant].is_some());
    let waiting: Vec<_> = waiting.map(|tenant| Reverse((tenants[tenant], tenant))).collect();
    let mut waiting = BinaryHeap::from(waiting);
    let mut queues = vec![BinaryHeap::new(); tenants.len()];
    let mut dealt = vec![0; claims.len()];

    let mut served = Vec::new();
    while served.len() < slots {
        let Some(Reverse((_, tenant))) = waiting.pop() else { break };
        let queue = &mut queues[tenant];
        if let Some(index) = first[tenant].take() {
            let list = std::iter::successors(Some(index), |index| next[*index]);
            let list: Vec<_> = list.map(|index| Reverse((claims[index].last, index))).collect();
            *queue = BinaryHeap::from(list);
        }
        let Some(Reverse((_, index))) = queue.pop() else { continue };
        turn += 1;
        served.push(index);
        dealt[index] += 1;
        if dealt[index] < claims[index].room {
            queue.push(Reverse((turn, index)));
        }
        if !queue.is_empty() {
            waiting.push(Reverse((turn, tenant)));
        }
    }
    served
}

/// When each was served last.
#[derive(Debug, Clone, Default)]
struct Turns(HashMap<u64, u64, Mixing>);

impl Turns {
    /// So many are remembered at least, that memory is bounded.
    const REMEMBERED: usize = 16_384;

    /// 0 for one that was never served, or so long ago that it is forgotten.
    fn last(&self, key: u64) -> u64 {
        self.0.get(&key).copied().unwrap_or(0)
    }

    fn serve(&mut self, key: u64, turn: u64) {
        self.0.insert(key, turn);
    }

    /// Of far more than there are now, the half that was served longest ago is forgotten. They come
    /// first either way.
    fn forget_oldest(&mut self, wants: usize) {
        if self.0.len() <= wants.saturating_mul(4).max(Self::REMEMBERED) {
            return;
        }
        let mut turns: Vec<u64> = self.0.values().copied().collect();
        let middle = turns.len() / 2;
        let (_, middle, _) = turns.select_nth_unstable(middle);
        let middle = *middle;
        self.0.retain(|_, turn| *turn >= middle);
    }
}

fn id_key(id: i64) -> u64 {
    id.cast_unsigned()
}

/// Hashes numbers that nobody can choose to do harm, in less time than the default hasher: ids that
/// a store has given, and what the default hasher has made of names.
type Mixing = BuildHasherDefault<Mixer>;

#[derive(Debug, Clone, Copy, Default)]
struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // The product's high bits depend on all of the number, and a table uses low bits too.
        let product = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests;
