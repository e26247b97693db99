//! Opens the database file: folder, permissions, schema, one writing connection and a few reading ones.
//!
//! Not here: what is asked of it ([`super`]).

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::sync::Mutex;

use super::open_files::OpenFiles;
use crate::store::StoreError;

/// Connections that read. Point reads take microseconds: a few suffice.
const READERS: usize = 4;

/// How long a connection waits for another process's lock before it reports a failure.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a caller waits until a connection is free. It waits without a thread: a locked file must not use
/// up the threads that reading needs.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a file is tried to be opened that others are just opening, too. SQLite does not wait by itself
/// where two turn a new file into one with a write-ahead log: one of them is refused at once.
const OPENING: Duration = Duration::from_secs(10);
const OPENING_PAUSE: Duration = Duration::from_millis(20);

const SCHEMA_VERSION: i64 = 2;

/// Version 1 knew no owners, and its records can't tell theirs while they are sealed: they go, and people
/// sign in again.
const FROM_VERSION_1: &str = "DROP TABLE IF EXISTS sessions;";

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS sessions (
        key              BLOB PRIMARY KEY,
        version          INTEGER NOT NULL,
        user             BLOB NOT NULL,
        provider_session BLOB NOT NULL,
        active_at        INTEGER NOT NULL,
        ends_at          INTEGER NOT NULL,
        claims           BLOB NOT NULL,
        tokens           BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS sessions_ends_at ON sessions (ends_at);
    CREATE INDEX IF NOT EXISTS sessions_user ON sessions (user);
    CREATE INDEX IF NOT EXISTS sessions_provider_session ON sessions (provider_session);
    CREATE TABLE IF NOT EXISTS leases (
        key    BLOB PRIMARY KEY,
        holder BLOB NOT NULL,
        until  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS marks (
        mark  BLOB PRIMARY KEY,
        until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS marks_until ON marks (until);
    PRAGMA user_version = 2;
";

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

/// All connections were in use for longer than anybody waits.
#[derive(Debug, thiserror::Error)]
#[error("no connection to the session database was free within {} s", PATIENCE.as_secs())]
struct Busy;

/// The open connections, each used by one thread at a time.
pub(super) struct Connections {
    writer: Arc<Mutex<Connection>>,
    readers: Vec<Arc<Mutex<Connection>>>,
    next_reader: AtomicUsize,
    files: Arc<OpenFiles>,
}

impl Connections {
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let begun = Instant::now();
        loop {
            match Self::try_open(path) {
                Err(OpenError::Database(_, error))
                    if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && begun.elapsed() < OPENING =>
                {
                    std::thread::sleep(OPENING_PAUSE);
                }
                outcome => return outcome,
            }
        }
    }

    fn try_open(path: &Path) -> Result<Self, OpenError> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
        }
        let refused = |error| OpenError::Database(path.to_owned(), error);
        let mut writer = connect(path).map_err(refused)?;
        restrict_to_owner(path).map_err(|error| OpenError::Folder(path.to_owned(), error))?;
        set_up(path, &mut writer)?;
        let readers = (0..READERS).map(|_| Ok(shared(connect(path)?))).collect::<Result<_, _>>().map_err(refused)?;
        let files = OpenFiles::of(path).map_err(|error| OpenError::Folder(path.to_owned(), error))?;
        Ok(Self { writer: shared(writer), readers, next_reader: AtomicUsize::new(0), files: Arc::new(files) })
    }

    /// Whether the files are still those that were opened.
    pub(super) async fn check_files(&self) -> Result<(), StoreError> {
        let files = Arc::clone(&self.files);
        match tokio::task::spawn_blocking(move || files.check()).await {
            Ok(found) => found.map_err(|error| StoreError(error.into())),
            Err(error) => Err(StoreError(error.into())),
        }
    }

    /// Works with the one connection that writes, on a blocking thread.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        on_blocking_thread(&self.writer, work).await
    }

    /// Works with a connection that reads, on a blocking thread.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let reader = self.next_reader.fetch_add(1, Ordering::Relaxed) % self.readers.len();
        on_blocking_thread(&self.readers[reader], work).await
    }
}

/// Makes the tables, in one transaction: two processes that start together don't meet a half-made schema.
fn set_up(path: &Path, writer: &mut Connection) -> Result<(), OpenError> {
    let refused = |error| OpenError::Database(path.to_owned(), error);
    let change = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(refused)?;
    let version: i64 = change.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(refused)?;
    if version > SCHEMA_VERSION {
        return Err(OpenError::Newer(path.to_owned(), version));
    }
    if version == 1 {
        change.execute_batch(FROM_VERSION_1).map_err(refused)?;
    }
    change.execute_batch(SCHEMA).map_err(refused)?;
    change.commit().map_err(refused)
}

fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    // Each connection has a mutex of ours around it, so SQLite's own is not needed.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags)?;
    database.busy_timeout(BUSY_TIMEOUT)?;
    // NORMAL with a write-ahead log survives a killed process whole; only a power cut may lose the last
    // moments.
    database.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;")?;
    Ok(database)
}

fn restrict_to_owner(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

fn shared(connection: Connection) -> Arc<Mutex<Connection>> {
    Arc::new(Mutex::new(connection))
}

async fn on_blocking_thread<T: Send + 'static>(
    connection: &Arc<Mutex<Connection>>,
    work: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
) -> Result<T, StoreError> {
    let free = tokio::time::timeout(PATIENCE, Arc::clone(connection).lock_owned()).await;
    let connection = free.map_err(|_| StoreError(Busy.into()))?;
    match tokio::task::spawn_blocking(move || work(&connection)).await {
        Ok(outcome) => outcome.map_err(|error| StoreError(error.into())),
        Err(error) => Err(StoreError(error.into())),
    }
}
