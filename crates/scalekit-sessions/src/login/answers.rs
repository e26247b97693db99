//! The answers of the last minute, and what became of them. The browser may never see ours (a lost
//! connection, a proxy that tries again) and then repeats the same answer: it gets the first one's outcome,
//! which costs the provider nothing.
//!
//! Marks in the store, so that it holds on all replicas; the session itself is found by the identifier that
//! attempt and answer make together (`LoginAttempt::session_id`). Not here: who may repeat. Only the browser
//! that holds the attempt's cookie gets this far.

use std::time::Duration;

use super::problem::LoginProblem;
use crate::{
    clock::Clock,
    id::{Mark, MarkOf},
    patience::Patience,
    store::{SessionStore, StoreError},
};

/// How long the same answer may be repeated.
const REPEATABLE_SECONDS: i64 = 60;

/// How often a repeated answer looks whether the first one is back from the provider.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// What an exchange can come to, beside a session.
const REFUSALS: [LoginProblem; 5] = [
    LoginProblem::CodeRefused,
    LoginProblem::TokensRefused,
    LoginProblem::Misconfigured,
    LoginProblem::AnotherAccount,
    LoginProblem::Unavailable,
];

/// One answer to one attempt.
pub(super) struct Answer {
    query: String,
    attempt: Mark,
    /// When no answer to the attempt is taken any more.
    attempt_ends_at: i64,
}

/// Whose an attempt is, after this answer has reached for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// This answer's.
    First,
    /// Another answer's, which was quicker, or this one's that came before.
    Late,
}

impl Answer {
    /// The answer that is this query, as the browser sent it, to the attempt with this `state`.
    pub(super) fn new(query: &str, state: &str, attempt_ends_at: i64) -> Self {
        Self { query: query.to_owned(), attempt: Mark::of(MarkOf::LoginAttempt, state), attempt_ends_at }
    }

    /// The query.
    pub(super) fn query(&self) -> &str {
        &self.query
    }

    /// Whether an answer to the attempt has come before: this one or another.
    pub(super) async fn is_late(&self, store: &dyn SessionStore, now: i64) -> Result<bool, StoreError> {
        store.is_marked(&self.attempt, now).await
    }

    /// Takes the attempt for this answer, once on all replicas.
    pub(super) async fn take(&self, store: &dyn SessionStore, now: i64) -> Result<Claim, StoreError> {
        // First the answer's own mark: whoever finds the attempt's must find it too.
        let came = self.mark("came");
        let attempt = (&self.attempt, self.attempt_ends_at);
        let (is_first, is_taken) = store.mark_in_turn((&came, now + REPEATABLE_SECONDS), attempt, now).await?;
        let is_taken = if let Some(is_taken) = is_taken {
            is_taken
        } else {
            // The same answer is being taken right now, unless whoever did so went away in between.
            tokio::time::sleep(BETWEEN_LOOKS).await;
            store.mark(attempt.0, attempt.1, now).await?
        };
        if is_first && !is_taken {
            // Another answer was quicker: nobody will ever say what became of this one.
            store.unmark(&came).await?;
        }
        Ok(if is_taken { Claim::First } else { Claim::Late })
    }

    /// Whether this very answer has come within the last minute.
    pub(super) async fn came(&self, store: &dyn SessionStore, now: i64) -> Result<bool, StoreError> {
        store.is_marked(&self.mark("came"), now).await
    }

    /// Notes what became of the answer, for those who repeat it.
    pub(super) async fn settle(
        &self,
        store: &dyn SessionStore,
        refusal: Option<LoginProblem>,
        now: i64,
    ) -> Result<(), StoreError> {
        let until = now + REPEATABLE_SECONDS;
        if let Some(problem) = refusal {
            store.mark(&self.refused(problem), until, now).await?;
        }
        store.mark(&self.mark("settled"), until, now).await?;
        Ok(())
    }

    /// What became of the answer: why it was refused, or `None` if it was not. Waits for it, as long as it
    /// may be under way.
    pub(super) async fn refusal(
        &self,
        store: &dyn SessionStore,
        clock: &Clock,
        patience: Patience,
    ) -> Result<Option<LoginProblem>, StoreError> {
        let settled = self.mark("settled");
        let waited = tokio::time::timeout(patience.sign_in(), async {
            while !store.is_marked(&settled, clock.now()).await? {
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
            Ok::<(), StoreError>(())
        });
        match waited.await {
            Ok(settled) => settled?,
            // Its process ended, or the store would not take the note.
            Err(_) => return Ok(Some(LoginProblem::Unavailable)),
        }
        for problem in REFUSALS {
            if store.is_marked(&self.refused(problem), clock.now()).await? {
                return Ok(Some(problem));
            }
        }
        Ok(None)
    }

    fn mark(&self, what: &str) -> Mark {
        Mark::of(MarkOf::LoginAnswer, &[what, "\0", &self.query].concat())
    }

    /// The problem's name in the code, by which other releases find it too.
    fn refused(&self, problem: LoginProblem) -> Mark {
        self.mark(&format!("{problem:?}"))
    }
}

#[cfg(test)]
mod tests {
    use crate::memory::MemoryStore;

    use super::*;

    #[tokio::test]
    async fn of_two_answers_to_one_attempt_only_the_quicker_one_is_waited_for() {
        let store = MemoryStore::default();
        let answer = |query: &str| Answer {
            query: query.to_owned(),
            attempt: Mark::of(MarkOf::LoginAttempt, "state"),
            attempt_ends_at: 600,
        };
        let (quicker, other) = (answer("code=1"), answer("code=2"));
        // Both have seen that none has come.
        assert_eq!(quicker.take(&store, 0).await.unwrap(), Claim::First);
        assert_eq!(other.take(&store, 0).await.unwrap(), Claim::Late);
        assert!(!other.came(&store, 0).await.unwrap(), "nobody will ever say what became of it");
        assert_eq!(quicker.take(&store, 0).await.unwrap(), Claim::Late);
        assert!(quicker.came(&store, 0).await.unwrap(), "the same one again is a repeat");
    }
}
