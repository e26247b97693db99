//! Work that is done once, however often and to whichever replica the same message comes: a webhook's, or any
//! other.
//!
//! A message counts as handled when its work has gone well. Should the process die before, or the work fail,
//! the next delivery does it again: work is done at least once, and once unless something breaks.

use std::time::Duration;

use tracing::Instrument as _;

use crate::{
    id::{Mark, MarkOf},
    sessions::Sessions,
    store::StoreError,
};

/// The longest that the work may take. Work that takes longer than its claim would be joined by another
/// delivery's.
pub const LONGEST_WORK: Duration = Duration::from_secs(45);

/// How long a message is remembered, in seconds: longer than anybody sends it again.
const REMEMBERED: i64 = 3 * 24 * 3600;

/// How long the work may be under way, in seconds, before another delivery may begin anew.
const UNDER_WAY: i64 = 120;
const _: () = assert!(UNDER_WAY.unsigned_abs() > 2 * LONGEST_WORK.as_secs());

/// What came of a message.
#[derive(Debug)]
pub enum Handled<T, E> {
    /// The work is done.
    Done(T),
    /// It was done before.
    Repeated,
    /// Another delivery of the same message is being handled.
    UnderWay,
    /// The work failed. The next delivery does it again.
    Failed(E),
    /// The work took too long, and was cut off.
    TookTooLong,
    /// The work panicked.
    Panicked,
    /// The store failed: nothing was done, or nobody will know that it was.
    Store(StoreError),
}

impl Sessions {
    /// Does `work` for the message of this kind and identifier, once. In a task of its own: a sender that
    /// gives up does not cut it in half.
    pub async fn handle_once<T, E>(
        &self,
        kind: &'static str,
        id: &str,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Handled<T, E>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let marks = [MarkOf::Handled(kind), MarkOf::UnderWay(kind)].map(|of| Mark::of(of, id));
        let sessions = self.clone();
        let task = async move { sessions.claim_and_work(marks, work).await };
        tokio::spawn(task.in_current_span()).await.unwrap_or_else(|error| {
            tracing::error!(%error, kind, "the work for a message panicked");
            Handled::Panicked
        })
    }

    async fn claim_and_work<T, E>(
        &self,
        [handled, under_way]: [Mark; 2],
        work: impl Future<Output = Result<T, E>>,
    ) -> Handled<T, E> {
        let (store, now) = (&self.shared.store, self.shared.clock.now());
        // First the claim, then the look: otherwise another delivery could be done with it between the two.
        match store.mark(&under_way, now + UNDER_WAY, now).await {
            Ok(true) => {}
            Ok(false) => return Handled::UnderWay,
            Err(error) => return Handled::Store(error),
        }
        match store.is_marked(&handled, now).await {
            Ok(false) => {}
            Ok(true) => return self.unclaim(&under_way).await.map_or_else(Handled::Store, |()| Handled::Repeated),
            Err(error) => return Handled::Store(error),
        }
        let outcome = match tokio::time::timeout(LONGEST_WORK, work).await {
            Ok(Ok(done)) => match store.mark(&handled, now + REMEMBERED, now).await {
                Ok(_) => Handled::Done(done),
                Err(error) => Handled::Store(error),
            },
            Ok(Err(error)) => Handled::Failed(error),
            Err(_) => Handled::TookTooLong,
        };
        if let Err(error) = self.unclaim(&under_way).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a message stays claimed for two minutes");
        }
        outcome
    }

    async fn unclaim(&self, under_way: &Mark) -> Result<(), StoreError> {
        self.shared.store.unmark(under_way).await
    }
}
