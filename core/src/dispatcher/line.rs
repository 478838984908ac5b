//! The line of new events: from where it is looked at, and which tenants' events overtake others, each
//! tenant in its turn.

use std::collections::BTreeMap;

use super::directory::{Directory, Subscriber};

/// How many tenants are looked at in one transaction.
const TENANTS: usize = 32;
/// How many events of each tenant go before at most: a power of two, so that there are few texts of the
/// statement.
const EACH: usize = 8;
/// Before every event.
const START: i64 = 0;

/// The line, while it is longer than what one transaction fans out.
#[derive(Debug)]
pub(super) struct Line {
    /// The last event that was fanned out of it. What has committed later than others behind it may
    /// stand before.
    reached: i64,
    /// How many slots an event took in the last turn.
    width: Option<usize>,
    /// Those whose events may overtake, in order: they have endpoints, of which none keeps an order.
    tenants: Vec<String>,
    /// The last of them that was looked at.
    last: Option<String>,
    /// How many share the line: tenants that have endpoints, and those without a tenant together.
    sharers: usize,
    /// Whether an endpoint keeps an order.
    is_ordered: bool,
    /// Whether events may be marked as fanned out before others.
    is_marked: bool,
}

/// How far a turn has fanned the line out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reached {
    /// It did not look at the line.
    #[default]
    Nothing,
    /// Up to this event, behind which there may be more.
    Event(i64),
    End,
}

impl Default for Line {
    fn default() -> Self {
        // What an earlier run has marked is not known.
        Self {
            reached: START,
            width: None,
            tenants: Vec::new(),
            last: None,
            sharers: 0,
            is_ordered: false,
            is_marked: true,
        }
    }
}

impl Line {
    /// Takes over which tenants have endpoints, and which of these keep an order: an event of an object
    /// must not be fanned out before an earlier one that has committed later than others of the line.
    pub(super) fn follow(&mut self, directory: &Directory) {
        let of = |(_, known): (_, &Subscriber)| (known.tenant.clone(), known.keeps_order());
        self.set(directory.iter().map(of));
    }

    fn set(&mut self, endpoints: impl Iterator<Item = (Option<String>, bool)>) {
        let mut sharers: BTreeMap<Option<String>, bool> = BTreeMap::new();
        for (tenant, keeps_order) in endpoints {
            *sharers.entry(tenant).or_default() |= keeps_order;
        }
        self.sharers = sharers.len();
        self.is_ordered = sharers.values().any(|keeps_order| *keeps_order);
        let unordered = sharers.into_iter().filter(|(_, keeps_order)| !keeps_order);
        self.tenants = unordered.filter_map(|(tenant, _)| tenant).collect();
    }

    /// The next tenants, and how many events of each go before, where so many would be fanned out in one
    /// transaction. None where there is nobody to overtake.
    pub(super) fn next_overtaking(&mut self, events: usize) -> (Vec<String>, usize) {
        if !self.is_shared() || self.tenants.is_empty() {
            return (Vec::new(), 0);
        }
        let start = match &self.last {
            Some(last) => self.tenants.partition_point(|tenant| tenant <= last),
            None => 0,
        };
        let (before, after) = self.tenants.split_at(start);
        let next: Vec<String> = after.iter().chain(before).take(TENANTS).cloned().collect();
        self.last = next.last().cloned();
        let each = (events / next.len()).clamp(1, EACH);
        (next, 1 << each.ilog2())
    }

    /// Whether there is more than one that shares it.
    pub(super) fn is_shared(&self) -> bool {
        self.sharers > 1
    }

    /// Events have overtaken others.
    pub(super) fn marked(&mut self) {
        self.is_marked = true;
    }

    pub(super) fn is_marked(&self) -> bool {
        self.is_marked
    }

    /// The event behind which the line is looked at, in a turn that has come to this one.
    pub(super) fn after(&self, event: Option<i64>) -> i64 {
        if self.is_ordered { START } else { event.unwrap_or(self.reached) }
    }

