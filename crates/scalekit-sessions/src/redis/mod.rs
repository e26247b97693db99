//! Sessions in Redis: for several replicas behind a load balancer. Redis 7 or newer.
//!
//! - `address`: what `SESSION_STORE` may say.
//! - `source`: what a connection is made of.
//! - `connection`: the shared connection, its time limits and its recovery.
//! - `layout`: what lies under which key.
//! - `steps`: the changes, one key each.
//! - `failure`: what goes wrong, in words.
//!
//! **What Redis must be set to.** `maxmemory-policy noeviction`: anything else may drop sessions, or an
//! index, by which a session would no longer be found when its owner ends all of theirs. Persistence
//! (`appendonly yes`), unless everybody may be signed out by a restart. Replication is asynchronous: after a
//! failover a session that was ended just before may be back until its own end, a refreshed one may have its
//! old tokens, and a mark may be forgotten. `min-replicas-to-write` with `min-replicas-max-lag` bounds how
//! much a cut-off master accepts in vain, at the price of refusing writes while replicas are missing; `WAIT`
//! after each write would narrow it further for a round trip to the replicas on every sign-in and sign-out,
//! and still promise nothing: it is not used. A user of its own needs the keys `~PREFIX:*` and the commands
//! `+@read +@write +@scripting +@connection`, behind sentinels also `+role`, in a cluster also
//! `+cluster|slots`.

mod address;
mod connection;
mod failure;
mod layout;
mod source;
mod steps;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::{future::Future, sync::Arc, time::Duration};

use async_trait::async_trait;
use redis::Cmd;
use tokio::time::timeout;

use crate::{
    id::{LeaseHolder, Mark, ProviderSessionKey, SessionKey, UserKey},
    store::{Record, Replaced, SessionStore, StoreError},
};
use connection::Connections;
use layout::{INDEX_SLACK, Keys, seconds_left};

pub use address::{RedisAddress, RedisAddressError};
pub use failure::RedisFailure;
pub use source::RedisOpenError;

/// How long a call of the store may take in all, connecting included.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);

/// A store in Redis. Clones share the connection.
#[derive(Clone)]
pub struct RedisStore {
    connections: Arc<Connections>,
    keys: Arc<Keys>,
}

impl RedisStore {
    /// Prepares the store. Nothing is connected before the first call: the process starts while Redis is
    /// down.
    ///
    /// # Errors
    /// [`RedisOpenError`] if the address's certificates can't be read.
    pub fn open(address: &RedisAddress) -> Result<Self, RedisOpenError> {
        Ok(Self {
            connections: Arc::new(Connections::to(address)?),
            keys: Arc::new(Keys::with_prefix(address.prefix.clone())),
        })
    }

    /// Enters a session into both indexes. Before its record is written or extended: whoever has a record is
    /// found by it.
    async fn index(
        &self,
        key: &SessionKey,
        user: &UserKey,
        provider_session: &ProviderSessionKey,
        ends_at: i64,
        now: i64,
    ) -> Result<(), RedisFailure> {
        let entry = |index: String| {
            steps::INDEX
                .on(index)
                .with(key.as_bytes())
                .with_number(ends_at)
                .with_number(now.saturating_sub(INDEX_SLACK))
                .with_number(seconds_left(ends_at.saturating_add(INDEX_SLACK), now))
        };
        let entries = vec![entry(self.keys.user(user)), entry(self.keys.provider_session(provider_session))];
        self.connections.run_all(entries).await.map(drop)
    }

    /// Takes a removed session out of its owners' indexes. Should this fail, its entries end by themselves.
    async fn unindex(&self, key: &SessionKey, owners: layout::Owners) {
        let removals = owners.indexes(&self.keys).map(|index| removal(&index, key)).collect();
        let _ = self.connections.ask_all(removals).await;
    }

    /// Marks until `until`, unless a mark stands after `time`. Tells whether it has.
    async fn mark_unless(&self, mark: &Mark, until: i64, time: i64, now: i64) -> Result<bool, StoreError> {
        within_limit(async {
            let call = steps::MARK
                .on(self.keys.mark(mark))
                .with(LeaseHolder::generate()?.as_bytes())
                .with_number(until)
                .with_number(time)
                .with_number(seconds_left(until, now));
            Ok(layout::read_count(&self.connections.run(&call).await?)? == 1)
        })
        .await
    }

