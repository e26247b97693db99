//! What of this application is limited, and how much of it is allowed: by `RATE_LIMIT`, and otherwise by
//! [`Rules::default`]. Pages are not limited: they cost what a read of the store costs, and a person who
//! can't see why something fails would be worse off. Who has had how much: `axum_hardening::rate_limit`. Each
//! process counts for itself: docs/decisions/0010-rate-limits-in-each-process.md.

use std::{fmt, time::Duration};

use axum::http::StatusCode;
use axum_hardening::rate_limit::{Counts, Limit, Quota, RateLimits, Rule};

use crate::access::{FUNCTIONS, function};

/// What a request is about, as far as limits go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// `/auth/login`: seals a cookie.
    LoginStart,
    /// `/auth/callback` and the function behind it: may call the provider's token endpoint.
    Callback,
    /// Any other `/api/…`, and the page that asks whether to sign out: reads the store, or the provider.
    ServerFunction,
    /// Logout tokens and webhooks: verifies signatures.
    Notification,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::LoginStart, Self::Callback, Self::ServerFunction, Self::Notification];

    /// The class in `RATE_LIMIT`, in metrics and in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LoginStart => "login_start",
            Self::Callback => "callback",
            Self::ServerFunction => "server_function",
            Self::Notification => "notification",
        }
    }

    /// By the route that was matched.
    #[must_use]
    pub fn of(route: &str) -> Option<Self> {
        match route {
            "/auth/login" => Some(Self::LoginStart),
            // The page calls the function, and so can anybody.
            "/auth/callback" | function!("exchange_code") => Some(Self::Callback),
            "/auth/backchannel-logout" | "/webhooks/scalekit" => Some(Self::Notification),
            "/logout" => Some(Self::ServerFunction),
            route if route.starts_with(FUNCTIONS) => Some(Self::ServerFunction),
            _ => None,
        }
    }

    /// What strangers can make up counts against themselves only: an end of a sign-in among all once its
    /// attempt is genuine, a notification only if it is not.
    const fn counts(self) -> Counts {
        match self {
            Self::LoginStart | Self::ServerFunction => Counts::Everything,
            Self::Callback => Counts::GenuineAmongAll,
            Self::Notification => Counts::Answered(is_nobodys),
        }
    }
}

/// Whether a notification was refused for what it is: not signed, or old. What is the provider's but can't be
/// handled now says nothing against its sender.
fn is_nobodys(status: StatusCode) -> bool {
    status.is_client_error() && status != StatusCode::CONFLICT
}

const fn rule_of(class: Class, address: u32, together: u32) -> Rule {
    let stranger = match class {
        Class::ServerFunction => Quota { at_once: 30, a_minute: 10 },
        Class::LoginStart | Class::Callback | Class::Notification => Quota { at_once: 3, a_minute: 1 },
    };
    let together = match class {
        // Only what nobody signed counts: whoever holds the key is the provider, who says nothing twice.
        Class::Notification => None,
        _ => Some(together),
    };
    Rule::per_minute(address, together, stranger)
}

/// How much is allowed of each class. The figures are also in docs/operations.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules([Rule; Class::ALL.len()]);

impl Default for Rules {
    fn default() -> Self {
        Self([
            rule_of(Class::LoginStart, 600, 12_000),
            rule_of(Class::Callback, 600, 9000),
            rule_of(Class::ServerFunction, 1200, 120_000),
            rule_of(Class::Notification, 600, 0),
        ])
    }
}

impl Rules {
    /// The limits that these rules make, used by nobody yet. `now` is a clock that never goes back.
    #[must_use]
    pub fn limits(&self, now: impl Fn() -> Duration + Send + Sync + 'static) -> RateLimits<Class> {
        let limit = |class: Class| Limit { class, name: class.name(), counts: class.counts(), rule: self.of(class) };
        RateLimits::new(Class::ALL.map(limit), now)
    }

    #[must_use]
    pub const fn of(&self, class: Class) -> Rule {
        self.0[class as usize]
    }

    /// The defaults, but for what `text` names: `login_start=600/12000, callback=600/9000`, each an address's
    /// requests a minute and everybody's.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut rules = Self::default();
        for entry in text.split(',').map(str::trim) {
            let (name, figures) = entry.split_once('=').unwrap_or((entry, ""));
            let class = Class::ALL.into_iter().find(|class| class.name() == name.trim());
            let class = class.filter(|class| rules.of(*class).together.is_some());
            let class = class.ok_or_else(|| {
                format!(
                    "has {entry:?} in it; it must be on, off, or limits of login_start, callback and server_function"
                )
            })?;
            let figures = figures
                .split_once('/')
                .and_then(|(address, together)| Some((address.trim().parse().ok()?, together.trim().parse().ok()?)));
            let (address, together): (u32, u32) = figures
                .ok_or_else(|| format!("has {entry:?} in it, which is not {name}=ADDRESS/ALL, in requests a minute"))?;
            // No network uses up what all have: the widest has four times an address's, strangers keep half.
            if address < LEAST || together / LEAST_SHARES < address {
                return Err(format!(
                    "has {entry:?} in it: an address needs at least {LEAST} requests a minute, and all at least {LEAST_SHARES} times as many"
                ));
            }
            rules.0[class as usize] = rule_of(class, address, together);
        }
        Ok(rules)
    }
}

/// Requests a minute that any client must be allowed.
const LEAST: u32 = 6;

/// So many times what one address may, all may together at least.
const LEAST_SHARES: u32 = 12;

impl fmt::Display for Rules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settable = Class::ALL.into_iter().filter_map(|class| Some((class, self.of(class).together?)));
        for (index, (class, together)) in settable.enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            let address = self.of(class).address.a_minute;
            write!(formatter, "{separator}{}={address}/{}", class.name(), together.a_minute)?;
        }
        Ok(())
    }
}
