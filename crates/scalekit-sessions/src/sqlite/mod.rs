//! Sessions in an SQLite file: the default, for one machine.
//!
//! Write-ahead log, one writing connection and a few reading ones, each used on Tokio's blocking threads. Two
//! processes may share the file, so that a new release can start before the old one stops; replicas on
//! several machines need a store on the network.

mod clock;
mod connection;
mod file;
mod open_files;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use rusqlite::{Error, OptionalExtension as _, Row, params};

use crate::{
    id::{LeaseHolder, Mark, ProviderSessionKey, SessionKey, UserKey},
    metrics,
    store::{Record, Replaced, SessionStore, StoreError},
};
use clock::milliseconds;
use connection::Connections;

pub use connection::OpenError;
pub(crate) use file::file_of;

/// So many rows are removed at once, and then others get to write: the file has one writer at a time, and
/// each removed row is overwritten with zeros.
const SWEPT_AT_ONCE: u32 = 250;

/// How long a sweep makes way. Another process looks for the lock every few milliseconds.
const SWEEP_PAUSE: Duration = Duration::from_millis(20);

/// No lease is taken for longer, in milliseconds. One that seems to last longer was taken by another clock:
/// before the machine was started anew, or by an earlier release.
const LONGEST_LEASE: i64 = 60_000;

/// Keeps a mark, unless it stands already.
const MARK: &str = "INSERT INTO marks (mark, until) VALUES (?1, ?2)
                    ON CONFLICT (mark) DO UPDATE SET until = excluded.until WHERE marks.until <= ?3";

/// A store in one SQLite database file.
#[derive(Clone)]
pub struct SqliteStore {
    connections: Arc<Connections>,
}

impl SqliteStore {
    /// Opens the database, and makes it and its folder if need be, readable by its owner only.
    ///
    /// # Errors
    /// [`OpenError`] says which file and why.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self { connections: Arc::new(Connections::open(path)?) })
    }

    /// Runs one changing statement and tells how many rows it changed.
    async fn change(
        &self,
        statement: &'static str,
        parameters: impl rusqlite::Params + Send + 'static,
    ) -> Result<u64, StoreError> {
        self.connections
            .write(move |database| {
                let changed = database.prepare_cached(statement)?.execute(parameters)?;
                Ok(u64::try_from(changed).unwrap_or(u64::MAX))
            })
            .await
    }

    /// Runs a statement that removes what ended `before`, so many rows at once, until there are none left.
    async fn sweep(&self, statement: &'static str, before: i64) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let batch = self.change(statement, (before, SWEPT_AT_ONCE)).await?;
            removed += batch;
            if batch < u64::from(SWEPT_AT_ONCE) {
                return Ok(removed);
            }
            tokio::time::sleep(SWEEP_PAUSE).await;
        }
    }
}

