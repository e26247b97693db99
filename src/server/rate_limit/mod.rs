//! How often what costs something may be asked for: starts and ends of sign-ins, server functions, notifications. By client address and
//! the networks around it, and all clients together. Whoever is beyond the limit gets 429 and is told when to come again.
//!
//! In front of cookies, sessions and bodies, so that a refusal costs nearly nothing. What is refused in any case by its headers (`navigation`,
//! `csrf`) is not counted: a page elsewhere that is full of such requests must not use up the limit of the people who look at it. What strangers can
//! make up counts for themselves only: an end of a sign-in among all once its attempt is genuine, a notification only if it is not. Each process
//! counts for itself: docs/decisions/0010-rate-limits-in-each-process.md. Pages are not limited: they cost what a read of the store costs, and a
//! person who can't see why something fails would be worse off.

mod ledger;
mod rules;

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use scalekit_sessions::Clock;

use self::ledger::{Ledger, Nanos};
pub use self::{
    ledger::Quota,
    rules::{Class, Rule, Rules},
};
use super::{client_address, csrf, metrics, navigation, state::AppState};
use crate::error::AppError;

/// Seconds between two lines in the log about refusals of one kind: the log must not be what is flooded.
const BETWEEN_LINES: i64 = 60;

/// The limits of one process and what is left of them.
pub struct RateLimits {
    clock: Clock,
    classes: [Counted; Class::ALL.len()],
}

struct Counted {
    ledger: Mutex<Ledger>,
    /// When the log last said something; seconds of the clock.
    logged_at: AtomicI64,
}

impl RateLimits {
    /// Limits that nobody has used yet.
    #[must_use]
    pub fn new(rules: &Rules, clock: &Clock) -> Self {
        let classes = Class::ALL.map(|class| Counted {
            ledger: Mutex::new(Ledger::new(rules.of(class))),
            logged_at: AtomicI64::new(i64::MIN),
        });
        Self { clock: clock.clone(), classes }
    }

    /// Counts a request when it comes, as far as it counts then.
    ///
    /// # Errors
    /// Whole seconds after which the next one is allowed.
    fn admit(&self, class: Class, client: Option<IpAddr>) -> Result<(), u32> {
        let now = self.now();
        let mut ledger = self.ledger(class);
        let allowed = ledger.check(client, now).and_then(|()| match class {
            Class::LoginStart | Class::ServerFunction => ledger.share(client, now),
            Class::Callback | Class::Notification => Ok(()),
        });
        if allowed.is_ok() && class != Class::Notification {
            ledger.count(client, now);
        }
        drop(ledger);
        self.note(class, allowed)
    }

    /// Counts the end of a genuine sign-in attempt among all.
    ///
    /// # Errors
    /// Whole seconds after which it is allowed.
    pub fn admit_genuine_callback(&self, client: Option<IpAddr>) -> Result<(), u32> {
        let allowed = self.ledger(Class::Callback).share(client, self.now());
        self.note(Class::Callback, allowed)
    }

    /// Counts a notification that turned out to be nobody's.
    fn count_false_notification(&self, client: Option<IpAddr>) {
        self.ledger(Class::Notification).count(client, self.now());
    }

    fn ledger(&self, class: Class) -> MutexGuard<'_, Ledger> {
        // Every change is an assignment of a finished value: a panic elsewhere leaves nothing half-changed.
        self.classes[class as usize].ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Nanos {
        Nanos::try_from(self.clock.running_for().as_nanos()).unwrap_or(Nanos::MAX)
    }

    /// Writes down that somebody was refused.
    fn note(&self, class: Class, allowed: Result<(), u32>) -> Result<(), u32> {
        allowed.inspect_err(|_| {
            metrics::rate_limited(class.name());
            let logged_at = &self.classes[class as usize].logged_at;
            let now = self.clock.elapsed();
            if now.saturating_sub(logged_at.load(Ordering::Relaxed)) >= BETWEEN_LINES {
                logged_at.store(now, Ordering::Relaxed);
                tracing::warn!(class = class.name(), "too many requests: further ones are refused");
            }
        })
    }
}

