//! How often what costs something may be asked for: starts and ends of sign-ins, server functions, notifications. By client address, and
//! all clients together. Whoever is beyond the limit gets 429 and is told when to come again.
//!
//! In front of cookies, sessions and bodies, so that a refusal costs nearly nothing. What is refused in any case by its headers (`navigation`,
//! `csrf`) is not counted: a page elsewhere that is full of such requests must not use up the limit of the people who look at it. Each process counts for itself:
//! docs/decisions/0010-rate-limits-in-each-process.md. Pages are not limited: they cost what a read of the store costs, and a person who can't see
//! why something fails would be worse off.

mod limiter;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};

use self::limiter::{Limiter, Quota};
use super::{
    client_address,
    clock::Clock,
    csrf, metrics, navigation,
    problem::{self, Asker},
    state::AppState,
};
use crate::error::AppError;

/// Seconds between two lines in the log about refusals of one kind: the log must not be what is flooded.
const BETWEEN_LINES: i64 = 60;

/// What a request is about, as far as limits go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// `/auth/login`: seals a cookie.
    LoginStart,
    /// `/auth/callback` and the function behind it: may call the provider's token endpoint.
    Callback,
    /// Any other `/api/…`: reads the store, or the provider.
    ServerFunction,
    /// Logout tokens and webhooks: verifies signatures.
    Notification,
}

/// One class and what is allowed of it. An office may have one address for a thousand people, so the limits of an address leave room
/// for all of them to sign in one morning; those of all clients protect the process and the provider.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Which requests.
    pub class: Class,
    /// The class in metrics and in the log.
    pub name: &'static str,
    /// For one client address.
    pub by_address: Quota,
    /// For all clients of this process.
    pub together: Quota,
}

/// Every class. The figures are also in docs/operations.md.
pub const RULES: [Rule; 4] = [
    Rule {
        class: Class::LoginStart,
        name: "login_start",
        by_address: Quota { at_once: 60, a_minute: 120 },
        together: Quota { at_once: 2000, a_minute: 12_000 },
    },
    Rule {
        class: Class::Callback,
        name: "callback",
        by_address: Quota { at_once: 60, a_minute: 120 },
        together: Quota { at_once: 500, a_minute: 6000 },
    },
    Rule {
        class: Class::ServerFunction,
        name: "server_function",
        by_address: Quota { at_once: 300, a_minute: 1200 },
        together: Quota { at_once: 5000, a_minute: 120_000 },
    },
    Rule {
        class: Class::Notification,
        name: "notification",
        by_address: Quota { at_once: 500, a_minute: 3000 },
        together: Quota { at_once: 1000, a_minute: 6000 },
    },
];

/// The limits of one process and what is left of them.
pub struct RateLimits {
    clock: Clock,
    classes: [Counted; RULES.len()],
}

struct Counted {
    rule: Rule,
    by_address: Limiter<Network>,
    together: Limiter<()>,
    /// When the log last said something; seconds of the clock.
    logged_at: AtomicI64,
}

/// What counts as one client: an address, or with IPv6 the network that a subscriber has for itself. `None`: nobody knows.
type Network = Option<IpAddr>;

impl RateLimits {
    /// Limits that nobody has used yet.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let classes = RULES.map(|rule| Counted {
            rule,
            by_address: Limiter::new(rule.by_address, clock.clone()),
            together: Limiter::new(rule.together, clock.clone()),
            logged_at: AtomicI64::new(i64::MIN),
        });
        Self { clock: clock.clone(), classes }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// Whole seconds after which the next one is allowed.
    fn admit(&self, class: Class, client: Option<IpAddr>) -> Result<(), u32> {
        let Some(counted) = self.classes.iter().find(|counted| counted.rule.class == class) else { return Ok(()) };
        let allowed = counted.by_address.admit(&client.map(network)).and_then(|()| counted.together.admit(&()));
        allowed.inspect_err(|_| {
            metrics::rate_limited(counted.rule.name);
            let now = self.clock.elapsed();
            let last = counted.logged_at.load(Ordering::Relaxed);
            if now.saturating_sub(last) >= BETWEEN_LINES {
                counted.logged_at.store(now, Ordering::Relaxed);
                tracing::warn!(class = counted.rule.name, ?client, "too many requests: further ones are refused");
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
    let client = client_address::of(&request, &state.settings.trusted_proxies);
    match limits.admit(class, client) {
        Ok(()) => next.run(request).await,
        Err(retry_after) => {
            let asker = Asker::of(request.method(), request.uri(), request.headers());
            problem::respond(&state, &AppError::TooManyRequests { retry_after }, &asker)
        }
    }
}

/// Whether the request's method and headers are enough to refuse it, which costs nothing.
fn is_refused_anyway(state: &AppState, class: Class, request: &Request) -> bool {
    match class {
        // Its function is posted to.
        Class::Callback if *request.method() == Method::POST => {
            csrf::refusal(request, &state.settings.app_url).is_some()
        }
        Class::LoginStart | Class::Callback => navigation::refusal(request.method(), request.headers()).is_some(),
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
        route if route.starts_with("/api/") => Some(Class::ServerFunction),
        _ => None,
    }
}

/// Whoever has an IPv6 address has a /64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address @ IpAddr::V4(_) => address,
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
    fn a_whole_ipv6_network_is_one_client_and_an_ipv4_address_is_one() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_ne!(of("2001:db8:1:2::"), of("2001:db8:1:3::"));
        assert_eq!(of("::ffff:198.51.100.1"), "198.51.100.1");
    }

    #[test]
    fn one_client_can_not_use_up_what_all_have_together() {
        for rule in RULES {
            assert!(rule.by_address.at_once * 2 <= rule.together.at_once, "{}", rule.name);
            assert!(rule.by_address.a_minute * 2 <= rule.together.a_minute, "{}", rule.name);
        }
    }
}
