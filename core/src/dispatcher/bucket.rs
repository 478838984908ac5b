//! How many deliveries a second an endpoint gets, when it has a rate.

use std::num::NonZeroU32;

/// What one delivery takes. The level is kept in thousandths, so that a millisecond adds exactly
/// as many of them as there are tokens in a second.
const TOKEN: i64 = 1_000;
/// A clock that was set back by less than this, in milliseconds, is waited for.
const WAITED_FOR: i64 = 1_000;

/// A token bucket that can take back what was not used.
///
/// It begins full and holds one second's worth, so that in any time of `t` seconds at most
/// `(t + 1) * per_second` are taken.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    per_second: NonZeroU32,
    /// In thousandths of a token. Below zero when more was taken than there was: the debt is paid
    /// off before the next token.
    level: i64,
    /// The time that the level is of.
    at: i64,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(per_second: NonZeroU32, now: i64) -> Self {
        let mut bucket = Self { per_second, level: 0, at: now };
        bucket.level = bucket.full();
        bucket
    }

    /// Changes the rate. What is left stays, as far as the bucket holds it, so that a change is no
    /// way to a second burst.
    pub(crate) fn set_rate(&mut self, per_second: NonZeroU32, now: i64) {
        self.refill(now);
        self.per_second = per_second;
        self.level = self.level.min(self.full());
    }

    /// How many can be taken now.
    pub(crate) fn available(&mut self, now: i64) -> usize {
        self.refill(now);
        usize::try_from(self.level / TOKEN).unwrap_or(0)
    }

    /// Takes `count`, also when there are fewer: then the next ones come later.
    pub(crate) fn take(&mut self, count: usize, now: i64) {
        self.refill(now);
        self.level = self.level.saturating_sub(thousandths(count));
    }

    /// Takes back what was taken and not used.
    pub(crate) fn give_back(&mut self, count: usize) {
        self.level = self.level.saturating_add(thousandths(count)).min(self.full());
    }

    /// When there is a token, if there is none now.
    pub(crate) fn next(&self, now: i64) -> Option<i64> {
        let (level, at) = self.refilled(now);
        let missing = TOKEN.saturating_sub(level);
        if missing <= 0 {
            return None;
        }
        let rate = i64::from(self.per_second.get());
        Some(at.saturating_add(missing.saturating_add(rate - 1) / rate))
    }

    fn refill(&mut self, now: i64) {
        (self.level, self.at) = self.refilled(now);
    }

    /// The level, and the time that it is of.
    fn refilled(&self, now: i64) -> (i64, i64) {
        let passed = now.saturating_sub(self.at);
        if passed < -WAITED_FOR {
            // The clock was set back. Nothing is added for that, and from here on time counts anew:
            // to wait until the clock is where it was could take hours.
            return (self.level, now);
        }
        if passed < 0 {
            // Times of two threads in the wrong order: no millisecond is counted twice.
            return (self.level, self.at);
        }
        let added = passed.saturating_mul(i64::from(self.per_second.get()));
        (self.level.saturating_add(added).min(self.full()), now)
    }

    fn full(&self) -> i64 {
        i64::from(self.per_second.get()) * TOKEN
    }
}

fn thousandths(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(TOKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_739_201_450_000;

    fn bucket(per_second: u32) -> Bucket {
        Bucket::new(rate(per_second), NOW)
    }

    fn rate(per_second: u32) -> NonZeroU32 {
        NonZeroU32::new(per_second).expect("not zero")
    }

    #[test]
    fn it_begins_full_and_holds_one_second() {
        let mut bucket = bucket(5);
        assert_eq!(bucket.available(NOW), 5);
        assert_eq!(bucket.available(NOW + 3_600_000), 5);
        bucket.take(5, NOW + 3_600_000);
        assert_eq!(bucket.available(NOW + 3_600_000), 0);
        assert_eq!(bucket.available(NOW + 3_600_999), 4);
        assert_eq!(bucket.available(NOW + 3_601_000), 5);
    }

    #[test]
    fn the_next_token_comes_when_it_is_said_to_and_no_millisecond_earlier() {
        for per_second in [1, 3, 7, 999, 1_000, 1_001, u32::MAX] {
            let mut bucket = bucket(per_second);
            assert_eq!(bucket.next(NOW), None);
            bucket.take(per_second as usize, NOW);
            let next = bucket.next(NOW).expect("it is empty");
            assert!(next > NOW);
            assert_eq!(bucket.clone().available(next - 1), 0, "{per_second} a second");
            assert!(bucket.available(next) > 0, "{per_second} a second");
            assert_eq!(bucket.next(next), None);
        }
    }

    #[test]
    fn parts_of_a_token_are_not_lost_between_two_looks() {
        let mut bucket = bucket(3);
        bucket.take(3, NOW);
        let mut taken = 0;
        for passed in 0..=10_000 {
            let available = bucket.available(NOW + passed);
            bucket.take(available, NOW + passed);
            taken += available;
        }
        assert_eq!(taken, 30);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again_and_never_makes_it_more_than_full() {
        let mut bucket = bucket(8);
        bucket.take(6, NOW);
        bucket.give_back(6);
        assert_eq!(bucket.available(NOW), 8);
        bucket.give_back(6);
        assert_eq!(bucket.available(NOW), 8);
        bucket.take(2, NOW);
        bucket.give_back(usize::MAX);
        assert_eq!(bucket.available(NOW), 8);
    }

    #[test]
    fn what_was_taken_beyond_the_level_is_paid_off_first() {
        let mut bucket = bucket(2);
        bucket.take(5, NOW);
        assert_eq!(bucket.next(NOW), Some(NOW + 2_000));
        assert_eq!(bucket.available(NOW + 1_999), 0);
        assert_eq!(bucket.available(NOW + 2_000), 1);
        bucket.take(usize::MAX, NOW + 2_000);
        assert_eq!(bucket.available(NOW + 3_600_000), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_neither_gives_tokens_nor_withholds_them() {
        let mut bucket = bucket(4);
        bucket.take(4, NOW);
        let hour_ago = NOW - 3_600_000;
        assert_eq!(bucket.next(hour_ago), Some(hour_ago + 250));
        assert_eq!(bucket.available(hour_ago), 0);
        assert_eq!(bucket.available(hour_ago + 250), 1);
        // Two threads whose times are a little out of order gain nothing by it.
        let start = hour_ago + 250;
        for _ in 0..100 {
            assert_eq!(bucket.available(start), 1);
            assert_eq!(bucket.available(start - 200), 1);
        }
        assert_eq!(bucket.available(i64::MIN), 1);
        assert_eq!(bucket.available(i64::MAX), 4);
    }

    #[test]
    fn a_change_of_the_rate_keeps_what_is_left_as_far_as_there_is_room() {
        let mut bucket = bucket(10);
        bucket.take(3, NOW);
        bucket.set_rate(rate(20), NOW);
        assert_eq!(bucket.available(NOW), 7);
        assert_eq!(bucket.available(NOW + 100), 9);
        bucket.set_rate(rate(2), NOW + 100);
        assert_eq!(bucket.available(NOW + 100), 2);
    }
}
