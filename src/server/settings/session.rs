//! Where sessions are kept, under which keys and for how long: `SESSION_*`.

use std::{num::NonZeroU32, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use super::{DEVELOPMENT_SECRET_FILE, Environment, Problems, Source, StoreAddress, source, values::number};
use crate::server::session::{limits::Limits, seal::KeyRing};

/// Below, the minute between two notes of activity would matter.
const LEAST_IDLE_MINUTES: u32 = 5;

pub(super) fn store(source: &Source, environment: Environment, problems: &mut Problems) -> Option<StoreAddress> {
    let text = source.text("SESSION_STORE", "session.store").unwrap_or_default();
    match StoreAddress::parse(&text, environment) {
        Ok(address) => Some(address),
        Err(refusal) => {
            problems.add("SESSION_STORE", "session.store", refusal.why, refusal.example);
            None
        }
    }
}

pub(super) fn key_ring(source: &Source, environment: Environment, problems: &mut Problems) -> Option<KeyRing> {
    const EXAMPLE: &str = "SESSION_SECRET=$(openssl rand -base64 32)";
    let mut refuse = |why: String| {
        problems.add("SESSION_SECRET", "session.secret", why, EXAMPLE);
        None
    };
    let text = SecretString::from(source.text("SESSION_SECRET", "session.secret").unwrap_or_default());
    let text = match (text.expose_secret().trim(), environment) {
        ("", Environment::Production) => return refuse("is not set".to_owned()),
        ("", Environment::Development) => match source::development_secret(DEVELOPMENT_SECRET_FILE.as_ref()) {
            Ok(secret) => secret,
            Err(error) => {
                return refuse(format!("is not set, and {DEVELOPMENT_SECRET_FILE} can't be made: {error}"));
            }
        },
        _ => text,
    };
    KeyRing::parse(&text).map_or_else(|error| refuse(error.to_string()), Some)
}

pub(super) fn limits(source: &Source, problems: &mut Problems) -> Option<Limits> {
    let mut whole = |variable, key, wanted| number::<NonZeroU32>(source, variable, key, wanted, problems);
    let hours = whole("SESSION_LIFETIME_HOURS", "session.lifetime-hours", "a whole number of hours such as 720");
    let minutes = whole("SESSION_IDLE_MINUTES", "session.idle-minutes", "a whole number of minutes such as 10080");
    let per_user = whole("SESSION_MAX_PER_USER", "session.max-per-user", "a whole number of sessions such as 20");
    if minutes.is_some_and(|minutes| minutes.get() < LEAST_IDLE_MINUTES) {
        let what = format!("must be at least {LEAST_IDLE_MINUTES}: activity is noted once a minute");
        problems.add("SESSION_IDLE_MINUTES", "session.idle-minutes", what, "SESSION_IDLE_MINUTES=30");
        return None;
    }
    Some(Limits {
        lifetime: Duration::from_secs(u64::from(hours?.get()) * 3600),
        idle: Duration::from_secs(u64::from(minutes?.get()) * 60),
        per_user: per_user?,
    })
}