/// Refuses a request that is one too many.
pub async fn limit_rate(
    State(state): State<Arc<AppState>>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let class = route.as_ref().and_then(|route| class_of(route.as_str()));
    let (Some(limits), Some(class)) = (&state.rate_limits, class) else {
        return next.run(request).await;
    };
    if is_refused_anyway(&state, class, &request) {
        return next.run(request).await;
    }
    let client = client_address::of(request.extensions(), request.headers(), &state.settings.trusted_proxies);
    if let Err(retry_after) = limits.admit(class, client) {
        return AppError::TooManyRequests { retry_after }.into_response();
    }
    let response = next.run(request).await;
    if class == Class::Notification && is_nobodys(response.status()) {
        limits.count_false_notification(client);
    }
    response
}

/// Whether a notification was refused for what it is: not signed, or old. What is the provider's but can't be handled now says nothing
/// against its sender.
fn is_nobodys(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::CONFLICT
}

/// Whether the request's method and headers are enough to refuse it, which costs nothing.
fn is_refused_anyway(state: &AppState, class: Class, request: &Request) -> bool {
    match class {
        // Its function is posted to.
        Class::Callback if *request.method() == Method::POST => {
            csrf::refusal(request, &state.settings.app_url).is_some()
        }
        Class::LoginStart | Class::Callback => {
            navigation::refusal(request.method(), request.headers()).is_some()
                || csrf::refusal(request, &state.settings.app_url).is_some()
        }
        Class::ServerFunction => csrf::refusal(request, &state.settings.app_url).is_some(),
        Class::Notification => false,
    }
}

/// By the route that was matched.
fn class_of(route: &str) -> Option<Class> {
    match route {
        "/auth/login" => Some(Class::LoginStart),
        // The page calls the function, and so can anybody.
        "/auth/callback" | "/api/exchange_code" => Some(Class::Callback),
        "/auth/backchannel-logout" | "/webhooks/scalekit" => Some(Class::Notification),
        "/logout" => Some(Class::ServerFunction),
        route if route.starts_with("/api/") => Some(Class::ServerFunction),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::routes;

    #[test]
    fn every_endpoint_is_limited() {
        for rule in routes::ENDPOINTS {
            assert!(class_of(rule.path).is_some(), "{}", rule.path);
        }
        for way in ["/auth/callback", "/api/exchange_code"] {
            assert_eq!(class_of(way), Some(Class::Callback), "{way}");
        }
    }

    #[test]
    fn a_sign_ins_end_counts_among_all_once_its_attempt_is_genuine() {
        let limits = RateLimits::new(&Rules::parse("callback=6/72").unwrap(), &Clock::default());
        let client = |number: u32| Some(IpAddr::V4((0xC633_0000 + 256 * number).into()));
        for number in 0..1000 {
            assert_eq!(limits.admit(Class::Callback, client(number)), Ok(()), "made up by many");
        }
        let allowed = (0..100).filter(|number| limits.admit_genuine_callback(client(*number)).is_ok()).count();
        assert!((12..=14).contains(&allowed), "{allowed}");
    }

    #[test]
    fn of_notifications_only_nobodys_count_and_for_their_sender_only() {
        let limits = RateLimits::new(&Rules::default(), &Clock::default());
        let client = |number: u8| Some(IpAddr::from([198, 51, number, 1]));
        for _ in 0..100_000 {
            assert_eq!(limits.admit(Class::Notification, client(1)), Ok(()), "the provider's");
        }
        let twelve = 2..14;
        for attacker in twelve.clone() {
            while limits.admit(Class::Notification, client(attacker)).is_ok() {
                limits.count_false_notification(client(attacker));
            }
        }
        assert_eq!(limits.admit(Class::Notification, client(1)), Ok(()));
        assert!(twelve.clone().all(|attacker| limits.admit(Class::Notification, client(attacker)).is_err()));
    }
}
