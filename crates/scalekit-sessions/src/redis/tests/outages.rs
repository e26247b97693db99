//! Redis that is down, comes back, hangs, or has forgotten everything: errors in time, and recovery without a
//! restart.

use std::time::Instant;

use super::{
    super::testing::{Server, cluster, eventually},
    *,
};
use crate::contract::{key, record};

/// Every kind of call fails, and in time.
async fn assert_it_fails_in_time(store: &RedisStore) {
    let started = Instant::now();
    let (key, new, holder) = (key(), record(1000, "a"), LeaseHolder::generate().unwrap());
    let outcomes = tokio::join!(
        store.load(&key, 0),
        store.create(&key, &new, 0),
        store.list_by_user(&new.user, 0),
        store.delete_by_user(&new.user),
        store.acquire_lease(&key, &holder, Duration::from_secs(1)),
        store.ping(),
    );
    // Connecting and an answer may take three seconds together; a busy machine adds to that.
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    assert!(outcomes.0.is_err() && outcomes.1.is_err() && outcomes.2.is_err());
    assert!(outcomes.3.is_err() && outcomes.4.is_err() && outcomes.5.is_err());
}

async fn assert_it_works(store: &RedisStore) {
    let key = key();
    store.create(&key, &record(1000, "a"), 0).await.unwrap();
    assert_eq!(store.load(&key, 0).await.unwrap(), Some(record(1000, "a")));
}

#[tokio::test]
async fn a_store_opens_while_redis_is_down_and_works_once_it_is_up() {
    let mut server = Server::start(&[]);
    server.stop();
    let store = store_on(&server);
    assert_it_fails_in_time(&store).await;
    server.start_again();
    eventually("it recovers", async || store.ping().await.is_ok()).await;
    assert_it_works(&store).await;
}

// With threads of its own, because the connection must see the end while this test waits for the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_redis_that_was_restarted_meanwhile_costs_no_call() {
    let mut server = Server::start(&[]);
    let store = store_on(&server);
    assert_it_works(&store).await;
    server.stop();
    server.start_again();
    // The one thread drives this connection as well, which was made after the end of the store's: it has seen
    // that end by now.
    redis::cmd("PING").exec_async(&mut server.admin("").await).await.unwrap();
    assert_it_works(&store).await;
}

#[tokio::test]
async fn a_redis_that_stops_is_an_error_until_it_is_back() {
    let mut server = Server::start(&[]);
    let store = store_on(&server);
    assert_it_works(&store).await;
    server.stop();
    assert_it_fails_in_time(&store).await;
    let started = Instant::now();
    assert!(store.ping().await.is_err());
    assert!(started.elapsed() < Duration::from_millis(500), "between two attempts, calls fail at once");
    server.start_again();
    eventually("it recovers", async || store.ping().await.is_ok()).await;
    assert_it_works(&store).await;
}

#[tokio::test]
async fn a_redis_that_hangs_is_an_error_until_it_goes_on() {
    let server = Server::start(&[]);
    let store = store_on(&server);
    assert_it_works(&store).await;
    server.freeze();
    assert_it_fails_in_time(&store).await;
    assert_it_fails_in_time(&store).await;
    server.thaw();
    eventually("it recovers", async || store.ping().await.is_ok()).await;
    assert_it_works(&store).await;
}

#[tokio::test]
async fn a_host_that_swallows_everything_is_an_error_in_time() {
    // An address for documentation: nothing answers, or the network says so at once.
    assert_it_fails_in_time(&store("redis://192.0.2.1:6379")).await;
    assert_it_fails_in_time(&store("redis-cluster://192.0.2.1:6379")).await;
    assert_it_fails_in_time(&store("redis-sentinel://192.0.2.1?service=mymaster")).await;
}

#[tokio::test]
async fn an_emptied_redis_has_no_sessions_and_takes_new_ones() {
    let server = Server::start(&[]);
    let store = store_on(&server);
    let lost = key();
    store.create(&lost, &record(1000, "a"), 0).await.unwrap();
    redis::cmd("FLUSHALL").exec_async(&mut server.admin("").await).await.unwrap();
    assert_eq!(store.load(&lost, 0).await.unwrap(), None);
    assert_eq!(store.replace(&lost, 1, b"", b"", 0).await.unwrap(), Replaced::Gone);
    assert_it_works(&store).await;
}

#[tokio::test]
async fn forgotten_scripts_are_sent_again() {
    let server = Server::start(&[]);
    let store = store_on(&server);
    assert_it_works(&store).await;
    redis::cmd("SCRIPT").arg("FLUSH").exec_async(&mut server.admin("").await).await.unwrap();
    assert_it_works(&store).await;
}

#[tokio::test]
async fn a_full_redis_refuses_new_sessions_and_still_ends_old_ones() {
    let server = Server::start(&["--maxmemory-policy", "noeviction"]);
    let store = store_on(&server);
    let old = key();
    store.create(&old, &record(1000, "a"), 0).await.unwrap();
    redis::cmd("CONFIG").arg(&["SET", "maxmemory", "1"]).exec_async(&mut server.admin("").await).await.unwrap();
    let refused = causes(&store.create(&key(), &record(1000, "b"), 0).await.unwrap_err());
    assert!(refused.contains("OOM"), "{refused}");
    assert!(store.load(&old, 0).await.unwrap().is_some());
    assert!(store.delete(&old).await.unwrap());
}

#[tokio::test]
async fn a_cluster_that_loses_a_node_and_gets_it_back_works_again() {
    let mut servers = cluster().await;
    let store = store(&format!("redis-cluster://127.0.0.1:{}?node=127.0.0.1:{}", servers[0].port, servers[1].port));
    assert_it_works(&store).await;
    servers[0].stop();
    let started = Instant::now();
    let mut failures = 0;
    // Keys are drawn: that of so many none belongs to the lost node is out of the question.
    for key in (0..200).map(|_| key()) {
        failures += usize::from(store.load(&key, 0).await.is_err());
        if failures == 4 {
            break;
        }
    }
    assert!(failures > 0 && started.elapsed() < Duration::from_secs(60), "{failures} in {:?}", started.elapsed());
    servers[0].start_again();
    eventually("it recovers", async || {
        let mut all = true;
        for key in [(); 12].map(|()| key()) {
            all &= store.load(&key, 0).await.is_ok();
        }
        all
    })
    .await;
    assert_it_works(&store).await;
}
