//! The line of new events: from where it is looked at, and which tenants' events overtake others, each
//! tenant in its turn.

use super::directory::Directory;

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
    width: Option<usize>,
    /// Those that have endpoints, in order.
    tenants: Vec<String>,
    /// The last of them that was looked at.
    last: Option<String>,
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
        Self { reached: START, width: None, tenants: Vec::new(), last: None, is_marked: true }
    }
}

impl Line {
    /// Takes over which tenants have endpoints.
    pub(super) fn follow(&mut self, directory: &Directory) {
        self.set(directory.iter().filter_map(|(_, known)| known.tenant.clone()).collect());
    }

    fn set(&mut self, mut tenants: Vec<String>) {
        tenants.sort_unstable();
        tenants.dedup();
        self.tenants = tenants;
    }

    /// The next tenants, and how many events of each go before, where so many would be fanned out in one
    /// transaction. None where there is nobody to overtake.
    pub(super) fn next_overtaking(&mut self, events: usize) -> (Vec<String>, usize) {
        if !self.is_shared() {
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

    /// Whether there is more than one tenant.
    pub(super) fn is_shared(&self) -> bool {
        self.tenants.len() > 1
    }

    /// Events have overtaken others.
    pub(super) fn marked(&mut self) {
        self.is_marked = true;
    }

    pub(super) fn is_marked(&self) -> bool {
        self.is_marked
    }

    /// The event behind which the line goes on.
    pub(super) fn after(&self) -> i64 {
        self.reached
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

    /// Nothing is left of it, and no mark.
    pub(super) fn ended(&mut self) {
        self.rewind();
        self.is_marked = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Line {
        let mut line = Line::default();
        line.set(names.iter().copied().map(String::from).collect());
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
        line.set(names.clone());
        let (first, each) = line.next_overtaking(256);
        assert_eq!((&first[..], each), (&names[..32], 8));
        // The one that was looked at last is gone, and another has come.
        let others: Vec<String> =
            names.iter().filter(|name| *name != "31").cloned().chain(["99".to_owned()]).collect();
        line.set(others);
        assert_eq!(line.next_overtaking(256).0, names[32..64]);
        let (third, _) = line.next_overtaking(256);
        assert_eq!(
            (&third[..16], &third[16], &third[17..]),
            (&names[64..], &"99".to_owned(), &names[..15])
        );
    }

    #[test]
    fn a_long_line_is_looked_at_from_where_it_was_fanned_out_to() {
        let mut line = Line::default();
        line.reached(Reached::Event(7), None);
        line.reached(Reached::Nothing, None);
        assert_eq!(line.after(), 7);
        line.reached(Reached::End, None);
        assert_eq!(line.after(), START);
        line.reached(Reached::Event(9), None);
        line.rewind();
        assert_eq!(line.after(), START);
    }

    #[test]
    fn many_endpoints_let_few_events_go_before() {
        let mut line = of(&["a", "b", "c"]);
        for (events, each) in [(256, 8), (16, 4), (6, 2), (2, 1), (1, 1)] {
            assert_eq!(line.next_overtaking(events).1, each, "{events}");
        }
    }
}
