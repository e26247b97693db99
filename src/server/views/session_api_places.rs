//! How many calls of the provider's session API are made at once: so many by the process, one for each person. Whoever loads their
//! list again and again neither uses up what the provider grants the application nor keeps others from being asked for.
//!
//! Not here: the calls (`session_list`).

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lists that one process asks the provider for at the same time.
pub const SESSION_API_CALLS_AT_ONCE: usize = 16;

/// Lines in which people wait for their turn, each person always in the same one. Many more than there are places, so that those
/// who share a line by chance seldom notice.
const LINES: u64 = 256;

/// The places of one process.
pub struct SessionApiPlaces {
    all: Arc<Semaphore>,
    lines: Vec<Arc<Semaphore>>,
    line_of: RandomState,
}

/// Leave to make one call, until it is dropped.
pub struct Place {
    _turn: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for SessionApiPlaces {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(SESSION_API_CALLS_AT_ONCE)),
            lines: (0..LINES).map(|_| Arc::new(Semaphore::new(1))).collect(),
            line_of: RandomState::new(),
        }
    }
}

impl SessionApiPlaces {
    /// Waits for this person's turn, then for a place. `None` would mean that there is an end to places, which there is not.
    pub async fn place(&self, user_id: &str) -> Option<Place> {
        let line = usize::try_from(self.line_of.hash_one(user_id) % LINES).ok()?;
        let turn = Arc::clone(self.lines.get(line)?).acquire_owned().await.ok()?;
        Some(Place { _turn: turn, _of_all: Arc::clone(&self.all).acquire_owned().await.ok()? })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    #[test]
    fn a_person_has_one_place_and_the_process_so_many() {
        let places = SessionApiPlaces::default();
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(held) = pin!(places.place("usr_1")).poll(&mut context) else { panic!("the first has a place") };
        let mut again = pin!(places.place("usr_1"));
        assert!(again.as_mut().poll(&mut context).is_pending(), "one call for each person");
        drop(held);
        assert!(again.as_mut().poll(&mut context).is_ready());

        let mut held = Vec::new();
        for number in 0..10_000 {
            // By chance some stand in one line and have to wait.
            let name = format!("usr_{number}");
            if let Poll::Ready(place) = pin!(places.place(&name)).poll(&mut context) {
                held.push(place);
            }
        }
        assert_eq!(held.len(), SESSION_API_CALLS_AT_ONCE);
    }
}
