//! The clock of a contract that stands still while it is paused.

use crate::abi::IAccess::{Paused, Unpaused};

/// Pauses in their order: since and until.
#[derive(Debug, Clone, Default)]
pub(super) struct Pauses(Vec<(u64, u64)>);

impl Pauses {
    pub(super) fn paused(&mut self, event: &Paused) {
        match self.0.last_mut() {
            Some(last) if last.0 == event.since => last.1 = event.until,
            _ => self.0.push((event.since, event.until)),
        }
    }

    pub(super) fn unpaused(&mut self, event: &Unpaused) {
        if let Some(last) = self.0.last_mut() {
            last.1 = last.1.min(event.at);
        }
    }

    pub(super) fn is_paused(&self, time: u64) -> bool {
        self.0.last().is_some_and(|(_, until)| *until > time)
    }

    /// Seconds between two times that were not paused.
    pub(super) fn elapsed(&self, from: u64, to: u64) -> u64 {
        let stood = |(since, until): &(u64, u64)| to.min(*until).saturating_sub(from.max(*since));
        to.saturating_sub(from).saturating_sub(self.0.iter().map(stood).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::Pauses;

    #[test]
    fn what_was_paused_does_not_count() {
        let pauses = Pauses(vec![(10, 20), (30, 40)]);
        assert_eq!((pauses.elapsed(0, 10), pauses.elapsed(0, 15), pauses.elapsed(0, 50)), (10, 10, 30));
        assert_eq!((pauses.elapsed(15, 35), pauses.elapsed(32, 38), pauses.elapsed(9, 3)), (10, 0, 0));
        assert!(pauses.is_paused(39) && !pauses.is_paused(40));
    }
}
