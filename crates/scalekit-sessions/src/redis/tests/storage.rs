//! What lies in Redis: indexes that find every record, times to live, and things that nobody of ours wrote.

use redis::{aio::MultiplexedConnection, cmd};

use super::{super::testing::Server, *};
use crate::{
    contract::{self, key, record},
    id::MarkOf,
};

async fn score(admin: &mut MultiplexedConnection, index: &str, key: &SessionKey) -> Option<f64> {
    cmd("ZSCORE").arg(index).arg(key.as_bytes()).query_async(admin).await.unwrap()
}

async fn time_to_live(admin: &mut MultiplexedConnection, key: &str) -> i64 {
    cmd("TTL").arg(key).query_async(admin).await.unwrap()
}

#[tokio::test]
async fn indexes_reach_as_far_as_the_longest_record_and_follow_activity() {
    let server = Server::start(&[]);
    let (store, mut admin) = (store_on(&server), server.admin("").await);
    let key = key();
    let new = record(1000, "a");
    let (session, user) = (store.keys.session(&key), store.keys.user(&new.user));
    store.create(&key, &new, 0).await.unwrap();
    store.touch(&key, 500, 5000, 500).await.unwrap();
    store.touch(&key, 400, 4000, 400).await.unwrap();
    for index in [user, store.keys.provider_session(&new.provider_session)] {
        assert_eq!(score(&mut admin, &index, &key).await, Some(5000.0));
        // Redis counts by its own clock, and a busy machine takes its time.
        assert!(time_to_live(&mut admin, &index).await >= 4500 + INDEX_SLACK - 60);
    }
    let left = time_to_live(&mut admin, &session).await;
    assert!((4440..=4500).contains(&left), "{left}");
}

#[tokio::test]
async fn deleted_sessions_leave_no_entries() {
    let server = Server::start(&[]);
    let (store, mut admin) = (store_on(&server), server.admin("").await);
    for _ in 0..3 {
        store.create(&key(), &record(1000, "a"), 0).await.unwrap();
    }
    let one = key();
    store.create(&one, &record(1000, "a"), 0).await.unwrap();
    assert!(store.delete(&one).await.unwrap());
    assert_eq!(store.delete_by_user(&record(0, "").user).await.unwrap(), 3);
    let keys: Vec<String> = cmd("KEYS").arg("*").query_async(&mut admin).await.unwrap();
    assert_eq!(keys, Vec::<String>::new());
}

#[tokio::test]
async fn a_session_that_is_just_being_created_stays_findable() {
    let server = Server::start(&[]);
    let (store, mut admin) = (store_on(&server), server.admin("").await);
    let (key, new) = (key(), record(1000, "a"));
    // A creation between its two steps.
    store.index(&key, &new.user, &new.provider_session, new.ends_at, 0).await.unwrap();
    assert_eq!(store.delete_by_user(&new.user).await.unwrap(), 0);
    assert_eq!(store.list_by_user(&new.user, 0).await.unwrap(), []);
    assert!(score(&mut admin, &store.keys.user(&new.user), &key).await.is_some());
    store.create(&key, &new, 0).await.unwrap();
    assert_eq!(store.delete_by_provider_session(&new.provider_session).await.unwrap(), 1);
}

#[tokio::test]
async fn entries_of_long_ended_sessions_are_trimmed() {
    let server = Server::start(&[]);
    let (store, mut admin) = (store_on(&server), server.admin("").await);
    let (old, new) = (key(), record(1000, "a"));
    store.create(&old, &new, 0).await.unwrap();
    let index = store.keys.user(&new.user);
    assert_eq!(store.list_by_user(&new.user, 1000).await.unwrap(), []);
    assert!(score(&mut admin, &index, &old).await.is_some(), "another replica's clock may be behind");
    assert_eq!(store.list_by_user(&new.user, 1000 + INDEX_SLACK).await.unwrap(), []);
    assert_eq!(score(&mut admin, &index, &old).await, None);
}

