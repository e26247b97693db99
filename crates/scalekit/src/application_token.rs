//! The application's own token for the management API (RFC 6749, section 4.4), kept while it is good.
//!
//! Not here: asking for it ([`Client::client_credentials`](crate::Client::client_credentials)). Kept in the
//! client and shared by its clones; whoever needs a token while one is asked for shares the answer, good or
//! bad, as the key cache does.

use parking_lot::Mutex;
use secrecy::SecretString;

use crate::error::Error;
use crate::tokens::TokenSet;

/// In seconds: a token is not used in its last minute, so that it is good when the request arrives.
const MARGIN: i64 = 60;
/// In seconds, for a token whose lifetime isn't announced. Real ones have a day.
const UNKNOWN_LIFETIME: i64 = 300;

#[derive(Debug, Default)]
pub(crate) struct TokenCache {
    state: Mutex<State>,
    /// Held while asking. Separate from `state`, so that nobody with a good token waits for the network.
    single_flight: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    /// How the last request ended, unless the token it brought was refused.
    outcome: Option<Result<SecretString, Error>>,
    /// In seconds since 1970.
    good_until: i64,
    /// How many requests have ended, well or badly.
    attempts: u64,
}

/// A token, and which request brought it.
pub(crate) struct ApplicationToken {
    pub(crate) text: SecretString,
    attempt: u64,
}

impl TokenCache {
    /// The token at hand, or the one that `ask` brings: it is awaited only where there is none.
    pub(crate) async fn token(
        &self,
        now: i64,
        ask: impl Future<Output = Result<TokenSet, Error>>,
    ) -> Result<ApplicationToken, Error> {
        let attempts = {
            let state = self.state.lock();
            if let (Some(Ok(text)), true) = (&state.outcome, now < state.good_until) {
                return Ok(ApplicationToken { text: text.clone(), attempt: state.attempts });
            }
            state.attempts
        };
        let _flight = self.single_flight.lock().await;
        if let Some(shared) = self.state.lock().outcome_since(attempts) {
            return shared;
        }
        let answer = ask.await;
        self.state.lock().record(answer, now)
    }

    /// Forgets a token that was refused, unless there is a newer one.
    pub(crate) fn forget(&self, refused: &ApplicationToken) {
        let mut state = self.state.lock();
        if state.attempts == refused.attempt {
            state.outcome = None;
        }
    }
}

impl State {
    /// How a request ended that has ended after there were `attempts`. Its token is taken even if its
    /// lifetime is below the margin: it has just been given out.
    fn outcome_since(&self, attempts: u64) -> Option<Result<ApplicationToken, Error>> {
        let outcome = self.outcome.clone().filter(|_| self.attempts != attempts)?;
        Some(outcome.map(|text| ApplicationToken { text, attempt: self.attempts }))
    }

    fn record(&mut self, answer: Result<TokenSet, Error>, now: i64) -> Result<ApplicationToken, Error> {
        self.attempts += 1;
        let lifetime = answer.as_ref().ok().and_then(|tokens| tokens.expires_in);
        let lifetime = lifetime.map_or(UNKNOWN_LIFETIME, |seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
        self.good_until = now.saturating_add(lifetime.saturating_sub(MARGIN));
        let outcome = answer.map(|tokens| tokens.access_token);
        self.outcome = Some(outcome.clone());
        outcome.map(|text| ApplicationToken { text, attempt: self.attempts })
    }
}