    /// Removes the sessions of an index. Entries whose record isn't there stay: it may be about to be
    /// written.
    async fn delete_indexed(&self, index: String) -> Result<u64, RedisFailure> {
        let sessions = layout::read_index(self.connections.ask(command("ZRANGE", &index).arg(0).arg(-1)).await?)?;
        let removals = sessions.iter().map(|key| steps::DELETE.on(self.keys.session(key))).collect();
        let mut leftovers = Vec::new();
        let mut count = 0;
        for (key, answer) in sessions.iter().zip(self.connections.run_all(removals).await?) {
            if let Some(owners) = layout::read_deleted(answer)? {
                count += 1;
                leftovers.push(removal(&index, key));
                leftovers.extend(owners.indexes(&self.keys).map(|index| removal(&index, key)));
            }
        }
        // The sessions are gone; should this fail, their entries end by themselves.
        let _ = self.connections.ask_all(leftovers).await;
        Ok(count)
    }
}

fn command(name: &str, key: &str) -> Cmd {
    let mut command = redis::cmd(name);
    command.arg(key);
    command
}

fn removal(index: &str, key: &SessionKey) -> Cmd {
    let mut command = command("ZREM", index);
    command.arg(key.as_bytes());
    command
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX).clamp(1, i64::from(u32::MAX))
}

