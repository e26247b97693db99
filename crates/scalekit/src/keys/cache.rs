//! Fetches the key set when it is needed, and with restraint.
//!
//! - A key set that was good stays until another good one arrives: an outage, an empty set or HTML changes
//!   nothing.
//! - A token with an unknown `kid` causes at most one fetch in 30 s: anyone can make such tokens up. Tokens
//!   that the provider itself has handed out have an allowance of their own ([`Origin`]): strangers can't
//!   keep a new key from the people who sign in.
//! - As long as there has been no good set, a fetch that failed is not repeated for 3 s: without keys nobody
//!   can sign in, so this pause is short.
//! - A set older than an hour is looked up again, so that a withdrawn key is not trusted for ever.
//! - Whoever needs a fetch while one is under way shares its result.
//! - A fetch runs in a task of its own: were it dropped together with the request that wanted it, whoever
//!   sends a made-up `kid` and hangs up would cause a fetch each time, and nobody would ever learn its
//!   result.
//!
//! `now` comes from the caller. [`State`] decides and does no IO; [`KeyCache`] does what it decides.

use std::sync::Arc;

use parking_lot::Mutex;
use url::Url;

use super::{KeySet, KeySetFetches};
use crate::config::Config;
use crate::error::{Error, UnavailableReason};
use crate::http::{Answer, Http};

/// In bytes.
const MAX_BODY: usize = 256 * 1024;
/// In seconds.
const REFETCH_INTERVAL: u64 = 30;
/// In seconds, as long as there has been no good set.
const FIRST_FETCH_INTERVAL: u64 = 3;
/// In seconds.
const MAX_AGE: u64 = 3600;

/// Who a token that names a key was received from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The token endpoint, over a connection that we made.
    Provider,
    /// Whoever sent a request: the token may be made up.
    Anybody,
}

#[derive(Debug)]
pub(crate) struct KeyCache {
    http: Http,
    url: Url,
    state: Arc<Mutex<State>>,
    /// Held while fetching. Separate from `state`, so that readers with a good set never wait for the
    /// network.
    single_flight: Arc<tokio::sync::Mutex<()>>,
}

impl KeyCache {
    pub(crate) fn new(config: &Config, http: Http) -> Self {
        Self { http, url: config.endpoint("/keys"), state: Arc::default(), single_flight: Arc::default() }
    }

    /// Whether there are keys; fetches them if there are none.
    pub(crate) async fn available(&self, now: i64) -> Result<(), Error> {
        let (needs_fetch, attempts) = {
            let state = self.state.lock();
            if state.set.is_some() {
                return Ok(());
            }
            (state.needs_fetch(None, Origin::Provider, now), state.attempts_for(Origin::Provider))
        };
        if needs_fetch {
            self.fetch(attempts, None, Origin::Provider, now).await;
        }
        self.state.lock().outcome(None).map(drop)
    }

    /// A key set to look `kid` up in. It may lack the key: then a fetch was made and the key is unknown, or
    /// it is too early for another.
    pub(crate) async fn set_for(&self, kid: Option<&str>, origin: Origin, now: i64) -> Result<Arc<KeySet>, Error> {
        let (needs_fetch, attempts) = {
            let state = self.state.lock();
            (state.needs_fetch(kid, origin, now), state.attempts_for(origin))
        };
        if needs_fetch {
            self.fetch(attempts, kid, origin, now).await;
        }
        self.state.lock().outcome(kid)
    }

    /// Fetches, unless that was done since `attempts` was read, or is not needed any more. How it went stands
    /// in the state: a failure with a usable key at hand is none.
    async fn fetch(&self, attempts: u64, kid: Option<&str>, origin: Origin, now: i64) {
        let flight = Arc::clone(&self.single_flight).lock_owned().await;
        {
            let state = self.state.lock();
            if state.attempts_for(origin) != attempts || !state.needs_fetch(kid, origin, now) {
                return;
            }
        }
        let answer = self.http.get(self.url.clone(), MAX_BODY);
        let (state, kid) = (Arc::clone(&self.state), kid.map(str::to_owned));
        let fetching = tokio::spawn(async move {
            let fetched = answer.await.and_then(|answer| read(&answer));
            state.lock().record(fetched, kid.as_deref(), origin, now);
            drop(flight);
        });
        // It fails only where the runtime stops; then nobody waits for keys any more.
        let _ = fetching.await;
    }

    pub(crate) fn fetches(&self) -> KeySetFetches {
        let State { attempts, failures, .. } = *self.state.lock();
        KeySetFetches { done: attempts - failures, failed: failures }
    }
}