#[async_trait]
impl SessionStore for SqliteStore {
    async fn create(&self, key: &SessionKey, record: &Record, _now: i64) -> Result<(), StoreError> {
        let (key, record) = (*key, record.clone());
        self.connections
            .write(move |database| {
                database
                    .prepare_cached(
                        "INSERT INTO sessions (key, version, user, provider_session, active_at, ends_at, claims, tokens)
                         VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute(params![
                        key.as_bytes(),
                        record.user.as_bytes(),
                        record.provider_session.as_bytes(),
                        record.active_at,
                        record.ends_at,
                        record.claims,
                        record.tokens
                    ])
                    .map(drop)
            })
            .await
    }

    async fn load(&self, key: &SessionKey, now: i64) -> Result<Option<Record>, StoreError> {
        let key = *key;
        self.connections
            .read(move |database| {
                database
                    .prepare_cached(
                        "SELECT key, version, user, provider_session, active_at, ends_at, claims, tokens
                         FROM sessions WHERE key = ?1 AND ends_at > ?2",
                    )?
                    .query_row(params![key.as_bytes(), now], |row| sound(read(row)))
                    .optional()
                    .map(|found| found.flatten().map(|(_, record)| record))
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
        let (key, claims, tokens) = (*key, claims.to_vec(), tokens.to_vec());
        let expected = i64::try_from(expected_version).unwrap_or(i64::MAX);
        self.connections
            .write(move |database| {
                let written = database
                    .prepare_cached(
                        "UPDATE sessions SET version = version + 1, claims = ?3, tokens = ?4
                         WHERE key = ?1 AND version = ?2 AND ends_at > ?5",
                    )?
                    .execute(params![key.as_bytes(), expected, claims, tokens, now])?;
                if written == 1 {
                    return Ok(Replaced::Yes);
                }
                let exists = database
                    .prepare_cached("SELECT 1 FROM sessions WHERE key = ?1 AND ends_at > ?2")?
                    .exists(params![key.as_bytes(), now])?;
                Ok(if exists { Replaced::Changed } else { Replaced::Gone })
            })
            .await
    }

    async fn touch(&self, key: &SessionKey, active_at: i64, ends_at: i64, now: i64) -> Result<(), StoreError> {
        self.change(
            "UPDATE sessions SET active_at = max(active_at, ?2), ends_at = max(ends_at, ?3)
             WHERE key = ?1 AND ends_at > ?4",
            (*key.as_bytes(), active_at, ends_at, now),
        )
        .await
        .map(drop)
    }

    async fn delete(&self, key: &SessionKey) -> Result<bool, StoreError> {
        Ok(self.change("DELETE FROM sessions WHERE key = ?1", (*key.as_bytes(),)).await? == 1)
    }

    async fn delete_version(&self, key: &SessionKey, expected_version: u64) -> Result<Replaced, StoreError> {
        let (key, expected) = (*key, i64::try_from(expected_version).unwrap_or(i64::MAX));
        self.connections
            .write(move |database| {
                let removed = database
                    .prepare_cached("DELETE FROM sessions WHERE key = ?1 AND version = ?2")?
                    .execute(params![key.as_bytes(), expected])?;
                if removed == 1 {
                    return Ok(Replaced::Yes);
                }
                let exists = database
                    .prepare_cached("SELECT 1 FROM sessions WHERE key = ?1")?
                    .exists(params![key.as_bytes()])?;
                Ok(if exists { Replaced::Changed } else { Replaced::Gone })
            })
            .await
    }

    async fn list_by_user(&self, user: &UserKey, now: i64) -> Result<Vec<(SessionKey, Record)>, StoreError> {
        let user = *user;
        self.connections
            .read(move |database| {
                database
                    .prepare_cached(
                        "SELECT key, version, user, provider_session, active_at, ends_at, claims, tokens
                         FROM sessions WHERE user = ?1 AND ends_at > ?2",
                    )?
                    .query_map(params![user.as_bytes(), now], |row| sound(read(row)))?
                    .filter_map(Result::transpose)
                    .collect()
            })
            .await
    }

    async fn count_by_user(&self, user: &UserKey, now: i64) -> Result<usize, StoreError> {
        let user = *user;
        self.connections
            .read(move |database| {
                let count: i64 = database
                    .prepare_cached("SELECT count(*) FROM sessions WHERE user = ?1 AND ends_at > ?2")?
                    .query_row(params![user.as_bytes(), now], |row| row.get(0))?;
                Ok(usize::try_from(count).unwrap_or(usize::MAX))
            })
            .await
    }

    async fn delete_by_user(&self, user: &UserKey) -> Result<u64, StoreError> {
        self.change("DELETE FROM sessions WHERE user = ?1", (*user.as_bytes(),)).await
    }

    async fn delete_by_provider_session(&self, session: &ProviderSessionKey) -> Result<u64, StoreError> {
        self.change("DELETE FROM sessions WHERE provider_session = ?1", (*session.as_bytes(),)).await
    }

    async fn delete_ended(&self, now: i64) -> Result<u64, StoreError> {
        self.sweep("DELETE FROM leases WHERE key IN (SELECT key FROM leases WHERE until <= ?1 LIMIT ?2)", clock::now())
            .await?;
        self.sweep("DELETE FROM marks WHERE mark IN (SELECT mark FROM marks WHERE until <= ?1 LIMIT ?2)", now).await?;
        self.sweep("DELETE FROM sessions WHERE key IN (SELECT key FROM sessions WHERE ends_at <= ?1 LIMIT ?2)", now)
            .await
    }

    async fn count(&self, now: i64) -> Result<Option<u64>, StoreError> {
        self.connections
            .read(move |database| {
                let count: i64 = database
                    .prepare_cached("SELECT count(*) FROM sessions WHERE ends_at > ?1")?
                    .query_row([now], |row| row.get(0))?;
                Ok(u64::try_from(count).ok())
            })
            .await
    }

    async fn acquire_lease(&self, key: &SessionKey, holder: &LeaseHolder, time: Duration) -> Result<bool, StoreError> {
        let (now, time) = (clock::now(), milliseconds(time));
        let taken = self
            .change(
                "INSERT INTO leases (key, holder, until) VALUES (?1, ?2, ?3)
                 ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, until = excluded.until
                 WHERE leases.until <= ?4 OR leases.until > ?4 + ?5 OR leases.holder = excluded.holder",
                (*key.as_bytes(), *holder.as_bytes(), now.saturating_add(time), now, LONGEST_LEASE.max(time)),
            )
            .await?;
        Ok(taken == 1)
    }

    async fn renew_lease(&self, key: &SessionKey, holder: &LeaseHolder, time: Duration) -> Result<bool, StoreError> {
        let now = clock::now();
        let renewed = self
            .change(
                "UPDATE leases SET until = ?3 WHERE key = ?1 AND holder = ?2 AND until > ?4",
                (*key.as_bytes(), *holder.as_bytes(), now.saturating_add(milliseconds(time)), now),
            )
            .await?;
        Ok(renewed == 1)
    }

    async fn release_lease(&self, key: &SessionKey, holder: &LeaseHolder) -> Result<(), StoreError> {
        self.change("DELETE FROM leases WHERE key = ?1 AND holder = ?2", (*key.as_bytes(), *holder.as_bytes()))
            .await
            .map(drop)
    }

    async fn mark(&self, mark: &Mark, until: i64, now: i64) -> Result<bool, StoreError> {
        Ok(self.change(MARK, (*mark.as_bytes(), until, now)).await? == 1)
    }

    async fn mark_in_turn(
        &self,
        first: (&Mark, i64),
        second: (&Mark, i64),
        now: i64,
    ) -> Result<(bool, Option<bool>), StoreError> {
        let [first, second] = [first, second].map(|(mark, until)| (*mark.as_bytes(), until, now));
        self.connections
            .write(move |database| {
                // One transaction, which is most of what a write costs.
                let transaction = database.unchecked_transaction()?;
                let is_first = transaction.prepare_cached(MARK)?.execute(first)? == 1;
                let is_second =
                    if is_first { Some(transaction.prepare_cached(MARK)?.execute(second)? == 1) } else { None };
                transaction.commit()?;
                Ok((is_first, is_second))
            })
            .await
    }

    async fn mark_at_least(&self, mark: &Mark, until: i64, _now: i64) -> Result<(), StoreError> {
        self.change(
            "INSERT INTO marks (mark, until) VALUES (?1, ?2)
             ON CONFLICT (mark) DO UPDATE SET until = excluded.until WHERE marks.until < excluded.until",
            (*mark.as_bytes(), until),
        )
        .await
        .map(drop)
    }

    async fn is_marked(&self, mark: &Mark, now: i64) -> Result<bool, StoreError> {
        self.is_any_marked(&[(*mark, now)]).await
    }

    async fn is_any_marked(&self, marks: &[(Mark, i64)]) -> Result<bool, StoreError> {
        let marks = marks.to_vec();
        self.connections
            .read(move |database| {
                let mut find = database.prepare_cached("SELECT 1 FROM marks WHERE mark = ?1 AND until > ?2")?;
                for (mark, at) in marks {
                    if find.exists(params![mark.as_bytes(), at])? {
                        return Ok(true);
                    }
                }
                Ok(false)
            })
            .await
    }

    async fn unmark(&self, mark: &Mark) -> Result<(), StoreError> {
        self.change("DELETE FROM marks WHERE mark = ?1", (*mark.as_bytes(),)).await.map(drop)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.connections.check_files().await?;
        self.connections
            .read(|database| database.query_row("SELECT 1 FROM sessions LIMIT 1", [], |_| Ok(())).optional().map(drop))
            .await
    }
}

/// Leaves a row out that this program can't have written, and says so: it serves nobody, and its owner must
/// not suffer from it.
fn sound<T>(row: Result<T, Error>) -> Result<Option<T>, Error> {
    match row {
        Err(
            damage @ (Error::InvalidColumnType(..)
            | Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)),
        ) => {
            metrics::record_damaged(&damage);
            Ok(None)
        }
        other => other.map(Some),
    }
}

/// Reads a row of `sessions`. A row that this program can't have written is an error, never a panic.
fn read(row: &Row<'_>) -> Result<(SessionKey, Record), Error> {
    let bytes = |index| row.get_ref(index)?.as_blob().map_err(Error::from);
    let wrong = |index| Error::InvalidColumnType(index, "hash".to_owned(), rusqlite::types::Type::Blob);
    let key = SessionKey::from_bytes(bytes(0)?).ok_or_else(|| wrong(0))?;
    let version = row.get(1)?;
    let record = Record {
        version: u64::try_from(version).map_err(|_| Error::IntegralValueOutOfRange(1, version))?,
        user: UserKey::from_bytes(bytes(2)?).ok_or_else(|| wrong(2))?,
        provider_session: ProviderSessionKey::from_bytes(bytes(3)?).ok_or_else(|| wrong(3))?,
        active_at: row.get(4)?,
        ends_at: row.get(5)?,
        claims: row.get(6)?,
        tokens: row.get(7)?,
    };
    Ok((key, record))
}
