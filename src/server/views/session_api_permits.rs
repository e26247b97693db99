//! How many calls of the provider's session API are made at once: so many by the process, one for each
//! person. Whoever loads their list again and again neither uses up what the provider grants the application
//! nor keeps others from being asked for.
//!
//! Not here: the calls (`session_list`).

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lists that one process asks the provider for at the same time.
pub const SESSION_API_CALLS_AT_ONCE: usize = 16;

/// Lines in which people wait, each person always in the same one. Many more than there are permits, so that
/// those who share a line by chance seldom notice.
const LINES: u64 = 256;

/// The permits of one process.
pub struct SessionApiPermits {
    all: Arc<Semaphore>,
    lines: Vec<Arc<Semaphore>>,
    line_of: RandomState,
}

/// Leave to make one call, until it is dropped.
pub struct Permit {
    _of_line: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Default for SessionApiPermits {
    fn default() -> Self {
        Self {
            all: Arc::new(Semaphore::new(SESSION_API_CALLS_AT_ONCE)),
            lines: (0..LINES).map(|_| Arc::new(Semaphore::new(1))).collect(),
            line_of: RandomState::new(),
        }
    }
}

impl SessionApiPermits {
    /// Waits in this person's line, then for a permit. `None` (an end to permits) does not happen.
    pub async fn permit(&self, user_id: &str) -> Option<Permit> {
        let line = usize::try_from(self.line_of.hash_one(user_id) % LINES).ok()?;
        let of_line = Arc::clone(self.lines.get(line)?).acquire_owned().await.ok()?;
        Some(Permit { _of_line: of_line, _of_all: Arc::clone(&self.all).acquire_owned().await.ok()? })
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
    fn a_person_has_one_permit_and_the_process_so_many() {
        let permits = SessionApiPermits::default();
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(held) = pin!(permits.permit("usr_1")).poll(&mut context) else {
            panic!("the first has a permit")
        };
        let mut again = pin!(permits.permit("usr_1"));
        assert!(again.as_mut().poll(&mut context).is_pending(), "one call for each person");
        drop(held);
        assert!(again.as_mut().poll(&mut context).is_ready());

        let mut held = Vec::new();
        for number in 0..10_000 {
            // By chance some stand in one line and have to wait.
            let name = format!("usr_{number}");
            if let Poll::Ready(permit) = pin!(permits.permit(&name)).poll(&mut context) {
                held.push(permit);
            }
        }
        assert_eq!(held.len(), SESSION_API_CALLS_AT_ONCE);
    }
}
