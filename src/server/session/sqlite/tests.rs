//! The SQLite store: the contract, and what happens to files that are locked, full, read-only, damaged or foreign.

use std::{fs, path::PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::server::session::contract::{self, key, record};

const FAR: i64 = i64::MAX;

fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    (folder, path)
}

#[tokio::test]
async fn the_store_contract_holds() {
    let folder = tempfile::tempdir().unwrap();
    contract::holds(Arc::new(SqliteStore::open(&folder.path().join("sub/sessions.db")).unwrap())).await;
}

#[tokio::test]
async fn two_processes_that_share_the_file_see_each_others_leases_and_records() {
    let (_folder, path) = file();
    let (mine, theirs) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    let [first, second] = [LeaseHolder::generate().unwrap(), LeaseHolder::generate().unwrap()];
    let (key, minute) = (key(), Duration::from_secs(60));
    mine.create(&key, &record(FAR, "a"), 0).await.unwrap();
    assert!(mine.acquire_lease(&key, &first, minute).await.unwrap());
    assert!(!theirs.acquire_lease(&key, &second, minute).await.unwrap());
    assert!(theirs.delete(&key).await.unwrap());
    assert_eq!(mine.load(&key, 0).await.unwrap(), None);
}

#[tokio::test]
async fn records_survive_a_restart() {
    let (_folder, path) = file();
    let (key, record) = (key(), Record { claims: vec![1; 700], tokens: vec![2; 3000], ..record(FAR, "") });
    SqliteStore::open(&path).unwrap().create(&key, &record, 0).await.unwrap();
    assert_eq!(SqliteStore::open(&path).unwrap().load(&key, 0).await.unwrap(), Some(record));
}

#[cfg(unix)]
#[test]
fn the_file_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path) = file();
    SqliteStore::open(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_database_of_a_newer_release_is_refused() {
    let (_folder, path) = file();
    SqliteStore::open(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
    assert!(matches!(SqliteStore::open(&path), Err(OpenError::Newer(_, 9))));
}

#[tokio::test]
async fn a_database_of_the_first_schema_is_taken_over_without_its_sessions() {
    let (_folder, path) = file();
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "CREATE TABLE sessions (key BLOB PRIMARY KEY, version INTEGER NOT NULL, ends_at INTEGER NOT NULL,
             claims BLOB NOT NULL, tokens BLOB NOT NULL) STRICT, WITHOUT ROWID; PRAGMA user_version = 1;",
        )
        .unwrap();
    let (store, key) = (SqliteStore::open(&path).unwrap(), key());
    store.create(&key, &record(FAR, "a"), 0).await.unwrap();
    assert!(store.load(&key, 0).await.unwrap().is_some());
}

#[test]
fn a_file_that_is_no_database_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "this is not a database, but it is long enough to have a header").unwrap();
    let error = SqliteStore::open(&path).err().unwrap().to_string();
    assert!(error.contains("notes.txt"), "{error}");
}

#[test]
fn a_new_file_that_another_process_is_just_opening_is_waited_for() {
    let (_folder, path) = file();
    // Has not come to the write-ahead log yet, and reads.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE early (x); BEGIN; SELECT * FROM early;").unwrap();
    let opening = std::thread::spawn(move || SqliteStore::open(&path).map(drop));
    // Longer than one connection waits for a lock.
    std::thread::sleep(Duration::from_millis(2500));
    assert!(!opening.is_finished(), "it has given up");
    other.execute_batch("COMMIT").unwrap();
    assert!(opening.join().unwrap().is_ok());
}

/// While another process holds the write lock, reading goes on and writing fails after a bounded wait.
#[tokio::test]
async fn a_locked_database_is_read_and_refuses_writes_until_it_is_free() {
    let (_folder, path) = file();
    let (store, key) = (SqliteStore::open(&path).unwrap(), key());
    store.create(&key, &record(FAR, "a"), 0).await.unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(store.load(&key, 0).await.unwrap().is_some());
    assert!(store.delete(&key).await.is_err());
    assert!(store.load(&key, 0).await.unwrap().is_some(), "a failed write changes nothing");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(store.delete(&key).await.unwrap());
}

/// Two blocking threads, and far more writers than that: they wait without one.
#[test]
fn writers_that_wait_for_a_locked_database_leave_threads_to_readers() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (_folder, path) = file();
        let (store, key) = (SqliteStore::open(&path).unwrap(), key());
        store.create(&key, &record(FAR, "a"), 0).await.unwrap();
        // The one that has the connection waits for the lock until this test gives it back, however slow the machine is.
        store.connections.write(|database| database.busy_timeout(Duration::from_secs(60))).await.unwrap();
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let store = store.clone();
            writers.spawn(async move { store.delete(&key).await });
        }
        let reads = async {
            for _ in 0..20 {
                assert!(store.load(&key, 0).await.unwrap().is_some());
            }
        };
        tokio::time::timeout(Duration::from_secs(30), reads).await.expect("the reads waited for a writer");
        for _ in 1..20 {
            assert!(writers.join_next().await.unwrap().unwrap().is_err(), "those without the connection give up");
        }
        assert!(writers.try_join_next().is_none(), "the one that has it still waits");
        other.execute_batch("ROLLBACK").unwrap();
        assert!(writers.join_next().await.unwrap().unwrap().unwrap());
    });
}

#[tokio::test]
async fn a_full_database_keeps_what_it_has() {
    let (_folder, path) = file();
    let (store, kept) = (SqliteStore::open(&path).unwrap(), key());
    store.create(&kept, &record(FAR, "a"), 0).await.unwrap();
    store.connections.write(|database| database.execute_batch("PRAGMA max_page_count = 1")).await.unwrap();
    let large = Record { tokens: vec![0; 100_000], ..record(FAR, "b") };
    assert!(store.create(&key(), &large, 0).await.is_err());
    assert!(store.load(&kept, 0).await.unwrap().is_some());
    store.connections.write(|database| database.execute_batch("PRAGMA max_page_count = 1000000")).await.unwrap();
    store.create(&key(), &large, 0).await.unwrap();
}

#[tokio::test]
async fn a_read_only_database_is_read_and_refuses_writes() {
    let (_folder, path) = file();
    let (store, key) = (SqliteStore::open(&path).unwrap(), key());
    store.create(&key, &record(FAR, "a"), 0).await.unwrap();
    store.connections.write(|database| database.execute_batch("PRAGMA query_only = ON")).await.unwrap();
    assert!(store.load(&key, 0).await.unwrap().is_some());
    assert!(store.replace(&key, 1, b"", b"", 0).await.is_err());
    assert!(store.delete(&key).await.is_err());
}

#[tokio::test]
async fn a_database_damaged_while_it_is_open_fails_and_does_not_panic() {
    let (_folder, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    let keys: Vec<SessionKey> = (0..50).map(|_| key()).collect();
    for key in &keys {
        store.create(key, &Record { tokens: vec![1; 3000], ..record(FAR, "a") }, 0).await.unwrap();
    }
    store.connections.write(|database| database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")).await.unwrap();
    let length = fs::metadata(&path).unwrap().len();
    fs::write(&path, vec![0xAB; usize::try_from(length).unwrap()]).unwrap();
    let mut failures = 0;
    for key in &keys {
        failures += usize::from(store.load(key, 0).await.is_err());
    }
    assert!(failures > 0, "damage is an error, not an absent session");
    assert!(SqliteStore::open(&path).is_err(), "the next start names the file");
}
