//! The SQLite store: the contract, and what happens to files that are locked, full, read-only, damaged or
//! foreign.

use std::{fs, path::PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::contract::{self, key, record};

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

#[tokio::test]
async fn a_damaged_record_stands_in_nobodys_way() {
    let (_folder, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    for damage in ["version = -1", "provider_session = x'00'"] {
        contract::a_damaged_record_stands_in_nobodys_way(&store, async |key| {
            let (key, statement) = (*key, format!("UPDATE sessions SET {damage} WHERE key = ?1"));
            let damaged = store.connections.write(move |database| database.execute(&statement, [key.as_bytes()])).await;
            assert_eq!(damaged.unwrap(), 1);
        })
        .await;
    }
}

/// On one thread, as far as the tasks go: each gets its turn.
#[tokio::test]
async fn a_sweep_of_many_lets_others_write_in_between() {
    const ENDED: &str = "
        WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 5000)
        INSERT INTO sessions SELECT randomblob(32), 1, randomblob(32), randomblob(32), 0, 1, x'00', randomblob(1000) FROM number;
        WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 5000)
        INSERT INTO marks SELECT randomblob(32), 1 FROM number;";
    let (_folder, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    store.connections.write(|database| database.execute_batch(ENDED)).await.unwrap();
    let sweeping = tokio::spawn({
        let store = store.clone();
        async move { store.delete_ended(1).await.unwrap() }
    });
    let mut written = 0;
    while !sweeping.is_finished() {
        store.create(&key(), &record(FAR, "a"), 0).await.unwrap();
        written += 1;
    }
    assert_eq!(sweeping.await.unwrap(), 5000);
    assert!(written >= 20, "{written} writers got in");
    assert_eq!(store.count(0).await.unwrap(), Some(written));
}

#[tokio::test]
async fn no_step_of_the_machines_clock_breaks_a_lease_or_makes_it_last() {
    let (_folder, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    let [mine, theirs] = [LeaseHolder::generate().unwrap(), LeaseHolder::generate().unwrap()];
    let (key, minute) = (key(), Duration::from_secs(60));
    assert!(store.acquire_lease(&key, &mine, minute).await.unwrap());
    let until: i64 = store
        .connections
        .read(|database| database.query_row("SELECT until FROM leases", [], |row| row.get(0)))
        .await
        .unwrap();
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    assert!(until < milliseconds(since_epoch) / 2, "it follows the clock that people set");
    // What another clock left behind: one that was set back since, or the one before the machine's last
    // start.
    store
        .connections
        .write(move |database| database.execute("UPDATE leases SET until = until + 3600000 * 24", []))
        .await
        .unwrap();
    assert!(store.acquire_lease(&key, &theirs, minute).await.unwrap(), "nobody is held up by it");
    assert!(!store.acquire_lease(&key, &mine, minute).await.unwrap());
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_removed_or_replaced_while_it_is_in_use_is_noticed_by_name() {
    for name in ["sessions.db", "sessions.db-wal"] {
        let (folder, path) = file();
        let store = SqliteStore::open(&path).unwrap();
        store.create(&key(), &record(FAR, "a"), 0).await.unwrap();
        store.ping().await.unwrap();
        let (file, aside) = (folder.path().join(name), folder.path().join("aside"));
        let said = async || store.ping().await.map_err(|error| error.0.to_string());
        fs::rename(&file, &aside).unwrap();
        assert!(said().await.unwrap_err().contains(&format!("{name} was removed")), "{:?}", said().await);
        fs::copy(&aside, &file).unwrap();
        assert!(said().await.unwrap_err().contains(&format!("{name} was replaced")), "{:?}", said().await);
        fs::rename(&aside, &file).unwrap();
        store.ping().await.unwrap();
    }
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
        // The one that has the connection waits for the lock until this test gives it back, however slow the
        // machine is.
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