#[tokio::test]
async fn a_call_that_arrives_twice_counts_once() {
    let server = Server::start(&[]);
    let store = store_on(&server);
    let (key, new) = (key(), record(1000, "a"));
    store.create(&key, &new, 0).await.unwrap();
    store.create(&key, &new, 0).await.unwrap();
    let mark = Mark::of(MarkOf::LogoutToken, "x");
    let call = steps::MARK.on(store.keys.mark(&mark)).with([7; 16]).with_number(100).with_number(0).with_number(100);
    for _ in 0..2 {
        assert_eq!(store.connections.run(&call).await, Ok(redis::Value::Int(1)));
    }
    assert!(!store.mark(&mark, 100, 0).await.unwrap());
    assert!(store.mark(&mark, 200, 100).await.unwrap(), "it has ended by the given clock");
}

#[tokio::test]
async fn garbage_stands_in_nobodys_way() {
    let server = Server::start(&[]);
    let (store, mut admin) = (store_on(&server), server.admin("").await);
    let damages: [&[&str]; 6] = [
        &["SET", "KEY", "text"],
        &["HSET", "KEY", "ends", "soon"],
        &["HSET", "KEY", "version", "-1"],
        &["HSET", "KEY", "user", "short"],
        &["HDEL", "KEY", "claims"],
        &["HDEL", "KEY", "ends"],
    ];
    for damage in damages {
        contract::a_damaged_record_stands_in_nobodys_way(&store, async |key| {
            let name = store.keys.session(key);
            let parts = damage.iter().map(|part| if *part == "KEY" { name.as_str() } else { part });
            let command: Vec<&str> = parts.collect();
            let mut admin = admin.clone();
            cmd(command[0]).arg(&command[1..]).exec_async(&mut admin).await.unwrap();
        })
        .await;
    }
    let foreign = Mark::of(MarkOf::Handled("event"), "x");
    cmd("SET").arg(store.keys.mark(&foreign)).arg("?").exec_async(&mut admin).await.unwrap();
    assert!(store.is_marked(&foreign, 0).await.unwrap() && !store.mark(&foreign, 10, 0).await.unwrap());
}

/// Without a time to live neither would ever end.
#[tokio::test]
async fn an_index_or_a_lease_that_is_something_else_is_replaced() {
    let server = Server::start(&[]);
    let (store, mut admin) = (store_on(&server), server.admin("").await);
    let (key, new) = (key(), record(1000, "a"));
    for foreign in [store.keys.user(&new.user), store.keys.provider_session(&new.provider_session)] {
        cmd("SET").arg(foreign).arg("?").exec_async(&mut admin).await.unwrap();
    }
    store.create(&key, &new, 0).await.unwrap();
    assert_eq!(store.list_by_user(&new.user, 0).await.unwrap().len(), 1);
    assert_eq!(store.delete_by_provider_session(&new.provider_session).await.unwrap(), 1);
    let holder = LeaseHolder::generate().unwrap();
    for damage in [["SET", "?", ""], ["HSET", "a", "b"]] {
        let mut command = cmd(damage[0]);
        command.arg(store.keys.lease(&key)).arg(damage[1]);
        if !damage[2].is_empty() {
            command.arg(damage[2]);
        }
        command.exec_async(&mut admin).await.unwrap();
        assert!(store.acquire_lease(&key, &holder, Duration::from_secs(60)).await.unwrap(), "{damage:?}");
        store.release_lease(&key, &holder).await.unwrap();
    }
}

#[tokio::test]
async fn entries_that_are_no_session_keys_are_left_out() {
    let server = Server::start(&[]);
    let (store, mut admin) = (store_on(&server), server.admin("").await);
    let new = record(1000, "a");
    store.create(&key(), &new, 0).await.unwrap();
    cmd("ZADD").arg(store.keys.user(&new.user)).arg(1000).arg("x").exec_async(&mut admin).await.unwrap();
    assert_eq!(store.list_by_user(&new.user, 0).await.unwrap().len(), 1);
    assert_eq!(store.delete_by_user(&new.user).await.unwrap(), 1);
}

#[tokio::test]
async fn a_hundred_sessions_are_listed_and_deleted() {
    let server = Server::start(&[]);
    let store = store_on(&server);
    let new = record(1000, "a");
    for _ in 0..100 {
        store.create(&key(), &new, 0).await.unwrap();
    }
    assert_eq!(store.list_by_user(&new.user, 0).await.unwrap().len(), 100);
    assert_eq!(store.delete_by_user(&new.user).await.unwrap(), 100);
}