fn read(answer: &Answer) -> Result<KeySet, Error> {
    match answer.status {
        200 => KeySet::parse(&answer.body)
            .map_err(|_| Error::unavailable(UnavailableReason::Garbage("no usable key in the key set"))),
        status @ 300..=399 => Err(Error::unavailable(UnavailableReason::Redirect(status))),
        429 => Err(Error::unavailable(UnavailableReason::RateLimited)),
        status => Err(Error::unavailable(UnavailableReason::Status(status))),
    }
}

#[derive(Debug, Default)]
struct State {
    set: Option<Arc<KeySet>>,
    /// When `set` arrived.
    fetched_at: i64,
    /// When a fetch was last made for a token of the provider's that a key set can't spare: it failed, found
    /// the `kid` unknown, or there was a set.
    refetched_for_provider_at: Option<i64>,
    /// The same for a token that anybody may have made up.
    refetched_for_anybody_at: Option<i64>,
    /// How many fetches have ended, well or badly.
    attempts: u64,
    /// How many of them were for tokens of the provider's.
    attempts_for_provider: u64,
    /// How many of them have failed.
    failures: u64,
    /// How the last fetch failed, if it did.
    failure: Option<Error>,
}

impl State {
    /// Fetches whose result serves a token of this origin as well as one of its own. A stranger's does not
    /// serve the provider's tokens: it may have begun before a new key was published.
    fn attempts_for(&self, origin: Origin) -> u64 {
        match origin {
            Origin::Provider => self.attempts_for_provider,
            Origin::Anybody => self.attempts,
        }
    }

    fn needs_fetch(&self, kid: Option<&str>, origin: Origin, now: i64) -> bool {
        // Distances, not differences: a clock that was set back must not stop refetching until it catches up,
        // and whoever read the clock a moment before somebody else's fetch is no reason for another.
        let elapsed = |since: i64, seconds: u64| now.abs_diff(since) >= seconds;
        let Some(set) = &self.set else {
            // Whoever it was for: it would have brought the keys for all.
            let fetches = [self.refetched_for_provider_at, self.refetched_for_anybody_at];
            return fetches.into_iter().flatten().all(|at| elapsed(at, FIRST_FETCH_INTERVAL));
        };
        let refetched_at = match origin {
            Origin::Provider => self.refetched_for_provider_at,
            Origin::Anybody => self.refetched_for_anybody_at,
        };
        let may_refetch = refetched_at.is_none_or(|at| elapsed(at, REFETCH_INTERVAL));
        let unknown = kid.is_some_and(|kid| set.select(Some(kid)).is_err());
        may_refetch && (unknown || elapsed(self.fetched_at, MAX_AGE))
    }

    /// `kid` is the one that caused the fetch. The first set that has it leaves a refetch free: the provider
    /// may rotate its keys right after the process has started.
    fn record(&mut self, fetched: Result<KeySet, Error>, kid: Option<&str>, origin: Origin, now: i64) {
        self.attempts += 1;
        self.attempts_for_provider += u64::from(origin == Origin::Provider);
        let answers_the_first_need =
            self.set.is_none() && fetched.as_ref().is_ok_and(|set| kid.is_none_or(|kid| set.select(Some(kid)).is_ok()));
        if self.set.is_none() && fetched.is_ok() {
            (self.refetched_for_provider_at, self.refetched_for_anybody_at) = (None, None);
        }
        if !answers_the_first_need {
            *match origin {
                Origin::Provider => &mut self.refetched_for_provider_at,
                Origin::Anybody => &mut self.refetched_for_anybody_at,
            } = Some(now);
        }
        match fetched {
            Ok(set) => {
                self.set = Some(Arc::new(set));
                self.fetched_at = now;
                self.failure = None;
            }
            Err(error) => {
                self.failures += 1;
                self.failure = Some(error);
            }
        }
    }

    fn outcome(&self, kid: Option<&str>) -> Result<Arc<KeySet>, Error> {
        let has_key = |set: &KeySet| kid.is_none_or(|kid| set.select(Some(kid)).is_ok());
        match (&self.set, &self.failure) {
            (Some(set), _) if has_key(set) => Ok(Arc::clone(set)),
            // Whether the key exists can't be known before a fetch succeeds: not the token's fault.
            (_, Some(failure)) => Err(failure.clone()),
            (Some(set), None) => Ok(Arc::clone(set)),
            (None, None) => Err(Error::unavailable(UnavailableReason::Garbage("there is no key set yet"))),
        }
    }
}
