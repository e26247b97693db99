//! How often what costs something may be asked for: by client address and the networks around it, and by all
//! clients together. Whoever is beyond the limit is answered 429 and told when to come again.
//!
//! The application names classes of requests and says how each counts ([`Counts`]). What strangers can make
//! up should count against themselves only, or they use up what everybody needs. Each process counts for
//! itself, in bounded memory.

mod ledger;

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use ipnet::IpNet;
use metrics::counter;
use parking_lot::Mutex;

use self::ledger::{Ledger, Nanos};
pub use self::ledger::{Quota, Rule};
use crate::{Refusal, client, series};

/// Seconds between two lines in the log about refusals of one class: the log must not be what is flooded.
const BETWEEN_LINES: u64 = 60;

/// What of a class counts, and against whom.
#[derive(Debug, Clone, Copy)]
pub enum Counts {
    /// Every request when it comes: against its sender, and against what all have together.
    Everything,
    /// Every request when it comes, against its sender. Against what all have together only what the
    /// application found genuine, which it says by [`RateLimits::admit_genuine`].
    GenuineAmongAll,
    /// Only what was answered with such a status, and against its sender alone.
    Answered(fn(StatusCode) -> bool),
}

/// The limit of one class.
#[derive(Debug, Clone, Copy)]
pub struct Limit<C> {
    /// The class.
    pub class: C,
    /// Its name in metrics and in the log.
    pub name: &'static str,
    /// What of it counts.
    pub counts: Counts,
    /// How much is allowed.
    pub rule: Rule,
}

/// The limits of one process and what is left of them. `C` is the application's: what a request is about, as
/// far as limits go.
pub struct RateLimits<C> {
    now: Box<dyn Fn() -> Duration + Send + Sync>,
    classes: Vec<Counted<C>>,
}

struct Counted<C> {
    limit: Limit<C>,
    ledger: Mutex<Ledger>,
    /// When the log last said something, in seconds since the clock's beginning and one more; 0: never.
    logged_at: AtomicU64,
}

impl<C: Copy + PartialEq> RateLimits<C> {
    /// Limits that nobody has used yet. A class that is not listed has none. `now` is a clock that never goes
    /// back.
    #[must_use]
    pub fn new(limits: impl IntoIterator<Item = Limit<C>>, now: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let counted = |limit: Limit<C>| {
            let ledger = Mutex::new(Ledger::new(limit.rule));
            Counted { limit, ledger, logged_at: AtomicU64::new(0) }
        };
        Self { now: Box::new(now), classes: limits.into_iter().map(counted).collect() }
    }

    /// Counts a request when it comes, as far as it counts then.
    ///
    /// # Errors
    /// Whole seconds after which the next one is allowed.
    pub fn admit(&self, class: C, client: Option<IpAddr>) -> Result<(), u32> {
        let Some(counted) = self.counted(class) else { return Ok(()) };
        let now = self.now();
        let mut ledger = counted.ledger.lock();
        let allowed = ledger.check(client, now).and_then(|()| match counted.limit.counts {
            Counts::Everything => ledger.share(client, now),
            Counts::GenuineAmongAll | Counts::Answered(_) => Ok(()),
        });
        if allowed.is_ok() && !matches!(counted.limit.counts, Counts::Answered(_)) {
            ledger.count(client, now);
        }
        drop(ledger);
        self.note(counted, allowed)
    }

    /// Counts a request that turned out to be genuine against what all have together
    /// ([`Counts::GenuineAmongAll`]).
    ///
    /// # Errors
    /// Whole seconds after which it is allowed.
    pub fn admit_genuine(&self, class: C, client: Option<IpAddr>) -> Result<(), u32> {
        let Some(counted) = self.counted(class) else { return Ok(()) };
        let allowed = counted.ledger.lock().share(client, self.now());
        self.note(counted, allowed)
    }

    /// Counts a request by how it was answered ([`Counts::Answered`]).
    pub fn count_answered(&self, class: C, client: Option<IpAddr>, status: StatusCode) {
        if let Some(counted) = self.counted(class)
            && let Counts::Answered(is_counted) = counted.limit.counts
            && is_counted(status)
        {
            counted.ledger.lock().count(client, self.now());
        }
    }

    fn counted(&self, class: C) -> Option<&Counted<C>> {
        self.classes.iter().find(|counted| counted.limit.class == class)
    }

