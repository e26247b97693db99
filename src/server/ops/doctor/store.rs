//! Whether sessions can be kept: a real record is written, read and deleted.

use std::{error::Error, time::Duration};

use axum_hardening::log::with_causes;
use scalekit_sessions::{
    Record, SessionId, SessionKey, SessionStore, StoreAddress, StoreError,
    id::{ProviderSessionKey, UserKey},
    open_store,
};

use super::{Outcome, Report};
use crate::server::settings::example_store;

/// Longer than any store needs that works.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Seconds after which the record ends by itself if it could not be deleted.
const RECORD_LIFETIME: i64 = 60;

const TO_DO: &str = "Check SESSION_STORE, and that this process may read and write there";

pub(super) async fn check(address: &StoreAddress, now: i64, report: &mut Report) {
    if !address.outlives_the_process() {
        let message = format!("{address} forgets every session when the process ends");
        report.add("store", Outcome::Warning, message, format!("Set SESSION_STORE={}", example_store()));
        return;
    }
    match tokio::time::timeout(TIME_LIMIT, try_record(address, now)).await {
        Ok(Ok(())) => report.ok("store", format!("{address}: a record was written, read and deleted")),
        Ok(Err(fault)) => report.add("store", Outcome::Failure, format!("{address}: {}", with_causes(&fault)), TO_DO),
        Err(_) => {
            let message = format!("{address} did not answer within {} s", TIME_LIMIT.as_secs());
            report.add("store", Outcome::Failure, message, TO_DO);
        }
    }
}

/// What did not work.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("it can't be opened")]
    Open(#[source] Box<dyn Error + Send + Sync>),
    #[error("a record can't be {0}")]
    Step(&'static str, #[source] StoreError),
    #[error("a record that was written is read as another one, or not at all")]
    Forgetful,
    #[error("a deleted record is still there")]
    Undead,
    #[error("the operating system gave no randomness")]
    NoRandomness,
}

async fn try_record(address: &StoreAddress, now: i64) -> Result<(), Fault> {
    let store = open_store(address).map_err(|error| Fault::Open(error.into()))?;
    let key = SessionId::generate().map_err(|_| Fault::NoRandomness)?.key();
    // Nobody's: the store knows users and sessions by hashes of their `usr_…` and `ses_…` identifiers.
    let record = Record {
        version: 1,
        user: UserKey::of("leptos-scalekit check"),
        provider_session: ProviderSessionKey::of("leptos-scalekit check"),
        active_at: now,
        ends_at: now.saturating_add(RECORD_LIFETIME),
        claims: b"leptos-scalekit check".to_vec(),
        tokens: b"leptos-scalekit check".to_vec(),
    };
    let read = write_and_read(&*store, &key, &record, now).await;
    // Whatever was read.
    let deleted = store.delete(&key).await.map_err(|error| Fault::Step("deleted", error));
    read?;
    deleted?;
    match store.load(&key, now).await.map_err(|error| Fault::Step("read", error))? {
        None => Ok(()),
        Some(_) => Err(Fault::Undead),
    }
}

async fn write_and_read(store: &dyn SessionStore, key: &SessionKey, record: &Record, now: i64) -> Result<(), Fault> {
    store.create(key, record, now).await.map_err(|error| Fault::Step("written", error))?;
    let read = store.load(key, now).await.map_err(|error| Fault::Step("read", error))?;
    if read.as_ref() == Some(record) { Ok(()) } else { Err(Fault::Forgetful) }
}
