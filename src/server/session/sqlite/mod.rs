//! Sessions in an SQLite file: the default, for one process on one machine.
//!
//! Write-ahead log, one writing connection and a few reading ones, each used on Tokio's blocking threads. Replicas
//! need a shared store instead. Why `rusqlite`: docs/decisions/0002-sqlite-through-rusqlite.md.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use super::{
    id::SessionKey,
    store::{Record, Replaced, SessionStore, StoreError},
};

/// Connections that read. Point reads take microseconds: a few suffice.
const READERS: usize = 4;

/// How long a connection waits for another process's lock before it reports a failure.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

const SCHEMA_VERSION: i64 = 1;
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS sessions (
        key     BLOB PRIMARY KEY,
        version INTEGER NOT NULL,
        ends_at INTEGER NOT NULL,
        claims  BLOB NOT NULL,
        tokens  BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS sessions_ends_at ON sessions (ends_at);
    PRAGMA user_version = 1;
";

/// A store in one SQLite database file.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Connections>,
}

struct Connections {
    writer: Mutex<Connection>,
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
}

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its folder could not be made.
    #[error("the folder {0} can't be made: {1}")]
    Folder(PathBuf, std::io::Error),
    /// SQLite refused the file.
    #[error("{0} can't be opened as a session database: {1}")]
    Database(PathBuf, rusqlite::Error),
    /// The file was written by a newer release.
    #[error("{0} has schema version {1}; this release knows {SCHEMA_VERSION} and can't go back")]
    Newer(PathBuf, i64),
}

impl SqliteStore {
    /// Opens the database, and makes it and its folder if need be, readable by its owner only.
    ///
    /// # Errors
    /// [`OpenError`] says which file and why.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
        }
        let refused = |error| OpenError::Database(path.to_owned(), error);
        let writer = connect(path).map_err(refused)?;
        restrict_to_owner(path).map_err(|error| OpenError::Folder(path.to_owned(), error))?;
        let version: i64 = writer.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(refused)?;
        if version > SCHEMA_VERSION {
            return Err(OpenError::Newer(path.to_owned(), version));
        }
        writer.execute_batch(SCHEMA).map_err(refused)?;
        let readers =
            (0..READERS).map(|_| Ok(Mutex::new(connect(path)?))).collect::<Result<_, _>>().map_err(refused)?;
        let inner = Connections { writer: Mutex::new(writer), readers, next_reader: AtomicUsize::new(0) };
        Ok(Self { inner: Arc::new(inner) })
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        on_blocking_thread(move || work(&inner.writer.lock().unwrap_or_else(PoisonError::into_inner))).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        on_blocking_thread(move || {
            let turn = inner.next_reader.fetch_add(1, Ordering::Relaxed) % inner.readers.len();
            work(&inner.readers[turn].lock().unwrap_or_else(PoisonError::into_inner))
        })
        .await
    }
}

#[async_trait]
impl SessionStore for SqliteStore {
    async fn create(&self, key: &SessionKey, record: &Record) -> Result<(), StoreError> {
        let (key, record) = (*key, record.clone());
        self.write(move |database| {
            database
                .prepare_cached(
                    "INSERT INTO sessions (key, version, ends_at, claims, tokens) VALUES (?1, 1, ?2, ?3, ?4)",
                )?
                .execute(params![key.as_bytes(), record.ends_at, record.claims, record.tokens])
                .map(drop)
        })
        .await
    }

    async fn load(&self, key: &SessionKey, now: i64) -> Result<Option<Record>, StoreError> {
        let key = *key;
        self.read(move |database| {
            database
                .prepare_cached(
                    "SELECT version, ends_at, claims, tokens FROM sessions WHERE key = ?1 AND ends_at > ?2",
                )?
                .query_row(params![key.as_bytes(), now], |row| {
                    Ok(Record {
                        version: row.get::<_, i64>(0)?.try_into().unwrap_or(0),
                        ends_at: row.get(1)?,
                        claims: row.get(2)?,
                        tokens: row.get(3)?,
                    })
                })
                .optional()
        })
        .await
    }

    async fn replace(&self, key: &SessionKey, expected_version: u64, record: &Record) -> Result<Replaced, StoreError> {
        let (key, record) = (*key, record.clone());
        let expected = i64::try_from(expected_version).unwrap_or(i64::MAX);
        self.write(move |database| {
            let written = database
                .prepare_cached(
                    "UPDATE sessions SET version = version + 1, ends_at = ?3, claims = ?4, tokens = ?5
                     WHERE key = ?1 AND version = ?2",
                )?
                .execute(params![key.as_bytes(), expected, record.ends_at, record.claims, record.tokens])?;
            if written == 1 {
                return Ok(Replaced::Yes);
            }
            let exists =
                database.prepare_cached("SELECT 1 FROM sessions WHERE key = ?1")?.exists(params![key.as_bytes()])?;
            Ok(if exists { Replaced::Changed } else { Replaced::Gone })
        })
        .await
    }

    async fn delete(&self, key: &SessionKey) -> Result<bool, StoreError> {
        let key = *key;
        self.write(move |database| {
            let removed =
                database.prepare_cached("DELETE FROM sessions WHERE key = ?1")?.execute(params![key.as_bytes()])?;
            Ok(removed == 1)
        })
        .await
    }

    async fn delete_ended(&self, now: i64) -> Result<u64, StoreError> {
        self.write(move |database| {
            let removed = database.prepare_cached("DELETE FROM sessions WHERE ends_at <= ?1")?.execute(params![now])?;
            Ok(u64::try_from(removed).unwrap_or(u64::MAX))
        })
        .await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read(|database| database.query_row("SELECT 1", [], |_| Ok(()))).await
    }
}

fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    // Each connection has a mutex of ours around it, so SQLite's own is not needed.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags)?;
    database.busy_timeout(BUSY_TIMEOUT)?;
    // NORMAL with a write-ahead log survives a killed process whole; only a power cut may lose the last moments.
    database.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;")?;
    Ok(database)
}

fn restrict_to_owner(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, rusqlite::Error> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome.map_err(|error| StoreError(error.into())),
        Err(error) => Err(StoreError(error.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::session::{id::SessionId, store::contract};

    #[tokio::test]
    async fn the_store_contract_holds() {
        let folder = tempfile::tempdir().unwrap();
        contract::holds(Arc::new(SqliteStore::open(&folder.path().join("sub/sessions.db")).unwrap())).await;
    }

    #[tokio::test]
    async fn records_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.db");
        let key = SessionId::generate().unwrap().key();
        let record = Record { version: 1, ends_at: 100, claims: vec![1; 700], tokens: vec![2; 3000] };
        SqliteStore::open(&path).unwrap().create(&key, &record).await.unwrap();
        assert_eq!(SqliteStore::open(&path).unwrap().load(&key, 0).await.unwrap(), Some(record));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.db");
        SqliteStore::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_database_of_a_newer_release_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.db");
        SqliteStore::open(&path).unwrap();
        Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
        assert!(matches!(SqliteStore::open(&path), Err(OpenError::Newer(_, 9))));
    }

    #[test]
    fn a_file_that_is_no_database_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        fs::write(&path, "this is not a database, but it is long enough to have a header").unwrap();
        let error = SqliteStore::open(&path).err().unwrap().to_string();
        assert!(error.contains("notes.txt"), "{error}");
    }
}