    fn now(&self) -> Nanos {
        Nanos::try_from((self.now)().as_nanos()).unwrap_or(Nanos::MAX)
    }

    /// Writes down that somebody was refused.
    fn note(&self, counted: &Counted<C>, allowed: Result<(), u32>) -> Result<(), u32> {
        allowed.inspect_err(|_| {
            let class = counted.limit.name;
            counter!(series::RATE_LIMITED, "class" => class).increment(1);
            let now = (self.now)().as_secs() + 1;
            let logged_at = counted.logged_at.load(Ordering::Relaxed);
            if logged_at == 0 || now.saturating_sub(logged_at) >= BETWEEN_LINES {
                counted.logged_at.store(now, Ordering::Relaxed);
                tracing::warn!(class, "too many requests: further ones are refused");
            }
        })
    }
}

/// Tells the class of a request; `None`: nothing that is limited.
pub type Classify<C> = Arc<dyn Fn(&Request) -> Option<C> + Send + Sync>;

/// What [`limit_rate`] needs to know.
///
/// There is no default: nobody else knows what costs something here.
///
/// ```compile_fail
/// use axum::{Router, middleware::from_fn};
/// use axum_hardening::rate_limit::limit_rate;
///
/// let _: Router = Router::new().layer(from_fn(limit_rate::<u8>));
/// ```
#[derive(Clone)]
pub struct RateLimit<C> {
    /// The limits, and what is left of them.
    pub limits: Arc<RateLimits<C>>,
    /// What a request is about. Whatever is refused by its headers anyway costs nothing and should not count:
    /// a page elsewhere that is full of such requests must not use up the limit of the people who look at it.
    pub class_of: Classify<C>,
    /// Whose word on the client's address is believed.
    pub trusted_proxies: Arc<[IpNet]>,
}

/// Refuses a request that is one too many. In front of cookies, sessions and bodies, so that a refusal costs
/// nearly nothing.
pub async fn limit_rate<C: Copy + PartialEq + Send + Sync + 'static>(
    State(limit): State<RateLimit<C>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(class) = (limit.class_of)(&request) else { return next.run(request).await };
    let client = client::address_of(request.extensions(), request.headers(), &limit.trusted_proxies);
    if let Err(retry_after) = limit.limits.admit(class, client) {
        let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests. Wait a moment and try again.");
        return refusal.with_retry_after(retry_after).into_response();
    }
    let response = next.run(request).await;
    limit.limits.count_answered(class, client, response.status());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limits of one class, by requests a minute.
    fn limits(counts: Counts, address: u32, together: Option<u32>) -> RateLimits<()> {
        let rule = Rule::per_minute(address, together, Quota { at_once: 3, a_minute: 1 });
        RateLimits::new([Limit { class: (), name: "class", counts, rule }], || Duration::ZERO)
    }

    #[test]
    fn what_is_genuine_counts_among_all_and_what_is_made_up_does_not() {
        let limits = limits(Counts::GenuineAmongAll, 6, Some(72));
        let client = |number: u32| Some(IpAddr::V4((0xC633_0000 + 256 * number).into()));
        for number in 0..1000 {
            assert_eq!(limits.admit((), client(number)), Ok(()), "made up by many");
        }
        let allowed = (0..100).filter(|number| limits.admit_genuine((), client(*number)).is_ok()).count();
        assert!((12..=14).contains(&allowed), "{allowed}");
    }

    #[test]
    fn what_counts_by_its_answer_counts_against_its_sender_only() {
        let limits = limits(Counts::Answered(|status| status == StatusCode::BAD_REQUEST), 600, None);
        let client = |number: u8| Some(IpAddr::from([198, 51, number, 1]));
        for _ in 0..100_000 {
            assert_eq!(limits.admit((), client(1)), Ok(()));
            limits.count_answered((), client(1), StatusCode::NO_CONTENT);
        }
        let twelve = 2..14;
        for attacker in twelve.clone() {
            while limits.admit((), client(attacker)).is_ok() {
                limits.count_answered((), client(attacker), StatusCode::BAD_REQUEST);
            }
        }
        assert_eq!(limits.admit((), client(1)), Ok(()));
        assert!(twelve.clone().all(|attacker| limits.admit((), client(attacker)).is_err()));
    }
}
