use std::collections::{BTreeMap, HashSet};

use super::*;

/// Steele and Vigna's `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `most`.
    fn up_to(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % (most as u64 + 1)).expect("a small number")
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.up_to(last));
        }
    }
}

const MUCH: usize = 1_000;

fn want(endpoint: i64, tenant: &str, capacity: usize) -> Want<'_> {
    let tenant = Some(tenant).filter(|tenant| !tenant.is_empty());
    Want { endpoint, tenant, capacity, is_slow: false }
}

fn slow(endpoint: i64, tenant: &str, capacity: usize) -> Want<'_> {
    Want { is_slow: true, ..want(endpoint, tenant, capacity) }
}

fn sorted(mut shares: Vec<(i64, usize)>) -> Vec<(i64, usize)> {
    shares.sort_unstable();
    shares
}

/// What each got in many rounds, with the wants in another order each time.
fn totals(
    shares: &mut Shares,
    rounds: usize,
    free: usize,
    slow_free: usize,
    wants: &[Want<'_>],
) -> BTreeMap<i64, usize> {
    let mut random = Random(7);
    let mut wants = wants.to_vec();
    let mut totals = BTreeMap::new();
    for _ in 0..rounds {
        random.shuffle(&mut wants);
        for (endpoint, count) in shares.divide(free, slow_free, &wants) {
            *totals.entry(endpoint).or_default() += count;
        }
    }
    totals
}

#[test]
fn tenants_get_the_same_however_many_endpoints_they_have() {
    let wants = [want(1, "a", MUCH), want(2, "b", MUCH), want(3, "b", MUCH), want(4, "b", MUCH)];
    let shares = Shares::default().divide(12, 12, &wants);
    assert_eq!(sorted(shares), [(1, 6), (2, 2), (3, 2), (4, 2)]);
}

#[test]
fn endpoints_without_a_tenant_are_one_tenant() {
    let wants = [want(1, "", MUCH), want(2, "", MUCH), want(3, "a", MUCH)];
    assert_eq!(sorted(Shares::default().divide(8, 8, &wants)), [(1, 2), (2, 2), (3, 4)]);
}

#[test]
fn what_one_cannot_use_others_get() {
    let wants = [want(1, "a", 2), want(2, "b", MUCH), want(3, "b", 1), want(4, "c", 0)];
    assert_eq!(sorted(Shares::default().divide(20, 20, &wants)), [(1, 2), (2, 17), (3, 1)]);
    assert_eq!(sorted(Shares::default().divide(2_000, 0, &wants)), [(1, 2), (2, 1_000), (3, 1)]);
}

#[test]
fn without_slots_or_wants_nobody_gets_any() {
    assert_eq!(Shares::default().divide(0, 9, &[want(1, "a", 3)]), []);
    assert_eq!(Shares::default().divide(9, 9, &[]), []);
    assert_eq!(Shares::default().divide(9, 9, &[want(1, "a", 0)]), []);
    assert_eq!(Shares::default().divide(9, 0, &[slow(1, "a", 3)]), []);
}

#[test]
fn slow_endpoints_share_what_they_may_have() {
    let wants = [slow(1, "a", MUCH), slow(2, "b", MUCH), want(3, "c", MUCH)];
    assert_eq!(sorted(Shares::default().divide(16, 4, &wants)), [(1, 2), (2, 2), (3, 12)]);
    assert_eq!(sorted(Shares::default().divide(16, 40, &wants[..2])), [(1, 8), (2, 8)]);
}

#[test]
fn one_slot_a_round_goes_round_all_tenants_and_all_their_endpoints() {
    let wants = [
        want(1, "a", 1),
        want(2, "a", 1),
        want(3, "b", 1),
        want(4, "b", 1),
        want(5, "b", 1),
        want(6, "", 1),
    ];
    let totals = totals(&mut Shares::default(), 36, 1, 1, &wants);
    assert_eq!(totals.into_values().collect::<Vec<_>>(), [6, 6, 4, 4, 4, 12]);
}

#[test]
fn no_slow_endpoint_waits_for_ever_next_to_others() {
    // Each tenant gets two of ten slots in each round, so the order of tenants repeats; the one
    // slow slot has to go round by itself.
    let tenants = ["a", "b", "c", "d", "e"];
    let mut wants = Vec::new();
    for (tenant, id) in tenants.into_iter().zip((0..).step_by(2)) {
        wants.extend([slow(id, tenant, MUCH), want(id + 1, tenant, MUCH)]);
    }
    let totals = totals(&mut Shares::default(), 100, 10, 1, &wants);
    assert_eq!(totals.into_values().collect::<Vec<_>>(), [20, 180].repeat(5));
}

#[test]
fn over_time_everyone_gets_the_same() {
    for seed in 0..200 {
        let mut random = Random(seed);
        let names: Vec<String> = (0..=random.up_to(6)).map(|name| name.to_string()).collect();
        let mut wants = Vec::new();
        let mut groups = Vec::new();
        for name in &names {
            let first = wants.len();
            for _ in 0..=random.up_to(5) {
                wants.push(want(i64::try_from(wants.len()).expect("few"), name, MUCH));
            }
            groups.push(first..wants.len());
        }
        let free = 1 + random.up_to(20);
        let totals: Vec<usize> =
            totals(&mut Shares::default(), 300, free, free, &wants).into_values().collect();
        assert_eq!(totals.iter().sum::<usize>(), 300 * free, "seed {seed}");
        let apart = |counts: &[usize]| {
            counts.iter().max().expect("some") - counts.iter().min().expect("some")
        };
        let tenants: Vec<usize> = groups.iter().map(|g| totals[g.clone()].iter().sum()).collect();
        assert!(apart(&tenants) <= 1, "tenants {tenants:?}, seed {seed}");
        for group in groups {
            let endpoints = &totals[group];
            assert!(apart(endpoints) <= 1, "endpoints {endpoints:?}, seed {seed}");
        }
    }
}

#[test]
fn no_limit_is_passed_and_no_slot_is_left_that_one_could_use() {
    for seed in 0..2_000 {
        let mut random = Random(seed);
        let names: Vec<String> = (0..=random.up_to(5)).map(|name| name.to_string()).collect();
        let mut shares = Shares::default();
        for _ in 0..4 {
            let wants: Vec<Want<'_>> = (0..i64::try_from(random.up_to(20)).expect("few"))
                .map(|endpoint| Want {
                    endpoint,
                    tenant: names.get(random.up_to(names.len())).map(String::as_str),
                    capacity: random.up_to(9),
                    is_slow: random.up_to(2) == 0,
                })
                .collect();
            let (free, slow_free) = (random.up_to(40), random.up_to(20));
            let given = shares.divide(free, slow_free, &wants);
            let distinct: HashSet<i64> = given.iter().map(|(endpoint, _)| *endpoint).collect();
            assert_eq!(distinct.len(), given.len(), "an endpoint twice, seed {seed}");
            assert!(given.iter().all(|(_, count)| *count > 0), "seed {seed}");

            let given: BTreeMap<i64, usize> = given.into_iter().collect();
            let count = |want: &Want<'_>| given.get(&want.endpoint).copied().unwrap_or(0);
            let used: usize = given.values().sum();
            let slow_used: usize = wants.iter().filter(|want| want.is_slow).map(count).sum();
            assert!(used <= free, "seed {seed}");
            assert!(slow_used <= slow_free, "seed {seed}");
            for want in &wants {
                assert!(count(want) <= want.capacity, "seed {seed}");
                let could = count(want) < want.capacity && (!want.is_slow || slow_used < slow_free);
                assert!(used == free || !could, "a slot is left, seed {seed}");
            }
        }
    }
}

#[test]
fn one_that_comes_back_is_served_first_and_gets_nothing_for_the_time_away() {
    let mut shares = Shares::default();
    let wants = [want(1, "a", MUCH), want(2, "b", MUCH), want(3, "c", MUCH)];
    for _ in 0..50 {
        let _ = shares.divide(5, 5, &wants[..2]);
    }
    assert_eq!(shares.divide(1, 1, &wants), [(3, 1)]);
    assert_eq!(sorted(shares.divide(30, 30, &wants)), [(1, 10), (2, 10), (3, 10)]);
}

#[test]
fn those_that_were_served_longest_ago_are_forgotten() {
    let mut turns = Turns::default();
    (1..=20_000).for_each(|turn| turns.serve(turn, turn));
    turns.forget_oldest(5_000);
    assert_eq!(turns.last(1), 1, "there are not far more than there are now");
    turns.forget_oldest(4_999);
    assert_eq!([1, 10_000, 10_001, 20_000].map(|key| turns.last(key)), [0, 0, 10_001, 20_000]);
}

#[test]
fn memory_is_bounded_and_forgetting_starves_nobody() {
    let mut shares = Shares::default();
    for first in 0..200 {
        let names: Vec<String> = (0..1_000).map(|n| (first * 1_000 + n).to_string()).collect();
        let wants: Vec<_> =
            names.iter().zip(first * 1_000..).map(|(name, id)| slow(id, name, 1)).collect();
        assert_eq!(shares.divide(1_000, 1_000, &wants).len(), 1_000);
        for turns in [&shares.endpoints, &shares.tenants, &shares.slow_tenants] {
            assert!(turns.0.len() <= Turns::REMEMBERED);
        }
    }
    let wants: Vec<_> = (0..20_000).map(|id| want(id, "", 1)).collect();
    let mut served = HashSet::new();
    for _ in 0..79 {
        served.extend(shares.divide(256, 256, &wants).into_iter().map(|(id, _)| id));
    }
    assert_eq!(served.len(), 20_000);
}
