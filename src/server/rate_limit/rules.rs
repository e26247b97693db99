//! What is limited and how much of it is allowed, by `RATE_LIMIT` and otherwise by [`Rules::default`]. Who has had how much is in
//! `ledger`.

use std::fmt;

use super::ledger::Quota;

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
}

/// How much of one class is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// For one address; the networks around it have a multiple.
    pub address: Quota,
    /// For all clients of this process. Without one, nothing that this limit could protect is ever reached by a stranger.
    pub together: Option<Quota>,
    /// Whoever has asked for no more lately is a stranger, for whom a half of `together` is kept.
    pub stranger: Quota,
}

impl Rule {
    /// By requests a minute. A school or an office may have one address, and what it asks for comes within moments, when a lesson
    /// begins: half a minute's requests are allowed at once.
    const fn of(class: Class, address: u32, together: u32) -> Self {
        let stranger = match class {
            Class::ServerFunction => Quota { at_once: 30, a_minute: 10 },
            Class::LoginStart | Class::Callback | Class::Notification => Quota { at_once: 3, a_minute: 1 },
        };
        let together = match class {
            // Only what is signed by nobody counts at all: whoever holds the key is the provider, who says nothing twice.
            Class::Notification => None,
            _ => Some(Quota { at_once: together / 6, a_minute: together }),
        };
        Self { address: Quota { at_once: address / 2, a_minute: address }, together, stranger }
    }
}

/// How much is allowed of each class. The figures are also in docs/operations.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules([Rule; Class::ALL.len()]);

impl Default for Rules {
    fn default() -> Self {
        Self([
            Rule::of(Class::LoginStart, 600, 12_000),
            Rule::of(Class::Callback, 600, 9000),
            Rule::of(Class::ServerFunction, 1200, 120_000),
            Rule::of(Class::Notification, 600, 0),
        ])
    }
}

impl Rules {
    /// The rule of a class.
    #[must_use]
    pub const fn of(&self, class: Class) -> Rule {
        self.0[class as usize]
    }

    /// The defaults, but for what `text` names: `login_start=600/12000, callback=600/9000`, each an address's requests a minute and
    /// everybody's.
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
            // So that no network can use up what all have: the widest has four times an address's, and half is kept for strangers.
            if address < LEAST || together / LEAST_SHARES < address {
                return Err(format!(
                    "has {entry:?} in it: an address needs at least {LEAST} requests a minute, and all at least {LEAST_SHARES} times as many"
                ));
            }
            rules.0[class as usize] = Rule::of(class, address, together);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_set_class_by_class_and_shown_as_they_are_set() {
        assert_eq!(
            Rules::default().to_string(),
            "login_start=600/12000, callback=600/9000, server_function=1200/120000"
        );
        assert_eq!(Rules::parse(&Rules::default().to_string()), Ok(Rules::default()));
        let rules = Rules::parse("callback = 3000 / 36000").unwrap();
        assert_eq!(rules.of(Class::Callback), Rule::of(Class::Callback, 3000, 36_000));
        assert_eq!(rules.of(Class::LoginStart), Rules::default().of(Class::LoginStart));
    }

    #[test]
    fn limits_that_can_not_be_read_or_protect_nobody_are_named() {
        for (text, named) in [
            ("", "\"\" in it; it must be on, off"),
            ("yes", "\"yes\" in it; it must be on, off"),
            ("login=600/12000", "\"login=600/12000\" in it; it must be on, off"),
            ("notification=600/12000", "limits of login_start, callback and server_function"),
            ("callback=600", "\"callback=600\" in it, which is not callback=ADDRESS/ALL"),
            ("login_start=600/12000, callback=-1/5", "\"callback=-1/5\""),
            ("login_start=600/12000,", "\"\" in it"),
            ("callback=0/9000", "at least 6 requests"),
            ("callback=600/7199", "at least 12 times as many"),
        ] {
            let error = Rules::parse(text).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
