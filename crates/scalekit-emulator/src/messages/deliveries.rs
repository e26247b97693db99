//! The record of what was sent.
//!
//! What for: tests wait until a message has arrived, and see how often it was tried.
//! Not here: sending (`notify::courier`).
//! Called by: `messages`, `notify::courier`.

use std::collections::VecDeque;

use serde::Serialize;

/// So many deliveries are remembered.
const MOST_REMEMBERED: usize = 1000;

/// One message to one app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryReport {
    /// The event's type, such as `user.logout`, or `backchannel_logout`.
    pub kind: String,
    /// Where it goes.
    pub url: String,
    /// The header `webhook-id`, or the logout token's `jti`: the same at every attempt and for every app.
    pub id: String,
    /// How often it was tried so far.
    pub attempts: u32,
    /// What the app answered last; `None` if it never did.
    pub status: Option<u16>,
    /// Nothing more will be tried: the app took it, or the attempts are used up.
    pub done: bool,
}

impl DeliveryReport {
    /// Whether the app took it, with a status of 200 to 299.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// The latest deliveries, numbered without gaps.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    reports: VecDeque<DeliveryReport>,
    /// The number of the first report that is still here.
    first: u64,
    /// Deliveries below this number were forgotten by a reset and are not to be sent any more.
    called_off_below: u64,
}

impl Deliveries {
    /// Adds a delivery that has not been tried, and returns its number.
    pub(crate) fn add(&mut self, kind: &str, id: &str, url: &str) -> u64 {
        if self.reports.len() == MOST_REMEMBERED {
            self.reports.pop_front();
            self.first += 1;
        }
        let number = self.next_number();
        let (kind, id, url) = (kind.to_owned(), id.to_owned(), url.to_owned());
        self.reports.push_back(DeliveryReport { kind, url, id, attempts: 0, status: None, done: false });
        number
    }

    /// Whether a reset has called the delivery off.
    pub(crate) fn is_called_off(&self, number: u64) -> bool {
        number < self.called_off_below
    }

    /// The report with this number, if it is still remembered.
    pub(crate) fn report_mut(&mut self, number: u64) -> Option<&mut DeliveryReport> {
        let index = number.checked_sub(self.first)?;
        self.reports.get_mut(usize::try_from(index).ok()?)
    }

    /// All of them, the oldest first.
    pub(crate) fn reports(&self) -> Vec<DeliveryReport> {
        self.reports.iter().cloned().collect()
    }

    /// Forgets all of them and calls off what is still under way.
    pub(crate) fn forget(&mut self) {
        self.first = self.next_number();
        self.called_off_below = self.first;
        self.reports.clear();
    }

    fn next_number(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.reports.len()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_delivery_makes_room_and_numbers_still_find_theirs() {
        let mut deliveries = Deliveries::default();
        let numbers: Vec<u64> =
            (0..=MOST_REMEMBERED).map(|index| deliveries.add("user.login", &index.to_string(), "url")).collect();
        assert_eq!(deliveries.reports().len(), MOST_REMEMBERED);
        assert!(deliveries.report_mut(numbers[0]).is_none());
        assert_eq!(deliveries.report_mut(numbers[MOST_REMEMBERED]).unwrap().id, MOST_REMEMBERED.to_string());
        assert!(!deliveries.is_called_off(numbers[0]));
    }

    #[test]
    fn what_was_forgotten_is_called_off_and_later_deliveries_are_not() {
        let mut deliveries = Deliveries::default();
        let before = deliveries.add("user.login", "msg_1", "url");
        deliveries.forget();
        let after = deliveries.add("user.login", "msg_2", "url");
        assert!(deliveries.is_called_off(before) && deliveries.report_mut(before).is_none());
        assert!(!deliveries.is_called_off(after));
        assert_eq!(deliveries.report_mut(after).unwrap().id, "msg_2");
    }
}