/// Bounds a whole call: each of its steps has a limit of its own, but there may be several.
async fn within_limit<T>(work: impl Future<Output = Result<T, RedisFailure>> + Send) -> Result<T, StoreError> {
    Ok(timeout(CALL_TIMEOUT, work).await.unwrap_or(Err(RedisFailure::Silent(CALL_TIMEOUT)))?)
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(&self, key: &SessionKey, record: &Record, now: i64) -> Result<(), StoreError> {
        within_limit(async {
            self.index(key, &record.user, &record.provider_session, record.ends_at, now).await?;
            let call = steps::CREATE
                .on(self.keys.session(key))
                .with(record.user.as_bytes())
                .with(record.provider_session.as_bytes())
                .with_number(record.active_at)
                .with_number(record.ends_at)
                .with(&record.claims)
                .with(&record.tokens)
                .with_number(seconds_left(record.ends_at, now));
            match layout::read_count(&self.connections.run(&call).await?)? {
                1 => Ok(()),
                _ => Err(RedisFailure::Exists),
            }
        })
        .await
    }

    async fn load(&self, key: &SessionKey, now: i64) -> Result<Option<Record>, StoreError> {
        within_limit(async {
            let answer = self.connections.ask(command("HMGET", &self.keys.session(key)).arg(&layout::FIELDS)).await;
            layout::sound(answer.and_then(|answer| layout::read_record(answer, now)))
        })
        .await
    }

    async fn replace(
        &self,
        key: &SessionKey,
        expected_version: u64,
        claims: &[u8],
        tokens: &[u8],
        now: i64,
    ) -> Result<Replaced, StoreError> {
        within_limit(async {
            let call = steps::REPLACE
                .on(self.keys.session(key))
                .with_number(expected_version)
                .with(claims)
                .with(tokens)
                .with_number(now);
            match layout::read_count(&self.connections.run(&call).await?)? {
                2 => Ok(Replaced::Yes),
                1 => Ok(Replaced::Changed),
                _ => Ok(Replaced::Gone),
            }
        })
        .await
    }

    async fn touch(&self, key: &SessionKey, active_at: i64, ends_at: i64, now: i64) -> Result<(), StoreError> {
        within_limit(async {
            let session = self.keys.session(key);
            let answer = self.connections.ask(command("HMGET", &session).arg(&layout::FIELDS)).await;
            let Some(record) = layout::sound(answer.and_then(|answer| layout::read_record(answer, now)))? else {
                return Ok(());
            };
            if ends_at > record.ends_at {
                self.index(key, &record.user, &record.provider_session, ends_at, now).await?;
            }
            let call = steps::TOUCH
                .on(session)
                .with_number(active_at)
                .with_number(ends_at)
                .with_number(now)
                .with_number(seconds_left(ends_at, now));
            self.connections.run(&call).await.map(drop)
        })
        .await
    }

    async fn delete(&self, key: &SessionKey) -> Result<bool, StoreError> {
        within_limit(async {
            let answer = self.connections.run(&steps::DELETE.on(self.keys.session(key))).await?;
            let Some(owners) = layout::read_deleted(answer)? else {
                return Ok(false);
            };
            self.unindex(key, owners).await;
            Ok(true)
        })
        .await
    }

    async fn delete_version(&self, key: &SessionKey, expected_version: u64) -> Result<Replaced, StoreError> {
        within_limit(async {
            let call = steps::DELETE_VERSION.on(self.keys.session(key)).with_number(expected_version);
            let answer = self.connections.run(&call).await?;
            if layout::is_other_version(&answer) {
                return Ok(Replaced::Changed);
            }
            let Some(owners) = layout::read_deleted(answer)? else {
                return Ok(Replaced::Gone);
            };
            self.unindex(key, owners).await;
            Ok(Replaced::Yes)
        })
        .await
    }

    async fn list_by_user(&self, user: &UserKey, now: i64) -> Result<Vec<(SessionKey, Record)>, StoreError> {
        within_limit(async {
            let list =
                steps::LIST.on(self.keys.user(user)).with_number(now).with_number(now.saturating_sub(INDEX_SLACK));
            let sessions = layout::read_index(self.connections.run(&list).await?)?;
            let reads = sessions
                .iter()
                .map(|key| {
                    let mut read = command("HMGET", &self.keys.session(key));
                    read.arg(&layout::FIELDS);
                    read
                })
                .collect();
            let mut records = Vec::new();
            for (key, answer) in sessions.into_iter().zip(self.connections.ask_each(reads).await?) {
                let record = layout::sound(answer.and_then(|answer| layout::read_record(answer, now)))?;
                records.extend(record.map(|record| (key, record)));
            }
            Ok(records)
        })
        .await
    }

    async fn delete_by_user(&self, user: &UserKey) -> Result<u64, StoreError> {
        within_limit(self.delete_indexed(self.keys.user(user))).await
    }

    async fn delete_by_provider_session(&self, session: &ProviderSessionKey) -> Result<u64, StoreError> {
        within_limit(self.delete_indexed(self.keys.provider_session(session))).await
    }

    /// Nothing to do: Redis ends everything by itself.
    async fn delete_ended(&self, _now: i64) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn acquire_lease(&self, key: &SessionKey, holder: &LeaseHolder, time: Duration) -> Result<bool, StoreError> {
        within_limit(async {
            let call = steps::ACQUIRE.on(self.keys.lease(key)).with(holder.as_bytes()).with_number(milliseconds(time));
            Ok(layout::read_count(&self.connections.run(&call).await?)? == 1)
        })
        .await
    }

    async fn renew_lease(&self, key: &SessionKey, holder: &LeaseHolder, time: Duration) -> Result<bool, StoreError> {
        within_limit(async {
            let call = steps::RENEW.on(self.keys.lease(key)).with(holder.as_bytes()).with_number(milliseconds(time));
            Ok(layout::read_count(&self.connections.run(&call).await?)? == 1)
        })
        .await
    }

    async fn release_lease(&self, key: &SessionKey, holder: &LeaseHolder) -> Result<(), StoreError> {
        within_limit(async {
            self.connections.run(&steps::RELEASE.on(self.keys.lease(key)).with(holder.as_bytes())).await.map(drop)
        })
        .await
    }

    async fn mark(&self, mark: &Mark, until: i64, now: i64) -> Result<bool, StoreError> {
        self.mark_unless(mark, until, now, now).await
    }

    async fn mark_at_least(&self, mark: &Mark, until: i64, now: i64) -> Result<(), StoreError> {
        self.mark_unless(mark, until, until, now).await.map(drop)
    }

    async fn is_marked(&self, mark: &Mark, now: i64) -> Result<bool, StoreError> {
        within_limit(async {
            layout::read_mark(self.connections.ask(&command("GET", &self.keys.mark(mark))).await?, now)
        })
        .await
    }

    async fn unmark(&self, mark: &Mark) -> Result<(), StoreError> {
        within_limit(async { self.connections.ask(&command("DEL", &self.keys.mark(mark))).await.map(drop) }).await
    }

    /// Reads a key. `PING` would be answered where no key can be read, too: by each node of a cluster that is
    /// down.
    async fn ping(&self) -> Result<(), StoreError> {
        within_limit(async { self.connections.ask(&command("GET", &self.keys.probe())).await.map(drop) }).await
    }
}