    /// How many slots an event takes, as far as is known.
    pub(super) fn width(&self) -> Option<usize> {
        self.width
    }

    /// A turn has committed, in which an event took so many slots.
    pub(super) fn reached(&mut self, reached: Reached, width: Option<usize>) {
        self.width = width.or(self.width);
        match reached {
            Reached::Nothing => {}
            Reached::Event(event) => self.reached = event,
            Reached::End => self.rewind(),
        }
    }

    /// All of it is looked at next time: for what has committed late.
    pub(super) fn rewind(&mut self) {
        self.reached = START;
    }

    /// Its marks are gone.
    pub(super) fn unmarked(&mut self) {
        self.is_marked = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set<'a>(line: &mut Line, names: impl IntoIterator<Item = &'a str>) {
        line.set(names.into_iter().map(|name| (Some(name.to_owned()), false)));
    }

    fn of(names: &[&str]) -> Line {
        let mut line = Line::default();
        set(&mut line, names.iter().copied());
        line
    }

    #[test]
    fn nobody_overtakes_where_there_is_one_tenant() {
        assert_eq!(of(&[]).next_overtaking(256), (vec![], 0));
        assert_eq!(of(&["a", "a"]).next_overtaking(256), (vec![], 0));
        assert_eq!(
            of(&["b", "a", "b"]).next_overtaking(256),
            (vec!["a".to_owned(), "b".to_owned()], 8)
        );
    }

    #[test]
    fn each_tenant_has_its_turn_whoever_comes_and_goes() {
        let names: Vec<String> = (0..80).map(|number| format!("{number:02}")).collect();
        let mut line = Line::default();
        set(&mut line, names.iter().map(String::as_str));
        let (first, each) = line.next_overtaking(256);
        assert_eq!((&first[..], each), (&names[..32], 8));
        // The one that was looked at last is gone, and another has come.
        let others = names.iter().map(String::as_str).filter(|name| *name != "31");
        set(&mut line, others.chain(["99"]));
        assert_eq!(line.next_overtaking(256).0, names[32..64]);
        let (third, _) = line.next_overtaking(256);
        assert_eq!(
            (&third[..16], &third[16], &third[17..]),
            (&names[64..], &"99".to_owned(), &names[..15])
        );
    }

    #[test]
    fn one_tenant_overtakes_those_without_and_none_that_keeps_an_order_does() {
        let mut line = Line::default();
        line.set([(None, false), (Some("a".to_owned()), false)].into_iter());
        assert!(line.is_shared());
        assert_eq!(line.next_overtaking(256), (vec!["a".to_owned()], 8));
        line.set([(None, false), (Some("a".to_owned()), true)].into_iter());
        assert!(line.is_shared());
        assert_eq!(line.next_overtaking(256), (vec![], 0));
    }

    #[test]
    fn where_an_order_is_kept_the_line_is_looked_at_from_its_start() {
        let mut line = Line::default();
        line.reached(Reached::Event(7), None);
        assert_eq!((line.after(None), line.after(Some(9))), (7, 9));
        line.set([(None, false), (Some("a".to_owned()), true)].into_iter());
        assert_eq!((line.after(None), line.after(Some(9))), (START, START));
    }

    #[test]
    fn a_long_line_is_looked_at_from_where_it_was_fanned_out_to() {
        let mut line = Line::default();
        line.reached(Reached::Event(7), None);
        line.reached(Reached::Nothing, None);
        assert_eq!(line.after(None), 7);
        line.reached(Reached::End, None);
        assert_eq!(line.after(None), START);
        line.reached(Reached::Event(9), None);
        line.rewind();
        assert_eq!(line.after(None), START);
    }

    #[test]
    fn many_endpoints_let_few_events_go_before() {
        let mut line = of(&["a", "b", "c"]);
        for (events, each) in [(256, 8), (16, 4), (6, 2), (2, 1), (1, 1)] {
            assert_eq!(line.next_overtaking(events).1, each, "{events}");
        }
    }
}
