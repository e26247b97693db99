//! Where sessions are kept, under which keys and for how long: `SESSION_*`.

use std::{num::NonZeroU32, time::Duration};

use scalekit_sessions::{KeyRing, Limits, StoreAddress};
use secrecy::{ExposeSecret, SecretString};

use super::{
    DEVELOPMENT_SECRET_FILE, Environment, Problems, Source, development_secret, examples, store_address,
    table::{
        SESSION_IDLE_MINUTES, SESSION_LIFETIME_HOURS, SESSION_MAX_PER_USER, SESSION_SECRET, SESSION_STORE, Setting,
    },
    values::number,
};

/// Below, the minute between two notes of activity would matter.
const LEAST_IDLE_MINUTES: u32 = 5;

pub(super) fn store(source: &Source, environment: Environment, problems: &mut Problems) -> Option<StoreAddress> {
    let text = source.text(SESSION_STORE).unwrap_or_default();
    match store_address::parse(&text, environment) {
        Ok(address) => Some(address),
        Err(refusal) => {
            problems.add_with(SESSION_STORE, refusal.why, refusal.example);
            None
        }
    }
}

/// `is_public`: whether others than this machine reach the site, whatever the environment is called.
pub(super) fn key_ring(
    source: &Source,
    environment: Environment,
    is_public: bool,
    problems: &mut Problems,
) -> Option<KeyRing> {
    let mut refuse = |why: String| {
        problems.add(SESSION_SECRET, why);
        None
    };
    let text = SecretString::from(source.text(SESSION_SECRET).unwrap_or_default());
    let text = match (text.expose_secret().trim(), environment) {
        ("", Environment::Production) => return refuse("is not set".to_owned()),
        ("", Environment::Development) => match development_secret::read_or_make(DEVELOPMENT_SECRET_FILE.as_ref()) {
            Ok(secret) => secret,
            Err(error) => {
                return refuse(format!("is not set, and {DEVELOPMENT_SECRET_FILE} can't be made: {error}"));
            }
        },
        _ => text,
    };
    let ring = match KeyRing::parse_with_former_names(&text, &store_address::APPLICATION_NAMES) {
        Ok(ring) => ring,
        Err(error) => return refuse(error.to_string()),
    };
    match examples::of_session_secret(&text) {
        Some(why) if environment == Environment::Production || is_public => refuse(why),
        _ => Some(ring),
    }
}

pub(super) fn limits(source: &Source, problems: &mut Problems) -> Option<Limits> {
    let mut whole =
        |setting: Setting, unit| number::<NonZeroU32>(source, setting, &format!("a whole number of {unit}"), problems);
    let hours = whole(SESSION_LIFETIME_HOURS, "hours");
    let minutes = whole(SESSION_IDLE_MINUTES, "minutes");
    let per_user = whole(SESSION_MAX_PER_USER, "sessions");
    if minutes.is_some_and(|minutes| minutes.get() < LEAST_IDLE_MINUTES) {
        let what = format!("must be at least {LEAST_IDLE_MINUTES}: activity is noted once a minute");
        problems.add(SESSION_IDLE_MINUTES, what);
        return None;
    }
    Some(Limits {
        lifetime: Duration::from_secs(u64::from(hours?.get()) * 3600),
        idle: Duration::from_secs(u64::from(minutes?.get()) * 60),
        per_user: per_user?,
    })
}
